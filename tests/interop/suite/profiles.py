"""`--schema-profile`: the advertised schemas as the SDKs of those hosts check them."""

import copy
import json
import os
import shlex
import tempfile
from pathlib import Path

from google.genai.types import FunctionDeclaration, Schema
from jsonschema import Draft202012Validator
from openai.lib._pydantic import _ensure_strict_json_schema

from suite.clients import TOKEN
from suite.mock import Mock
from suite.processes import Stdio
from suite.report import expect, expect_equal

ROOT = Path(__file__).resolve().parents[3]
SPECS = ["orders/openapi.yaml", "petstore/openapi.yaml", "github/openapi.json"]


def tools(profile, spec):
    command = [*shlex.split(os.environ["MCPGEN"]), "serve", str(ROOT / "specs" / spec), "--schema-profile", profile, "--"]
    with Stdio(command, {"API_BASE_URL": "http://127.0.0.1:9", **TOKEN}) as server:
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


SPEC = {
    "openapi": "3.1.0",
    "info": {"title": "Notes", "version": "1"},
    "paths": {"/notes": {"post": {
        "operationId": "addNote",
        "requestBody": {"required": True, "content": {"application/json": {"schema": {
            "type": "object",
            "required": ["text", "topic"],
            "properties": {
                "text": {"type": "string"},
                "topic": {"type": ["string", "null"]},
                "color": {"type": ["string", "null"]},
                "place": {"type": "object", "properties": {"x": {"type": ["number", "null"]}, "y": {"type": "number"}}},
            },
        }}}},
        "responses": {"204": {"description": "Added."}},
    }}},
}


def null_is_absent():
    """A strict client sends null for what it leaves out: of that nothing reaches the API, and a null that says something does."""
    arguments = {"text": "a", "topic": None, "color": None, "place": {"x": None, "y": 1}}
    with tempfile.TemporaryDirectory() as folder, Mock(lambda _: (204, {}, b"")) as api:
        spec = Path(folder) / "spec.json"
        spec.write_text(json.dumps(SPEC))
        for profile, expected in (
            ("openai-strict", {"text": "a", "topic": None, "place": {"y": 1}}),
            ("portable", arguments),
        ):
            command = [*shlex.split(os.environ["MCPGEN"]), "serve", str(spec), "--schema-profile", profile, "--"]
            with Stdio(command, {"API_BASE_URL": api.origin}) as server:
                server.initialize()
                result = server.call("add_note", arguments)["result"]
            expect(not result.get("isError"), f"{profile}: {result}")
            expect_equal(json.loads(api.requests.pop()["body"]), expected, f"the body under {profile}")


CHECKS = [
    ("profile full: JSON Schema 2020-12", full),
    ("profile openai-strict: OpenAI's SDK has nothing to mend", openai_strict),
    ("profile openai-strict: null is absent", null_is_absent),
    ("profile gemini: Google's SDK takes every schema", gemini),
]


def run(report):
    for name, check in CHECKS:
        report.check(name, check)
