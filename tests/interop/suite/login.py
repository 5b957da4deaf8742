"""A user who logs in at a terminal, with an authorization server of others: browser, device, renewal, the end of it."""

import http.cookiejar
import json
import os
import re
import tempfile
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from suite.access import Authority, claims_of
from suite.mock import Mock
from suite.processes import Http, Process, Stdio, clean_environment, free_port, header, run as run_once
from suite.report import expect, expect_equal, expect_in, expect_not_in, short, until

# Stands for the program that opens a user's browser: writes down what it is to open.
OPENER = '#!/bin/sh\nprintf "%s" "$1" > "$(dirname "$0")/opened.new" && mv "$(dirname "$0")/opened.new" "$(dirname "$0")/opened"\n'


class Browser:
    """Follows links and fills in forms as this user, who agrees to everything."""

    def __init__(self, user):
        self.user = user
        cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self.opener = urllib.request.build_opener(cookies)

    def go(self, url, code=""):
        """To the last page: its address and text."""
        page = self.opener.open(url)
        for _ in range(8):
            text = page.read().decode()
            form = re.search(r'<form[^>]* action="([^"]+)"(.*?)</form>', text, re.S)
            if not form:
                return page.url, text
            given = {"login": self.user, "password": "any", "user_code": code}
            fields = {}
            for tag in re.findall(r"<input[^>]*>", form[2]):
                name, value = (re.search(rf'\b{key}="([^"]*)"', tag) for key in ("name", "value"))
                if name:
                    fields[name[1]] = value[1] if value else given.get(name[1], "")
            page = self.opener.open(urllib.parse.urljoin(page.url, form[1]), urllib.parse.urlencode(fields).encode())
        raise AssertionError("there is always another form")


class Desk:
    """A user's machine: a home folder, an API that takes any token, and the authorization server."""

    def __init__(self, seconds=600):
        self.folder = tempfile.TemporaryDirectory()
        self.home = Path(self.folder.name)
        self.authority = Authority("http://127.0.0.1:1/api", "jwt", seconds)
        self.api = Mock(lambda _: (200, {}, {}))
        # All that a server needs: which API it serves, and whose home it is.
        self.environment = {"API_BASE_URL": self.api.origin, "HOME": str(self.home), "MCP_LOG": "trace"}
        self.file = self.home / ".local/state/orders-mcp/BEARER_AUTH.json"
        # Only for logging in.
        self.issuer = {
            "API_BEARER_AUTH_ISSUER": self.authority.issuer,
            "API_BEARER_AUTH_CLIENT_ID": "desktop",
            "API_BEARER_AUTH_SCOPES": "openid offline_access orders:read",
        }

    def login(self, server, *flags, more=()):
        environment = {**self.environment, **self.issuer, **dict(more)}
        return Process([*server, "login", *flags], clean_environment(environment))

    def log_in(self, server, user="alice"):
        """By the address that is shown."""
        with self.login(server, "--no-browser") as terminal:
            address = until(lambda: [line for line in terminal.errors if line.startswith("http")], "an address is shown")[0]
            Browser(user).go(address)
            expect_equal(terminal.wait(), 0, f"the exit code of `login`: {short(terminal.stderr)}")

    def secrets(self):
        login = json.loads(self.file.read_text())
        return [login["access_token"], login["refresh_token"]]

    def tokens(self):
        """What the API saw, in order."""
        return [header(request, "authorization")[0].removeprefix("Bearer ") for request in self.api.requests]

    def __enter__(self):
        self.api.__enter__()
        return self

    def __exit__(self, *rest):
        self.api.__exit__(*rest)
        self.authority.close()
        self.folder.cleanup()


def account(process):
    return process.call("get_my_account")["result"]


def browser(server):
    """Logs in with the browser that opens, and serves without another setting."""
    with Desk() as desk:
        programs = desk.home / "bin"
        programs.mkdir()
        (programs / "xdg-open").write_text(OPENER)
        (programs / "xdg-open").chmod(0o755)
        path = {"PATH": f"{programs}:{os.environ['PATH']}", "DISPLAY": ":9"}
        with desk.login(server, more=path) as terminal:
            until(lambda: (programs / "opened").exists(), "a browser is opened")
            address = (programs / "opened").read_text()
            asked = urllib.parse.parse_qs(urllib.parse.urlsplit(address).query)
            expect_equal(asked["code_challenge_method"], ["S256"], "how the code is bound")
            where, page = Browser("alice").go(address)
            expect_in("You may close this page", page, "the last page")
            expect_not_in("code=", page, "the last page")
            expect(where.startswith(asked["redirect_uri"][0]), f"the browser came back to {where}")
            expect_equal(terminal.wait(), 0, f"the exit code: {short(terminal.stderr)}")
            for secret in desk.secrets():
                expect_not_in(secret, terminal.stderr, "what is told")
            expect_in("alice at http://127.0.0.1:", terminal.stderr, "what is told")
        expect_equal(desk.file.stat().st_mode & 0o777, 0o600, "who may read the file")
        expect_equal(desk.file.parent.stat().st_mode & 0o777, 0o700, "who may look into its folder")
        with Stdio(server, desk.environment) as process:
            process.initialize()
            for _ in range(2):
                expect(not account(process).get("isError"), short(account(process)))
            for secret in desk.secrets():
                expect_not_in(secret, process.stderr, "the log")
        expect_equal(set(desk.tokens()), {desk.secrets()[0]}, "the tokens that the API saw")
        claims = claims_of(desk.tokens()[0])
        expect_equal((claims["sub"], claims["client_id"]), ("alice", "desktop"), "whose they are")
        code, told, _ = run_once([*server, "login", "--status"], desk.environment)
        expect_equal(code, 0, "the exit code of `--status`")
        expect_in("`bearerAuth`: alice at", told, "the status")
        for secret in desk.secrets():
            expect_not_in(secret, told, "the status")


def device(server):
    """Logs in with a code on another device."""
    with Desk() as desk:
        with desk.login(server, "--device") as terminal:
            line = until(lambda: terminal.errors, "a code is shown")[0]
            address, code = re.fullmatch(r"Go to (\S+) on any device, and enter the code (\S+)", line).groups()
            Browser("bob").go(address, code)
            expect_equal(terminal.wait(30), 0, f"the exit code: {short(terminal.stderr)}")
        with Stdio(server, desk.environment) as process:
            process.initialize()
            expect(not account(process).get("isError"), short(account(process)))
        expect_equal(claims_of(desk.tokens()[0])["sub"], "bob", "whose token the API saw")


def renewal(server):
    """Tokens end, refresh tokens are replaced and taken once: two servers of one user go on, and over a restart."""
    with Desk(seconds=20) as desk:
        desk.log_in(server)
        seen = [desk.secrets()[1]]
        for _ in range(2):
            with Stdio(server, desk.environment) as one, Stdio(server, desk.environment) as other:
                for process in (one, other):
                    process.initialize()
                calls = [(process, process.start("tools/call", {"name": "get_my_account", "arguments": {}})) for process in (one, other)]
                for process, call in calls:
                    result = process.reply(call)["result"]
                    expect(not result.get("isError"), short(result))
            seen.append(desk.secrets()[1])
        expect_equal(len(set(seen)), 3, "how many refresh tokens were in the file")
        expect_equal({claims_of(token)["sub"] for token in desk.tokens()}, {"alice"}, "whose tokens the API saw")
        expect_equal(desk.file.stat().st_mode & 0o777, 0o600, "who may read the file")
        expect_equal([path.name for path in desk.file.parent.iterdir()], ["BEARER_AUTH.json"], "what lies in the folder")


def logout(server):
    """A running server sees a login and its end; the issuer takes the refresh token no more."""
    with Desk() as desk, Stdio(server, {**desk.environment, **desk.issuer}) as process:
        process.initialize()
        expect_in("login bearerAuth` in a terminal", json.dumps(account(process)), "a call without a login")
        desk.log_in(server)
        expect(not account(process).get("isError"), "a call after the login")
        _, refresh = desk.secrets()
        code, _, told = run_once([*server, "logout"], desk.environment)
        expect_equal(code, 0, f"the exit code of `logout`: {told}")
        expect_in("the tokens are revoked", told, "what is told")
        expect(not desk.file.exists(), "the file is deleted")
        expect_in("login bearerAuth` in a terminal", json.dumps(account(process)), "a call after the logout")
        form = {"grant_type": "refresh_token", "refresh_token": refresh, "client_id": "desktop"}
        try:
            urllib.request.urlopen(f"{desk.authority.issuer}/token", urllib.parse.urlencode(form).encode())
        except urllib.error.HTTPError as refused:
            expect_in("invalid_grant", refused.read().decode(), "the issuer's answer to the old refresh token")
        else:
            raise AssertionError("the refresh token is still good")
        expect_equal(run_once([*server, "login", "--status"], desk.environment)[0], 1, "the exit code of `--status`")


def others(server):
    """A user's login is not for whoever can reach a port, nor for another API."""
    with Desk() as desk, Mock(lambda _: (200, {}, {})) as other:
        desk.log_in(server)
        listen = ["--transport", "http", "--listen", f"127.0.0.1:{free_port()}"]
        code, _, told = run_once([*server, *listen], desk.environment)
        expect_equal(code, 1, "the exit code over HTTP")
        expect_in("over HTTP every caller would act as that user", told, "why it does not start")
        with Http(server, desk.environment, "--share-login") as site:
            reply = site.call("get_my_account")["result"]
            expect(not reply.get("isError"), short(reply))
        with Stdio(server, {**desk.environment, "API_BASE_URL": other.origin}) as process:
            process.initialize()
            expect_in("would send its token to", json.dumps(account(process)), "a call to another API")
        expect_equal(other.requests, [], "what the other API saw")


def run(report, server):
    report.check("login: a browser", browser, server)
    report.check("login: a device", device, server)
    report.check("login: two servers renew it", renewal, server)
    report.check("login: logout", logout, server)
    report.check("login: for nobody else", others, server)
