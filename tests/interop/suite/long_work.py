"""Work that goes on after the API has answered: followed with progress, taken up by its handle, and stopped."""

from suite.clients import PYTHON, HERE, TOKEN, bad, call, good, outcomes_of, texts
from suite.processes import Upstream, header
from suite.report import expect, expect_equal, expect_in, short

CLIENT = [PYTHON, HERE / "clients/python_mcp.py"]
WAYS = [("stdio", "auto"), ("stdio", "legacy"), ("http", "modern"), ("http", "legacy"), ("sse", "legacy")]
REPORT = call("create_sales_report", year=2026)
CHECK = {"do": "resume", "name": "check_operation", "arguments": {}}
CANCEL = {"do": "resume", "name": "cancel_operation", "arguments": {}}
# Before the API can have been asked even once.
AT_ONCE = TOKEN | {"MCP_POLL_TIMEOUT": "100ms"}


def targets(upstream):
    return [f"{request['method']} {request['target'].removeprefix('/api/v1')}" for request in upstream.requests()]


def is_followed(server_command, transport, era):
    with Upstream() as upstream:
        (result,) = outcomes_of(CLIENT, server_command, upstream, transport, era, TOKEN, [REPORT | {"progress": True}])
        report = good(result)
        expect_equal((report["year"], report["orders"]), (2026, 12), "the report")
        look = "GET /operations/1"
        expect_equal(targets(upstream), ["POST /reports", look, look, look, "GET /reports/1"], "the requests")
        for request in upstream.requests():
            expect_equal(header(request, "authorization"), ["Bearer alice-token"], "the credential of each look")
        heard = [message for _, _, message in result["progress"]]
        expect_in("the API is working on it: status `Running`, 40 % done", heard, "the progress")
        values = [value for value, _, _ in result["progress"]]
        expect_equal(values, sorted(set(values)), "progress that grows")


def is_taken_up(server_command, transport, era):
    with Upstream() as upstream:
        actions = [REPORT, CHECK, CHECK, CHECK]
        *unready, ready = outcomes_of(CLIENT, server_command, upstream, transport, era, AT_ONCE, actions)
        for outcome in unready:
            expect(not outcome.get("isError"), f"the call failed: {short(outcome)}")
            handle = outcome["_meta"]["mcpgen/operation"]["handle"]
            expect_in(f"call `check_operation` with the handle `{handle}`", texts(outcome), "what the model is told")
        expect_in("80 % done", texts(unready[-1]), "how far it is")
        expect_equal(good(ready)["orders"], 12, "the report")
        expect_equal(targets(upstream)[-1], "GET /reports/1", "the last request")


def is_stopped(server_command, transport, era):
    with Upstream() as upstream:
        actions = [REPORT, CANCEL, CHECK, CANCEL | {"do": "call", "arguments": {"handle": "0" * 32}}]
        outcomes = outcomes_of(CLIENT, server_command, upstream, transport, era, AT_ONCE, actions)
        _, stopped, ended, guessed = outcomes
        expect(not stopped.get("isError"), f"the call failed: {short(stopped)}")
        bad(ended, "ended there without a result", "Canceled")
        bad(guessed, "There is no operation of this handle")
        expect_equal(targets(upstream), ["POST /reports", "DELETE /operations/1", "GET /operations/1"], "the requests")


def run(report, server_command):
    for transport, era in WAYS:
        for check in (is_followed, is_taken_up, is_stopped):
            title = f"long work over {transport}, {era} era: it {check.__name__.replace('_', ' ')}"
            report.check(title, check, server_command, transport, era)
