"""The programs: Prism, and mcpgen."""
import json
import os
import pathlib
import re
import socket
import subprocess
import tempfile
import time

from suite.client import Client

MCPGEN = os.environ["MCPGEN"]
HOME = pathlib.Path(os.environ["PRISM_HOME"])
LOADING = 120
ENDS = "Prism ends"


class Unloadable(Exception):
    """Prism does not load the document."""


class Prism:
    def __init__(self, spec):
        self.spec = spec
        self.start()

    def start(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.output = tempfile.TemporaryFile()
        node = HOME / "node_modules/node/bin/node"
        script = HOME / "node_modules/@stoplight/prism-cli/dist/index.js"
        offline = pathlib.Path(__file__).parent.parent / "offline.cjs"
        command = [node, "--max-old-space-size=8192", "--require", offline, script, "mock", "--errors", "--verboseLevel", "fatal"]
        self.process = subprocess.Popen(
            [*command, "--port", str(self.port), self.spec.file], stdout=self.output, stderr=subprocess.STDOUT, cwd=HOME,
            env={**os.environ, "NO_COLOR": "1", "FORCE_COLOR": "0"},
        )
        self.wait()

    def wait(self):
        deadline = time.monotonic() + LOADING
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise Unloadable(self.last_words())
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.1)
        self.close()
        raise Unloadable(f"not loaded within {LOADING} s")

    def is_ending(self, reasons):
        """Whether a request ended it. It takes its time to, and the next request must not be blamed."""
        if ENDS in reasons:
            try:
                self.process.wait(2)
            except subprocess.TimeoutExpired:
                pass
        return self.process.poll() is not None

    def last_words(self):
        self.output.seek(0)
        text = re.sub(r"\x1b\[[0-9;]*m", "", self.output.read().decode("utf-8", "replace"))
        lines = [line.strip() for line in text.splitlines() if line.strip() and "Starting Prism" not in line]
        told = [line for line in lines if re.search(r"error|✖|cannot|invalid|not found|No operations", line, re.I)]
        said = re.sub(r"^.*?(?:✖\s*fatal|fatal)\s*", "", (told or lines or ["it said nothing"])[0])
        return said.replace(f"{self.spec.folder}/", "")[:200]

    def close(self):
        self.process.kill()
        self.process.wait()
        self.output.close()


def inspected(spec):
    """What `mcpgen inspect` tells, and the operations that have no tool, with why."""
    command = [MCPGEN, "inspect", spec.file, "--allow-ref", spec.folder, "--format", "json", "--message-format", "json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LOADING)
    left_out = []
    for line in done.stderr.splitlines():
        try:
            told = json.loads(line)
        except ValueError:
            continue
        if str(told.get("skipped") or "").startswith("operation "):
            left_out.append((told["skipped"], told["code"], told["message"]))
    return json.loads(done.stdout) if done.stdout.strip() else {"tools": []}, left_out


def served(spec, plan, upstream):
    """`mcpgen serve` with every credential, sending all to the upstream."""
    env = {server["variable"]: upstream for server in plan["servers"]}
    for scheme in plan["schemes"]:
        env.update({variable: "letmein" for variable in scheme["variables"]})
    return Client([MCPGEN, "serve", spec.file, "--allow-ref", spec.folder], {**env, "NO_PROXY": "*"})
