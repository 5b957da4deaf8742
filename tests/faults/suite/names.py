"""A name that leads elsewhere: it is found again without a restart. The system's own resolver, on a hosts file of ours."""

import asyncio
import glob
import os
import tempfile
from pathlib import Path

from suite.clients import Client
from suite.proxy import message
from suite.server import Server, until

LIBRARY = next(iter(glob.glob("/usr/lib/*/libnss_wrapper.so*")), "")


class Place:
    """An API that counts its requests."""

    def __init__(self):
        self.requests = 0

    async def start(self, host, port):
        server = await asyncio.start_server(self._serve, host, port)
        return server.sockets[0].getsockname()[1]

    async def _serve(self, reader, writer):
        while await message(reader):
            self.requests += 1
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")
        writer.close()


async def prove():
    assert LIBRARY, "libnss-wrapper is not there; install it"
    old, new = Place(), Place()
    port = await old.start("127.0.0.1", 0)
    await new.start("127.0.0.2", port)
    with tempfile.TemporaryDirectory() as folder:
        hosts = Path(folder) / "hosts"

        def leads_to(text):
            beside = hosts.with_suffix(".new")
            beside.write_text(text)
            beside.replace(hosts)

        leads_to("127.0.0.1 api.test\n")
        server = Server("--connection-max-age", "1s", "--connect-timeout", "1s", LD_PRELOAD=LIBRARY,
                        NSS_WRAPPER_HOSTS=str(hosts), API_BASE_URL=f"http://api.test:{port}",
                        API_BEARER_AUTH_TOKEN="alice-token")
        try:
            await server.start()
            await moved(server, old, new, lambda: leads_to("127.0.0.2 api.test\n"))
            leads_to("")
            await until(lambda: tells(server, "its name has no address"), "a name that is gone is told")
            hosts.unlink()
            os.mkfifo(hosts)
            await hangs(server)
            server.end()
        finally:
            server.child.kill()


async def call(server):
    client = Client(server.address)
    result = await client.call(1, "list_orders", {})
    client.close()
    return result


async def tells(server, text):
    return text in str(await call(server))


async def moved(server, old, new, move):
    assert not (await call(server)).get("isError") and (old.requests, new.requests) == (1, 0)
    move()

    async def is_found():
        assert not (await call(server)).get("isError")
        return new.requests > 0

    await until(is_found, "the new address is asked")
    before = old.requests
    assert not (await call(server)).get("isError") and old.requests == before


async def hangs(server):
    """A resolver that does not answer: each call is told in time, and takes no thread of its own."""
    before = server.takes()["threads"]
    for result in await asyncio.gather(*(call(server) for _ in range(100))):
        assert result["isError"] and " within 1 s" in str(result), result
    threads = server.takes()["threads"] - before
    assert threads <= 1, f"{threads} threads wait for the resolver"
