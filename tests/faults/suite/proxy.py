"""A proxy between the server under test and the real order service, which spoils the answers that a request asks it to.

A request asks by the words `fault-NAME-NUMBER` anywhere in it, which a tool's argument brings there; without them it is
passed on. The number tells the request to whoever waits for it.
"""

import asyncio
import re
import socket
import struct

ASKS = re.compile(rb"fault-([a-z_]+)-(\d+)")
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
RESET = struct.pack("ii", 1, 0)


async def message(reader):
    """A head and its body, of a request or of an answer; nothing at the end of the connection."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        length = LENGTH.search(head)
        return head + await reader.readexactly(int(length[1]) if length else 0)
    except (asyncio.IncompleteReadError, ConnectionError):
        return b""


class Proxy:
    """Listens on a port of loopback once started."""

    def __init__(self, service):
        self.service = service
        self.open, self.arrived = set(), {}
        self.connections = 0

    async def start(self):
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=1024)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"

    def arrival(self, number):
        """Is set when the request of this number has come."""
        return self.arrived.setdefault(number, asyncio.Event())

    def close_kept(self):
        """Ends every connection, as a service does that is restarted."""
        for writer in self.open:
            writer.transport.abort()

    async def _serve(self, reader, writer):
        self.connections += 1
        self.open.add(writer)
        behind = None
        try:
            while request := await message(reader):
                asks = ASKS.search(request)
                fault = asks[1].decode() if asks else "none"
                if asks and (event := self.arrived.pop(int(asks[2]), None)):
                    event.set()
                if fault in SPOILS:
                    await SPOILS[fault](reader, writer)
                    return
                if fault == "latency":
                    await asyncio.sleep(0.02)
                behind = behind or await asyncio.open_connection(*self.service)
                behind[1].write(request)
                answer = await message(behind[0])
                if fault in CUTS:
                    await CUTS[fault](writer, answer)
                    return
                writer.write(answer)
                await writer.drain()
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self.open.discard(writer)
            writer.close()
            if behind:
                behind[1].close()


def status(line):
    async def answer(_, writer):
        writer.write(f"HTTP/1.1 {line}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
        await writer.drain()

    return answer


async def reset(_, writer):
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)


async def closed(_, __):
    """Not a word."""


async def garbage(_, writer):
    writer.write(b"SSH-2.0-OpenSSH_9.9\r\n")


async def silence(reader, _):
    await reader.read(1)


async def cut(writer, answer):
    writer.write(answer[: len(answer) - 1 - len(answer) // 8])
    await writer.drain()


async def cut_and_reset(writer, answer):
    await cut(writer, answer)
    await reset(None, writer)


async def too_long(writer, answer):
    writer.write(LENGTH.sub(lambda length: b"\r\ncontent-length: %d" % (int(length[1]) + 10), answer, 1))
    await writer.drain()


async def half_open(writer, answer):
    await cut(writer, answer)
    # Until the other side has had enough.
    while not writer.transport.is_closing():
        await asyncio.sleep(0.02)


async def drip(writer, answer):
    head, _, _ = answer.partition(b"\r\n\r\n")
    writer.write(LENGTH.sub(b"\r\ncontent-length: 1000000", head, 1) + b"\r\n\r\n")
    while not writer.transport.is_closing():
        writer.write(b" ")
        await asyncio.sleep(0.05)


# Instead of the service's answer.
SPOILS = {
    "reset": reset,
    "closed": closed,
    "garbage": garbage,
    "silence": silence,
    "unavailable": status("503 Service Unavailable"),
    "broken": status("500 Internal Server Error"),
}
# What becomes of the service's answer.
CUTS = {
    "truncated": cut,
    "cut_and_reset": cut_and_reset,
    "wrong_length": too_long,
    "half_open": half_open,
    "drip": drip,
}
