"""The groups of measurements. Each is interleaved: every server once a round, in turning order."""
import contextlib
import json
import os
import shutil
import subprocess
import time

from bench import growth, places, setup
from bench.records import Records
from bench.run_command import usage
from bench.servers import MARK, REST, upstream

HTTP_CELLS = [("get", 1), ("get", 16), ("get", 64)]
OTHER_SHAPES = [("list", 16), ("create", 16)]
STDIO_DEPTHS = [1, 32]
POLICY_CELLS = [("get", 1), ("get", 16), ("get", 64), ("list", 16)]
VARIED = {"get": "petId", "list": "limit"}  # the argument that tells the clients' calls apart
KEY = "mcp_zA4Eov_PTb1YqjSLoTndijl_O6JVFAIeObPKsVpItEc"  # its hash stands in servers.toml


def measure(options, servers):
    """Runs the chosen groups."""
    records = Records()
    for name in ["compile", *GROUPS]:  # compile first: it builds the crates that the others run
        if name in options.only and name not in {r["cell"].split()[0] for r in records.all}:
            print(f"{name}:", flush=True)
            GROUPS[name](options, servers, records)
    return records


def mcpload(*argv, env=None):
    try:
        done = subprocess.run([places.harness("mcpload"), *map(str, argv)], capture_output=True, text=True, env=env, timeout=150)
        return json.loads(done.stdout)
    except (subprocess.TimeoutExpired, json.JSONDecodeError) as error:
        return {"failed": f"mcpload: {error}"}


def turning(items, number):
    """Every second round backwards, so that no server always comes after the same one."""
    return items if number % 2 == 0 else items[::-1]


def window(options, api):
    return ["--secs", options.secs, "--upstream-pid", api.pid]


def direct(kind, c, common, api):
    return mcpload("rest", *REST[kind], "-c", c, *common, "--expect", MARK, "--pid", api.pid)


def http(options, servers, records):
    servers = [server for server in servers if server.command("http") and server.role != "policies"]
    cells = HTTP_CELLS + ([] if options.quick else OTHER_SHAPES)
    with contextlib.ExitStack() as stack:
        api = stack.enter_context(upstream())
        running = {server.name: stack.enter_context(server.start()) for server in servers if not server.facts.get("fresh")}
        time.sleep(1)
        for number in range(options.rounds):
            for kind, c in cells:
                cell = f"http {kind} c={c}"
                common = window(options, api)
                records.add(cell, "direct", number, direct(kind, c, common, api))
                for server in turning(servers, number):
                    if server.role == "peer" and (kind, c) in OTHER_SHAPES:
                        continue
                    with contextlib.ExitStack() as once:
                        process = running.get(server.name) or once.enter_context(server.start())
                        flags = ["-c", c, *server.call(kind), *server.http_flags(), *common, "--pid", process.pid]
                        records.add(cell, server.name, number, mcpload("http", "--url", server.url(), *flags))


def policies(options, servers, records):
    """All policies against none, of one program; only the one with policies looks at the key."""
    servers = [server for server in servers if server.role == "policies"]
    with contextlib.ExitStack() as stack:
        api = stack.enter_context(upstream())
        running = {server.name: stack.enter_context(server.start()) for server in servers}
        cells = [(f"policies {kind} c={c}", kind, c, ["--vary", VARIED[kind]]) for kind, c in POLICY_CELLS]
        cells.append(("policies same c=16", "get", 16, []))
        for number in range(options.rounds):
            for cell, kind, c, vary in cells:
                for server in turning(servers, number):
                    flags = ["-c", c, *server.call(kind), *vary, "--key", KEY, *window(options, api), "--pid", running[server.name].pid]
                    name = "serve" if server.name == "policies" else server.name
                    records.add(cell, name, number, mcpload("http", "--url", server.url(), *flags))


def sse(options, servers, records):
    servers = [server for server in servers if server.facts.get("sse")]
    with contextlib.ExitStack() as stack:
        api = stack.enter_context(upstream())
        running = {server.name: stack.enter_context(server.start()) for server in servers}
        for number in range(options.rounds):
            for c in (1, 16):
                for server in turning(servers, number):
                    flags = ["-c", c, *server.call("get"), *window(options, api), "--pid", running[server.name].pid]
                    records.add(f"sse get c={c}", server.name, number, mcpload("sse", "--url", server.url("/sse"), *flags))


def stdio(options, servers, records):
    servers = [server for server in servers if server.command("stdio")]
    with upstream() as api:
        for number in range(options.rounds):
            for depth in STDIO_DEPTHS:
                common = window(options, api)
                if depth == 1:
                    records.add("stdio get d=1", "direct", number, direct("get", 1, common, api))
                for server in turning(servers, number):
                    flags = ["--depth", depth, *server.call("get"), *common, "--log", places.LOGS / f"{server.name}.stdio.log"]
                    records.add(f"stdio get d={depth}", server.name, number, mcpload("stdio", *flags, "--", *server.command("stdio"), env=server.env))


def start(options, servers, records):
    for spec in ("petstore", "github"):
        chosen = [server for server in servers if server.command("stdio", spec)]
        for number in range(-1, options.rounds):  # the first fills the page cache and is not counted
            for server in turning(chosen, number):
                flags = ["--timeout", 100, "--dump", places.LOGS / f"{server.name}.{spec}.tools.json", "--log", places.LOGS / f"{server.name}.start.log"]
                result = mcpload("cold", *flags, "--", *server.command("stdio", spec), env=server.env)
                if number >= 0:
                    records.add(f"start {spec}", server.name, number, result)


def generate(options, servers, records):
    names = {server.name for server in servers}
    commands = {}
    if "mcpgen" in names:
        commands["mcpgen"] = lambda to: [places.MCPGEN, "build", places.GITHUB, "-o", to, "--name", "github"]
    if "oamg" in names:
        commands["oamg"] = lambda to: setup.openapi_mcp_generator(to, "github")
    output = places.WORK / "generated"
    for number in range(-1, options.rounds):
        for name in turning(list(commands), number):
            shutil.rmtree(output, ignore_errors=True)
            result = usage(commands[name](output), places.LOGS / f"{name}.generate.log")
            if number >= 0:
                records.add("generate github", name, number, result)
    shutil.rmtree(output, ignore_errors=True)


def compile_crates(options, servers, records):
    if "mcpgen" not in {server.name for server in servers}:
        return
    fetch = ["cargo", "fetch", "--locked", "--manifest-path", places.crate("petstore") / "Cargo.toml"]
    subprocess.run(fetch, check=True, capture_output=True)
    shutil.rmtree(places.CRATES, ignore_errors=True)
    log = places.LOGS / "cold-build.json"
    result = usage([*setup.build_command("petstore"), "--message-format", "json"], log)
    if "failed" not in result:
        result["crates"] = compiled_crates(log)
        result["binary_bytes"] = stripped_bytes(places.crate_binary("petstore"))
    records.add("compile petstore cold", "mcpgen", 0, result)
    shutil.rmtree(places.COLD, ignore_errors=True)
    records.add("compile petstore cold", "rmcp", 0, usage(setup.rmcp_command(places.COLD), places.LOGS / "cold-rmcp.log"))
    shutil.rmtree(places.COLD)
    crates = ["petstore-four", "github"]
    for name in crates:
        setup.build(name)
    for number in range(options.rounds):
        for name in turning(crates, number):
            for root in ("lib.rs", "main.rs"):
                os.utime(places.crate(name) / "src" / root)
            records.add(f"compile {name}", "mcpgen", number, usage(setup.build_command(name), places.LOGS / f"compile-{name}.log"))


def compiled_crates(log):
    """How many packages cargo compiled, with those that only build scripts and macros need."""
    packages = set()
    with open(log) as lines:
        for line in lines:
            message = json.loads(line)
            if message["reason"] == "compiler-artifact":
                packages.add(message["package_id"])
    return len(packages)


def stripped_bytes(binary):
    copy = places.WORK / "stripped"
    subprocess.run(["strip", "-o", copy, binary], check=True)
    size = copy.stat().st_size
    copy.unlink()
    return size


def growth_documents():
    """Each document of the group by its name, written once a run."""
    places.GROWTH.mkdir(parents=True, exist_ok=True)
    made = {f"{count} operations": (growth.operations(count), f"operations-{count}.yaml") for count in growth.SIZES}
    most = growth.SIZES[-1]
    made[f"{most} operations, JSON"] = (made[f"{most} operations"][0], f"operations-{most}.json")
    for depth in growth.DEPTHS:
        made[f"layers {depth}"] = (growth.layers(depth), f"layers-{depth}.yaml")
        made[f"circles {depth}"] = (growth.circles(depth), f"circles-{depth}.yaml")
    for name, (document, file) in made.items():
        path = places.GROWTH / file
        growth.write(document, path)
        yield name, path


def grow(options, servers, records):
    output = places.WORK / "grown"
    documents = list(growth_documents())
    for number in range(-1, options.rounds):
        for name, path in turning(documents, number):
            shutil.rmtree(output, ignore_errors=True)
            result = usage([places.MCPGEN, "build", path, "-o", output, "--name", "growth"], places.LOGS / "growth.log")
            result["bytes"] = path.stat().st_size
            if number >= 0:
                records.add(f"growth {name}", "mcpgen", number, result)
    shutil.rmtree(output, ignore_errors=True)


GROUPS = {"http": http, "stdio": stdio, "policies": policies, "sse": sse, "start": start, "generate": generate, "compile": compile_crates, "growth": grow}
