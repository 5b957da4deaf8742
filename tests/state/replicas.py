"""A real Redis, a real API, and replicas of one MCP server: how they are started, asked and stopped."""
import contextlib
import hashlib
import http.client
import http.server
import json
import os
import pathlib
import signal
import socket
import subprocess
import threading
import time

WORK = pathlib.Path(os.environ["STATE_WORK"])
PASSWORD = "redis-geheim"
JSON = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
PATIENCE = 30


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def until(holds, what):
    deadline = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > deadline:
            raise SystemExit(f"{what}: not within {PATIENCE} s")
        time.sleep(0.02)


def answers(port):
    with contextlib.suppress(OSError):
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True
    return False


def certificates():
    """An authority, and a certificate of it for localhost."""
    authority, key, request, certificate = (WORK / name for name in ("ca.pem", "key.pem", "request.pem", "cert.pem"))
    run = lambda *words: subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)
    run("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", WORK / "ca-key.pem", "-out", authority, "-days", 2,
        "-subj", "/CN=test authority")
    run("req", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", request, "-subj", "/CN=localhost")
    (WORK / "names.txt").write_text("subjectAltName=DNS:localhost\n")
    run("x509", "-req", "-in", request, "-CA", authority, "-CAkey", WORK / "ca-key.pem", "-CAcreateserial", "-days", 2,
        "-extfile", WORK / "names.txt", "-out", certificate)
    return authority, certificate, key


class Redis:
    """One at a port of its own, and with TLS at another; nothing of it is left on the disk."""

    def __init__(self, tls):
        self.port, self.tls_port, self.tls = free_port(), free_port(), tls
        self.process = None
        self.start()

    def url(self, user=""):
        return f"redis://{user}:{PASSWORD}@127.0.0.1:{self.port}"

    def start(self):
        _, certificate, key = self.tls
        self.process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--tls-port", str(self.tls_port), "--bind", "127.0.0.1",
             "--tls-cert-file", certificate, "--tls-key-file", key, "--tls-auth-clients", "no",
             "--requirepass", PASSWORD, "--save", "", "--appendonly", "no", "--dir", WORK],
            stdout=open(WORK / "redis.log", "ab"), stderr=subprocess.STDOUT)
        until(lambda: answers(self.port) and answers(self.tls_port), "redis-server")

    def kill(self):
        self.process.kill()
        self.process.wait()

    def freeze(self):
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self):
        self.process.send_signal(signal.SIGCONT)

    def ask(self, *words):
        """One command, by its own program."""
        command = ["redis-cli", "--no-auth-warning", "-a", PASSWORD, "-p", str(self.port), *map(str, words)]
        return subprocess.run(command, check=True, capture_output=True).stdout

    def content(self):
        """Everything that is in it, names and values."""
        reading = {"string": ["GET"], "hash": ["HGETALL"], "zset": ["ZRANGE", "0", "-1"]}
        everything = b""
        for name in self.ask("--scan").decode().splitlines():
            kind = self.ask("TYPE", name).decode().strip()
            if kind != "none":  # it has ended since
                command, *rest = reading[kind]
                everything += name.encode() + b"\n" + self.ask("--raw", command, name, *rest) + b"\n"
        return everything


class Api:
    """The order service of examples/, which records what it is asked."""

    def __init__(self):
        self.port = free_port()
        self.process = subprocess.Popen(
            [os.environ["ORDERS_UPSTREAM"], "--listen", f"127.0.0.1:{self.port}", "--record"],
            stdout=subprocess.DEVNULL, stderr=open(WORK / "api.log", "ab"))
        until(lambda: answers(self.port), "the API")

    def requests(self, method, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        connection.request("GET", "/__requests")
        recorded = json.loads(connection.getresponse().read())
        connection.close()
        return sum(1 for each in recorded if each["method"] == method and each["target"].endswith(path))


class Ledger:
    """An API whose orders are one number each: it counts reads, says by a validator whether a number is still right, holds a
    write back where it is told to, and fails where it is told to."""

    def __init__(self):
        self.orders, self.reads, self.unchanged, self.writes = {}, 0, 0, 0
        self.headers, self.fails, self.lock = {}, False, threading.Lock()
        self.arrived, self.goes_on = threading.Event(), threading.Event()
        self.goes_on.set()
        ledger = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self, status, body=b"", headers=None):
                self.send_response(status)
                for name, value in (headers or {}).items():
                    self.send_header(name, value)
                if status != 304:
                    self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self):
                number = ledger.orders.get(self.path.split("/")[4].split("?")[0], 0)
                if ledger.fails:
                    return self.answer(503)
                ledger.reads += 1
                headers = {"ETag": f'"{number}"', "Content-Type": "application/json", **ledger.headers}
                if self.headers.get("If-None-Match") == headers["ETag"]:
                    ledger.unchanged += 1
                    return self.answer(304, headers=headers)
                token = self.headers["Authorization"] if "ORD-999999" in self.path else ""
                self.answer(200, json.dumps({"number": number, "note": "note-geheim", "token": token}).encode(), headers)

            def do_DELETE(self):
                ledger.arrived.set()
                ledger.goes_on.wait(PATIENCE)
                name = self.path.split("/")[4].split("?")[0]
                with ledger.lock:
                    ledger.orders[name] = ledger.orders.get(name, 0) + 1
                    ledger.writes += 1
                with contextlib.suppress(OSError):  # nobody may wait any more
                    self.answer(200, b"{}", {"Content-Type": "application/json"})

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


class Replica:
    """One of the processes that are one server to its clients."""

    def __init__(self, name, api, options, env=None):
        self.name, self.port = name, free_port()
        self.log_file = WORK / f"{name}.log"
        self.process = subprocess.Popen(
            [os.environ["MCPGEN"], "serve", "specs/orders/openapi.yaml", "--", "--transport", "http",
             "--listen", f"127.0.0.1:{self.port}", *options],
            env={**os.environ, "API_BASE_URL": f"http://127.0.0.1:{api.port}/api",
                 "API_BEARER_AUTH_TOKEN": "alice-token", **(env or {})},
            stdout=subprocess.DEVNULL, stderr=open(self.log_file, "wb"))
        until(lambda: answers(self.port) or self.process.poll() is not None, name)
        if self.process.poll() is not None:
            raise SystemExit(f"{name} did not start: {self.log()}")

    def log(self):
        return self.log_file.read_text()

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)

    def get(self, path):
        connection = self.connect()
        connection.request("GET", path)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, text

    def metric(self, name):
        lines = [line for line in self.get("/metrics")[1].splitlines() if line.startswith(name + " ")]
        return float(lines[0].split()[1]) if lines else None

    def call(self, tool, arguments, headers=None, connection=None):
        """The result of a call, or what refuses it."""
        used = connection or self.connect()
        body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": tool, "arguments": arguments}}
        used.request("POST", "/mcp", json.dumps(body), {**JSON, **(headers or {})})
        answer = used.getresponse()
        text = answer.read()
        if connection is None:
            used.close()
        message = json.loads(text)
        return message["result"] if answer.status == 200 and "result" in message else {"refused": answer.status}

    def progress(self, tool, arguments, headers, marker):
        """The first progress message of a call that has this in it; the connection is closed then."""
        connection = self.connect()
        params = {"name": tool, "arguments": arguments, "_meta": {"progressToken": "p"}}
        body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
        connection.request("POST", "/mcp", json.dumps(body), {**JSON, **headers})
        answer = connection.getresponse()
        try:
            while line := answer.readline().decode():
                if line.startswith("data:") and marker in line:
                    return json.loads(line[5:])["params"]["message"]
            raise SystemExit(f"no progress message has `{marker}`")
        finally:
            answer.close()
            connection.close()

    def task(self, method, task, headers=None):
        """What the Tasks extension says of a task: a result or an error."""
        connection = self.connect()
        meta = {"io.modelcontextprotocol/protocolVersion": "2026-07-28",
                "io.modelcontextprotocol/clientCapabilities": {"extensions": {"io.modelcontextprotocol/tasks": {}}}}
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": {"taskId": task, "_meta": meta}}
        connection.request("POST", "/mcp", json.dumps(body), {**JSON, "MCP-Protocol-Version": "2026-07-28",
                                                              "Mcp-Method": method, "Mcp-Name": task, **(headers or {})})
        message = json.loads(connection.getresponse().read())
        connection.close()
        return message.get("result") or message.get("error")

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.process.terminate()
        self.process.wait()


class Stream:
    """An /sse stream (MCP 2024-11-05) of one replica, and posts to it by way of any."""

    def __init__(self, replica, headers):
        self.connection = replica.connect()
        self.connection.request("GET", "/sse", headers=headers)
        self.answer = self.connection.getresponse()
        self.endpoint = self.event("endpoint")

    def event(self, kind):
        name = None
        while line := self.answer.readline().decode():
            if line.startswith("event: "):
                name = line[7:].strip()
            elif line.startswith("data: ") and name == kind:
                return line[6:].strip()
        raise SystemExit("a stream has ended")

    def message(self):
        return json.loads(self.event("message"))

    def post(self, replica, message, headers):
        connection = replica.connect()
        body = message if isinstance(message, str) else json.dumps(message)
        connection.request("POST", self.endpoint, body, {**JSON, **headers})
        status = connection.getresponse().status
        connection.close()
        return status

    def close(self):
        # The answer has a copy of the socket.
        self.answer.close()
        self.connection.close()


def text_of(result):
    return "\n".join(block.get("text", "") for block in result.get("content", []))


def api_key(name, secret):
    return f"{name} sha256:{hashlib.sha256(secret.encode()).hexdigest()}"
