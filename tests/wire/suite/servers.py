"""The servers under test: how each is made and started."""
import dataclasses
import os
import pathlib
import shlex
import shutil
import subprocess
import tomllib

HERE = pathlib.Path(__file__).parent.parent
TARGET = pathlib.Path(os.environ["CARGO_TARGET_DIR"]) / "wire"


@dataclasses.dataclass
class Server:
    name: str
    command: str
    version: str = ""
    body: str = ""  # the argument that holds the body, where it is always one
    env: dict = dataclasses.field(default_factory=dict)
    install: str = ""
    prepare: list = dataclasses.field(default_factory=list)  # commands to run for each document

    def start(self, spec, api, group):
        """The command line and the environment of a server for this document."""
        base = group[0].facts.get("base-path", "")
        places = {
            "spec": spec, "api": api + base, "folder": spec.parent, "here": HERE, "target": TARGET,
            "mcpgen": os.environ.get("MCPGEN", TARGET.parent / "debug/mcpgen"),
        }
        for line in self.prepare:
            done = subprocess.run(words(line, places), capture_output=True, text=True, cwd=spec.parent)
            if done.returncode:
                last = (done.stderr or done.stdout).strip().splitlines()[-1]
                raise RuntimeError(last.replace(str(TARGET), "TARGET")[:200])
        return words(self.command, places), self.env


def words(line, places):
    return [word.format(**places) for word in shlex.split(line)]


def chosen(options):
    if options.command:
        return [Server("command", options.command)]
    known = tomllib.loads((HERE / "servers.toml").read_text())
    names = list(known) if options.server == "all" else options.server.split(",")
    found = [Server(name, **known[name]) for name in names]
    for server in found:
        if server.install:
            install(server)
    return found


def install(server):
    """Runs what a server needs once for each text of it."""
    folder = TARGET / server.name
    stamp = folder / ".installed"
    if stamp.exists() and stamp.read_text() == server.install:
        return
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    print(f"· install {server.name}", flush=True)
    subprocess.run(["bash", "-euc", server.install.format(here=HERE, target=TARGET)], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    stamp.write_text(server.install)
