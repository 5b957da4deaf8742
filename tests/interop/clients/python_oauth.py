"""The official Python SDK's OAuth client: registers, logs in, and calls. Prints what came of it as JSON.

python_oauth.py URL LOGIN TOOL ARGUMENTS [SCOPE]

With a SCOPE the person agrees to no other the first time.
"""

import asyncio
import http.cookiejar
import json
import re
import sys
import urllib.parse
import urllib.request

import httpx2
from mcp import Client
from mcp.client.auth import OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import AuthorizationCodeResult, OAuthClientMetadata

CALLBACK = "http://127.0.0.1:1/callback"


class Kept:
    """What the SDK keeps between runs; here for one run."""

    tokens = client = None

    async def get_tokens(self):
        return self.tokens

    async def set_tokens(self, tokens):
        self.tokens = tokens

    async def get_client_info(self):
        return self.client

    async def set_client_info(self, client):
        self.client = client


class Person:
    """Logs in and consents, as somebody at a browser would."""

    class Stop(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, request, *rest):
            if rest[-1].startswith(CALLBACK):
                raise Arrived(rest[-1])
            return super().redirect_request(request, *rest)

    def __init__(self, login, scope=None):
        self.login, self.scope, self.arrived = login, scope, None
        self.times = 0
        cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self.browser = urllib.request.build_opener(cookies, self.Stop)

    async def authorize(self, url):
        self.times += 1
        if self.scope and self.times == 1:
            url = re.sub(r"([?&]scope=)[^&]*", lambda found: found[1] + urllib.parse.quote(self.scope), url)
        try:
            page = self.browser.open(url)
            for _ in range(5):
                text = page.read().decode()
                action = re.search(r'<form[^>]* action="([^"]+)"', text).group(1)
                prompt = re.search(r'name="prompt" value="([^"]+)"', text).group(1)
                fields = {"prompt": prompt, "login": self.login, "password": "any"}
                action = urllib.parse.urljoin(page.url, action)
                page = self.browser.open(action, urllib.parse.urlencode(fields).encode())
        except Arrived as arrived:
            self.arrived = urllib.parse.parse_qs(urllib.parse.urlsplit(arrived.args[0]).query)

    async def callback(self):
        given = {name: values[0] for name, values in self.arrived.items()}
        known = AuthorizationCodeResult.model_fields
        return AuthorizationCodeResult(**{name: value for name, value in given.items() if name in known})


class Arrived(Exception):
    """The browser was sent back to the client."""


async def main(url, login, tool, arguments, scope=None):
    person, kept = Person(login, scope), Kept()
    metadata = OAuthClientMetadata(
        client_name="interop",
        redirect_uris=[CALLBACK],
        grant_types=["authorization_code", "refresh_token"],
        response_types=["code"],
        token_endpoint_auth_method="none",
    )
    auth = OAuthClientProvider(url, metadata, kept, person.authorize, person.callback)
    async with connect(url, auth) as client:
        tools = await client.list_tools()
        result = await client.call_tool(tool, json.loads(arguments))
    print(
        json.dumps(
            {
                "tools": [tool.name for tool in tools.tools],
                "isError": bool(result.is_error),
                "text": result.content[0].text,
                "token": kept.tokens.access_token,
                "refresh": kept.tokens.refresh_token,
                "client": kept.client.client_id,
                "scope": kept.tokens.scope,
                "logins": person.times,
            }
        )
    )


def connect(url, auth):
    http_client = httpx2.AsyncClient(auth=auth, follow_redirects=True)
    return Client(streamable_http_client(url, http_client=http_client))


asyncio.run(main(*sys.argv[1:]))
