"""Every document of APIs.guru's directory: it becomes tools that every client takes, or says why not. See README.md."""
import argparse
import concurrent.futures
import os
import pathlib
import re
import sys

from check import Spec, counted, inspected

NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
KEY = re.compile(r"[A-Za-z0-9_.-]{1,64}")
# What some clients refuse at the root of a schema.
NOT_AT_ROOT = {"oneOf", "anyOf", "allOf", "not", "enum"}
LONGEST_DESCRIPTION = 1024


def check_rules(seen):
    """What makes some client drop a tool, or all of them."""
    names = set()
    for tool in seen.listed:
        name, schema = tool["name"], tool["inputSchema"]
        properties = schema.get("properties", {})
        found = {
            "its name": not NAME.fullmatch(name) or name.lower() in names,
            "the root of its schema": schema.get("type") != "object" or NOT_AT_ROOT & schema.keys(),
            "the name of an argument": not all(KEY.fullmatch(key) for key in properties),
            "a required argument that it has not": set(schema.get("required", [])) - properties.keys(),
            "the root of its output schema": tool.get("outputSchema", {"type": "object"}).get("type") != "object",
            "its description": not 0 < len(tool.get("description", "")) <= LONGEST_DESCRIPTION,
        }
        names.add(name.lower())
        seen.problems += [f"{name}: {rule}" for rule, is_broken in found.items() if is_broken]


def judged(path):
    seen = inspected(Spec(path.name, path, "", 0))
    check_rules(seen)
    # Of a document only what is told is kept: there are thousands.
    return path, len(seen.tools), seen.operations, seen.skipped(), seen.problems


def main():
    parser = argparse.ArgumentParser(prog="tests/corpus/run --directory", description=__doc__)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--only", default="", metavar="PART", help="documents of which the path contains this")
    options = parser.parse_args()
    paths = [path for path in sorted(options.folder.rglob("*.json")) if options.only in str(path.relative_to(options.folder))]
    tools, operations, empty, problems = 0, 0, 0, 0
    skipped = {}
    with concurrent.futures.ProcessPoolExecutor(os.cpu_count()) as pool:
        for path, count, of_document, left, told in pool.map(judged, paths):
            tools, operations, empty, problems = tools + count, operations + of_document, empty + (count == 0), problems + len(told)
            for code, number in left.items():
                skipped[code] = skipped.get(code, 0) + number
            for problem in told:
                print(f"{path.relative_to(options.folder)}: {problem}", flush=True)
    print(f"{len(paths)} documents ({empty} without tools), {operations} operations, {tools} tools; skipped: {counted(skipped)}; {problems} problems")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
