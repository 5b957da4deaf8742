"""Other people's clients against the orders server: the same story with each of them, over every transport.

A client is a program in `clients/` that reads a job from stdin,

    {"transport": "stdio" | "http" | "sse", "era": "auto" | "legacy" | "modern",
     "command": […], "env": {…}, "url": "…", "actions": [{"do": "list"} | {"do": "call", "name": …, "arguments": {…}}],
     "answer": null | "accept" | "decline"}

(a call with `"progress": true` has a list of what was reported, `"do": "resume"` is one with the handle of a call before)

and prints a list with one outcome per action: the result as it came, or `{"error": {"code": …, "message": …}}`. With an
answer it has a user who gives it to every question, and one more outcome, `{"asked": […]}`. `"again"` is a call with the
token of the answer before.
"""

import json
import re
import subprocess
from pathlib import Path

from suite.processes import Http, Upstream, clean_environment, header
from suite.report import Failed, expect, expect_equal, expect_in, short

HERE = Path(__file__).resolve().parent.parent
PYTHON = HERE / ".venv/bin/python"
NODE = HERE / "node_modules/node/bin/node"
TOKEN = {"API_BEARER_AUTH_TOKEN": "alice-token"}

# Client, its command, and the (transport, era) pairs that it can do.
EVERY_ERA = [("stdio", "auto"), ("stdio", "legacy"), ("http", "auto"), ("http", "legacy"), ("sse", "legacy")]
CLIENTS = [
    ("python mcp", [PYTHON, HERE / "clients/python_mcp.py"], [*EVERY_ERA, ("http", "modern")]),
    ("python fastmcp", [PYTHON, HERE / "clients/python_fastmcp.py"], EVERY_ERA),
    ("typescript client 2", [NODE, HERE / "clients/typescript.mjs", "2"], [*EVERY_ERA, ("http", "modern")]),
    (
        "typescript sdk 1",
        [NODE, HERE / "clients/typescript.mjs", "1"],
        [("stdio", "legacy"), ("http", "legacy"), ("sse", "legacy")],
    ),
]

TOOLS = {
    "list_orders", "export_orders", "get_order", "update_order", "cancel_order", "set_gift_message",
    "remove_gift_message", "get_order_v0", "list_refunds", "create_refund", "get_my_account", "list_shipments",
    "get_shipment_label", "track_parcel", "create_sales_report", "check_operation", "cancel_operation",
}  # fmt: skip
PARCEL = "5f0c1c1e-0000-4000-8000-000000100005"


def call(name, **arguments):
    return {"do": "call", "name": name, "arguments": arguments}


def job_of(server_command, upstream, transport, era, environment, actions, answer=None):
    """The job, and the server that has to run beside it."""
    environment = {"API_BASE_URL": upstream.base, **environment}
    job = {"transport": transport, "era": era, "actions": actions, "answer": answer}
    if transport == "stdio":
        job |= {"command": server_command, "env": clean_environment(environment)}
        return job, None
    server = Http(server_command, environment)
    return job | {"url": server.origin + ("/sse" if transport == "sse" else "/mcp")}, server


def outcomes_of(client, server_command, upstream, transport, era, environment, actions, answer=None):
    job, server = job_of(server_command, upstream, transport, era, environment, actions, answer)
    try:
        done = subprocess.run(
            [str(part) for part in client], input=json.dumps(job), capture_output=True, text=True, timeout=90
        )
    except subprocess.TimeoutExpired:
        raise Failed("the client did not end within 90 s") from None
    finally:
        if server:
            server.close()
    expect(done.returncode == 0, f"the client failed:\n{done.stderr[-2500:]}")
    outcomes = json.loads(done.stdout)
    expect_equal(len(outcomes), len(actions) + (answer is not None), "outcomes")
    return outcomes


def texts(result):
    return "\n".join(block["text"] for block in result.get("content", []) if block["type"] == "text")


def good(result):
    """The structured content of a call that went well; its text says the same."""
    expect("error" not in result and not result.get("isError"), f"the call failed: {short(result)}")
    structured = result.get("structuredContent")
    expect(isinstance(structured, dict), f"no structuredContent: {short(result)}")
    # Notes about the answer, such as that there is a next page, stand in blocks of their own.
    told = json.loads(texts({"content": result["content"][:1]}))
    expect(told in (structured, structured.get("result")), f"the text says something else: {short(result)}")
    return structured


def bad(result, *parts):
    """A call that failed so that a model can read why."""
    expect("error" not in result, f"a protocol error instead of a result: {short(result)}")
    expect(result.get("isError") is True, f"isError is not set: {short(result)}")
    expect("structuredContent" not in result, "an error must not carry structuredContent")
    for part in parts:
        expect_in(part, texts(result), "the error's text")


def like(tool, wanted):
    """The argument that stands for a wire name, however it was made legal."""
    plain = lambda text: re.sub(r"[^a-z0-9]", "", text.lower())
    found = [name for name in tool["inputSchema"]["properties"] if plain(name) == plain(wanted)]
    expect(len(found) == 1, f"{tool['name']} has no argument for `{wanted}`: {short(tool['inputSchema'])}")
    return found[0]


STORY = [
    {"do": "list"},
    call("list_orders", status=["paid", "pending"], per_page=2),
    call("get_order", order_id="ORD-100005", include=["shipments", "refunds"]),
    call("cancel_order", order_id="ORD-100005", reason="other"),
    call("cancel_order", order_id="ORD-100008", reason="changed_mind", comment="sorry"),
    call("create_refund", order_id="ORD-100001", amount="9999.00", reason="late"),
    call("create_refund", order_id="ORD-100001", amount="12.50", reason="damaged"),
    call("list_refunds", order_id="ORD-100001"),
    call("get_order", order_id="ORD-200001"),
    call("get_order", order_id="12"),
    call("get_order", oder_id="ORD-100005"),
    call("list_orders", status=["payd"], per_page=500),
    call("get_ordr", order_id="ORD-100005"),
    call("get_my_account"),
    call("remove_gift_message", order_id="ORD-100009"),
    call("get_shipment_label", shipment_id=PARCEL, format="png"),
    call("get_shipment_label", shipment_id=PARCEL),
    call("export_orders", year=2026),
    call("get_order_v0", number=100001),
    call("track_parcel", tracking_number="HB 100005/1 NL"),
]


def check_list(listed):
    tools = {tool["name"]: tool for tool in listed["tools"]}
    expect_equal(set(tools), TOOLS, "the tools")
    expect(not listed.get("nextCursor"), "the list must be one page")
    for name, tool in tools.items():
        schema = tool["inputSchema"]
        expect_equal(schema.get("type"), "object", f"the type of {name}'s schema")
        expect(tool.get("description"), f"{name} has no description")
        hints = tool.get("annotations") or {}
        for hint in ("readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint"):
            expect(isinstance(hints.get(hint), bool), f"{name} does not say {hint}")
    expect_equal(tools["list_orders"]["annotations"]["readOnlyHint"], True, "list_orders reads only")
    expect_equal(tools["cancel_order"]["annotations"]["readOnlyHint"], False, "cancel_order writes")
    expect_in("deprecated", tools["get_order_v0"]["description"], "the old operation's description")
    like(tools["update_order"], "If-Match")
    like(tools["create_refund"], "Idempotency-Key")
    properties = tools["list_orders"]["inputSchema"]["properties"]
    expect_equal(properties["status"]["type"], "array", "status")
    expect_in("paid", properties["status"]["items"].get("enum"), "the choices of status")


def check_orders(page, order):
    page, order = good(page), good(order)
    expect_equal([entry["id"] for entry in page["data"]], ["ORD-100012", "ORD-100011"], "the newest two")
    expect_equal((page["total"], page["page"], page["per_page"]), (5, 1, 2), "the paging")
    expect_equal(order["total"], {"amount": "106.90", "currency": "EUR"}, "the total")
    expect_equal(order["shipments"][0]["weight_kg"], 0.8, "the weight of the parcel")
    expect_equal(order["refunds"], [], "the refunds")


def check_changes(story, upstream):
    shipped, cancelled, too_much, refund, refunds = story
    bad(shipped, "409", "cannot be cancelled any more")
    expect_equal(good(cancelled)["status"], "cancelled", "the cancelled order")
    bad(too_much, "422", "at most 87.25 EUR can be refunded")
    expect_equal(good(refund)["id"], "RF-100001-1", "the refund")
    expect_equal(len(good(refunds)["result"]), 1, "a list is wrapped in `result`")
    # What the upstream itself says, not what we were told.
    expect_equal(upstream.get("/v1/orders/ORD-100008")["cancel_reason"], "changed_mind", "the order upstream")
    expect_equal(upstream.get("/v1/orders/ORD-100005")["status"], "shipped", "the shipped order upstream")
    expect_equal(len(upstream.get("/v1/orders/ORD-100001/refunds")), 1, "the refunds upstream")


def check_mistakes(story):
    foreign, bad_id, bad_name, bad_values, unknown = story
    bad(foreign, "404", "there is no order ORD-200001")
    bad(bad_id, "order_id")
    bad(bad_name, "oder_id", "order_id")
    bad(bad_values, "status", "payd", "paid", "per_page", "100")
    expect("error" in unknown, f"an unknown tool must be a protocol error: {short(unknown)}")
    expect_equal(unknown["error"]["code"], -32602, "the code for an unknown tool")
    expect_in("get_order", unknown["error"]["message"].replace("get_ordr", ""), "the nearest name")


def check_kinds(story):
    account, emptied, png, pdf, csv, old, tracking = story
    expect_in("9007199254740993", texts(account), "the account number in the text")
    expect(not emptied.get("isError") and texts(emptied).strip(), f"204 needs a sentence: {short(emptied)}")
    image = [block for block in png["content"] if block["type"] == "image"]
    expect(image and image[0]["mimeType"] == "image/png", f"no image: {short(png)}")
    expect(image[0]["data"].startswith("iVBORw0KGgo"), "the image is not the PNG")
    resource = [block["resource"] for block in pdf["content"] if block["type"] == "resource"]
    expect(resource and resource[0]["mimeType"] == "application/pdf", f"no PDF: {short(pdf)}")
    expect(resource[0]["blob"].startswith("JVBERi0"), "the blob is not the PDF")
    expect_in("ORD-100001,delivered,2026-03-04T10:12:09Z,87.25,EUR", texts(csv), "the CSV")
    expect_in("87.25", texts(old), "the text of a number")
    expect_equal(good(tracking)["tracking_number"], "HB 100005/1 NL", "the tracked number")


def check_requests(requests, story):
    """What reached the upstream: nothing for calls with wrong arguments, and each request as the spec says."""
    targets = [f"{request['method']} {request['target']}" for request in requests]
    expect_equal(targets[0], "GET /api/v1/orders?status=paid&status=pending&per_page=2", "the list's request")
    expect_equal(targets[1], "GET /api/v1/orders/ORD-100005?include=shipments,refunds", "the order's request")
    wrong = [target for target in targets if "payd" in target or target.endswith("/orders/12")]
    expect_equal(wrong, [], "requests with wrong arguments")
    expect_equal(targets[-1], "GET /api/v1/tracking/HB%20100005%2F1%20NL", "one path segment stays one")
    expect_equal(header(requests[0], "authorization"), ["Bearer alice-token"], "the credential")
    expect_equal(header(requests[-1], "authorization"), [], "the public operation's credential")
    posted = json.loads(next(r["body"] for r in requests if r["target"].endswith("ORD-100008/cancel")))
    expect_equal(posted, {"reason": "changed_mind", "comment": "sorry"}, "the body of the cancellation")
    expect_equal(len(requests), len(story) - 5, "how many requests there were")


def tell_story(client, server_command, transport, era):
    with Upstream() as upstream:
        story = outcomes_of(client, server_command, upstream, transport, era, TOKEN, STORY)
        requests = upstream.requests()
        check_list(story[0])
        check_orders(*story[1:3])
        check_changes(story[3:8], upstream)
        check_mistakes(story[8:13])
        check_kinds(story[13:20])
        check_requests(requests, story)


def miss_credential(client, server_command, transport, era):
    actions = [call("list_orders"), call("track_parcel", tracking_number="HB 100005/1 NL")]
    with Upstream() as upstream:
        denied, public = outcomes_of(client, server_command, upstream, transport, era, {}, actions)
        bad(denied, "API_BEARER_AUTH_TOKEN")
        good(public)
        expect_equal([request["target"][:16] for request in upstream.requests()], ["/api/v1/tracking"], "requests")


CONFIRM = TOKEN | {"MCP_CONFIRM": "destructive"}
CANCEL = call("cancel_order", order_id="ORD-100008", reason="changed_mind")
QUESTION = ("May `cancel_order` of", "/v1/orders/{order_id}/cancel\norder_id: \"ORD-100008\"\nreason: \"changed_mind\"")


def check_question(asked):
    expect_equal(len(asked), 1, "how often the user was asked")
    for part in QUESTION:
        expect_in(part, asked[0], "what the user was asked")


def asks_user(client, server_command, transport, era):
    """Whether a user who can be asked is, and whose word counts. Stateless HTTP of before 2026-07-28 cannot ask."""
    by_token = transport == "http" and era == "legacy"
    with Upstream() as upstream:
        if by_token:
            asked, done = outcomes_of(client, server_command, upstream, transport, era, CONFIRM, [CANCEL, CANCEL | {"do": "again"}])
            bad(asked, "Show the user", "order_id: \"ORD-100008\"")
        else:
            declined, questions = outcomes_of(client, server_command, upstream, transport, era, CONFIRM, [CANCEL], "decline")
            bad(declined, "the user declined")
            check_question(questions["asked"])
            expect_equal(upstream.requests(), [], "requests before the user agrees")
            read = call("get_order", order_id="ORD-100008")
            _, done, questions = outcomes_of(client, server_command, upstream, transport, era, CONFIRM, [read, CANCEL], "accept")
            check_question(questions["asked"])
        expect_equal(good(done)["status"], "cancelled", "the cancelled order")
        expect_equal(upstream.get("/v1/orders/ORD-100008")["cancel_reason"], "changed_mind", "the order upstream")


def run(report, server_command):
    for name, client, ways in CLIENTS:
        for transport, era in ways:
            title = f"{name} over {transport}, {era} era"
            report.check(f"{title}: the story", tell_story, client, server_command, transport, era)
            report.check(f"{title}: the user is asked before a change", asks_user, client, server_command, transport, era)
        transport, era = ways[-1]
        report.check(f"{name}: a missing credential", miss_credential, client, server_command, transport, era)
