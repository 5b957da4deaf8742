"""Stands between the server and Prism: passes every request on as it came, keeps what Prism said, and answers the
server with an empty object, so that nothing depends on what Prism makes up."""
import dataclasses
import http.client
import http.server
import threading

from suite.echo import Handler

PATIENCE = 60


@dataclasses.dataclass
class Answer:
    """What Prism said to a request; `status` 0 where it said nothing."""

    request: str
    status: int
    violations: str
    body: bytes


class Relay:
    def __init__(self, port):
        self.answers = []
        self.port = port
        relay = self

        class Passing(Handler):
            def handle_request(self, body):
                relay.answers.append(relay.ask(self, body))

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Passing)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def ask(self, request, body):
        shown = f"{request.command} {request.path}\n{request.headers}{(body or b'')[:2000].decode('utf-8', 'replace')}"
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.putrequest(request.command, request.path, skip_host=True, skip_accept_encoding=True)
            for name, value in request.headers.items():
                if name.lower() not in ("connection", "transfer-encoding", "content-length"):
                    connection.putheader(name, value)
            if body is not None:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            said = connection.getresponse()
            return Answer(shown, said.status, said.getheader("sl-violations") or "", said.read())
        except TimeoutError:
            return Answer(shown, 0, "", f"no answer within {PATIENCE} s".encode())
        except (OSError, http.client.HTTPException):
            return Answer(shown, 0, "", b"Prism ends")
        finally:
            connection.close()

    def take(self):
        """What has come since the last time."""
        taken = list(self.answers)
        self.answers.clear()
        return taken

    def close(self):
        self.server.shutdown()
        self.server.server_close()
