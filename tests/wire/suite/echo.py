"""The upstream: records what it is sent, byte for byte, and answers with an empty object."""
import dataclasses
import http.server
import threading


@dataclasses.dataclass
class Request:
    """What came over the wire."""

    method: str
    path: str
    query: str
    headers: dict  # lower-case names; values as UTF-8
    body: bytes


class Handler(http.server.BaseHTTPRequestHandler):
    """Takes every method, in a subclass with `handle_request`, and answers with an empty object."""

    protocol_version = "HTTP/1.1"
    # One packet an answer: two small ones wait for each other.
    wbufsize = -1
    disable_nagle_algorithm = True

    def __getattr__(self, name):
        if name.startswith("do_"):
            return self.answer
        raise AttributeError(name)

    def answer(self):
        self.handle_request(self.read_body())
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", "2")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(b"{}")

    def read_body(self):
        """The bytes; `None` where the request says that it has no body."""
        if self.headers.get("transfer-encoding", "").lower() == "chunked":
            body = b""
            while size := int(self.rfile.readline().split(b";")[0], 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return body
        length = self.headers.get("content-length")
        return None if length is None else self.rfile.read(int(length))

    def log_message(self, *_):
        pass


class Upstream:
    def __init__(self):
        self.requests = []
        recorded = self.requests

        class Recorder(Handler):
            def handle_request(self, body):
                path, _, query = self.path.partition("?")
                headers = {name.lower(): value.encode("latin-1").decode("utf-8", "replace") for name, value in self.headers.items()}
                recorded.append(Request(self.command, path, query, headers, body or b""))

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Recorder)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def take(self):
        """What has come since the last time."""
        taken = list(self.requests)
        self.requests.clear()
        return taken
