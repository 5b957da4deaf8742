"""The HTTP+SSE transport of 2024-11-05, spoken to raw: `GET /sse` and `POST /messages`."""

import re
import time

from suite.clients import TOOLS, good
from suite.http_server import start
from suite.processes import EventStream, Http, Upstream, call_params
from suite.report import expect, expect_equal, until
from suite.stdio import TRACKED


def story(command):
    with Upstream() as upstream, start(command, upstream) as server, EventStream(server) as stream:
        expect_equal(stream.headers["content-type"].split(";")[0], "text/event-stream", "the type")
        expect_equal(stream.headers.get("x-accel-buffering"), "no", "X-Accel-Buffering")
        expect(stream.endpoint.startswith("/messages?"), f"the endpoint is not relative: {stream.endpoint}")
        expect_equal(stream.initialize()["result"]["protocolVersion"], "2024-11-05", "the version")
        listed = stream.request("tools/list")["result"]
        expect_equal({tool["name"] for tool in listed["tools"]}, TOOLS, "the tools")
        good(stream.request("tools/call", call_params("get_my_account"))["result"])


def prefix(command):
    with Upstream() as upstream, start(command, upstream, "--path-prefix", "/orders", prefix="/orders") as server:
        with EventStream(server) as stream:
            expect(stream.endpoint.startswith("/orders/messages?"), f"the endpoint: {stream.endpoint}")
            stream.initialize()


def lifetime(command):
    """A session lives as long as its stream; ids are random."""
    with Upstream() as upstream, start(command, upstream) as server:
        ping = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
        with EventStream(server) as first, EventStream(server) as second:
            expect(first.endpoint != second.endpoint, "two streams share an id")
            number = re.search(r"=([^&]+)$", first.endpoint).group(1)
            expect(len(number) >= 22, f"the id `{number}` can be guessed")
            until(lambda: server.metric("mcp_active_connections") >= 3, "both streams are active connections", 5)
            first.initialize()
            second.initialize()
            asked = first.start("tools/list")
            first.reply(asked)
            expect_equal([m for m in second.messages() if "tools" in str(m.get("result", ""))[:40]], [], "leaks")
        # The connection that asks is the one that is left.
        until(lambda: server.metric("mcp_active_connections") == 1, "the streams' connections are over", 5)
        gone = lambda: server.http("POST", first.endpoint, ping).status == 404
        until(gone, "the closed stream's id is unknown", 5)
        expect_equal(server.http("POST", "/messages?sessionId=guess", ping).status, 404, "a guessed id")
        expect(server.http("POST", "/messages", ping).status in (400, 404), "no id")


def cancellation(command):
    """By notification, and by closing the stream."""
    with Upstream("--delay", "/api/v1/tracking=30000") as upstream, start(command, upstream) as server:
        with EventStream(server) as stream:
            stream.initialize()
            identifier = stream.start("tools/call", call_params("track_parcel", TRACKED))
            until(upstream.requests, "the request reaches the upstream")
            stream.post({"method": "notifications/cancelled", "params": {"requestId": identifier}})
            until(lambda: upstream.requests()[0]["outcome"] == "aborted", "the notification stops it", 5)
            upstream.forget()
            stream.start("tools/call", call_params("track_parcel", TRACKED))
            until(upstream.requests, "the second request reaches the upstream")
        until(lambda: upstream.requests()[0]["outcome"] == "aborted", "closing the stream stops it", 5)


def progress(command):
    with Upstream("--delay", "/api/v1/tracking=1500") as upstream, start(command, upstream) as server:
        with EventStream(server) as stream:
            stream.initialize()
            good(stream.request("tools/call", call_params("track_parcel", TRACKED, {"progressToken": "a"}))["result"])
            notes = [m for m in stream.messages() if m.get("method") == "notifications/progress"]
            expect(notes, "no progress was sent")


def off(command):
    with Upstream() as upstream, start(command, upstream, "--no-sse") as server:
        expect_equal(server.http("GET", "/sse").status, 404, "/sse")
        expect_equal(server.http("POST", "/messages?sessionId=x", {}).status, 404, "/messages")


def fast(command):
    """Each call has an answer on the stream within milliseconds, not after a delayed acknowledgement."""
    with Upstream() as upstream, start(command, upstream) as server, EventStream(server) as stream:
        stream.initialize()
        times = []
        for _ in range(10):
            begun = time.monotonic()
            stream.request("tools/call", call_params("get_my_account"))
            times.append(time.monotonic() - begun)
        # `until` looks every 20 ms; a delayed acknowledgement costs each call 40 ms.
        expect(min(times) < 0.035, f"every call takes {min(times) * 1000:.0f} ms or more")


def drains(command):
    """SIGTERM ends open streams: a deployment does not wait for idle clients."""
    with Upstream() as upstream, start(command, upstream) as server, EventStream(server) as stream:
        stream.initialize()
        server.terminate()
        expect_equal(server.wait(15), 0, "the exit code")


def identity(command):
    """Each POST carries its own credential when the client's is forwarded; the stream's is not borrowed."""
    environment = {"MCP_FORWARD_AUTH": "authorization"}
    alice, bob = ({"Authorization": f"Bearer {name}-token"} for name in ("alice", "bob"))
    with Upstream() as upstream, Http(command, {"API_BASE_URL": upstream.base, **environment}) as server:
        with EventStream(server, headers=alice) as stream:
            reply = stream.request("initialize", {"protocolVersion": "2024-11-05", "capabilities": {},
                                                  "clientInfo": {"name": "i", "version": "1"}}, alice)  # fmt: skip
            expect("result" in reply, "alice can use her stream")
            ask = {"id": 5, "method": "tools/call", "params": call_params("get_my_account")}
            answer = stream.post(ask, bob)
            if answer.status == 202:
                account = good(stream.reply(5)["result"])
                expect_equal(account["username"], "bob", "whose credential was sent")
            else:
                expect(answer.status in (401, 403, 404), f"bob on alice's stream: {answer.status}")


CHECKS = [
    ("the story", story),
    ("--path-prefix", prefix),
    ("a session lives as long as its stream", lifetime),
    ("cancellation stops the upstream request", cancellation),
    ("progress is reported", progress),
    ("--no-sse", off),
    ("no delayed acknowledgements", fast),
    ("SIGTERM ends open streams", drains),
    ("whose credential goes upstream", identity),
]


def run(report, command):
    for name, check in CHECKS:
        report.check(f"sse: {name}", check, command)
