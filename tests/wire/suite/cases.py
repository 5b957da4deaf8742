"""The cases as data: read from cases/*.yaml, and put together to OpenAPI documents."""
import copy
import dataclasses
import pathlib
import re

import yaml

FOLDER = pathlib.Path(__file__).parent.parent / "cases"
FILE_KEYS = {"section", "method", "define", "swagger", "cases"}
CASE_KEYS = {
    "id", "section", "openapi", "path", "method", "additional-method", "parameter", "value", "parameters", "item-parameters",
    "body", "body-ref", "required", "components", "responses", "call", "expect", "consumes", "produces", "shared-parameters",
    "base-path",
}


@dataclasses.dataclass
class Case:
    """One call, and the request that it should become."""

    id: str  # FILE/ID
    number: int
    section: str
    facts: dict
    swagger: bool

    @property
    def operation_id(self):
        return f"tst{self.number}"

    @property
    def prefix(self):
        """Where the operation lies, so that many cases fit into one document."""
        return f"/c{self.number}"

    @property
    def version(self):
        return "2.0" if self.swagger else self.facts.get("openapi", "3.0.3")

    @property
    def stands_alone(self):
        return any(key in self.facts for key in ("components", "shared-parameters", "base-path"))

    @property
    def method(self):
        return self.facts.get("additional-method", self.facts.get("method", "get").upper())

    @property
    def call(self):
        """The values by place: path, query, header, cookie, body, media-type."""
        if "value" in self.facts:
            parameter = self.facts["parameter"]
            return {parameter["in"]: {parameter["name"]: self.facts["value"]}}
        return self.facts.get("call", {})

    @property
    def expect(self):
        return self.facts["expect"]


class Loader(yaml.SafeLoader):
    """YAML 1.2: `on` and `yes` are text."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in found if tag not in ("tag:yaml.org,2002:bool", "tag:yaml.org,2002:timestamp")]
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(?:true|false)$"), list("tf"))


def load():
    found = []
    for file in sorted(FOLDER.glob("*.yaml")):
        group = yaml.load(file.read_text(), Loader)
        assert set(group) <= FILE_KEYS, f"{file.name}: {set(group) - FILE_KEYS}"
        for facts in group["cases"]:
            name = f"{file.stem}/{facts['id']}"
            assert set(facts) <= CASE_KEYS, f"{name}: {set(facts) - CASE_KEYS}"
            facts.setdefault("method", group.get("method", "get"))
            section = facts.get("section", group["section"])
            found.append(Case(name, len(found) + 1, section, facts, group.get("swagger", False)))
    names = [case.id for case in found]
    assert len(names) == len(set(names)), "two cases have one id"
    return found


def document(cases, api):
    """The description of an API with these cases, at the upstream `api`."""
    version = cases[0].version
    paths = {}
    for case in cases:
        item = paths.setdefault(case.prefix + case.facts.get("path", "/t"), {})
        if "item-parameters" in case.facts:
            item["parameters"] = case.facts["item-parameters"]
        if "additional-method" in case.facts:
            item["additionalOperations"] = {case.method: operation(case)}
        else:
            item[case.facts["method"]] = operation(case)
    info = {"title": "Wire", "version": "1"}
    first = cases[0].facts
    if version == "2.0":
        scheme, host = api.split("://")
        return {
            "swagger": "2.0", "info": info, "host": host, "schemes": [scheme], "basePath": first.get("base-path", "/"),
            "paths": paths, "parameters": first.get("shared-parameters", {}),
        }
    return {
        "openapi": version, "info": info, "servers": [{"url": api}], "paths": paths,
        "components": copy.deepcopy(first.get("components", {})),
    }


def operation(case):
    facts = case.facts
    found = {"operationId": case.operation_id, "summary": f"Case {case.number}"}
    parameters = [facts["parameter"]] if "parameter" in facts else facts.get("parameters", [])
    parameters = copy.deepcopy(parameters)
    for parameter in parameters:
        if parameter.get("in") == "path":
            parameter["required"] = True
    if parameters:
        found["parameters"] = parameters
    if "body" in facts:
        found["requestBody"] = {"required": facts.get("required", True), "content": facts["body"]}
    if "body-ref" in facts:
        found["requestBody"] = {"$ref": facts["body-ref"]}
    for key in ("consumes", "produces"):
        if key in facts:
            found[key] = facts[key]
    found["responses"] = facts.get("responses", {"200": {"description": "ok"}})
    return copy.deepcopy(found)
