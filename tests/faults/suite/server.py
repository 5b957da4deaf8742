"""The processes: the order service and the server under test, and what the system and `/metrics` say of the latter."""

import asyncio
import os
import re
import socket
import subprocess
from pathlib import Path

from suite.clients import Client

# What takes longer than this does not come at all.
LONG = 90


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def service():
    """The order service, and its address."""
    child = subprocess.Popen([os.environ["UPSTREAM"], "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE,
                             stderr=subprocess.DEVNULL, text=True)
    host, port = child.stdout.readline().split("//")[-1].strip().split(":")
    return child, (host, int(port))


async def until(holds, what):
    for _ in range(LONG * 20):
        if await holds():
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"this did not happen within {LONG} s: {what}")


class Server:
    """The server under test over HTTP."""

    def __init__(self, *options, **environment):
        self.address = ("127.0.0.1", free_port())
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
        command = [*os.environ["BIN"].split(), "--transport", "http", "--listen", "%s:%d" % self.address,
                   "--rate-limit", "off", "--log", "error", *options]
        self.child = subprocess.Popen(command, env={**kept, **environment}, stdin=subprocess.DEVNULL,
                                      stderr=subprocess.PIPE, text=True)
        self.process = Path(f"/proc/{self.child.pid}")

    async def start(self):
        async def answers():
            assert self.child.poll() is None, self.child.stderr.read()
            try:
                return (await self.get("/health"))[0] == 200
            except OSError:
                return False

        await until(answers, "the server answers")

    async def get(self, path):
        client = Client(self.address)
        try:
            return await client.exchange("GET", path)
        finally:
            client.close()

    async def metrics(self):
        """The sum over all tools of each metric, by its last label where it has one beside the tool's name."""
        sums = {}
        for line in (await self.get("/metrics"))[1].decode().splitlines():
            found = re.fullmatch(r'(\w+)(?:\{(.*)\})? ([\d.e+-]+)', line)
            if found:
                labels = re.findall(r'(\w+)="([^"]*)"', found[2] or "")
                label = [value for name, value in labels if name in ("status", "error_type")]
                key = (found[1], *label)
                sums[key] = sums.get(key, 0) + float(found[3])
        return sums

    async def rests(self):
        """Waits until no call runs."""
        async def is_idle():
            return (await self.metrics()).get(("mcp_in_flight",), 0) == 0

        await until(is_idle, "no call is in flight")

    def takes(self):
        """Open descriptors, threads, and resident memory in KiB."""
        status = (self.process / "status").read_text()
        number = lambda name: int(re.search(rf"{name}:\s+(\d+)", status)[1])
        return {
            "descriptors": len(list((self.process / "fd").iterdir())),
            "threads": number("Threads"),
            "resident KiB": number("VmRSS"),
        }

    def end(self):
        self.child.terminate()
        assert self.child.wait(LONG) == 0, self.child.stderr.read()
