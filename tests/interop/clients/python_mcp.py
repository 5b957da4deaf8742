"""The official Python SDK (`mcp`). Reads a job from stdin, prints its outcomes; see suite/clients.py."""

import asyncio
import json
import ssl
import sys

import httpx2
from mcp import Client, StdioServerParameters
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamable_http_client
from mcp.client.stdio import stdio_client
from mcp.shared.exceptions import MCPError
from mcp.types import ElicitResult

from consent import consent

MODES = {"auto": "auto", "legacy": "legacy", "modern": "2026-07-28"}


def target(job):
    if job["transport"] == "stdio":
        command, *args = job["command"]
        return stdio_client(StdioServerParameters(command=command, args=args, env=job["env"]))
    if job["transport"] == "sse":
        return sse_client(job["url"])
    if "certificate" in job:
        context = ssl.create_default_context(cafile=job["authority"])
        context.load_cert_chain(*job["certificate"])
        return streamable_http_client(job["url"], http_client=httpx2.AsyncClient(verify=context))
    return job["url"]


async def outcome(client, action, before):
    heard = []

    async def note(value, total, message):
        heard.append((value, total, message))

    hear = note if action.get("progress") else None
    try:
        if action["do"] == "list":
            reply = await client.list_tools()
        else:
            arguments = action["arguments"] | consent(action, before)
            reply = await client.call_tool(action["name"], arguments, progress_callback=hear)
    except MCPError as error:
        return {"error": {"code": error.error.code, "message": error.error.message}}
    except Exception as error:  # the client itself refuses what the server sent
        return {"error": {"code": None, "message": f"{type(error).__name__}: {error}"}}
    shown = reply.model_dump(mode="json", by_alias=True, exclude_none=True)
    return shown | ({"progress": heard} if hear else {})


async def main():
    job = json.load(sys.stdin)
    asked = []

    async def user(context, params):
        asked.append(params.message)
        return ElicitResult(action=job["answer"], content={} if job["answer"] == "accept" else None)

    ask = user if job["answer"] else None
    outcomes = []
    async with Client(target(job), mode=MODES[job["era"]], elicitation_callback=ask) as client:
        for action in job["actions"]:
            outcomes.append(await outcome(client, action, outcomes))
    print(json.dumps(outcomes + ([{"asked": asked}] if ask else [])))


asyncio.run(main())
