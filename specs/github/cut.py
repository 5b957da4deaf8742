#!/usr/bin/env python3
"""Cuts GitHub's OpenAPI description down to the operations of some tags and what they reach.

    npm pack @octokit/openapi@23.0.2 && tar -xzf octokit-openapi-23.0.2.tgz
    specs/github/cut.py package/generated/api.github.com.json specs/github/openapi.json

What it keeps, word for word and in the source's order: `openapi`, `info`, `servers`, `externalDocs`, every operation
of which a tag is in TAGS (with the path item's own keys), the declarations of these tags, and every component that a
kept part reaches through `$ref`. What it drops: all else, above all `x-webhooks`. It changes nothing inside what it
keeps. The output depends on the input only: two runs give the same bytes. Needs Python 3.9, no packages.
"""

import json
import sys

TAGS = ("issues", "pulls", "repos")
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


def kept_paths(document):
    """The path items that have an operation of TAGS, without their other operations."""
    paths = {}
    for path, item in document["paths"].items():
        wanted = [m for m in METHODS if m in item and set(TAGS) & set(item[m].get("tags", ()))]
        if wanted:
            paths[path] = {key: value for key, value in item.items() if key not in METHODS or key in wanted}
    return paths


def references(node):
    """Every `$ref` below `node`. What looks like one in an example counts too: it costs a component at most."""
    stack = [node]
    while stack:
        value = stack.pop()
        if isinstance(value, dict):
            if isinstance(value.get("$ref"), str):
                yield value["$ref"]
            stack.extend(value.values())
        elif isinstance(value, list):
            stack.extend(value)


def reached_components(document, start):
    """`(section, name)` of each component that `start` reaches."""
    reached, open_nodes = set(), [start]
    while open_nodes:
        for reference in references(open_nodes.pop()):
            parts = [part.replace("~1", "/").replace("~0", "~") for part in reference.split("/")]
            if parts[:2] != ["#", "components"] or len(parts) < 4:
                sys.exit(f"cut.py: `{reference}` does not point into the components")
            key = (parts[2], parts[3])
            if key not in reached:
                reached.add(key)
                open_nodes.append(document["components"][key[0]][key[1]])
    return reached


def cut(document):
    paths = kept_paths(document)
    reached = reached_components(document, paths)
    components = {
        section: {name: value for name, value in entries.items() if (section, name) in reached}
        for section, entries in document["components"].items()
    }
    replaced = {
        "tags": [tag for tag in document["tags"] if tag["name"] in TAGS],
        "paths": paths,
        "components": {section: entries for section, entries in components.items() if entries},
    }
    kept = ("openapi", "info", "tags", "servers", "externalDocs", "paths", "components")
    return {key: replaced.get(key, value) for key, value in document.items() if key in kept}


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: cut.py SOURCE.json TARGET.json")
    with open(sys.argv[1], encoding="utf-8") as source:
        document = json.load(source)
    with open(sys.argv[2], "w", encoding="utf-8", newline="\n") as target:
        json.dump(cut(document), target, indent=1, ensure_ascii=False)
        target.write("\n")


if __name__ == "__main__":
    main()
