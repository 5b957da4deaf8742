"""TLS with OpenSSL at the other end: to the API, with private authorities, client certificates, and who never sees them;
and from clients, with certificates that say who calls."""

import json
import ssl
import subprocess
import tempfile
from pathlib import Path

from suite.clients import HERE, PYTHON, bad
from suite.mock import Mock
from suite.processes import Http, Stdio, free_port
from suite.report import Failed, expect, expect_equal, expect_in, expect_not_in, short, until
from suite.upstream_side import one_line

# Two servers, of which the owner names the first only.
SPEC = """\
openapi: 3.1.0
info: {title: Behind TLS, version: '1'}
servers: [{url: 'https://127.0.0.1:1'}]
paths:
  /who: {get: {operationId: who, responses: {'200': {description: fine}}}}
  /other:
    servers: [{url: 'https://127.0.0.1:OTHER'}]
    get: {operationId: other, responses: {'200': {description: fine}}}
"""


class Authority:
    """A certificate authority in a folder."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.file = self.folder / "authority.pem"
        self.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                     "-subj", "/CN=private", "-keyout", "authority.key", "-out", "authority.pem")

    def openssl(self, *arguments):
        subprocess.run(["openssl", *arguments], cwd=self.folder, check=True, capture_output=True)

    def issue(self, name, file, names="IP:127.0.0.1"):
        """A certificate and its key, put where they are looked for at once."""
        extensions = self.folder / "extensions"
        extensions.write_text(f"subjectAltName={names}\nbasicConstraints=CA:FALSE\n")
        self.openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
                     "-keyout", f"{file}.key", "-out", "request")
        self.openssl("x509", "-req", "-in", "request", "-CA", "authority.pem", "-CAkey", "authority.key", "-CAcreateserial",
                     "-days", "2", "-extfile", "extensions", "-out", f"{file}.pem")
        return str(self.folder / f"{file}.pem"), str(self.folder / f"{file}.key")


def api(authority, port, needs):
    """Answers with the name in the client's certificate, on a new connection each time."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority.issue("api", f"api-{port}"))
    context.load_verify_locations(authority.file)
    context.verify_mode = needs
    return Mock(lambda request: (200, {"Connection": "close"}, {"who": request["certificate"]}), port, context)


def who(server, tool="who"):
    reply = server.call(tool)["result"]
    expect(not reply.get("isError"), short(reply))
    return json.loads(reply["content"][0]["text"])["who"]


def certificates(mcpgen):
    with tempfile.TemporaryDirectory() as folder:
        authority, first, second = Authority(folder), free_port(), free_port()
        spec = Path(folder) / "spec.yaml"
        spec.write_text(SPEC.replace("OTHER", str(second)))
        serve = [*mcpgen, "serve", str(spec), "--"]
        base = {"API_BASE_URL": f"https://127.0.0.1:{first}"}
        trusted = {**base, "MCP_UPSTREAM_CA": str(authority.file)}
        certificate, key = authority.issue("first client", "client")
        ours = {**trusted, "API_CLIENT_CERT_FILE": certificate, "API_CLIENT_KEY_FILE": key, "MCP_LOG": "trace"}
        with api(authority, first, ssl.CERT_REQUIRED), api(authority, second, ssl.CERT_OPTIONAL) as other:
            with Stdio(serve, base) as server:
                server.initialize()
                bad(server.call("who")["result"], "No secure connection", "UnknownIssuer")
            with Stdio(serve, trusted) as server:
                server.initialize()
                bad(server.call("who")["result"], "onnection to")
            # Another scheme is another origin, whatever host and port.
            with Stdio(serve, {**ours, "API_BASE_URL": f"http://127.0.0.1:{second}"}) as server:
                server.initialize()
                expect_equal(who(server, "other"), None, "who a server of the description's sees where the base is http")
            with Stdio(serve, ours) as server:
                server.initialize()
                expect_equal(who(server), "first client", "who the API sees")
                expect_equal(who(server, "other"), None, "who a server of the description's sees")
                authority.issue("second client", "client")
                expect_equal(who(server), "second client", "who the API sees after a rotation")
                Path(certificate).write_text("half")
                expect_equal(who(server), "second client", "who it sees while the file is half written")
                secret = Path(key).read_text().splitlines()[1]
                expect_not_in(secret, server.stderr, "the log")
            seen = [request["certificate"] for request in other.requests]
            expect_equal(seen, [None, None], "what the other server saw")
        one_line(serve, {**trusted, "API_CLIENT_CERT_FILE": certificate}, "API_CLIENT_KEY_FILE", "is not set")
        one_line(serve, {**base, "MCP_UPSTREAM_CA": "/no/such/file"}, "--upstream-ca", "there is no such file")
        one_line(serve, {**base, "MCP_UPSTREAM_CA": key}, "--upstream-ca", "holds no certificate")
        stranger = authority.issue("stranger", "stranger")[1]
        certificate, _ = authority.issue("client", "client")
        mixed = {**trusted, "API_CLIENT_CERT_FILE": certificate, "API_CLIENT_KEY_FILE": stranger}
        one_line(serve, mixed, "are of no use together")


def client_context(authority, pair=None):
    context = ssl.create_default_context(cafile=str(authority.file))
    if pair:
        context.load_cert_chain(*pair)
    return context


def refused(server, context):
    server.context = context
    try:
        answer = server.legacy("tools/list")
    except (ssl.SSLError, OSError):
        return
    raise Failed(f"a client without a good certificate was answered: {answer.status}")


def mutual(mcpgen):
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as elsewhere:
        authority, strange, folder = Authority(folder), Authority(elsewhere), Path(folder)
        spec, audit = folder / "spec.yaml", folder / "audit.log"
        spec.write_text(SPEC)
        certificate, key = authority.issue("server", "server")
        agent = authority.issue("agent", "agent", "URI:spiffe://example/agent")
        tables = folder / "policies.toml"
        tables.write_text('[access."uri:spiffe://example/agent"]\nallow = ["op:who"]\n')
        flags = ["--tls-cert", certificate, "--tls-key", key, "--tls-client-ca", str(authority.file),
                 "--audit-log", str(audit), "--config", str(tables)]
        command = [*mcpgen, "serve", str(spec), "--"]
        with Http(command, {}, *flags, context=client_context(authority, agent)) as server:
            listed = server.legacy("tools/list").message()["result"]["tools"]
            expect_equal([tool["name"] for tool in listed], ["who"], "the tools of this certificate")
            refused(server, client_context(authority))
            refused(server, client_context(authority, strange.issue("agent", "agent", "URI:spiffe://example/agent")))
            # Over TLS 1.2 a certificate is asked for as well.
            context = client_context(authority, agent)
            context.maximum_version = ssl.TLSVersion.TLSv1_2
            server.context = context
            expect_equal(server.legacy("tools/list").status, 200, "the status over TLS 1.2")
            job = {"transport": "http", "era": "auto", "actions": [{"do": "list"}, {"do": "call", "name": "who", "arguments": {}}],
                   "answer": None, "url": server.origin + "/mcp", "certificate": agent, "authority": str(authority.file)}
            client = [str(PYTHON), str(HERE / "clients/python_mcp.py")]
            done = subprocess.run(client, input=json.dumps(job), capture_output=True, text=True, timeout=90)
            expect(done.returncode == 0, f"the client failed:\n{done.stderr[-2000:]}")
            expect_equal([tool["name"] for tool in json.loads(done.stdout)[0]["tools"]], ["who"], "what the SDK lists")
            until(lambda: audit.read_text().count("\n"), "a line of the audit log", 10)
            line = json.loads(audit.read_text().splitlines()[0])
            expect_equal((line["identity"], line["means"]), ("spiffe://example/agent", "mtls"), "who called")


def run(report, mcpgen):
    report.check("certificates: clients of the server (mutual TLS), with OpenSSL and the Python SDK", mutual, mcpgen)
    report.check("certificates: private authorities and client certificates, with OpenSSL", certificates, mcpgen)
