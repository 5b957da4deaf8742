"""Makes what a run needs: the harness, the documents, our own programs and the peers, each once for its inputs."""
import hashlib
import shutil
import sys

from bench import places
from bench.run_command import step

RMCP_OPENAPI = "0.32.1"
# The groups that measure mcpgen alone, on documents that they make themselves.
ALONE = {"growth"}
# With GitHub's 1,223 tools against 4, the compile time of tool definitions shows; petstore is the crate that is served.
CRATES = {"petstore": (places.PETSTORE, []), "github": (places.GITHUB, []), "petstore-four": (places.PETSTORE, ["--exclude", "op:deletePet"])}


def everything(options, servers):
    names = {server.name for server in servers}
    if set(options.only) <= ALONE:
        return mcpgen()
    harness()
    documents()
    if names & {"mcpgen", "mcpgen-modern", "serve"}:
        ours(options)
    elif names & {"no-policies", "policies"}:
        mcpgen()
    peers(names)


def cargo(*argv, target):
    return ["env", f"CARGO_TARGET_DIR={target}", "cargo", *argv]


def once(what, directory, inputs, make):
    """Makes `directory` anew unless it was made from these very inputs."""
    digest = hashlib.sha256(b"\0".join(i if isinstance(i, bytes) else i.encode() for i in inputs)).hexdigest()
    stamp = directory / ".made-from"
    if stamp.exists() and stamp.read_text() == digest:
        return
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    make(directory)
    stamp.write_text(digest)


def harness_command(*more, target):
    return cargo("build", "--release", "--locked", "--manifest-path", places.BENCHES / "harness/Cargo.toml", *more, target=target)


def harness():
    step("build the harness", harness_command(target=places.HARNESS))


def rmcp_command(target):
    """The server on rmcp alone, and what it depends on."""
    return harness_command("--package", "rmcpfwd", target=target)


def npm_install(source, directory):
    for name in ("package.json", "package-lock.json"):
        shutil.copy(source / name, directory)
    step(f"npm ci {source.name}", ["npm", "ci", "--no-audit", "--no-fund"], cwd=directory)


def documents():
    source = places.BENCHES / "inputs"

    def make(directory):
        npm_install(source, directory)
        shutil.move(directory / "node_modules/@octokit/openapi/generated/api.github.com.json", places.GITHUB)
        shutil.rmtree(directory / "node_modules")  # 385 MB of other versions
        for spec in ("petstore", "github"):
            extra = [places.as_json(spec)] if places.source(spec) != places.as_json(spec) else []
            step(f"tool table of {spec}", [places.harness("tooltable"), places.source(spec), places.tools(spec), *extra])

    inputs = [(source / "package-lock.json").read_bytes(), places.PETSTORE.read_bytes(), places.harness("tooltable").read_bytes()]
    once("documents", places.SPECS, inputs, make)


def mcpgen():
    manifest = places.REPOSITORY / "Cargo.toml"
    step("build mcpgen", cargo("build", "--release", "--locked", "--manifest-path", manifest, target=places.TARGET))


def ours(options):
    mcpgen()
    for name in CRATES:
        generate(name)
    if "compile" not in options.only:  # that group builds them itself, and watches
        for name in ("petstore", "github"):
            build(name)


def generate(name):
    spec, selection = CRATES[name]
    directory = places.crate(name)
    shutil.rmtree(directory, ignore_errors=True)
    step(f"mcpgen build {name}", [places.MCPGEN, "build", spec, "-o", directory, "--name", name, *selection])


def build_command(name):
    return cargo("build", "--release", "--locked", "--manifest-path", places.crate(name) / "Cargo.toml", target=places.CRATES)


def build(name):
    step(f"build the crate {name}", build_command(name))


def peers(names):
    if names & {"oamg", "ivotoby"}:
        node_peers()
    for name, requirements in (("fastmcp", "requirements.txt"), ("awslabs", "requirements-awslabs.txt")):
        if name in names:
            python_peer(name, places.BENCHES / "peers" / requirements)
    if "rmcp-openapi" in names:
        install = ["install", "rmcp-openapi-server", "--version", RMCP_OPENAPI, "--locked"]
        once("rmcp-openapi", places.PEERS / "rmcp-openapi", [RMCP_OPENAPI],
             lambda directory: step("cargo install rmcp-openapi-server", cargo(*install, "--root", directory, target=places.WORK / "rmcp-openapi")))


def python_peer(name, requirements):
    def make(directory):
        step(f"venv for {name}", [sys.executable, "-m", "venv", directory])
        step(f"pip install {name}", [directory / "bin/pip", "install", "--no-deps", "-r", requirements])

    once(name, places.PEERS / name, [requirements.read_bytes()], make)


def node_peers():
    source = places.BENCHES / "peers"

    def make(directory):
        npm_install(source, directory)
        # The generated projects lie below node_modules' parent, and so share its pinned packages.
        for project, spec, more in (("oamg-stdio", "petstore", []), ("oamg-github", "github", []),
                                    ("oamg-http", "petstore", ["--transport", "streamable-http", "--port", "18203"])):
            step(f"generate {project}", [*openapi_mcp_generator(directory / project, spec), *more])
            # GitHub's project does not pass tsc (TS2590), but the JavaScript that tsc writes all the same runs.
            step(f"tsc {project}", [directory / "node_modules/.bin/tsc", "-p", directory / project], may_fail=project == "oamg-github")

    once("npm", places.PEERS / "npm", [(source / "package-lock.json").read_bytes(), places.PETSTORE.read_bytes()], make)


def openapi_mcp_generator(output, spec):
    program = places.PEERS / "npm/node_modules/.bin/openapi-mcp-generator"
    return [program, "--input", places.as_json(spec), "--output", output, "--force"]
