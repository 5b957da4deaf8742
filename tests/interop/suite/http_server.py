"""The server over Streamable HTTP, spoken to raw: the endpoint, who may call it, and what operators ask it."""

import json
import socket
import time

from suite.clients import TOKEN, TOOLS, bad, good
from suite.mock import Mock
from suite.processes import (
    Http,
    Upstream,
    call_params,
    clean_environment,
    free_port,
    initialize_params,
    run as run_once,
)
from suite.report import expect, expect_equal, expect_in, expect_not_in, short, until
from suite.stdio import SLOW, TRACKED


def start(command, upstream, *flags, **options):
    environment = {"API_BASE_URL": upstream.base, **TOKEN, **options.pop("environment", {})}
    return Http(command, environment, *flags, **options)


def both_eras(command):
    with Upstream() as upstream, start(command, upstream) as server:
        for version in ("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"):
            result = server.legacy("initialize", initialize_params(version), version=version).message()["result"]
            expect_equal(result["protocolVersion"], version, "the version")
            listed = server.legacy("tools/list", version=version).message()["result"]
            expect_equal({tool["name"] for tool in listed["tools"]}, TOOLS, f"the tools for {version}")
        found = server.modern("server/discover").message()["result"]
        listed = server.modern("tools/list").message()["result"]
        called = server.modern("tools/call", call_params("get_my_account")).message()["result"]
        for result in (found, listed, called):
            expect_equal(result["resultType"], "complete", "resultType")
            expect(result["_meta"].get("io.modelcontextprotocol/serverInfo"), f"no serverInfo: {short(result)}")
        for result in (found, listed):
            expect(isinstance(result.get("ttlMs"), int), f"no ttlMs: {short(result)}")
            expect(result.get("cacheScope") in ("public", "private"), f"no cacheScope: {short(result)}")
        good(called)


def same_list(command):
    """tools/list is the same every time, in every process."""
    lists = []
    for _ in range(2):
        with Upstream() as upstream, start(command, upstream) as server:
            lists += [json.dumps(server.legacy("tools/list").message()["result"]) for _ in range(2)]
    expect_equal(len(set(lists)), 1, "different lists")


def protocol_errors(command):
    with Upstream() as upstream, start(command, upstream) as server:
        accept = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}
        broken = server.http("POST", "/mcp", "{not json", accept)
        expect(400 <= broken.status < 500, f"broken JSON answered {broken.status}")
        expect_not_in("panicked", broken.text, "the answer to broken JSON")
        unknown = server.modern("no/such")
        expect_equal((unknown.status, unknown.message()["error"]["code"]), (404, -32601), "an unknown method")
        mismatch = server.modern("tools/list", headers={"MCP-Protocol-Version": "2025-11-25"})
        expect_equal(mismatch.status, 400, "a version in the header that is not the body's")
        expect_equal(server.http("GET", "/nothing").status, 404, "an unknown path")
        expect(server.http("PUT", "/mcp", "{}").status == 405, "PUT /mcp")
        reply = server.call("cancel_ordr")
        expect_equal(reply["error"]["code"], -32602, "an unknown tool")
        expect_in("cancel_order", reply["error"]["message"], "the nearest name")


def admin(command):
    with Upstream() as upstream, start(command, upstream) as server:
        foreign = {"Host": "orders.example", "Origin": "https://evil.example"}
        for path in ("/health", "/ready"):
            answer = server.http("GET", path, headers=foreign)
            expect_equal(answer.status, 200, path)
            expect_in("application/json", answer.headers["content-type"], f"{path}: the type")
            expect(isinstance(json.loads(answer.text), dict), f"{path}: {short(answer.text)}")
            expect(len(answer.text) < 1000, f"{path} is small")
        good(server.call("list_orders")["result"])
        bad(server.call("cancel_order", {"order_id": "ORD-100005", "reason": "other"})["result"], "409")
        bad(server.call("get_order", {"order_id": "x"})["result"], "order_id")
        server.call("no_such_tool")
        metrics = server.http("GET", "/metrics", headers=foreign)
        expect_equal(metrics.status, 200, "/metrics")
        expect_in("text", metrics.headers["content-type"], "the type of /metrics")
        count = lambda **labels: server.metric("mcp_tool_invocations_total", **labels)
        expect_equal(count(tool_name="list_orders", status="ok"), 1, "good calls")
        expect_equal(count(tool_name="cancel_order", status="error"), 1, "failed calls")
        errors = lambda **labels: server.metric("mcp_tool_errors_total", **labels)
        expect_equal(errors(tool_name="cancel_order", error_type="upstream_4xx"), 1, "errors of the upstream")
        expect_equal(errors(tool_name="get_order", error_type="invalid_arguments"), 1, "errors of the arguments")
        expect_equal(count(tool_name="unknown"), 1, "calls of unknown tools")
        expect_not_in("no_such_tool", metrics.text, "the labels")
        expect_equal(server.metric("mcp_tool_duration_seconds_count", tool_name="list_orders"), 1, "durations")
        expect("alice" not in metrics.text, "the metrics show a credential")


def ready_upstream(command):
    """`--ready-upstream` asks whether the upstream's host resolves."""
    with Upstream() as upstream:
        with start(command, upstream, "--ready-upstream") as server:
            expect_equal(server.http("GET", "/ready").status, 200, "/ready with an upstream that resolves")
        environment = {"API_BASE_URL": "http://no-such-host.invalid/api"}
        with start(command, upstream, "--ready-upstream", environment=environment) as server:
            expect_equal(server.http("GET", "/ready", seconds=30).status, 503, "/ready without one")
            expect_equal(server.http("GET", "/health").status, 200, "/health is the process's")


def admin_listen(command):
    with Upstream() as upstream:
        port = free_port()
        with start(command, upstream, "--admin-listen", f"127.0.0.1:{port}") as server:
            expect_equal(server.http("GET", "/metrics").status, 404, "/metrics on the public port")
            server.port = port
            expect_equal(server.http("GET", "/metrics").status, 200, "/metrics on the admin port")
            expect_equal(server.http("POST", "/mcp", {}).status, 404, "/mcp on the admin port")


def health_check(command):
    with Upstream() as upstream, start(command, upstream) as server:
        environment = {"MCP_LISTEN": server.authority}
        expect_equal(run_once([*command, "--healthcheck"], environment)[0], 0, "--healthcheck of a server that runs")
        server.close()
        code, _, stderr = run_once([*command, "--healthcheck"], environment)
        expect_equal(code, 1, "--healthcheck of none")
        expect_not_in("panicked", stderr, "stderr")


def hosts(command):
    ask = {"id": 1, "method": "tools/list"}
    with Upstream() as upstream:
        with start(command, upstream) as server:
            for host in ("evil.example", f"evil.example:{server.port}", "127.0.0.1.evil.example"):
                expect_equal(server.post(ask, {"Host": host}).status, 403, f"Host `{host}`")
                expect_equal(server.http("GET", "/sse", headers={"Host": host}).status, 403, f"/sse, Host `{host}`")
            for host in (server.authority, f"localhost:{server.port}", "localhost"):
                expect_equal(server.post(ask, {"Host": host}).status, 200, f"Host `{host}`")
            expect_equal(upstream.requests(), [], "requests at the upstream")
        with start(command, upstream, "--allowed-host", "orders.example") as server:
            for host in ("orders.example", f"orders.example:{server.port}"):
                expect_equal(server.post(ask, {"Host": host}).status, 200, f"the allowed host `{host}`")
            expect_equal(server.post(ask, {"Host": "evil.example"}).status, 403, "another host")


def origins(command):
    ask = {"id": 1, "method": "tools/list"}
    with Upstream() as upstream:
        with start(command, upstream) as server:
            for origin in ("https://evil.example", "null", "http://localhost.evil.example"):
                expect_equal(server.post(ask, {"Origin": origin}).status, 403, f"Origin `{origin}`")
                answer = server.http("GET", "/sse", headers={"Origin": origin})
                expect_equal(answer.status, 403, f"/sse, Origin `{origin}`")
            for origin in ("http://localhost:6274", "http://127.0.0.1:8080"):
                expect_equal(server.post(ask, {"Origin": origin}).status, 200, f"Origin `{origin}`")
        with start(command, upstream, "--allowed-origin", "https://app.example") as server:
            answer = server.post(ask, {"Origin": "https://app.example"})
            expect_equal(answer.status, 200, "the allowed origin")
            expect_equal(answer.headers.get("access-control-allow-origin"), "https://app.example", "CORS")


def preflight(command):
    asked = "content-type, authorization, mcp-protocol-version, mcp-method, mcp-name"
    headers = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": asked}
    with Upstream() as upstream, start(command, upstream, "--allowed-origin", "https://app.example") as server:
        answer = server.http("OPTIONS", "/mcp", headers={"Origin": "https://app.example", **headers})
        expect(answer.status in (200, 204), f"the preflight answered {answer.status}")
        expect_equal(answer.headers.get("access-control-allow-origin"), "https://app.example", "the origin")
        expect_in("POST", answer.headers.get("access-control-allow-methods"), "the methods")
        allowed = answer.headers.get("access-control-allow-headers", "").lower()
        for name in asked.split(", "):
            expect(name in allowed or allowed == "*", f"`{name}` is not allowed: {allowed}")
        other = server.http("OPTIONS", "/mcp", headers={"Origin": "https://evil.example", **headers})
        expect("access-control-allow-origin" not in other.headers, "another origin was allowed")


def progress(command):
    with Upstream(*SLOW) as upstream, start(command, upstream) as server:
        params = call_params("track_parcel", TRACKED, {"progressToken": 7})
        for answer in (server.legacy("tools/call", params), server.modern("tools/call", params)):
            good(answer.message()["result"])
            steps = [m["params"] for m in answer.messages() if m.get("method") == "notifications/progress"]
            expect(steps, f"no progress was sent: {short(answer.text)}")
            expect_equal({step["progressToken"] for step in steps}, {7}, "the progress token")
            expect_equal(answer.headers.get("x-accel-buffering"), "no", "X-Accel-Buffering of the stream")


def disconnect(command):
    """Closing the response is cancelling the call."""
    with Upstream("--delay", "/api/v1/tracking=30000") as upstream, start(command, upstream) as server:
        for version in ("2025-11-25", None):
            upstream.forget()
            raw = raw_call(server, version)
            until(upstream.requests, "the request reaches the upstream")
            raw.close()
            until(lambda: upstream.requests()[0]["outcome"] == "aborted", "the upstream request is stopped", 5)
        count = lambda: server.metric("mcp_tool_invocations_total", tool_name="track_parcel", status="cancelled")
        until(lambda: count() == 2, "the metric counts two cancelled calls", 5)


def raw_call(server, version):
    """A call of which the answer is not read; `None` stands for the era of 2026-07-28."""
    params = call_params("track_parcel", TRACKED)
    headers = {"MCP-Protocol-Version": version or "2026-07-28"}
    if version is None:
        headers |= {"Mcp-Method": "tools/call", "Mcp-Name": "track_parcel"}
        params["_meta"] = {
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": {},
        }
    body = json.dumps({"jsonrpc": "2.0", "id": 9, "method": "tools/call", "params": params}).encode()
    connection = server.connection()
    accept = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}
    connection.request("POST", server.prefix + "/mcp", body, {**accept, **headers})
    return connection


def drains(command):
    with Upstream("--delay", "/api/v1/tracking=1500") as upstream, start(command, upstream) as server:
        connection = raw_call(server, "2025-11-25")
        until(upstream.requests, "the request reaches the upstream")
        server.terminate()
        text = connection.getresponse().read().decode()
        expect_in("Rotterdam", text, "the answer of the running call")
        expect_equal(server.wait(), 0, "the exit code")


def prefix(command):
    """With the prefix, and without it: some proxies take it off, and probes do not know it."""
    with Upstream() as upstream, start(command, upstream, "--path-prefix", "/orders", prefix="/orders") as server:
        expect_equal({t["name"] for t in server.legacy("tools/list").message()["result"]["tools"]}, TOOLS, "the tools")
        server.prefix = ""
        expect_equal(server.legacy("tools/list").status, 200, "/mcp without the prefix")
        expect_equal(server.http("GET", "/health").status, 200, "/health without the prefix")


def port_variable(command):
    """Platforms say `PORT`."""
    with Upstream() as upstream:
        port = free_port()
        environment = {"API_BASE_URL": upstream.base, "MCP_TRANSPORT": "http", "PORT": str(port), **TOKEN}
        server = Http.__new__(Http)
        server.host, server.port, server.prefix, server.authority = "127.0.0.1", port, "", f"127.0.0.1:{port}"
        super(Http, server).__init__(command, clean_environment(environment))
        with server:
            until(server.answers, "the server listens on PORT", 10)


def loud_beyond_loopback(command):
    with Upstream() as upstream:
        port = free_port()
        with start(command, upstream, "--listen", f"0.0.0.0:{port}", wait=False) as server:
            until(lambda: "0.0.0.0" in server.stderr or "loopback" in server.stderr, "a warning on stderr", 10)
            until(lambda: "warn" in server.stderr.lower(), "its level is a warning", 5)


def keep_alive_is_fast(command):
    """A kept connection does not wait for delayed acknowledgements (TCP_NODELAY)."""
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call_params("get_my_account")})
    headers = {
        "Accept": "application/json, text/event-stream",
        "Content-Type": "application/json",
        "MCP-Protocol-Version": "2025-11-25",
    }
    with Upstream() as upstream, start(command, upstream) as server:
        connection = server.connection()
        connection.connect()
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        times = []
        for _ in range(20):
            begun = time.monotonic()
            connection.request("POST", "/mcp", body, headers)
            connection.getresponse().read()
            times.append(time.monotonic() - begun)
        # A delayed acknowledgement costs each of them 40 ms; a busy machine does not slow all twenty down.
        expect(min(times) < 0.03, f"every call takes {min(times) * 1000:.0f} ms or more on a kept connection")


def large_bodies(command):
    """A request that is too large is refused, and the server goes on."""
    with Upstream() as upstream, start(command, upstream) as server:
        arguments = {"order_id": "ORD-100009", "reason": "other", "comment": "x" * (8 << 20)}
        try:
            status = server.legacy("tools/call", call_params("cancel_order", arguments)).status
            expect_equal(status, 413, "the status for 8 MiB")
        except (BrokenPipeError, ConnectionResetError):
            pass  # refused before all was sent
        good(server.call("get_my_account")["result"])


def results_are_capped(command):
    big = {"orders": ["x" * 1000 for _ in range(3000)]}
    with Mock(lambda _: (200, {}, big)) as mock:
        with Http(command, {"API_BASE_URL": mock.origin, **TOKEN}) as server:
            answer = server.legacy("tools/call", call_params("get_my_account"))
            expect(len(answer.body) < 400_000, f"the result has {len(answer.body)} bytes")
            text = answer.message()["result"]["content"][-1]["text"]
            told = [word for word in ("cut", "truncat", "large", "limit", "left out") if word in text[-600:].lower()]
            expect(told, f"it does not say what was cut: {short(text[-600:])}")


CHECKS = [
    ("both eras on one endpoint", both_eras),
    ("the list is always the same", same_list),
    ("protocol errors", protocol_errors),
    ("/health, /ready and /metrics", admin),
    ("--ready-upstream", ready_upstream),
    ("--admin-listen", admin_listen),
    ("--healthcheck", health_check),
    ("foreign hosts are refused", hosts),
    ("foreign origins are refused", origins),
    ("CORS preflight", preflight),
    ("progress is reported, unbuffered", progress),
    ("a disconnect stops the upstream request", disconnect),
    ("SIGTERM drains", drains),
    ("--path-prefix", prefix),
    ("PORT", port_variable),
    ("a warning beyond loopback", loud_beyond_loopback),
    ("no delayed acknowledgements", keep_alive_is_fast),
    ("large requests are refused", large_bodies),
    ("large results are cut and say so", results_are_capped),
]


def run(report, command):
    for name, check in CHECKS:
        report.check(f"http: {name}", check, command)
