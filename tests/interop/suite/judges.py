"""Programs of others that judge a server: the Inspector's CLI, mcpcheck and the official conformance suite."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

from suite.clients import HERE, NODE, TOKEN, TOOLS, bad, good
from suite.processes import Http, Process, Upstream, clean_environment
from suite.report import Failed, expect, expect_equal, until

INSPECTOR = [NODE, HERE / "node_modules/.bin/mcp-inspector", "--cli"]
CONFORMANCE = [NODE, HERE / "node_modules/.bin/conformance"]
MCPCHECK = [HERE / ".venv/bin/mcpcheck"]
FIXTURE = HERE / "conformance"
REVISIONS = ("2026-07-28", "2025-11-25")


def run_tool(command, environment=None, seconds=120):
    try:
        return subprocess.run(
            [str(part) for part in command],
            env=clean_environment(environment or {}),
            capture_output=True,
            text=True,
            timeout=seconds,
        )
    except subprocess.TimeoutExpired:
        raise Failed(f"{Path(command[0]).name} did not end within {seconds} s") from None


def told(done):
    return f"exit code {done.returncode}\n{done.stdout[-2500:]}\n{done.stderr[-2500:]}"


# The Inspector


def inspect(target, code, *flags):
    """The JSON that the Inspector prints; its exit code is 5 for a result with isError, 6 for a bad schema."""
    done = run_tool([*INSPECTOR, *target, "--format", "json", *flags])
    expect(done.returncode == code, f"expected exit code {code}: {told(done)}")
    return done, json.loads(done.stdout)


def unwrap(reply):
    """The result within the Inspector's envelope."""
    return reply.get("result", reply)


def check_portability(report):
    """No complaint about an input schema, which every model is given. Of output schemas one is accepted: a field
    without a type. They are left open on purpose, since a client refuses a whole result for one field that breaks its
    schema, and upstreams do break theirs.
    """
    for complaint in re.split(r"(?m)^(?=(?:Warning|Error): tool )", report)[1:]:
        of_output = re.search(r"(?m)^\s*Path: outputSchema\b", complaint)
        open_field = "no validation keyword" in complaint
        expect(complaint.startswith("Warning") and of_output and open_field, f"--strict complains: {complaint}")


def inspector_story(target, upstream):
    strict, listed = inspect(target, 0, "--method", "tools/list", "--strict")
    expect_equal({tool["name"] for tool in unwrap(listed)["tools"]}, TOOLS, "the tools")
    check_portability(strict.stderr)
    arguments = ["--method", "tools/call", "--tool-name"]
    page = inspect(target, 0, *arguments, "list_orders", "--tool-args-json", '{"status": ["paid"]}')[1]
    expect_equal(good(unwrap(page))["total"], 3, "the paid orders")
    refused = '{"order_id": "ORD-100005", "reason": "other"}'
    bad(unwrap(inspect(target, 5, *arguments, "cancel_order", "--tool-args-json", refused)[1]), "409")
    bad(unwrap(inspect(target, 5, *arguments, "get_order", "--tool-arg", "order_id=12")[1]), "order_id")
    expect_equal(len(upstream.requests()), 2, "requests at the upstream")


def inspector_over_stdio(server_command):
    with Upstream() as upstream:
        environment = {"API_BASE_URL": upstream.base, **TOKEN}
        # After `--` nothing is the Inspector's: its own flags come first, so the target goes through a config file.
        config = HERE / "out/inspector.json"
        config.parent.mkdir(exist_ok=True)
        command, *arguments = server_command
        server = {"type": "stdio", "command": command, "args": arguments, "env": environment}
        config.write_text(json.dumps({"mcpServers": {"orders": server}}))
        inspector_story(["--config", config, "--server", "orders"], upstream)


def inspector_over_http(server_command, path, transport, *era):
    with Upstream() as upstream, Http(server_command, {"API_BASE_URL": upstream.base, **TOKEN}) as server:
        inspector_story(["--server-url", server.origin + path, "--transport", transport, *era], upstream)


# mcpcheck


def mcpcheck(server_command):
    """All its checks pass. Its one advice that cannot be followed: a CSV, a PDF or no content has no output schema, and what
    gives the result of any tool has none either."""
    unstructured = {"export_orders", "set_gift_message", "remove_gift_message", "get_shipment_label", "check_operation", "cancel_operation"}
    with Upstream() as upstream, Http(server_command, {"API_BASE_URL": upstream.base, **TOKEN}) as server:
        flags = ["--legacy-probes", "--probe", "all", "--max-tools", "50", "--json"]
        done = run_tool([*MCPCHECK, server.origin + "/mcp", *flags])
        expect(done.returncode == 0, told(done))
        for check in json.loads(done.stdout)["checks"]:
            expect(check["status"] in ("pass", "warn"), f"{check['name']} is {check['status']}: {check['summary']}")
            for warning in check["warnings"]:
                known = warning["code"] == "schemas.output_schema_missing" and warning["tool"] in unstructured
                expect(known, f"{check['name']}: {warning['subject']}: {warning['message']}")
        expect_equal(upstream.requests(), [], "requests with invalid arguments at the upstream")


# The official conformance suite


def conformance(fixture_command, revision):
    """Runs what a revision requires; `conformance/expected-failures-*.yml` lists what cannot apply, and why."""
    output = HERE / "out" / f"conformance-{revision}"
    shutil.rmtree(output, ignore_errors=True)
    upstream = Process([sys.executable, str(FIXTURE / "upstream.py")], clean_environment({}))
    try:
        until(lambda: upstream.lines, "the conformance upstream starts")
        environment = {"API_BASE_URL": upstream.lines[0].split()[-1], "MCP_RESOURCES": "true"}
        with Http(fixture_command, environment) as server:
            baseline = FIXTURE / f"expected-failures-{revision}.yml"
            flags = ["--requirements", revision, "--expected-failures", baseline, "-o", output]
            done = run_tool([*CONFORMANCE, "server", "--url", server.origin + "/mcp", *flags], seconds=300)
            verdict = re.search(r"(Unexpected failures|Stale baseline).*", done.stdout + done.stderr, re.DOTALL)
            expect(done.returncode == 0, re.sub(r"\x1b\[\d*m", "", verdict.group(0)) if verdict else told(done))
    finally:
        upstream.close()


def run(report, server_command, fixture_command):
    report.check("inspector --strict over stdio", inspector_over_stdio, server_command)
    ways = [
        ("/mcp, legacy era", "/mcp", "http", "--protocol-era", "legacy"),
        ("/mcp, modern era", "/mcp", "http", "--protocol-era", "modern"),
        ("/sse", "/sse", "sse"),
    ]
    for name, *way in ways:
        report.check(f"inspector --strict over {name}", inspector_over_http, server_command, *way)
    report.check("mcpcheck", mcpcheck, server_command)
    for revision in REVISIONS:
        name = f"conformance suite, requirements of {revision}"
        if fixture_command is None:
            report.skip(name, "it needs `mcpgen serve`; set MCPGEN")
        else:
            report.check(name, conformance, fixture_command, revision)
