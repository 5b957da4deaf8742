"""The servers of servers.toml: which are measured, how each is started, and what a call to it looks like."""
import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
import tomllib

from bench import places

API_PORT = 18080
API = f"http://127.0.0.1:{API_PORT}"
MARK = "petmark7f"  # in every good reply
PET = {
    "name": MARK, "species": "dog", "breed": "border collie", "age": 4, "weightKg": 18.5, "vaccinated": True,
    "tags": ["friendly", "trained"], "owner": {"id": 91, "name": "Ada Example", "city": "Zurich"}, "status": "available",
}
CALLS = {
    "get": ("getPetById", {"petId": 7}),
    "list": ("listPets", {"limit": 25, "tags": ["friendly", "trained"]}),
    "create": ("createPet", PET),
}
REST = {
    "get": ["--url", f"{API}/pets/7"],
    "list": ["--url", f"{API}/pets?limit=25"],
    "create": ["--url", f"{API}/pets", "--method", "POST", "--body", json.dumps(PET)],
}


class Server:
    """One table of servers.toml."""

    def __init__(self, name, facts):
        self.name = name
        self.facts = facts
        self.role = facts["role"]
        self.port = facts.get("port")
        self.env = {**os.environ, **facts.get("env", {})}

    def command(self, transport, spec="petstore"):
        """The command line, or None where this server is not measured on that transport and document."""
        text = self.facts.get(transport if spec == "petstore" else f"{transport}-{spec}")
        if text is None:
            return None
        values = {
            "benches": places.BENCHES, "harness": places.HARNESS / "release", "peers": places.PEERS, "mcpgen": places.MCPGEN,
            "crates": places.CRATES / "release", "port": self.port, "api": API,
            "logs": places.LOGS, "spec": places.source(spec), "json": places.as_json(spec), "tools": places.tools(spec), "specs": places.SPECS,
        }
        return [word.format(**values) for word in shlex.split(text)]

    def named(self, operation):
        return self.facts.get("names", {}).get(operation, operation)

    def call(self, kind):
        """The tool and its arguments, as mcpload takes them."""
        operation, arguments = CALLS[kind]
        return ["--tool", self.named(operation), "--args", json.dumps(self.wrapped(operation, arguments)), "--expect", MARK]

    def wrapped(self, operation, arguments):
        body = self.facts.get("body")
        return {body: arguments} if operation == "createPet" and body else arguments

    def http_flags(self):
        flags = [f"--{flag}" for flag in ("shared-session", "get-stream") if self.facts.get(flag)]
        return [*flags, "--proto", self.facts["proto"]] if "proto" in self.facts else flags

    def url(self, path="/mcp"):
        return f"http://127.0.0.1:{self.port}{path}"

    def start(self):
        return Running(self.name, self.command("http"), self.port, self.env)


class Running:
    """A process that listens; a context manager that ends it."""

    def __init__(self, name, argv, port, env=None):
        places.LOGS.mkdir(parents=True, exist_ok=True)
        log = places.LOGS / f"{name}.http.log"
        with socket.socket() as taken:
            if taken.connect_ex(("127.0.0.1", port)) == 0:
                sys.exit(f"{name}: port {port} is taken")
        with open(log, "wb") as out:
            self.process = subprocess.Popen([str(a) for a in argv], env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        self.pid = self.process.pid
        give_up = time.monotonic() + 60
        while time.monotonic() < give_up and self.process.poll() is None:
            with socket.socket() as s:
                if s.connect_ex(("127.0.0.1", port)) == 0:
                    return
            time.sleep(0.02)
        print(f"{name}: did not start; see {log}", file=sys.stderr)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(3)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def upstream():
    return Running("upstream", [places.harness("upstream"), API_PORT], API_PORT)


def servers(options):
    """The chosen servers, in the order of servers.toml."""
    with open(places.BENCHES / "servers.toml", "rb") as file:
        everything = [Server(name, facts) for name, facts in tomllib.load(file).items()]
    if options.servers:
        names = options.servers.split(",")
        unknown = set(names) - {server.name for server in everything}
        if unknown:
            sys.exit(f"not in servers.toml: {', '.join(sorted(unknown))}")
        return [server for server in everything if server.name in names]
    roles = ["ours", "reference", "policies"] + ([] if options.no_peers else ["peer"])
    return [server for server in everything if server.role in roles]
