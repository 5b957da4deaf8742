"""What each server does with arrays, upstream errors and bad arguments, and what of it reaches the upstream."""
import http.client
import json
import select
import subprocess
import time
import urllib.request

from bench.servers import API, PET, upstream

INITIALIZE = {"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
    "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "probe", "version": "1"}}}
INITIALIZED = {"jsonrpc": "2.0", "method": "notifications/initialized"}
CASES = [
    ("array query", "listPets", {"limit": 5, "tags": ["a b", "c&d"]}),
    ("create", "createPet", PET),
    ("upstream 404", "getPetById", {"petId": 404}),
    ("wrong type", "getPetById", {"petId": "abc"}),
    ("path escape", "getPetById", {"petId": "../__last?x"}),
    ("missing argument", "getPetById", {}),
    ("extra argument", "getPetById", {"petId": 7, "bogus": 1}),
    ("unknown tool", "nope", {}),
]


class OverHttp:
    """For servers that speak HTTP only."""

    def __init__(self, server):
        self.port = server.port
        self.running = server.start()
        self.headers = {"content-type": "application/json", "accept": "application/json, text/event-stream"}
        _, reply = self.post(INITIALIZE)
        self.headers["mcp-protocol-version"] = "2025-06-18"
        if reply.getheader("mcp-session-id"):
            self.headers["mcp-session-id"] = reply.getheader("mcp-session-id")
        self.post(INITIALIZED)

    def post(self, message):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.request("POST", "/mcp", json.dumps(message), self.headers)
        reply = connection.getresponse()
        for line in reply.read().decode().splitlines():
            line = line.removeprefix("data:").strip()
            if line.startswith("{") and ('"result"' in line or '"error"' in line):
                return json.loads(line), reply
        return {"status": reply.status}, reply

    def ask(self, message):
        return self.post(message)[0]

    def stop(self):
        self.running.__exit__()


class OverStdio:
    """For all others."""

    def __init__(self, server):
        self.process = subprocess.Popen(server.command("stdio"), env=server.env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.ask(INITIALIZE)
        self.write(INITIALIZED)

    def write(self, message):
        self.process.stdin.write((json.dumps(message) + "\n").encode())
        self.process.stdin.flush()

    def ask(self, message):
        self.write(message)
        while select.select([self.process.stdout], [], [], 20)[0]:
            line = self.process.stdout.readline()
            if not line:
                return {"closed": True}
            reply = json.loads(line)
            if reply.get("id") == message["id"]:
                return reply
        return {"timeout": True}

    def stop(self):
        self.process.kill()
        self.process.wait()


def show(servers):
    """Prints the cases of each server; nothing is judged."""
    with upstream():
        for server in servers:
            print(f"== {server.name}")
            client = (OverStdio if server.command("stdio") else OverHttp)(server)
            try:
                for number, case in enumerate(CASES, 1):
                    show_case(client, server, number, *case)
            finally:
                client.stop()


def show_case(client, server, number, what, operation, arguments):
    before = urllib.request.Request(f"{API}/pets/1", headers={"Authorization": "Bearer bench-token"})
    urllib.request.urlopen(before).read()
    params = {"name": server.named(operation), "arguments": server.wrapped(operation, arguments)}
    started = time.perf_counter()
    reply = client.ask({"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": params})
    took = (time.perf_counter() - started) * 1000
    last = urllib.request.urlopen(f"{API}/__last").read().decode()
    reached = "(not called)" if last == "GET /pets/1" else last[:110]
    result = reply.get("result")
    text = result["content"][0]["text"] if result and result.get("content") else json.dumps(reply.get("error", reply))
    marked = result.get("isError", False) if result else "JSON-RPC error"
    print(f" {what:17} upstream: {reached}\n{'':19}isError={marked} {took:.1f} ms {text[:230]!r}")
