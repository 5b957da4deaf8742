"""An MCP client over stdio (2025-06-18): only what a test needs, and nothing that hides a server's mistake."""
import json
import os
import queue
import subprocess
import tempfile
import threading

PATIENCE = 90


class Gone(Exception):
    """The server ended, or does not answer."""


class Client:
    def __init__(self, command, env):
        self.errors = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors, env={**os.environ, **env},
        )
        self.lines = queue.Queue()
        self.next_id = 0
        threading.Thread(target=self.read, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def read(self):
        for line in self.process.stdout:
            self.lines.put(line)
        self.lines.put(None)

    def start(self):
        """The tools by name, after the handshake."""
        info = {"name": "wire", "version": "1"}
        self.ask("initialize", {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": info})
        self.tell("notifications/initialized")
        tools, cursor = {}, None
        while True:
            page = self.ask("tools/list", {"cursor": cursor} if cursor else {})
            if "result" not in page:
                raise Gone(f"tools/list: {page.get('error')}")
            tools.update({tool["name"]: tool for tool in page["result"]["tools"]})
            cursor = page["result"].get("nextCursor")
            if not cursor:
                return tools

    def ask(self, method, params):
        self.next_id += 1
        self.send({"jsonrpc": "2.0", "id": self.next_id, "method": method, "params": params})
        while True:
            try:
                line = self.lines.get(timeout=PATIENCE)
            except queue.Empty:
                raise Gone(f"no answer to {method} in {PATIENCE} s") from None
            if line is None:
                raise Gone(f"it ended: {self.last_words()}")
            try:
                message = json.loads(line)
            except ValueError:
                continue
            if message.get("id") == self.next_id and "method" not in message:
                return message

    def tell(self, method):
        self.send({"jsonrpc": "2.0", "method": method})

    def send(self, message):
        try:
            self.process.stdin.write(json.dumps(message).encode() + b"\n")
            self.process.stdin.flush()
        except OSError:
            raise Gone(f"it ended: {self.last_words()}") from None

    def last_words(self):
        self.errors.seek(0)
        text = self.errors.read().decode("utf-8", "replace").strip().splitlines()
        return text[-1][:200] if text else "it said nothing"
