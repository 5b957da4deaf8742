"""Creates, reads, lists, updates and deletes through the generated servers, and checks what the services say themselves."""
import asyncio
import contextlib
import datetime
import json
import os
import pathlib
import socket
import subprocess
import time
import urllib.request

from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client

WORK = pathlib.Path(os.environ["SERVICES_WORK"])
BIN = pathlib.Path(os.environ["SERVICES_BIN"])
results = {"passed": 0, "failed": 0}


def check(name, holds, seen=""):
    results["passed" if holds else "failed"] += 1
    print(f"{'ok   ' if holds else 'FAIL '} {name}" + ("" if holds else f": {seen}"))


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def state(url, body=None):
    """What the service says without us; a body is posted."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, headers={"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


@contextlib.contextmanager
def service(command, health, env=None, patience=90):
    """A service that runs until the block ends."""
    with open(WORK / "service.log", "ab") as log:
        process = subprocess.Popen(command, env={**os.environ, **(env or {})}, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + patience
        while True:
            with contextlib.suppress(OSError):
                urllib.request.urlopen(health, timeout=2).close()
                break
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"{command[0]} did not start; see {WORK / 'service.log'}")
            time.sleep(0.2)
        yield
    finally:
        process.terminate()
        process.wait()


def server(name, base):
    command = str(BIN / f"{name}-mcp")
    return Client(stdio_client(StdioServerParameters(command=command, env={**os.environ, "API_BASE_URL": base})))


async def call(client, tool, arguments):
    result = await client.call_tool(tool, arguments)
    text = "\n".join(block.text for block in result.content if block.type == "text")
    structured = result.structured_content
    return bool(result.is_error), text, structured


async def alertmanager():
    port = free_port()
    base = f"http://127.0.0.1:{port}/api/v2"
    config = WORK / "alertmanager.yml"
    config.write_text("route: {receiver: none}\nreceivers: [{name: none}]\n")
    command = ["prometheus-alertmanager", f"--config.file={config}", f"--web.listen-address=127.0.0.1:{port}",
               f"--storage.path={WORK / 'alertmanager-data'}", "--cluster.listen-address="]
    with service(command, f"http://127.0.0.1:{port}/-/ready"):
        async with server("alertmanager", base) as client:
            await drive_alertmanager(client, base)


async def drive_alertmanager(client, base):
    names = {tool.name for tool in (await client.list_tools()).tools}
    check("alertmanager: all nine operations are tools", len(names) >= 9, names)
    now = datetime.datetime.now(datetime.timezone.utc)
    stamp = lambda minutes: (now + datetime.timedelta(minutes=minutes)).isoformat().replace("+00:00", "Z")
    alert = {"labels": {"alertname": "Wire", "path": "/a b/ü"}, "annotations": {"summary": "a & b"}, "startsAt": stamp(-1)}
    failed, text, _ = await call(client, "post_alerts", {"body": [alert]})
    check("alertmanager: an alert is created", not failed, text)
    alerts = state(f"{base}/alerts")
    check("alertmanager: with its labels", [a["labels"] for a in alerts] == [alert["labels"]], alerts)
    failed, text, _ = await call(client, "get_alerts", {"filter": ['alertname="Wire"', 'path="/a b/ü"'], "active": True})
    check("alertmanager: it is found by two matchers", not failed and len(json.loads(text.split("\nThere is")[0])) == 1, text)
    failed, text, _ = await call(client, "get_alerts", {"filter": ['alertname="Other"']})
    check("alertmanager: and not by another", not failed and json.loads(text) == [], text)
    silence = {"matchers": [{"name": "alertname", "value": "Wire", "isRegex": False}], "startsAt": stamp(0), "endsAt": stamp(60),
               "createdBy": "wire", "comment": "why"}
    failed, text, _ = await call(client, "post_silences", silence)
    check("alertmanager: a silence is created", not failed, text)
    silence_id = json.loads(text)["silenceID"]
    failed, text, _ = await call(client, "get_silence", {"silenceID": silence_id})
    check("alertmanager: it is read", not failed and json.loads(text)["comment"] == "why", text)
    failed, text, _ = await call(client, "post_silences", {**silence, "id": silence_id, "comment": "because"})
    comments = {each["comment"] for each in state(f"{base}/silences") if each["status"]["state"] == "active"}
    check("alertmanager: it is updated", not failed and comments == {"because"}, (text, comments))
    silence_id = json.loads(text)["silenceID"]
    failed, text, _ = await call(client, "get_silences", {"filter": ['alertname="Wire"']})
    check("alertmanager: it is listed", not failed and silence_id in text, text)
    failed, text, _ = await call(client, "delete_silence", {"silenceID": silence_id})
    states = {each["id"]: each["status"]["state"] for each in state(f"{base}/silences")}
    check("alertmanager: it is deleted", not failed and states[silence_id] == "expired", (text, states))
    failed, text, _ = await call(client, "get_silence", {"silenceID": "not-a-uuid"})
    check("alertmanager: a wrong id is an error", failed, text)
    failed, text, _ = await call(client, "post_silences", {"comment": "no matchers"})
    check("alertmanager: what is missing is named", failed and "matchers" in text, text)
    failed, text, _ = await call(client, "get_alerts", {"filter": ["not a matcher!"]})
    check("alertmanager: the service's own refusal is told", failed and "400" in text, text)


async def prefect():
    port = free_port()
    base = f"http://127.0.0.1:{port}/api"
    home = WORK / "prefect-home"
    env = {"PREFECT_HOME": str(home), "PREFECT_API_DATABASE_CONNECTION_URL": f"sqlite+aiosqlite:///{home}/wire-{port}.db",
           "PREFECT_SERVER_ANALYTICS_ENABLED": "false", "DO_NOT_TRACK": "1"}
    command = [str(WORK / "prefect/bin/prefect"), "server", "start", "--host", "127.0.0.1", "--port", str(port), "--no-ui"]
    with service(command, f"{base}/health", env, patience=180):
        async with server("prefect", base) as client:
            await drive_prefect(client, base)


def tool_for(tools, title_part):
    return next(tool.name for tool in tools if title_part == tool.title)


async def drive_prefect(client, base):
    tools = (await client.list_tools()).tools
    check("prefect: the whole API is there", len(tools) > 150, len(tools))
    create, read = tool_for(tools, "Create Variable"), tool_for(tools, "Read Variable")
    update, delete = tool_for(tools, "Update Variable"), tool_for(tools, "Delete Variable")
    listing = tool_for(tools, "Read Variables")
    value = {"nested": [1, 2.5, None, True], "text": "ü & \"quotes\""}
    failed, text, structured = await call(client, create, {"name": "wire", "value": value, "tags": ["a", "b"]})
    check("prefect: a variable is created", not failed, text)
    variable = json.loads(text)
    check("prefect: and comes back structured", structured is not None and structured.get("id") == variable["id"], structured)
    own = state(f"{base}/variables/{variable['id']}")
    check("prefect: the service has the value to the letter", own["value"] == value and own["tags"] == ["a", "b"], own)
    failed, text, _ = await call(client, read, {"id": variable["id"]})
    check("prefect: it is read", not failed and json.loads(text)["name"] == "wire", text)
    failed, text, _ = await call(client, listing, {"variables": {"name": {"any_": ["wire"]}}, "limit": 5})
    check("prefect: it is listed by a filter", not failed and len(json.loads(text)) == 1, text)
    failed, text, _ = await call(client, update, {"id": variable["id"], "tags": ["c"]})
    own = state(f"{base}/variables/{variable['id']}")
    check("prefect: it is updated", not failed and own["tags"] == ["c"] and own["value"] == value, (text, own))
    failed, text, _ = await call(client, create, {"name": "wire", "value": 1})
    check("prefect: a conflict is an error that says so", failed and "409" in text, text)
    failed, text, _ = await call(client, create, {"value": 1})
    check("prefect: what is missing is named", failed and "name" in text, text)
    failed, text, _ = await call(client, create, {"name": "wire2", "value": 1, "tags": "c,d"})
    check("prefect: a wrong type is named", failed and "tags" in text, text)
    failed, text, _ = await call(client, read, {"id": "00000000-0000-0000-0000-000000000000"})
    check("prefect: a missing one is an error", failed and "404" in text, text)
    failed, text, _ = await call(client, delete, {"id": variable["id"]})
    left = state(f"{base}/variables/filter", {})
    check("prefect: it is deleted", not failed and left == [], (text, left))


asyncio.run(alertmanager())
asyncio.run(prefect())
print(f"{results['passed']} passed, {results['failed']} failed")
raise SystemExit(1 if results["failed"] else 0)
