"""`--schema-profile`: the advertised schemas as the SDKs of those hosts check them."""

import copy
import os
import shlex
from pathlib import Path

from google.genai.types import FunctionDeclaration, Schema
from jsonschema import Draft202012Validator
from openai.lib._pydantic import _ensure_strict_json_schema

from suite.clients import TOKEN
from suite.processes import Stdio, Upstream
from suite.report import expect, expect_equal

ROOT = Path(__file__).resolve().parents[3]
SPECS = ["orders/openapi.yaml", "petstore/openapi.yaml", "github/openapi.json"]


def tools(profile, spec, environment=None):
    command = [*shlex.split(os.environ["MCPGEN"]), "serve", str(ROOT / "specs" / spec), "--schema-profile", profile, "--"]
    with Stdio(command, {"API_BASE_URL": "http://127.0.0.1:9", **TOKEN, **(environment or {})}) as server:
        server.initialize()
        return server.request("tools/list")["result"]["tools"]


def of_every_tool(profile, check):
    for spec in SPECS:
        listed = tools(profile, spec)
        expect(listed, f"{spec} has tools")
        for tool in listed:
            try:
                check(tool)
            except Exception as problem:
                raise AssertionError(f"{profile}, {spec}, {tool['name']}: {problem}") from problem


def full():
    def check(tool):
        Draft202012Validator.check_schema(tool["inputSchema"])
        expect_equal(tool["inputSchema"]["type"], "object", "the type of the root")

    of_every_tool("full", check)


def openai_strict():
    """The SDK makes a schema strict by changing it; one that is strict already stays as it is."""

    def check(tool):
        schema = tool["inputSchema"]
        strict = _ensure_strict_json_schema(copy.deepcopy(schema), path=(), root=schema)
        expect_equal(strict, schema, "the schema that the SDK makes of it")

    of_every_tool("openai-strict", check)


def gemini():
    """The SDK's types refuse a keyword that they do not know."""

    def check(tool):
        parameters = Schema.model_validate(camel(tool["inputSchema"]))
        FunctionDeclaration(name=tool["name"], description=tool["description"], parameters=parameters)

    of_every_tool("gemini", check)


def camel(schema):
    """Types in capitals, as Google's API writes them."""
    if isinstance(schema, list):
        return [camel(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: value.upper() if key == "type" and isinstance(value, str)
        else {name: camel(property) for name, property in value.items()} if key == "properties"
        else value if key == "enum"
        else camel(value)
        for key, value in schema.items()
    }


def null_is_absent():
    """A strict client sends null for what it leaves out: nothing of that may reach the API."""
    command = [*shlex.split(os.environ["MCPGEN"]), "serve", str(ROOT / "specs/orders/openapi.yaml"), "--schema-profile", "openai-strict", "--"]
    with Upstream() as upstream, Stdio(command, {"API_BASE_URL": upstream.base, **TOKEN}) as server:
        server.initialize()
        listed = {tool["name"]: tool for tool in server.request("tools/list")["result"]["tools"]}
        names = listed["list_orders"]["inputSchema"]["required"]
        result = server.call("list_orders", dict.fromkeys(names))["result"]
        expect(not result.get("isError"), f"the result of a call with nulls: {result}")


CHECKS = [
    ("profile full: JSON Schema 2020-12", full),
    ("profile openai-strict: OpenAI's SDK has nothing to mend", openai_strict),
    ("profile openai-strict: null is absent", null_is_absent),
    ("profile gemini: Google's SDK takes every schema", gemini),
]


def run(report):
    for name, check in CHECKS:
        report.check(name, check)
