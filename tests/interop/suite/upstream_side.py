"""What reaches the upstream, and what never does: credentials, forwarding, redirects, proxies, addresses, arguments."""

import json
import os
import socket
import tempfile
from pathlib import Path

from suite.clients import TOKEN, bad, good
from suite.mock import Mock, forward_to
from suite.processes import Http, Stdio, Upstream, free_port, header, run as run_once
from suite.report import expect, expect_equal, expect_in, expect_not_in, short, until

BOB = {"Authorization": "Bearer bob-token"}


def username(reply):
    return good(reply["result"])["username"]


def rotation(command):
    """A credential in a file is read again when the file changes, whether rewritten or replaced."""
    with tempfile.TemporaryDirectory() as folder, Upstream() as upstream:
        file = Path(folder) / "token"
        file.write_text("alice-token\n")
        environment = {"API_BASE_URL": upstream.base, "API_BEARER_AUTH_TOKEN_FILE": str(file)}
        with Stdio(command, environment) as server:
            server.initialize()
            expect_equal(username(server.call("get_my_account")), "alice", "the first token's user")
            other = Path(folder) / "new"
            other.write_text("bob-token")
            os.replace(other, file)
            until(lambda: username(server.call("get_my_account")) == "bob", "the replaced file counts", 5)
            file.write_text("alice-token\n")
            until(lambda: username(server.call("get_my_account")) == "alice", "the rewritten file counts", 5)


def one_line(command, environment, *parts, flags=()):
    """A start that fails: exit code 1 and one clear line."""
    code, stdout, stderr = run_once([*command, *flags], environment)
    expect_equal(code, 1, f"the exit code; stderr {short(stderr)}")
    expect_equal(stdout, "", "stdout")
    lines = [line for line in stderr.splitlines() if line.strip()]
    expect_equal(len(lines), 1, f"the lines on stderr: {short(stderr)}")
    for part in parts:
        expect_in(part, stderr, "the line")
    expect_not_in("panicked", stderr, "the line")


def bad_starts(command):
    base = {"API_BASE_URL": "http://127.0.0.1:9/api"}
    one_line(command, {"API_BASE_URL": "not a url", **TOKEN}, "API_BASE_URL")
    one_line(command, {"API_BASE_URL": "ftp://files.example/", **TOKEN}, "API_BASE_URL")
    both = {**base, **TOKEN, "API_BEARER_AUTH_TOKEN_FILE": "/dev/null"}
    one_line(command, both, "API_BEARER_AUTH_TOKEN")
    one_line(command, {**base, "API_BEARER_AUTH_TOKEN_FILE": "/no/such/file"}, "/no/such/file")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        one_line(command, {**base, **TOKEN}, address, flags=["--transport", "http", "--listen", address])


def usage(command):
    for flags in (["--no-such-flag"], ["--transport", "carrier-pigeon"]):
        code, stdout, stderr = run_once([*command, *flags], {"API_BASE_URL": "http://127.0.0.1:9"})
        expect(code in (1, 2), f"{flags}: the exit code is {code}")
        expect_equal(stdout, "", f"{flags}: stdout")
        expect_in(flags[-1], stderr, f"{flags}: stderr")


def print_config(command):
    environment = {"API_BASE_URL": "http://127.0.0.1:9/api", "MCP_LISTEN": "127.0.0.1:4444", **TOKEN}
    code, stdout, stderr = run_once([*command, "--print-config"], environment)
    expect_equal(code, 0, f"the exit code; stderr {short(stderr)}")
    expect_in("127.0.0.1:4444", stdout, "what was set")
    expect_not_in("alice-token", stdout + stderr, "what was printed")


def absent_credential(command):
    """One warning at the start that names the variable and the tools."""
    with Upstream() as upstream, Stdio(command, {"API_BASE_URL": upstream.base}) as server:
        server.initialize()
        found = lambda: [line for line in server.errors if "API_BEARER_AUTH_TOKEN" in line]
        warnings = until(found, "a warning names the variable", 5)
        expect_equal(len(warnings), 1, "the warnings")
        expect_in("list_orders", warnings[0], "the warning")
        bad(server.call("list_orders")["result"], "API_BEARER_AUTH_TOKEN")
        expect_equal(upstream.requests(), [], "requests without a credential")


def not_forwarded(command):
    """By default the client's credential stays here."""
    with Upstream() as upstream, Http(command, {"API_BASE_URL": upstream.base, **TOKEN}) as server:
        reply = server.call("get_my_account", meta={"authorization": "Bearer bob-token"}, headers=BOB)
        expect_equal(username(reply), "alice", "whose credential was sent")
        expect_not_in("bob-token", upstream.requests(), "the request")


def forwarded(command, mode, headers, meta):
    environment = {"MCP_FORWARD_AUTH": mode}
    with Upstream() as upstream:
        for extra in (TOKEN, {}):  # it beats the environment's, and does without
            with Http(command, {"API_BASE_URL": upstream.base, **environment, **extra}) as server:
                reply = server.call("get_my_account", meta=meta, headers=headers)
                expect_equal(username(reply), "bob", f"whose credential was sent with {extra or 'none'} of our own")
                expect_equal(header(upstream.requests()[-1], "authorization"), ["Bearer bob-token"], "the header")
                expect_equal(header(upstream.requests()[-1], "x-orders-token"), [], "the client's header")


def forward_authorization(command):
    forwarded(command, "authorization", BOB, None)


def forward_header(command):
    forwarded(command, "header:X-Orders-Token", {"X-Orders-Token": "bob-token"}, None)


def forward_meta(command):
    forwarded(command, "meta", None, {"authorization": "Bearer bob-token"})


def forward_meta_over_stdio(command):
    environment = {"MCP_FORWARD_AUTH": "meta", **TOKEN}
    with Upstream() as upstream, Stdio(command, {"API_BASE_URL": upstream.base, **environment}) as server:
        server.initialize()
        reply = server.call("get_my_account", meta={"authorization": "Bearer bob-token"})
        expect_equal(username(reply), "bob", "whose credential was sent")
        expect_equal(username(server.call("get_my_account")), "alice", "whose credential stands in")


def forward_scheme(command):
    forwarded(command, "bearerAuth=authorization", BOB, None)


def forward_missing(command):
    environment = {"MCP_FORWARD_AUTH": "header:X-Orders-Token"}
    with Upstream() as upstream, Http(command, {"API_BASE_URL": upstream.base, **environment}) as server:
        bad(server.call("get_my_account")["result"], "X-Orders-Token")
        expect_equal(upstream.requests(), [], "requests without a credential")


def redirects(command):
    """Followed within the origin, with the credential; never to another one, and nothing is logged of it."""
    account = {"username": "alice", "account_number": 1}
    environment = {"MCP_LOG": "trace", **TOKEN}
    with Mock(lambda _: (200, {}, account)) as second:
        moved = {"/v1/me": f"{second.origin}/v1/me", "/v1/orders": "/v1/moved"}

        def answer(request):
            location = moved.get(request["target"])
            page = {"data": [], "page": 1, "per_page": 1, "total": 0}
            return (307, {"Location": location}, "") if location else (200, {}, page)

        with Mock(answer) as first, Http(command, {"API_BASE_URL": first.origin, **environment}) as server:
            reply = server.call("get_my_account")["result"]
            expect_equal(second.requests, [], "requests at the second origin")
            expect(reply.get("isError"), f"a redirect elsewhere must be an error: {short(reply)}")
            good(server.call("list_orders")["result"])
            followed = first.requests[-1]
            expect_equal(followed["target"], "/v1/moved", "the redirect within the origin")
            expect_equal(header(followed, "authorization"), ["Bearer alice-token"], "its credential")
            server.terminate()
            server.wait()
            expect_not_in("alice-token", server.stderr, "the log at trace level")


def failing_tokens_stay_secret(command):
    """No error, log or metric shows the credential, whatever the upstream does with it."""
    echo = lambda request: (500, {"X-Echo": header(request, "authorization")[0]}, "it broke")
    with Mock(echo) as mock, Http(command, {"API_BASE_URL": mock.origin, "MCP_LOG": "trace", **TOKEN}) as server:
        reply = server.call("get_my_account")
        bad(reply["result"], "500", "it broke")
        expect_not_in("alice-token", reply, "the result")
        expect_not_in("alice-token", server.http("GET", "/metrics").text, "the metrics")
        server.terminate()
        server.wait()
        expect_not_in("alice-token", server.stderr, "the log at trace level")


def proxies(command):
    with Upstream() as upstream, Mock(forward_to(upstream.origin)) as proxy:
        for name in ("HTTP_PROXY", "http_proxy"):
            proxied = {"API_BASE_URL": "http://orders.internal.example/api", name: proxy.origin, **TOKEN}
            proxy.requests.clear()
            with Stdio(command, proxied) as server:
                expect_equal(username(server.call("get_my_account")), "alice", f"the answer through {name}")
            targets = [request["target"] for request in proxy.requests]
            expect_equal(targets, ["http://orders.internal.example/api/v1/me"], f"what {name} saw")
        proxy.requests.clear()
        direct = {"API_BASE_URL": upstream.base, "HTTP_PROXY": proxy.origin, "NO_PROXY": "127.0.0.1", **TOKEN}
        with Stdio(command, direct) as server:
            expect_equal(username(server.call("get_my_account")), "alice", "the answer past the proxy")
        expect_equal(proxy.requests, [], "requests at the proxy in spite of NO_PROXY")


def ipv6(command):
    with Upstream(listen="[::1]:0") as upstream:
        expect_in("[::1]", upstream.base, "the upstream's address")
        with Stdio(command, {"API_BASE_URL": upstream.base, **TOKEN}) as server:
            expect_equal(username(server.call("get_my_account")), "alice", "the answer of [::1]")
        expect_equal(header(upstream.requests()[0], "host"), [upstream.origin.removeprefix("http://")], "Host")
        with Http(command, {"API_BASE_URL": upstream.base, **TOKEN}, host="::1") as server:
            expect_equal(username(server.call("get_my_account")), "alice", "the answer on [::1]")


def broken_upstreams(command):
    nobody = f"http://127.0.0.1:{free_port()}"
    with Http(command, {"API_BASE_URL": nobody, **TOKEN}) as server:
        bad(server.call("get_my_account")["result"], "connect")
        expect_equal(server.metric("mcp_tool_errors_total", error_type="connect"), 1, "the metric")
    with Upstream("--delay", "/api/v1/me=30000") as upstream:
        with Http(command, {"API_BASE_URL": upstream.base, "MCP_TIMEOUT": "1", **TOKEN}) as server:
            bad(server.call("get_my_account")["result"], "1 s")
            expect_equal(server.metric("mcp_tool_errors_total", error_type="timeout"), 1, "the metric")
            until(lambda: upstream.requests()[0]["outcome"] == "aborted", "the request is stopped", 5)


def statuses(command):
    """Each class of failure says what to do next."""
    told = {
        401: ["API_BEARER_AUTH_TOKEN"],
        403: ["forbidden"],
        409: ["conflict"],
        429: ["17"],
        503: ["503"],
    }
    for status, parts in told.items():
        problem = {"title": "Teapot", "status": status, "detail": f"upstream says {status}"}
        answer = (status, {"Content-Type": "application/problem+json", "Retry-After": "17"}, problem)
        with Mock(lambda _, answer=answer: answer) as mock:
            with Stdio(command, {"API_BASE_URL": mock.origin, **TOKEN}) as server:
                reply = server.call("cancel_order", {"order_id": "ORD-100001", "reason": "other"})
                bad(reply["result"], str(status), f"upstream says {status}", *parts)
                expect_equal(len(mock.requests), 1, f"requests for {status}: a cancellation is not repeated")


def drifting_responses(command):
    """A response that is not what the spec says is a result all the same."""
    odd = {"username": 17, "surprise": None}
    with Mock(lambda _: (200, {}, odd)) as mock, Stdio(command, {"API_BASE_URL": mock.origin, **TOKEN}) as server:
        result = server.call("get_my_account")["result"]
        expect(not result.get("isError"), f"it became an error: {short(result)}")
        expect_in("surprise", result["content"][0]["text"], "the text")
    html = (200, {"Content-Type": "text/html"}, "<h1>Hello</h1>")
    with Mock(lambda _: html) as mock, Stdio(command, {"API_BASE_URL": mock.origin, **TOKEN}) as server:
        result = server.call("get_my_account")["result"]
        expect_in("Hello", result["content"][0]["text"], "HTML instead of JSON")


def arguments_stay_in_place(command):
    """An argument cannot leave its path segment, header or query parameter (security invariant 2)."""
    with Upstream() as upstream, Stdio(command, {"API_BASE_URL": upstream.base, **TOKEN}) as server:
        server.initialize()
        for evil in ("../../v1/me", "..%2f..%2fv1%2fme", "x/../../me", "a?b=c#d", "......", "x\\..\\me", "a;b=c"):
            server.call("track_parcel", {"tracking_number": evil})
        for request in upstream.requests():
            target = request["target"]
            expect(target.startswith("/api/v1/tracking/"), f"it left its place: {target}")
            expect_equal(target.count("/"), 4, f"the segments of {target}")
            expect("?" not in target and "#" not in target, f"it left the path: {target}")
        for evil in ("..", "../me"):
            upstream.forget()
            server.call("track_parcel", {"tracking_number": evil.ljust(6, "/")})
            for request in upstream.requests():
                expect(request["target"].startswith("/api/v1/tracking/"), f"it left its place: {request['target']}")
        upstream.forget()
        server.call("list_orders", {"q": "a&per_page=1#x%26=é +"})
        expect_equal([r["target"].count("&") for r in upstream.requests()], [0], "added parameters")
        upstream.forget()
        tool = next(t for t in server.request("tools/list")["result"]["tools"] if t["name"] == "create_refund")
        key = next(name for name in tool["inputSchema"]["properties"] if "idempotency" in name.lower())
        arguments = {"order_id": "ORD-100001", "amount": "1.00", "reason": "late"}
        server.call("create_refund", {**arguments, key: "12345678\r\nX-Evil: 1"})
        for request in upstream.requests():
            expect_equal(header(request, "x-evil"), [], "an added header")


def requests_are_plain(command):
    """Names on the wire are the spec's, and the request says who sends it."""
    with Upstream() as upstream, Stdio(command, {"API_BASE_URL": upstream.base, **TOKEN}) as server:
        listed = server.request("tools/list")["result"]["tools"]
        tools = {tool["name"]: tool["inputSchema"] for tool in listed}
        match = next(name for name in tools["update_order"]["properties"] if "match" in name.lower())
        change = {"order_id": "ORD-100009", match: '"1"', "labels": {"a b": "c"}, "reference": None}
        good(server.call("update_order", change)["result"])
        body = next(name for name in tools["set_gift_message"]["properties"] if name != "order_id")
        sent = server.call("set_gift_message", {"order_id": "ORD-100009", body: "Gefeliciteerd ❤"})["result"]
        expect(not sent.get("isError"), f"the text was not sent: {short(sent)}")
        patch, put = upstream.requests()
        expect_equal(header(patch, "if-match"), ['"1"'], "If-Match")
        expect_equal(json.loads(patch["body"]), {"labels": {"a b": "c"}, "reference": None}, "the body")
        expect_equal(put["body"], "Gefeliciteerd ❤", "the text")
        expect_in("text/plain", header(put, "content-type"), "the text's type")
        expect_in("json", header(patch, "accept"), "Accept")
        expect_equal(upstream.get("/v1/orders/ORD-100009")["gift_message"], "Gefeliciteerd ❤", "upstream")
        expect_equal(upstream.get("/v1/orders/ORD-100009")["labels"], {"a b": "c"}, "upstream")


CHECKS = [
    ("requests are as the spec says", requests_are_plain),
    ("arguments stay in their place", arguments_stay_in_place),
    ("credential files are read again", rotation),
    ("bad starts are one line", bad_starts),
    ("wrong flags are usage errors", usage),
    ("--print-config shows no secret", print_config),
    ("an absent credential is one warning", absent_credential),
    ("the client's credential is not forwarded by default", not_forwarded),
    ("--forward-auth authorization", forward_authorization),
    ("--forward-auth header:NAME", forward_header),
    ("--forward-auth meta", forward_meta),
    ("--forward-auth meta over stdio", forward_meta_over_stdio),
    ("--forward-auth SCHEME=authorization", forward_scheme),
    ("a missing forwarded credential names its header", forward_missing),
    ("redirects stay within the origin", redirects),
    ("credentials stay secret when the upstream fails", failing_tokens_stay_secret),
    ("HTTP_PROXY and NO_PROXY", proxies),
    ("upstreams that do not answer", broken_upstreams),
    ("each status says what to do", statuses),
    ("responses that break the spec", drifting_responses),
]


def has_ipv6():
    try:
        free_port("::1")
    except OSError:
        return False
    return True


def run(report, command):
    for name, check in CHECKS:
        report.check(f"upstream: {name}", check, command)
    if has_ipv6():
        report.check("upstream: IPv6", ipv6, command)
    else:
        report.skip("upstream: IPv6", "this machine has no ::1")
