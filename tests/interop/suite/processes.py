"""The processes under test: the order service, the MCP server over stdio or HTTP, and how one speaks to them raw.

Standard library only: what is proved here does not depend on anybody's MCP SDK.
"""

import http.client
import json
import os
import queue
import signal
import socket
import subprocess
import threading
import urllib.request

from suite.report import Failed, expect, short, until

CLEAN = ("PATH", "HOME", "LANG", "TMPDIR", "SYSTEMROOT")
MODERN = "2026-07-28"


def clean_environment(extra):
    """Nothing of the caller's credentials, proxies or MCP settings reaches a process under test."""
    environment = {name: os.environ[name] for name in CLEAN if name in os.environ}
    environment.update(extra)
    return environment


def free_port(host="127.0.0.1"):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.bind((host, 0))
        return probe.getsockname()[1]


class Process:
    """A child whose output is read as it comes, so that no pipe ever fills."""

    def __init__(self, command, environment, stdin=None):
        self.command = command
        self.child = subprocess.Popen(
            command, env=environment, stdin=stdin or subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        self.lines, self.errors = [], []
        self.readers = [
            threading.Thread(target=self._read, args=(self.child.stdout, self.on_line), daemon=True),
            threading.Thread(target=self._read, args=(self.child.stderr, self.errors.append), daemon=True),
        ]
        for reader in self.readers:
            reader.start()

    @staticmethod
    def _read(stream, take):
        for line in stream:
            take(line.decode("utf-8", "replace").rstrip("\n"))

    def on_line(self, line):
        self.lines.append(line)

    @property
    def stderr(self):
        return "\n".join(self.errors)

    def wait(self, seconds=10):
        try:
            code = self.child.wait(seconds)
        except subprocess.TimeoutExpired:
            raise Failed(f"{short(' '.join(self.command))} did not end within {seconds} s") from None
        for reader in self.readers:
            reader.join(2)
        return code

    def terminate(self):
        self.child.send_signal(signal.SIGTERM)

    def close(self):
        if self.child.poll() is None:
            self.child.kill()
        self.child.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Upstream(Process):
    """The order service with its recorder."""

    binary = None

    def __init__(self, *flags, listen="127.0.0.1:0"):
        super().__init__([self.binary, "--listen", listen, "--record", *flags], clean_environment({}))
        announced = until(lambda: self.lines or self.child.poll() is not None, "the order service starts")
        expect(announced and self.lines, f"the order service did not start: {self.stderr}")
        self.origin = self.lines[0].split()[-1]
        self.base = f"{self.origin}/api"

    def requests(self):
        with urllib.request.urlopen(f"{self.origin}/__requests") as reply:
            return json.load(reply)

    def forget(self):
        urllib.request.urlopen(urllib.request.Request(f"{self.origin}/__requests", method="DELETE")).close()

    def get(self, path, token="alice-token"):
        request = urllib.request.Request(self.base + path, headers={"Authorization": f"Bearer {token}"})
        with urllib.request.urlopen(request) as reply:
            return json.load(reply)


def header(request, name):
    """The values of a recorded request's header."""
    return [value for key, value in request["headers"] if key.lower() == name.lower()]


def run(command, environment, stdin="", seconds=20):
    """A whole run: `(exit code, stdout, stderr)`."""
    try:
        done = subprocess.run(
            command, env=clean_environment(environment), input=stdin, capture_output=True, text=True, timeout=seconds
        )
    except subprocess.TimeoutExpired:
        raise Failed(f"{short(' '.join(command))} did not end within {seconds} s") from None
    return done.returncode, done.stdout, done.stderr


class Stdio(Process):
    """The server over stdio."""

    def __init__(self, command, environment):
        self.messages = queue.Queue()
        self.replies, self.notifications = {}, []
        self.next_id = 0
        super().__init__(command, clean_environment(environment), subprocess.PIPE)

    def on_line(self, line):
        super().on_line(line)
        try:
            message = json.loads(line)
        except ValueError:
            return
        if "id" in message and "method" not in message:
            self.replies[message["id"]] = message
        else:
            self.notifications.append(message)

    def send(self, message):
        self.child.stdin.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")
        self.child.stdin.flush()

    def start(self, method, params=None):
        self.next_id += 1
        self.send({"id": self.next_id, "method": method, **({"params": params} if params is not None else {})})
        return self.next_id

    def reply(self, identifier, seconds=15):
        until(lambda: identifier in self.replies or self.child.poll() is not None, f"reply {identifier}", seconds)
        expect(identifier in self.replies, f"the server ended instead of answering: {short(self.stderr)}")
        return self.replies[identifier]

    def request(self, method, params=None):
        return self.reply(self.start(method, params))

    def initialize(self, version="2025-11-25"):
        reply = self.request("initialize", initialize_params(version))
        self.send({"method": "notifications/initialized"})
        return reply

    def call(self, name, arguments=None, meta=None):
        return self.request("tools/call", call_params(name, arguments, meta))


def initialize_params(version):
    return {"protocolVersion": version, "capabilities": {}, "clientInfo": {"name": "interop", "version": "1"}}


def call_params(name, arguments=None, meta=None):
    params = {"name": name, "arguments": arguments or {}}
    if meta:
        params["_meta"] = meta
    return params


class Answer:
    """An HTTP response that has been read whole."""

    def __init__(self, response, body):
        self.status, self.headers = response.status, {name.lower(): value for name, value in response.getheaders()}
        self.body = body
        self.text = body.decode("utf-8", "replace")

    def messages(self):
        """The JSON-RPC messages, from a JSON body or from the events of a stream."""
        if self.headers.get("content-type", "").startswith("text/event-stream"):
            return [json.loads(data) for _, data in events(self.text.splitlines()) if data.startswith("{")]
        return [json.loads(self.text)]

    def message(self):
        replies = [message for message in self.messages() if "method" not in message]
        expect(len(replies) == 1, f"expected one reply, got HTTP {self.status}: {short(self.text)}")
        return replies[0]


def events(lines):
    """`(event, data)` of each server-sent event."""
    event, data = "message", []
    for line in [*lines, ""]:
        if not line:
            if data:
                yield event, "\n".join(data)
            event, data = "message", []
        elif line.startswith("event:"):
            event = line[6:].strip()
        elif line.startswith("data:"):
            data.append(line[5:].strip())


class Http(Process):
    """The server over HTTP; with a context of `ssl`, over https."""

    def __init__(self, command, environment, *flags, host="127.0.0.1", prefix="", wait=True, context=None):
        self.context = context
        self.host, self.port, self.prefix = host, free_port(host), prefix
        self.authority = f"[{host}]:{self.port}" if ":" in host else f"{host}:{self.port}"
        self.origin = f"{'https' if context else 'http'}://{self.authority}"
        flags = ["--transport", "http", "--listen", self.authority, *(flag.replace("{origin}", self.origin) for flag in flags)]
        super().__init__([*command, *flags], clean_environment(environment))
        if wait:
            ready = lambda: self.child.poll() is not None or self.answers()
            until(ready, f"the server answers at {self.origin}", 20)
            expect(self.child.poll() is None, f"the server ended at once: {short(self.stderr)}")

    def answers(self):
        try:
            with socket.create_connection((self.host, self.port), 1):
                return True
        except OSError:
            return False

    def connection(self, seconds=20):
        if self.context:
            return http.client.HTTPSConnection(self.host, self.port, timeout=seconds, context=self.context)
        return http.client.HTTPConnection(self.host, self.port, timeout=seconds)

    def http(self, method, path, body=None, headers=None, seconds=20):
        connection = self.connection(seconds)
        headers = dict(headers or {})
        host = headers.pop("Host", self.authority)
        connection.putrequest(method, self.prefix + path, skip_host=True)
        connection.putheader("Host", host)
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
            headers.setdefault("Content-Type", "application/json")
        data = (body or "").encode()
        for name, value in headers.items():
            connection.putheader(name, value)
        if data or method == "POST":
            connection.putheader("Content-Length", str(len(data)))
        connection.endheaders(data or None)
        response = connection.getresponse()
        answer = Answer(response, response.read())
        connection.close()
        return answer

    def post(self, message, headers=None, path="/mcp"):
        accept = {"Accept": "application/json, text/event-stream"}
        return self.http("POST", path, {"jsonrpc": "2.0", **message}, {**accept, **(headers or {})})

    def legacy(self, method, params=None, headers=None, version="2025-11-25"):
        """A request of the eras before 2026-07-28, without a session."""
        message = {"id": 1, "method": method, "params": params or {}}
        return self.post(message, {"MCP-Protocol-Version": version, **(headers or {})})

    def modern(self, method, params=None, headers=None):
        """A request of 2026-07-28."""
        params = dict(params or {})
        meta = {
            "io.modelcontextprotocol/protocolVersion": MODERN,
            "io.modelcontextprotocol/clientCapabilities": {},
            "io.modelcontextprotocol/clientInfo": {"name": "interop", "version": "1"},
        }
        params["_meta"] = {**meta, **params.get("_meta", {})}
        extra = {"MCP-Protocol-Version": MODERN, "Mcp-Method": method}
        if "name" in params:
            extra["Mcp-Name"] = params["name"]
        return self.post({"id": 1, "method": method, "params": params}, {**extra, **(headers or {})})

    def call(self, name, arguments=None, meta=None, headers=None):
        return self.legacy("tools/call", call_params(name, arguments, meta), headers).message()

    def metrics(self):
        """The samples by `name{labels}`, labels as they stand."""
        samples = {}
        for line in self.http("GET", "/metrics").text.splitlines():
            if line and not line.startswith("#"):
                name, _, value = line.rpartition(" ")
                samples[name] = float(value)
        return samples

    def metric(self, name, **labels):
        """The sum of the samples of this name that carry these labels."""
        total = 0.0
        for sample, value in self.metrics().items():
            base, _, rest = sample.partition("{")
            if base == name and all(f'{key}="{wanted}"' in rest for key, wanted in labels.items()):
                total += value
        return total


class EventStream:
    """One `GET /sse` with its POSTs (the HTTP+SSE transport of 2024-11-05)."""

    def __init__(self, server, path="/sse", headers=None):
        self.server, self.next_id, self.seen = server, 0, []
        self.connection = server.connection(60)
        self.connection.connect()
        self.socket = self.connection.sock
        self.connection.request("GET", server.prefix + path, headers={"Accept": "text/event-stream", **(headers or {})})
        self.response = self.connection.getresponse()
        self.headers = {name.lower(): value for name, value in self.response.getheaders()}
        expect(self.response.status == 200, f"GET {path} answered {self.response.status}")
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        self.endpoint = until(lambda: self.of("endpoint"), "the endpoint event")[0]

    def _read(self):
        def lines():
            while line := self.response.readline():
                yield line.decode().rstrip("\r\n")

        event, data = "message", []
        try:
            for line in lines():
                if not line:
                    if data:
                        self.seen.append((event, "\n".join(data)))
                    event, data = "message", []
                elif line.startswith("event:"):
                    event = line[6:].strip()
                elif line.startswith("data:"):
                    data.append(line[5:].strip())
        except (OSError, ValueError, AttributeError):
            pass  # closed under the reader

    def of(self, event):
        return [data for name, data in list(self.seen) if name == event]

    def messages(self):
        return [json.loads(data) for data in self.of("message")]

    def post(self, message, headers=None):
        path = self.endpoint.removeprefix(self.server.prefix)
        return self.server.http("POST", path, {"jsonrpc": "2.0", **message}, headers)

    def start(self, method, params=None, headers=None):
        self.next_id += 1
        answer = self.post({"id": self.next_id, "method": method, "params": params or {}}, headers)
        expect(answer.status == 202, f"POST of {method} answered {answer.status}: {short(answer.text)}")
        return self.next_id

    def reply(self, identifier, seconds=15):
        found = lambda: [message for message in self.messages() if message.get("id") == identifier]
        return until(found, f"reply {identifier} on the stream", seconds)[0]

    def request(self, method, params=None, headers=None):
        return self.reply(self.start(method, params, headers))

    def initialize(self):
        reply = self.request("initialize", initialize_params("2024-11-05"))
        self.post({"method": "notifications/initialized"})
        return reply

    def close(self):
        # The socket first: closing the response would wait for the reader's lock.
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # the server was first
        self.reader.join(5)
        self.connection.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
