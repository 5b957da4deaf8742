"""FastMCP.from_openapi over stdio: SPEC.json BASE_URL."""
import json
import sys

import fastmcp
import httpx2

with open(sys.argv[1], encoding="utf-8") as file:
    document = json.load(file)
client = httpx2.AsyncClient(base_url=sys.argv[2])
server = fastmcp.FastMCP.from_openapi(openapi_spec=document, client=client, name="wire")
server.run(transport="stdio", show_banner=False, log_level="ERROR")
