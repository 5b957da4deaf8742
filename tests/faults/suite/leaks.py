"""Many calls with faults among them: each ends as its fault says, and afterwards the server is as it was before."""

import asyncio
import collections
import random
import time

from suite.clients import Client, Session
from suite.proxy import Proxy
from suite.server import Server, service, until

# How calls end: the label in the metrics (`ok`, or an `error_type`), and what the result says.
BROKE = ("connect", "broke before the answer was complete")
ENDS = {
    "none": ("ok", ""),
    "latency": ("ok", ""),
    "reset": BROKE,
    "closed": BROKE,
    "garbage": BROKE,
    "truncated": BROKE,
    "cut_and_reset": BROKE,
    "wrong_length": BROKE,
    "unavailable": ("upstream_5xx", "503"),
    "broken": ("upstream_5xx", "500"),
    "silence": ("timeout", "was silent for"),
    "half_open": ("timeout", "was silent for"),
    "drip": ("timeout", "took longer than"),
    "hang_up": ("cancelled", ""),
}
# What the service refuses is told by the head of its answer, which comes before its body is cut.
CUT, REFUSED = ("truncated", "cut_and_reset", "wrong_length"), ("upstream_4xx", "The API answered 409 Conflict")
# Of 1,000 calls so many have a fault that takes its time.
SLOW = {"silence": 6, "half_open": 3, "drip": 3, "hang_up": 8}
QUICK = [fault for fault in ENDS if fault not in SLOW and fault != "none"]
TOKEN = "alice-token"
# What may stay resident beyond what was so after the warm-up.
MOST_GROWTH_KIB = 16 * 1024


def chosen(dice):
    """The next fault: of every ten calls seven have none."""
    at = dice.randrange(1000)
    for fault, share in SLOW.items():
        if at < share:
            return fault
        at -= share
    return "none" if dice.random() < 0.7 else dice.choice(QUICK)


def request(fault, number):
    """A tool and its arguments: of the calls that the API never does anything about, some change something."""
    asked = "silence" if fault == "hang_up" else fault
    if number % 3 == 0 and fault not in ("none", "latency"):
        return "cancel_order", {"order_id": "ORD-100001", "reason": "changed_mind", "comment": f"fault-{asked}-{number}"}
    return "list_orders", {"per_page": 1, "q": "" if fault == "none" else f"fault-{asked}-{number}"}


class Run:
    """Calls of a number of workers at once, and how they ended."""

    def __init__(self, server, proxy, dice):
        self.server, self.proxy, self.dice = server, proxy, dice
        self.numbers = iter(range(1, 10**9))
        self.ended = collections.Counter()

    async def calls(self, how_many, workers):
        self.left = how_many
        await asyncio.gather(*(self.worker(Session if at % 8 == 0 else Client) for at in range(workers)))

    async def worker(self, kind):
        """One client after another. A session comes and goes with every tenth call."""
        client, calls = None, 0
        while self.left > 0:
            self.left -= 1
            if client is None:
                client, calls = kind(self.server.address), 0
                if kind is Session:
                    await client.start()
            calls += 1
            gone = await self.call(client) == "hang_up"
            if gone or (kind is Session and calls == 10):
                client.close()
                client = None
        if client:
            client.close()

    async def call(self, client):
        fault, number = chosen(self.dice), next(self.numbers)
        end, says = ENDS[fault]
        tool, arguments = request(fault, number)
        if fault == "hang_up":
            await client.hang_up(number, tool, arguments, self.proxy.arrival(number))
        else:
            result = await client.call(number, tool, arguments)
            text = "\n".join(block["text"] for block in result["content"])
            if fault in CUT and REFUSED[1] in text:
                end, says = REFUSED
            assert bool(result.get("isError")) == (end != "ok") and says in text, (fault, result)
            assert TOKEN not in text, (fault, result)
        self.ended[end] += 1
        return fault


async def settled(server, proxy):
    """What the server takes when no call runs and no connection is open."""
    await server.rests()
    proxy.close_kept()
    lowest = {}

    async def is_still():
        nonlocal lowest
        before, lowest = lowest, server.takes()
        await asyncio.sleep(0.3)
        return before.get("descriptors") == lowest["descriptors"]

    await until(is_still, "descriptors are closed")
    return lowest


async def prove(how_many, workers, seed):
    child, address = service()
    proxy = Proxy(address)
    await proxy.start()
    server = Server("--read-timeout", "5s", "--timeout", "10s", API_BASE_URL=f"{proxy.url}/api",
                    API_BEARER_AUTH_TOKEN=TOKEN)
    try:
        await server.start()
        run = Run(server, proxy, random.Random(seed))
        await run.calls(max(how_many // 20, 10 * workers), workers)
        before = await settled(server, proxy)
        started = time.monotonic()
        await run.calls(how_many, workers)
        seconds = time.monotonic() - started
        after = await settled(server, proxy)
        print(f"{how_many} calls by {workers} clients in {seconds:.0f} s, after a warm-up; ends: {dict(run.ended)}")
        print(f"before: {before}\nafter:  {after}")
        await adds_up(server, run.ended)
        for what in ("descriptors", "threads"):
            assert after[what] <= before[what], f"{what} are left behind"
        growth = after["resident KiB"] - before["resident KiB"]
        assert growth <= MOST_GROWTH_KIB, f"{growth} KiB more are resident"
        server.end()
    finally:
        server.child.kill()
        child.kill()


async def adds_up(server, ended):
    """Every call has one outcome in the metrics, the one that its client saw."""
    metrics = await server.metrics()
    count = lambda *key: int(metrics.get(key, 0))
    statuses = {status: count("mcp_tool_invocations_total", status) for status in ("ok", "error", "denied", "cancelled")}
    errors = {key[1]: int(value) for key, value in metrics.items() if key[0] == "mcp_tool_errors_total"}
    seen = dict(ended)
    expected = {"ok": seen.pop("ok"), "cancelled": seen.pop("cancelled"), "denied": 0, "error": sum(seen.values())}
    assert statuses == expected, f"the metrics say {statuses}, the clients {expected}"
    assert errors == seen, f"the metrics say {errors}, the clients {seen}"
    assert count("mcp_in_flight") == 0
