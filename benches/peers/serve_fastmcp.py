"""FastMCP.from_openapi over stdio or streamable HTTP: SPEC.json BASE_URL (stdio | PORT)."""
import json
import sys

import fastmcp
import httpx2


def main(spec, base, how):
    client = httpx2.AsyncClient(
        base_url=base,
        headers={"Authorization": "Bearer bench-token"},
        limits=httpx2.Limits(max_connections=256, max_keepalive_connections=256),
    )
    with open(spec, encoding="utf-8") as file:
        server = fastmcp.FastMCP.from_openapi(openapi_spec=json.load(file), client=client, name="bench")
    if how == "stdio":
        server.run(transport="stdio", show_banner=False, log_level="ERROR")
        return
    server.run(
        transport="http", host="127.0.0.1", port=int(how), path="/mcp", show_banner=False, log_level="error",
        uvicorn_config={"access_log": False, "log_level": "error"}, stateless_http=True, json_response=True,
    )


main(*sys.argv[1:])
