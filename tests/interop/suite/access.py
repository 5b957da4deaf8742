"""Who calls, with an authorization server of others and the official SDK's OAuth client; and what no argument gets at."""

import base64
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

from suite.mock import Mock
from suite.processes import EventStream, Http, Process, Stdio, Upstream, clean_environment, free_port, header, initialize_params, run as run_once
from suite.report import Failed, expect, expect_equal, expect_in, expect_not_in, short, until

HERE = Path(__file__).parents[1]
SPECS = HERE.parents[1] / "specs"
# As which a server is known to the authorization server.
CLIENT, SECRET = "desk:1", "se cret+%/?"
DESK = {"API_BEARER_AUTH_TOKEN": "desk-token"}

# The order service, described with scopes.
SCOPED = """\
openapi: 3.1.0
info: {title: Scoped orders, version: '1'}
servers: [{url: 'http://127.0.0.1:9/api'}]
components:
  securitySchemes:
    oauth:
      type: oauth2
      flows: {clientCredentials: {tokenUrl: 'https://login.example/token', scopes: {'orders:read': r, 'orders:write': w}}}
paths:
  /v1/orders:
    get: {operationId: listOrders, security: [{oauth: ['orders:read']}], responses: {'200': {description: fine}}}
  /v1/orders/{order_id}/cancel:
    post:
      operationId: cancelOrder
      security: [{oauth: ['orders:write']}]
      parameters: [{name: order_id, in: path, required: true, schema: {type: string}}]
      responses: {'200': {description: fine}}
"""


class Authority(Process):
    """The authorization server."""

    def __init__(self, resource, tokens="jwt", seconds=600):
        port = free_port()
        node = HERE / "node_modules/.bin/node"
        super().__init__([str(node), str(HERE / "clients/authorization_server.mjs"), str(port), resource, tokens, str(seconds)], clean_environment({}))
        until(lambda: "ready" in self.lines or self.child.poll() is not None, "the authorization server starts", 20)
        expect(self.child.poll() is None, f"the authorization server ended: {short(self.stderr)}")
        self.issuer = f"http://127.0.0.1:{port}"


class Site:
    """An order service, an authorization server and the MCP server that trusts it."""

    def __init__(self, spec, environment, *flags, resource=None):
        self.upstream = Upstream()
        self.authority = Authority(resource or "http://127.0.0.1:1/mcp")
        serve = [*shlex.split(os.environ["MCPGEN"]), "serve", str(spec), "--"]
        keys = ["--jwt-issuer", self.authority.issuer, "--jwt-jwks-url", f"{self.authority.issuer}/jwks"]
        own = ["--resource-url", "{origin}/mcp"]
        self.server = Http(serve, {"API_BASE_URL": self.upstream.base, **environment}, *keys, *own, *flags)
        self.url = f"{self.server.origin}/mcp"

    def client(self, login, tool, arguments, *scope):
        """The official SDK's client from nothing to a call's answer."""
        return sdk_client(self.url, login, tool, arguments, *scope)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in (self.server, self.authority, self.upstream):
            process.close()


def sdk_client(url, login, tool, arguments, *scope):
    script = HERE / "clients/python_oauth.py"
    command = [sys.executable, str(script), url, login, tool, json.dumps(arguments), *scope]
    done = subprocess.run(command, env=clean_environment({}), capture_output=True, text=True, timeout=60)
    if done.returncode:
        raise Failed(f"the client failed: {done.stderr[-900:]}")
    return json.loads(done.stdout)


def orders(*flags):
    return Site(SPECS / "orders/openapi.yaml", DESK, "--config", str(SPECS / "orders/policies.toml"), *flags)


def flow(_):
    """Discovery, registration, login, consent, token, call: nothing is told to the client but the server's URL."""
    with orders() as site:
        challenge = site.server.legacy("tools/list").headers["www-authenticate"]
        metadata = re.search(r'resource_metadata="([^"]+)"', challenge).group(1)
        path = metadata.removeprefix(site.server.origin)
        found = json.loads(site.server.http("GET", path).text)
        expect_equal(found["resource"], site.url, "the resource")
        expect_equal(found["authorization_servers"], [site.authority.issuer], "who issues tokens")
        outcome = site.client("alice", "list_orders", {})
        expect(not outcome["isError"], outcome["text"])
        expect_in("cancel_order", outcome["tools"], "a customer's tools")
        for hidden in ("get_my_account", "get_order_v0", "track_parcel"):
            expect_not_in(hidden, outcome["tools"], "a customer's tools")
        accounts = {order["account"] for order in json.loads(outcome["text"])["data"]}
        expect_equal(accounts, {"alice"}, "whose orders are listed")
        clerk = site.client("carol", "track_parcel", {"tracking_number": "none"})
        expect_equal(clerk["tools"], ["track_parcel"], "a clerk's tools")


def audience(_):
    """A token that the same issuer made for another server."""
    with orders("--jwt-audience", "https://other.example/mcp") as site:
        try:
            site.client("alice", "list_orders", {})
        except Failed:
            pass
        else:
            raise Failed("a token for another audience was taken")
        until(lambda: "meant for another server" in site.server.stderr, "the reason is logged", 5)


def step_up(_):
    """A call that needs a scope: 403 with the scope, and the client asks for it."""
    with tempfile.TemporaryDirectory() as folder:
        spec = Path(folder) / "scoped.yaml"
        spec.write_text(SCOPED)
        with Site(spec, {"API_OAUTH_TOKEN": "desk-token"}) as site:
            call = {"name": "cancel_order", "arguments": {"order_id": "ORD-100003"}}
            refused = site.server.legacy("tools/call", call)
            expect_equal(refused.status, 401, "without a token")
            expect_in('scope="orders:write"', refused.headers["www-authenticate"], "the challenge")
            first = site.client("alice", "list_orders", {}, "orders:read")
            expect(not first["isError"], first["text"])
            expect_equal(first["logins"], 1, "how often she was asked")
            bearer = {"Authorization": f"Bearer {first['token']}"}
            refused = site.server.legacy("tools/call", call, bearer)
            expect_equal(refused.status, 403, "with a token for reading")
            challenge = refused.headers["www-authenticate"]
            expect_in('error="insufficient_scope"', challenge, "the challenge")
            # However the call is dressed, it does not go through.
            odd = [{**call, "x": 1}, {**call, "_meta": {"progressToken": 1}}]
            for params in odd:
                refused = site.server.legacy("tools/call", params, bearer)
                expect(refused.status == 403 or refused.message()["result"].get("isError"), f"{params}: {short(refused.text)}")
            with EventStream(site.server, headers=bearer) as stream:
                reply = stream.request("tools/call", call, bearer)
                expect_in("needs the scopes `orders:write`", json.dumps(reply), "the answer over /sse")
            expect(site.server.metric("mcp_tool_invocations_total", tool_name="cancel_order", status="denied") >= 3.0, "the denials are counted")
            expect_in('scope="orders:write"', challenge, "the challenge")
            cancelled = site.client("alice", "cancel_order", {"order_id": "ORD-100003"}, "orders:read")
            expect_equal(cancelled["logins"], 2, "how often she was asked")
            expect_in("orders:write", cancelled["scope"], "the scope that the client got")


def attack(_):
    """With the support desk's credential behind the server, no argument gets at another user's order."""
    with orders() as site:
        token = site.client("alice", "list_orders", {})["token"]
        bearer = {"Authorization": f"Bearer {token}"}
        call = lambda name, arguments: site.server.call(name, arguments, headers=bearer)
        of = lambda user: [order["id"] for order in site.upstream.get("/v1/orders", f"{user}-token")["data"]]
        own, others = of("alice"), of("bob")
        reply = call("get_order", {"order_id": own[0]})["result"]
        expect(not reply.get("isError"), f"her own order: {short(reply)}")
        # Bound arguments are gone: to give one is a mistake, in every spelling.
        for arguments in ({"account": "bob"}, {"account": None}, {"account": ["alice", "bob"]}, {"Account": "bob"}):
            reply = call("list_orders", arguments)["result"]
            expect(reply.get("isError"), f"{arguments} was taken: {short(reply)}")
        for arguments in ({"q": "x&account=bob"}, {"sort": "-placed_at&account=bob"}, {"page": "1&account=bob"}):
            expect_not_in('"bob"', json.dumps(call("list_orders", arguments)), f"{arguments}")
        # Ids of others, also in clothes that a path or a guard may read otherwise.
        victim = others[0]
        dressed = [victim, f" {victim}", f"{victim}/", f"{own[0]}/../{victim}", f"{own[0]}%2F..%2F{victim}", f"{victim}?x={own[0]}", f"{victim}#"]
        before = site.upstream.get(f"/v1/orders/{victim}", "bob-token")
        for order_id in dressed:
            for name, more in (
                ("get_order", {}),
                ("cancel_order", {"reason": "changed_mind"}),
                ("create_refund", {"amount": {"amount": "1.00", "currency": "EUR"}, "reason": "damaged"}),
                ("set_gift_message", {"text": "mine"}),
                ("list_refunds", {}),
            ):
                reply = call(name, {"order_id": order_id, **more})
                result = reply.get("result", {})
                expect(result.get("isError") or "error" in reply, f"{name} of {order_id!r}: {short(reply)}")
                expect_not_in("Jensen", json.dumps(reply), f"{name} of {order_id!r}")
        after = site.upstream.get(f"/v1/orders/{victim}", "bob-token")
        expect_equal(after, before, "the other user's order")
        # What exists and what does not look the same.
        for name in ("get_order", "list_refunds"):
            there, nowhere = (call(name, {"order_id": order_id}) for order_id in (victim, "ORD-999999"))
            expect_equal(there["result"]["content"], nowhere["result"]["content"], f"the answers of {name}")
        there, nowhere = (call("cancel_order", {"order_id": order_id, "reason": "changed_mind"}) for order_id in (victim, "ORD-999999"))
        expect_equal(there["result"]["content"], nowhere["result"]["content"], "the answers")
        told = site.server.legacy("initialize", initialize_params("2025-11-25"), bearer).message()["result"]["instructions"]
        expect_not_in("get_order_v0", told, "the instructions")
        expect_not_in("tools", told, "the instructions")
        for hidden in ("get_my_account", "no_such_tool"):
            expect_equal(call(hidden, {})["error"]["code"], -32602, hidden)


def keys(server):
    """API keys: made by the program, named in the audit log, and never the API's business."""
    with tempfile.TemporaryDirectory() as folder, Upstream() as upstream:
        file, log = Path(folder) / "keys", Path(folder) / "audit.jsonl"
        code, key, _ = run_once([*server, "keys", "new", "alice", "--roles", "customer", "--file", str(file)], {})
        expect_equal(code, 0, "the exit code of `keys new`")
        key = key.strip()
        expect_not_in(key, file.read_text(), "the file of keys")
        environment = {"API_BASE_URL": upstream.base, **DESK, "MCP_API_KEYS_FILE": str(file), "MCP_AUDIT_LOG": str(log)}
        config = ["--config", str(SPECS / "orders/policies.toml")]
        with Http(server, environment, *config) as site:
            expect_equal(site.legacy("tools/list").status, 401, "without a key")
            reply = site.call("list_orders", {}, headers={"X-API-Key": key})
            accounts = {order["account"] for order in reply["result"]["structuredContent"]["data"]}
            expect_equal(accounts, {"alice"}, "whose orders are listed")
            site.call("get_my_account", {}, headers={"X-API-Key": key})
            site.terminate()
            site.wait(30)
            errors = site.stderr
        lines = [json.loads(line) for line in log.read_text().splitlines()]
        tried = [(line["tool"], line["outcome"]) for line in lines]
        expect_equal(tried, [("list_orders", "ok"), ("get_my_account", "denied")], "the audited calls")
        expect_equal(lines[0]["identity"], "alice", "who called")
        for text in (errors, log.read_text(), json.dumps(upstream.requests())):
            expect_not_in(key, text, "where the key must not be")


def reload(server):
    """Policies change while the server runs; a mistake, and half a file, leave those of before in force."""
    with tempfile.TemporaryDirectory() as folder, Upstream() as upstream:
        config = Path(folder) / "policies.toml"
        config.write_text('[access.anonymous]\nallow = ["op:listOrders"]\n')
        environment = {"API_BASE_URL": upstream.base, **DESK}
        with Http(server, environment, "--config", str(config)) as site:
            tools = lambda: [tool["name"] for tool in site.legacy("tools/list").message()["result"]["tools"]]
            expect_equal(tools(), ["list_orders"], "the tools at the start")
            for broken in ('[access.anonymous]\nalow = []\n', ""):
                seen = len(site.errors)
                config.write_text(broken)
                until(lambda: "stay in force" in "\n".join(site.errors[seen:]), f"{broken!r} is told", 10)
                expect_equal(tools(), ["list_orders"], f"the tools after {broken!r}")
            config.write_text('disabled-tools = ["list_orders"]\n[access.anonymous]\nallow = ["op:listOrders", "op:getOrder"]\n')
            until(lambda: tools() == ["get_order"], "the new policies are in force", 10)


def limits(server):
    """The limit that is on by default, and what it answers."""
    with Upstream() as upstream:
        environment = {"API_BASE_URL": upstream.base, "API_BEARER_AUTH_TOKEN": "alice-token"}
        with Http(server, environment) as site:
            replies = [site.call("get_my_account")["result"] for _ in range(130)]
            limited = [reply for reply in replies if reply.get("isError")]
            expect(10 <= len(limited) <= 30, f"{len(limited)} of 130 calls were refused")
            expect_in("You may call 600 a minute. Try again in", limited[0]["content"][0]["text"], "the answer")
            expect_equal(site.metric("mcp_limited_calls_total", limit="rate"), float(len(limited)), "the metric")
        with Http(server, environment, "--rate-limit", "off") as site:
            replies = [site.call("get_my_account")["result"] for _ in range(130)]
            expect(not any(reply.get("isError") for reply in replies), "a call was refused")


def opaque(_):
    """Tokens that say nothing: the authorization server is asked what they are."""
    with tempfile.TemporaryDirectory() as folder, Upstream() as upstream, Authority("http://127.0.0.1:1/mcp", "opaque") as authority:
        secret = Path(folder) / "secret"
        secret.write_text(SECRET + "\n")
        serve = [*shlex.split(os.environ["MCPGEN"]), "serve", str(SPECS / "orders/openapi.yaml"), "--"]
        asked = ["--introspection-url", f"{authority.issuer}/token/introspection", "--introspection-client", CLIENT]
        asked += ["--introspection-secret-file", str(secret), "--jwt-issuer", authority.issuer]
        own = ["--resource-url", "{origin}/mcp", "--roles-claim", "client_id"]
        with Http(serve, {"API_BASE_URL": upstream.base, **DESK}, *asked, *own) as server:
            outcome = sdk_client(f"{server.origin}/mcp", "alice", "get_my_account", {})
            expect(not outcome["isError"], outcome["text"])
            expect(outcome["token"].count(".") < 2, "the token is opaque")
            refused = server.legacy("tools/list", {}, {"Authorization": "Bearer made-up"})
            expect_equal(refused.status, 401, "a token that was made up")
            expect_in("no longer, good", refused.headers["www-authenticate"], "the challenge")
        other = ["--resource-url", "https://other.example/mcp"]
        with Http(serve, {"API_BASE_URL": upstream.base, **DESK}, *asked, *other) as server:
            bearer = {"Authorization": f"Bearer {outcome['token']}"}
            refused = server.legacy("tools/list", {}, bearer)
            expect_equal(refused.status, 401, "a token for another server")
            expect_in("meant for another server", refused.headers["www-authenticate"], "the challenge")


def client_credentials(server):
    """The server's own client gets tokens from the authorization server; the upstream sees them and nothing else."""
    with Authority("http://127.0.0.1:1/api") as authority, Mock(lambda _: (200, {}, {})) as api:
        environment = {
            "API_BASE_URL": api.origin,
            "API_BEARER_AUTH_CLIENT_ID": CLIENT,
            "API_BEARER_AUTH_CLIENT_SECRET": SECRET,
            "API_BEARER_AUTH_TOKEN_URL": f"{authority.issuer}/token",
            "API_BEARER_AUTH_SCOPES": "orders:read",
            "MCP_LOG": "trace",
        }
        with Stdio(server, environment) as process:
            process.initialize()
            for _ in range(3):
                result = process.call("get_my_account")["result"]
                expect(not result.get("isError"), short(result))
            logs = process.stderr
        tokens = {header(request, "authorization")[0] for request in api.requests}
        expect_equal(len(tokens), 1, "how many tokens the upstream saw")
        token = tokens.pop().removeprefix("Bearer ")
        claims = claims_of(token)
        expect_equal((claims["client_id"], claims["scope"]), ("desk:1", "orders:read"), "whose token it is")
        for secret in (token, "se cret", "se+cret"):
            expect_not_in(secret, logs, "the log")


def claims_of(token):
    return json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))


def refresh(server):
    """A user's refresh token, which the authorization server replaces each time: it outlives a restart."""
    with tempfile.TemporaryDirectory() as folder, orders() as site, Mock(lambda _: (200, {}, {})) as api:
        outcome = site.client("alice", "list_orders", {})
        file = Path(folder) / "refresh"
        file.write_text(outcome["refresh"] + "\n")
        environment = {
            "API_BASE_URL": api.origin,
            "API_BEARER_AUTH_CLIENT_ID": outcome["client"],
            "API_BEARER_AUTH_REFRESH_TOKEN_FILE": str(file),
            "API_BEARER_AUTH_TOKEN_URL": f"{site.authority.issuer}/token",
            "MCP_LOG": "trace",
        }
        seen = [outcome["refresh"]]
        for _ in range(2):
            with Stdio(server, environment) as process:
                process.initialize()
                for _ in range(2):
                    result = process.call("get_my_account")["result"]
                    expect(not result.get("isError"), short(result))
                seen.append(file.read_text())
                expect_equal(file.stat().st_mode & 0o777, 0o600, "who may read the file")
                for secret in seen:
                    expect_not_in(secret.strip(), process.stderr, "the log")
        expect_equal(len(set(seen)), 3, "how many refresh tokens there were")
        tokens = [header(request, "authorization")[0].removeprefix("Bearer ") for request in api.requests]
        expect_equal(len(set(tokens)), 2, "how many tokens the API saw in four calls")
        expect_equal({claims_of(token)["sub"] for token in tokens}, {"alice"}, "whose they are")


def run(report, server):
    report.check("access: the SDK's OAuth client from the URL to an answer", flow, server)
    report.check("access: a token for another audience", audience, server)
    report.check("access: a missing scope is asked for", step_up, server)
    report.check("access: no argument gets another user's order", attack, server)
    report.check("access: opaque tokens", opaque, server)
    report.check("access: API keys", keys, server)
    report.check("access: the server's own tokens", client_credentials, server)
    report.check("access: a user's refresh token", refresh, server)
    report.check("access: policies are read again", reload, server)
    report.check("access: the rate limit of callers", limits, server)
