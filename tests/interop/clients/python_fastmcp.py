"""FastMCP's client. Reads a job from stdin, prints its outcomes; see suite/clients.py."""

import asyncio
import json
import sys

from fastmcp import Client
from fastmcp.client.elicitation import ElicitResult
from fastmcp.client.transports import SSETransport, StdioTransport, StreamableHttpTransport
from mcp.shared.exceptions import MCPError

from consent import consent

MODES = {"auto": "auto", "legacy": "legacy", "modern": "2026-07-28"}


def transport(job):
    if job["transport"] == "stdio":
        command, *args = job["command"]
        return StdioTransport(command, args, env=job["env"])
    return (SSETransport if job["transport"] == "sse" else StreamableHttpTransport)(job["url"])


async def outcome(client, action, before):
    try:
        if action["do"] == "list":
            reply = await client.list_tools_mcp()
        else:
            reply = await client.call_tool_mcp(action["name"], action["arguments"] | consent(action, before))
    except MCPError as error:
        return {"error": {"code": error.error.code, "message": error.error.message}}
    except Exception as error:  # the client itself refuses what the server sent
        return {"error": {"code": None, "message": f"{type(error).__name__}: {error}"}}
    return reply.model_dump(mode="json", by_alias=True, exclude_none=True)


async def main():
    job = json.load(sys.stdin)
    asked = []

    async def user(message, response_type, params, context):
        asked.append(message)
        return ElicitResult(action=job["answer"], content={} if job["answer"] == "accept" else None)

    ask = {"elicitation_handler": user} if job["answer"] else {}
    outcomes = []
    async with Client(transport(job), mode=MODES[job["era"]], **ask) as client:
        for action in job["actions"]:
            outcomes.append(await outcome(client, action, outcomes))
    print(json.dumps(outcomes + ([{"asked": asked}] if ask else [])))


asyncio.run(main())
