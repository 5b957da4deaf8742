"""Clients of the server under test: Streamable HTTP without sessions, and HTTP+SSE. Standard library only."""

import asyncio
import json

from suite.proxy import message


class Client:
    """One connection, opened when it is needed and kept."""

    def __init__(self, address):
        self.address, self.stream = address, None

    async def exchange(self, method, path, body=None):
        """The status and the body."""
        data = json.dumps(body).encode() if body else b""
        await self.send(method, path, data)
        answer = await message(self.stream[0])
        head, _, body = answer.partition(b"\r\n\r\n")
        if not head:
            raise ConnectionError("the server closed the connection")
        return int(head.split(b" ", 2)[1]), body

    async def send(self, method, path, data):
        self.stream = self.stream or await asyncio.open_connection(*self.address, limit=2**20)
        host, port = self.address
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: {host}:{port}\r\nAccept: application/json, text/event-stream\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n"
        )
        self.stream[1].write(head.encode() + data)
        await self.stream[1].drain()

    async def call(self, number, tool, arguments):
        """The result."""
        status, body = await self.exchange("POST", "/mcp", call_of(number, tool, arguments))
        reply = json.loads(body)
        assert status == 200 and reply["id"] == number, (status, reply)
        return reply["result"]

    async def hang_up(self, number, tool, arguments, arrival):
        """Calls, and goes away when the API has the request."""
        await self.send("POST", "/mcp", json.dumps(call_of(number, tool, arguments)).encode())
        await arrival.wait()
        self.close()

    def close(self):
        if self.stream:
            self.stream[1].transport.abort()
            self.stream = None


class Session(Client):
    """A stream of server-sent events; requests go over a connection of their own."""

    async def start(self):
        await self.send("GET", "/sse", b"")
        await self.stream[0].readuntil(b"\r\n\r\n")
        self.poster, self.path = Client(self.address), await self.event("endpoint")
        await self.post({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
            "protocolVersion": "2024-11-05", "capabilities": {}, "clientInfo": {"name": "faults", "version": "1"}}})
        await self.event("message")
        await self.post({"jsonrpc": "2.0", "method": "notifications/initialized"})

    async def post(self, body):
        status, answer = await self.poster.exchange("POST", self.path, body)
        assert status == 202, (status, answer)

    async def event(self, kind):
        """The data of the next event."""
        found = None
        while True:
            line = (await self.stream[0].readuntil(b"\n")).decode().strip()
            if line == f"event: {kind}":
                found = True
            elif line.startswith("data:") and found:
                return line[5:].strip()

    async def call(self, number, tool, arguments):
        await self.post(call_of(number, tool, arguments))
        reply = json.loads(await self.event("message"))
        assert reply["id"] == number, reply
        return reply["result"]

    async def hang_up(self, number, tool, arguments, arrival):
        await self.post(call_of(number, tool, arguments))
        await arrival.wait()
        self.close()

    def close(self):
        self.poster.close()
        super().close()


def call_of(number, tool, arguments):
    return {"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": {"name": tool, "arguments": arguments}}
