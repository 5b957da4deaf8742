"""Every document of the corpus: what mcpgen makes of it, and what others say to that. See README.md."""
import argparse
import collections
import concurrent.futures
import dataclasses
import difflib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

import jsonschema

HERE = pathlib.Path(__file__).resolve().parent
INTEROP = HERE.parent / "interop"
CORPUS = pathlib.Path(os.environ["MCPGEN_CORPUS"])
MCPGEN = os.environ["MCPGEN"]
TARGET = pathlib.Path(os.environ["CARGO_TARGET_DIR"])
WORK = TARGET / "corpus"
TABLE = HERE / "TABLE.md"
EVERY = 10  # of so many documents, one becomes a crate that is compiled

sys.path.insert(0, str(INTEROP))
from suite import judges  # noqa: E402
from suite.processes import clean_environment  # noqa: E402
from suite.report import Failed  # noqa: E402


@dataclasses.dataclass
class Spec:
    """A line of the corpus' own table."""

    name: str
    path: pathlib.Path
    version: str
    operations: int


@dataclasses.dataclass
class Seen:
    """What mcpgen said about a document."""

    spec: Spec
    plan: dict
    diagnostics: list
    problems: list

    @property
    def tools(self):
        return self.plan.get("tools", [])

    @property
    def operations(self):
        """How many the document has; where there are no tools, only the diagnostics tell."""
        return self.plan.get("operations") or self.skipped().total()

    @property
    def listed(self):
        return [tool["listed"] for tool in self.tools]

    def skipped(self):
        """Operations that became no tool, by code."""
        counts = collections.Counter()
        for diagnostic in self.diagnostics:
            counts[diagnostic["code"]] += diagnostic["skippedOperations"]
        return +counts

    def told(self, *severities):
        codes = [d["code"] for d in self.diagnostics if d["severity"] in severities and not d["skippedOperations"]]
        return collections.Counter(codes)


def specs():
    found = []
    for line in (CORPUS / "README.md").read_text().splitlines():
        cells = [cell.strip() for cell in line.split("|")[1:-1]]
        if len(cells) > 8 and cells[5].isdigit():
            found.append(Spec(cells[0], CORPUS / cells[0] / cells[1], cells[4], int(cells[5])))
    return sorted(found, key=lambda spec: spec.name)


def allowed(spec):
    """What lies beside the root's own folder belongs to the same document."""
    return ["--allow-ref", str(CORPUS / spec.name)]


def inspected(spec, flags=()):
    command = [MCPGEN, "inspect", spec.path, *flags, "--format", "json", "--message-format", "json"]
    done = subprocess.run(command, capture_output=True, text=True, env=clean_environment({}))
    problems = []
    if done.returncode not in (0, 1) or "panicked" in done.stderr:
        problems.append(f"exit code {done.returncode}: {done.stderr[-500:]}")
        return Seen(spec, {}, [], problems)
    diagnostics = [json.loads(line) for line in done.stderr.splitlines()]
    plan = json.loads(done.stdout) if done.stdout else {}
    seen = Seen(spec, plan, diagnostics, problems)
    if plan:
        check_counts(seen)
        check_schemas(seen)
    elif not seen.told("error"):
        problems.append("no tools and no error")
    return seen


def check_counts(seen):
    left = seen.plan["operations"] - len(seen.tools)
    explained = seen.skipped().total()
    if left != explained:
        seen.problems.append(f"{left} operations became no tool, and {explained} are explained")
    for tool in seen.tools:
        if tool["deprecated"] and "deprecated" not in tool["listed"]["description"].lower():
            seen.problems.append(f"{tool['name']} is deprecated and does not say so")


def check_schemas(seen):
    for tool in seen.listed:
        for kind in ("inputSchema", "outputSchema"):
            try:
                jsonschema.Draft202012Validator.check_schema(tool.get(kind, {}))
            except jsonschema.SchemaError as error:
                seen.problems.append(f"{tool['name']}: {kind} at {error.json_path}: {error.message[:200]}")


def check_strictly(seen):
    """The Inspector lists the tools of `mcpgen serve` in its strict mode."""
    config = WORK / "inspector" / f"{seen.spec.name}.json"
    config.parent.mkdir(exist_ok=True)
    # No spec's own server is called: nothing but `tools/list` is asked for.
    environment = {"API_BASE_URL": "http://127.0.0.1:9"}
    server = {"type": "stdio", "command": MCPGEN, "args": ["serve", str(seen.spec.path), *allowed(seen.spec), "--"], "env": environment}
    config.write_text(json.dumps({"mcpServers": {"spec": server}}))
    target = ["--config", config, "--server", "spec"]
    try:
        done, reply = judges.inspect(target, 0, "--method", "tools/list", "--strict")
    except (Failed, ValueError) as failed:
        seen.problems.append(f"the Inspector: {str(failed)[:600]}")
        return
    # Real documents have fields of any kind, and what does not fit the budget is left open and says so.
    for complaint in re.split(r"(?m)^(?=(?:Warning|Error): tool )", done.stderr)[1:]:
        if not complaint.startswith("Warning") or "no validation keyword" not in complaint:
            seen.problems.append(f"the Inspector: {complaint[:600]}")
    names = [tool["name"] for tool in judges.unwrap(reply)["tools"]]
    # Behind the document's there are the server's own, where work may go on after an answer.
    planned = [tool["name"] for tool in seen.listed]
    if names[: len(planned)] != planned or len(names) - len(planned) not in (0, 2):
        seen.problems.append("`serve` lists other tools than `inspect`")


def check_crate(seen):
    """The generated crate compiles and passes its own tests, with the target directory of all others."""
    directory = WORK / "crates" / f"{seen.spec.name[:40]}"
    shutil.rmtree(directory, ignore_errors=True)
    crate = ["--manifest-path", directory / "Cargo.toml", "--quiet", "--locked"]
    name = f"c{abs(hash_of(seen.spec.name)):x}"[:12]
    steps = [
        [MCPGEN, "build", seen.spec.path, *allowed(seen.spec), "-o", directory, "--name", name],
        ["cargo", "check", *crate],
        ["cargo", "test", *crate],
    ]
    environment = {**os.environ, "CARGO_TARGET_DIR": str(WORK / "target"), "CARGO_PROFILE_DEV_DEBUG": "0", "CARGO_INCREMENTAL": "0"}
    for step in steps:
        done = subprocess.run([str(word) for word in step], capture_output=True, text=True, env=environment)
        if done.returncode:
            seen.problems.append(f"{step[0]} {step[1]}: {(done.stdout + done.stderr)[-1500:]}")
            return


def hash_of(text):
    """A number for a name, the same in each run."""
    number = 0
    for byte in text.encode():
        number = (number * 131 + byte) % (1 << 40)
    return number


def counted(counter):
    return ", ".join(f"{count} {code}" for code, count in sorted(counter.items())) or "–"


def row(seen):
    own_count = seen.operations
    operations = f"{own_count}" if own_count == seen.spec.operations else f"{own_count} ({seen.spec.operations} paths × methods)"
    size = len(json.dumps(seen.listed, ensure_ascii=False, separators=(",", ":")).encode())
    cells = [
        seen.spec.name, seen.spec.version, operations, len(seen.tools), sum(tool["deprecated"] for tool in seen.tools),
        counted(seen.skipped()), counted(seen.told("error", "warning")), counted(seen.told("note")), size if seen.tools else 0,
    ]
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def table(all_seen):
    operations = sum(seen.operations for seen in all_seen)
    tools = sum(len(seen.tools) for seen in all_seen)
    skipped = sum((seen.skipped() for seen in all_seen), collections.Counter())
    return "\n".join([
        "# What comes of the corpus",
        "",
        "Written by `tests/corpus/run --write`. A code that left out operations is in the column *skipped*, any other in *warnings and errors* or"
        " *notes*; each with how often.",
        "",
        f"{len(all_seen)} documents, {operations} operations, {tools} tools; skipped: {counted(skipped)}.",
        "",
        "| document | OpenAPI | operations | tools | deprecated | skipped | warnings and errors | notes | bytes of tools/list |",
        "|---|---|---|---|---|---|---|---|---|",
        *(row(seen) for seen in all_seen),
        "",
    ])


def arguments():
    parser = argparse.ArgumentParser(prog="tests/corpus/run", description=__doc__)
    parser.add_argument("--write", action="store_true", help="write TABLE.md")
    parser.add_argument("--crates", action="store_true", help=f"compile and test the crate of every {EVERY}th document")
    parser.add_argument("--only", metavar="PART", help="documents of which the name contains this")
    parser.add_argument("--no-inspector", action="store_true", help="leave the Inspector out")
    return parser.parse_args()


def compared(text):
    """The differences to TABLE.md, as a diff."""
    old = TABLE.read_text().splitlines() if TABLE.exists() else []
    return list(difflib.unified_diff(old, text.splitlines(), "TABLE.md", "now", lineterm="", n=0))


def main():
    options = arguments()
    chosen = [spec for spec in specs() if not options.only or options.only in spec.name]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        all_seen = list(pool.map(lambda spec: inspected(spec, allowed(spec)), chosen))
        if not options.no_inspector:
            list(pool.map(check_strictly, [seen for seen in all_seen if seen.tools]))
    if options.crates:
        for seen in [seen for seen in all_seen if seen.tools][::EVERY]:
            print(f"crate of {seen.spec.name}", file=sys.stderr, flush=True)
            check_crate(seen)
    problems = [f"{seen.spec.name}: {problem}" for seen in all_seen for problem in seen.problems]
    text = table(all_seen)
    if options.write:
        TABLE.write_text(text)
    elif options.only:
        print(text)
    else:
        problems += compared(text)
    print("\n".join(problems), file=sys.stderr)
    print(f"{len(all_seen)} documents, {sum(len(seen.tools) for seen in all_seen)} tools, {len(problems)} problems")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
