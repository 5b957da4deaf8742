"""Upstreams and proxies that misbehave on purpose, and note what reached them."""

import http.client
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """A client that hangs up in the middle is what some checks are about."""


class Mock:
    """Answers every request with what `answer(request)` returns: `(status, headers, body)`.

    A request is `{"method", "target", "headers": [[name, value], …], "body"}`, as the order service records them. With the
    context of an `ssl` server it speaks TLS, and a request has `"certificate"` too: the name in the client's, or none.
    """

    def __init__(self, answer, port=0, context=None):
        mock = self
        self.requests = []

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                length = int(self.headers.get("Content-Length") or 0)
                request = {
                    "method": self.command,
                    "target": self.path,
                    "headers": [list(item) for item in self.headers.items()],
                    "body": self.rfile.read(length).decode("utf-8", "replace"),
                }
                if context:
                    subject = (self.connection.getpeercert() or {}).get("subject", ())
                    request["certificate"] = dict(pair[0] for pair in subject).get("commonName")
                mock.requests.append(request)
                status, headers, body = answer(request)
                if isinstance(body, (dict, list)):
                    headers, body = {"Content-Type": "application/json", **headers}, json.dumps(body)
                data = body.encode() if isinstance(body, str) else body
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer

            def log_message(self, *_):
                pass

        self.server = Quiet(("127.0.0.1", port), Handler)
        if context:
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_port
        self.origin = f"{'https' if context else 'http'}://127.0.0.1:{self.port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


def forward_to(origin):
    """An answer that a forward proxy gives: it asks `origin` for the path of the absolute target."""
    host = origin.removeprefix("http://")

    def answer(request):
        target = request["target"]
        path = "/" + target.split("/", 3)[3] if target.startswith("http://") else target
        connection = http.client.HTTPConnection(host, timeout=10)
        hop = ("host", "connection", "proxy-connection", "content-length")
        headers = {name: value for name, value in request["headers"] if name.lower() not in hop}
        connection.request(request["method"], path, request["body"] or None, headers)
        reply = connection.getresponse()
        body = reply.read()
        connection.close()
        return reply.status, {"Content-Type": reply.getheader("Content-Type", "text/plain")}, body

    return answer
