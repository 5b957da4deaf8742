"""The server over stdio, spoken to raw."""

import json
import os
import pty

from suite.clients import TOKEN, TOOLS, bad, good
from suite.processes import Process, Stdio, Upstream, call_params, clean_environment, run as run_once
from suite.report import expect, expect_equal, expect_in, short, until

TRACKED = {"tracking_number": "HB 100005/1 NL"}
SLOW = ("--delay", "/api/v1/tracking=3000")


def lines_of_json(text, what):
    lines = [line for line in text.splitlines() if line.strip()]
    for line in lines:
        try:
            json.loads(line)
        except ValueError:
            expect(False, f"{what} has a line that is not JSON: {short(line)}")
    return [json.loads(line) for line in lines]


def bare_list(command):
    """What smoke tests in the wild send: one line, no handshake."""
    with Upstream() as upstream:
        line = '{"jsonrpc":"2.0","id":1,"method":"tools/list"}\n'
        code, stdout, stderr = run_once(command, {"API_BASE_URL": upstream.base, **TOKEN}, line)
    expect_equal(code, 0, f"the exit code after the end of stdin; stderr {short(stderr)}")
    replies = lines_of_json(stdout, "stdout")
    expect_equal([reply.get("id") for reply in replies], [1], "the replies")
    expect_equal({tool["name"] for tool in replies[0]["result"]["tools"]}, TOOLS, "the tools")


def bare_call(command):
    with Upstream() as upstream, Stdio(command, {"API_BASE_URL": upstream.base, **TOKEN}) as server:
        good(server.call("get_my_account")["result"])


def eras(command):
    """Each protocol version that has a handshake is answered with itself, an unknown one with one that we speak."""
    for version in ("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", "2099-01-01"):
        with Upstream() as upstream, Stdio(command, {"API_BASE_URL": upstream.base, **TOKEN}) as server:
            result = server.initialize(version)["result"]
            spoken = version if version < "2099" else "2025-11-25"
            expect_equal(result["protocolVersion"], spoken, f"the version for {version}")
            expect(result["capabilities"].get("tools") is not None, "the tools capability is missing")
            expect(result["capabilities"].get("prompts") is not None, "the prompts capability is missing")
            expect("logging" not in result["capabilities"], "logging is not ours")
            expect(result.get("instructions"), "there are no instructions")
            good(server.call("get_my_account")["result"])


def discover_then_initialize(command):
    """Some hosts probe with `server/discover` and then initialize all the same."""
    meta = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    with Upstream() as upstream, Stdio(command, {"API_BASE_URL": upstream.base, **TOKEN}) as server:
        found = server.request("server/discover", {"_meta": meta})["result"]
        expect("2026-07-28" in found["supportedVersions"], f"supportedVersions: {found['supportedVersions']}")
        expect_equal(server.initialize()["result"]["protocolVersion"], "2025-11-25", "the version after it")
        good(server.call("get_my_account")["result"])


def wrong_methods(command):
    with Upstream() as upstream, Stdio(command, {"API_BASE_URL": upstream.base, **TOKEN}) as server:
        server.initialize()
        for method, params in (("resources/subscribe", {"uri": "x://y"}), ("logging/setLevel", {"level": "info"}), ("no/such", {})):
            reply = server.request(method, params)
            expect_equal(reply.get("error", {}).get("code"), -32601, f"the answer to {method}")
        expect_equal(server.request("ping")["result"], {}, "the answer to ping")


def clean_streams(command):
    """Nothing but messages on stdout, nothing but JSON lines on stderr, also when calls fail and a client errs."""
    with Upstream() as upstream, Stdio(command, {"API_BASE_URL": upstream.base, "MCP_LOG": "debug", **TOKEN}) as server:
        server.initialize()
        good(server.call("get_my_account")["result"])
        bad(server.call("get_order", {"order_id": "ORD-999999"})["result"], "404")
        server.child.stdin.write(b"this is not JSON\n\n")
        server.child.stdin.flush()
        good(server.call("get_my_account")["result"])
        server.child.stdin.close()
        expect_equal(server.wait(), 0, "the exit code after the end of stdin")
        lines_of_json("\n".join(server.lines), "stdout")
        lines_of_json(server.stderr, "stderr")
        expect("alice-token" not in server.stderr, "the log shows the credential")


def request_ids(command):
    """An error result says the id under which the log tells more."""
    environment = {"MCP_LOG": "info", **TOKEN}
    with Upstream() as upstream, Stdio(command, {"API_BASE_URL": upstream.base, **environment}) as server:
        server.initialize()
        meta = server.call("get_order", {"order_id": "ORD-999999"})["result"].get("_meta", {})
        ids = [value for key, value in meta.items() if "request" in key.lower() and isinstance(value, str)]
        expect(ids, f"no request id in `_meta`: {short(meta)}")
        until(lambda: ids[0] in server.stderr, "the log names the request id", 5)


def meta_in_arguments(command):
    """Some hosts put their `_meta` among the arguments."""
    with Upstream() as upstream, Stdio(command, {"API_BASE_URL": upstream.base, **TOKEN}) as server:
        server.initialize()
        good(server.call("get_order", {"order_id": "ORD-100005", "_meta": {"progressToken": 1}})["result"])
        expect("_meta" not in upstream.requests()[0]["target"], "the `_meta` went upstream")


def coercion(command):
    """What is safely meant is taken: numbers and arrays as text, an enumeration in other case."""
    with Upstream() as upstream, Stdio(command, {"API_BASE_URL": upstream.base, **TOKEN}) as server:
        server.initialize()
        arguments = {"per_page": "2", "status": '["PAID"]'}
        expect_equal(good(server.call("list_orders", arguments)["result"])["per_page"], 2, "the page's size")
        expect_equal(upstream.requests()[0]["target"], "/api/v1/orders?status=paid&per_page=2", "the request")


def progress(command):
    with Upstream(*SLOW) as upstream, Stdio(command, {"API_BASE_URL": upstream.base, **TOKEN}) as server:
        server.initialize()
        good(server.call("track_parcel", TRACKED, {"progressToken": "p-1"})["result"])
        steps = [note["params"] for note in server.notifications if note["method"] == "notifications/progress"]
        expect(steps, "no progress was sent")
        expect_equal({step["progressToken"] for step in steps}, {"p-1"}, "the progress token")
        values = [step["progress"] for step in steps]
        expect(all(a < b for a, b in zip(values, values[1:])), f"progress must grow: {values}")
        count = len(server.notifications)
        good(server.call("get_my_account")["result"])
        expect_equal(len(server.notifications), count, "notifications for a call without a token")


def cancellation(command):
    with Upstream("--delay", "/api/v1/tracking=30000") as upstream:
        with Stdio(command, {"API_BASE_URL": upstream.base, **TOKEN}) as server:
            server.initialize()
            identifier = server.start("tools/call", call_params("track_parcel", TRACKED))
            until(upstream.requests, "the request reaches the upstream")
            server.send({"method": "notifications/cancelled", "params": {"requestId": identifier}})
            until(lambda: upstream.requests()[0]["outcome"] == "aborted", "the upstream request is stopped", 5)
            good(server.call("get_my_account")["result"])
            expect(identifier not in server.replies, "a cancelled call must not be answered")


def parallel(command):
    """A slow call holds nobody up."""
    with Upstream(*SLOW) as upstream, Stdio(command, {"API_BASE_URL": upstream.base, **TOKEN}) as server:
        server.initialize()
        slow = server.start("tools/call", call_params("track_parcel", TRACKED))
        good(server.call("get_my_account")["result"])
        expect(slow not in server.replies, "the slow call was first")
        good(server.reply(slow)["result"])


def drains(command):
    """SIGTERM: the call that runs is answered, then the process ends."""
    with Upstream("--delay", "/api/v1/tracking=1500") as upstream:
        with Stdio(command, {"API_BASE_URL": upstream.base, **TOKEN}) as server:
            server.initialize()
            slow = server.start("tools/call", call_params("track_parcel", TRACKED))
            until(upstream.requests, "the request reaches the upstream")
            server.terminate()
            expect_equal(server.wait(), 0, "the exit code")
            expect(slow in server.replies, f"the running call was lost; stderr {short(server.stderr)}")
            good(server.replies[slow]["result"])


def hint_on_a_terminal(command):
    """Who starts it by hand is told what it waits for; nothing of it is on stdout."""
    controller, terminal = pty.openpty()
    environment = {"API_BASE_URL": "http://127.0.0.1:9/api", **TOKEN}
    with Process(command, clean_environment(environment), stdin=terminal) as server:
        os.close(terminal)
        until(lambda: "stdin" in server.stderr.lower() or "client" in server.stderr.lower(), "a hint on stderr", 5)
        expect_equal(server.lines, [], "stdout")
    os.close(controller)


def end_of_input(command):
    """Requests that were sent before the end of stdin are answered."""
    with Upstream("--delay", "/api/v1/tracking=500") as upstream:
        lines = [{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call_params("track_parcel", TRACKED)}]
        text = "".join(json.dumps(line) + "\n" for line in lines)
        code, stdout, _ = run_once(command, {"API_BASE_URL": upstream.base, **TOKEN}, text)
        expect_equal(code, 0, "the exit code")
        expect_in("Rotterdam", stdout, "the answer")


CHECKS = [
    ("a bare tools/list is answered", bare_list),
    ("a bare tools/call is answered", bare_call),
    ("every version's handshake", eras),
    ("discover, then initialize", discover_then_initialize),
    ("undeclared methods are -32601", wrong_methods),
    ("stdout and stderr are clean", clean_streams),
    ("errors carry the log's request id", request_ids),
    ("`_meta` among the arguments is taken out", meta_in_arguments),
    ("arguments are coerced", coercion),
    ("progress is reported", progress),
    ("cancellation stops the upstream request", cancellation),
    ("a slow call holds nobody up", parallel),
    ("SIGTERM drains", drains),
    ("the end of stdin drains", end_of_input),
    ("a hint on a terminal", hint_on_a_terminal),
]


def run(report, command):
    for name, check in CHECKS:
        report.check(f"stdio: {name}", check, command)
