"""The one table: each row of the targets, what was measured, and whether it is met."""
import dataclasses
import os
import typing

from bench import growth, places

NOTES = "<!-- notes: kept by benches/run --write -->"


@dataclasses.dataclass(frozen=True)
class Row:
    """One line of the table."""

    name: str
    cell: str
    number: typing.Callable  # (records, server) -> float or None
    show: typing.Callable    # float -> text
    target: float | None = None
    more_is_better: bool = False
    peers: bool = True       # whether the peers' numbers mean the same

    def is_met(self, number):
        return number is not None and (number >= self.target if self.more_is_better else number <= self.target)

    def target_text(self):
        return "" if self.target is None else f"{'≥' if self.more_is_better else '≤'} {self.show(self.target)}"


def times(number):
    return f"{number:.3f} ×" if number < 0.1 else f"{number:.2f} ×"


def unit(text, digits=1):
    return lambda number: f"{number:.{digits}f} {text}"


def whole(number):
    return f"{number:.0f}"


def ratio(cell, key="rps", base="rawfwd"):
    return lambda records, server: records.ratio(cell, server, key, base)


def median(cell, key, scale=1.0):
    def number(records, server):
        value = records.median(cell, server, key)
        return None if value is None else value * scale
    return number


def rate_row(name, cell, target):
    return Row(f"tools/call over {name}, calls/s", cell, ratio(cell), times, target, more_is_better=True)


def start_rows(spec, label, time_ms, resident_mb):
    cell = f"start {spec}"
    return [
        Row(f"cold start to tools/list over stdio, {label}", cell, median(cell, "list_ms"), unit("ms"), time_ms),
        Row(f"resident after that, {label}", cell, median(cell, "rss_kib", 1 / 1024), unit("MiB"), resident_mb),
    ]


def compile_ratio(records, server):
    many = records.median("compile github", server, "wall")
    few = records.median("compile petstore-four", server, "wall")
    return None if many is None or few is None else (many - 2.0) / few


def policy_row(name, cell, target):
    cell = f"policies {cell}"
    return Row(f"all policies to none, {name}, calls/s", cell, ratio(cell, base="no-policies"), times, target, more_is_better=True)


def generate_row(name, key):
    def number(records, server):
        return records.ratio("generate github", server, key, "oamg")
    return Row(f"`mcpgen build` of GitHub's description, {name} to openapi-mcp-generator", "generate github", number, times, 1.0)


def added_row(name, cell, target):
    def number(records, server):
        return records.added_ms(cell, server, cell)
    return Row(f"added to a call over {name}, p50, concurrency 1", cell, number, unit("ms", 2), target)


def per_operation(count, key, scale):
    def number(records, server):
        value = records.median(f"growth {count} operations", server, key)
        return None if value is None else value * scale / count
    return number


def steps(cell, base, key="wall"):
    """How many times as much a document takes as the smaller one."""
    def number(records, server):
        return records.pairwise(f"growth {cell}", server, key, (f"growth {base}", server, key), lambda a, b: a / b)
    return number


def each_ratio(records, server):
    """What an operation of the largest document costs, to one of the document of 1,000."""
    most, some = (per_operation(count, "wall", 1.0)(records, server) for count in (growth.SIZES[-1], 1_000))
    return None if most is None or some is None else most / some


def growth_rows():
    most = growth.SIZES[-1]
    largest = f"growth {most} operations"
    rows = [
        row
        for count in growth.SIZES
        for row in (
            Row(f"`mcpgen build` of {count:,} operations, YAML, wall time an operation", f"growth {count} operations", per_operation(count, "wall", 1e6), unit("µs", 0)),
            Row(f"… peak memory an operation, {count:,}", f"growth {count} operations", per_operation(count, "peak_kib", 1.024), unit("kB", 1)),
        )
    ]
    rows += [
        Row(f"… an operation of {most:,}, to one of 1,000", largest, each_ratio, times, 1.5),
        Row(f"… {most:,} operations, size of the document", largest, median(largest, "bytes", 1e-6), unit("MB")),
        Row(f"… {most:,} operations, YAML, wall time", largest, median(largest, "wall"), unit("s", 2), 6),
        Row(f"… {most:,} operations, YAML, peak memory", largest, median(largest, "peak_kib", 1.024e-6), unit("GB", 2), 1.5),
        Row(f"… {most:,} operations, JSON, wall time", f"{largest}, JSON", median(f"{largest}, JSON", "wall"), unit("s", 2), 6),
        Row(f"… {most:,} operations, JSON, peak memory", f"{largest}, JSON", median(f"{largest}, JSON", "peak_kib", 1.024e-6), unit("GB", 2), 1.5),
    ]
    # Twice as many schemas that refer to all make a document of four times the size.
    for name, what, most_times in (("layers", "layers of four `$ref`s each", 3), ("circles", "schemas that refer to all", 4)):
        for smaller, larger in zip(growth.DEPTHS, growth.DEPTHS[1:]):
            rows.append(Row(f"`mcpgen build` of {larger} {what}, wall time to {smaller}", f"growth {name} {larger}", steps(f"{name} {larger}", f"{name} {smaller}"), times, most_times))
        last = f"growth {name} {growth.DEPTHS[-1]}"
        rows.append(Row(f"… {growth.DEPTHS[-1]} {what}, wall time", last, median(last, "wall", 1e3), unit("ms", 0)))
    return rows


ROWS = [
    rate_row("HTTP, concurrency 1", "http get c=1", 0.80),
    rate_row("HTTP, concurrency 16", "http get c=16", 0.70),
    rate_row("HTTP, concurrency 64", "http get c=64", 0.55),
    Row("tools/call over HTTP, concurrency 16, p99", "http get c=16", ratio("http get c=16", "p99_us"), times, 2.5),
    Row("tools/call over HTTP, concurrency 16, CPU", "http get c=16", ratio("http get c=16", "cpu_us_per_call"), times),
    rate_row("HTTP, 10 KB reply, concurrency 16", "http list c=16", None),
    rate_row("HTTP, JSON body, concurrency 16", "http create c=16", None),
    rate_row("stdio, depth 1", "stdio get d=1", 0.9),
    rate_row("stdio, depth 32", "stdio get d=32", 0.8),
    Row("tools/call over stdio, depth 32, CPU", "stdio get d=32", ratio("stdio get d=32", "cpu_us_per_call"), times),
    *start_rows("petstore", "petstore", 6, 10),
    *start_rows("github", "GitHub, 1,223 tools", 60, 45),
    Row("GitHub's tools/list without output schemas", "start github", median("start github", "list_bytes_without_output", 1e-6), unit("MB", 2), 1.4),
    Row("GitHub's tools/list with output schemas", "start github", median("start github", "list_bytes", 1e-6), unit("MB", 2), 2.5),
    generate_row("wall time", "wall"),
    generate_row("peak memory", "peak_kib"),
    Row("… wall time itself", "generate github", median("generate github", "wall"), unit("s", 2)),
    Row("… peak memory itself", "generate github", median("generate github", "peak_kib", 1 / 1024), unit("MiB", 0)),
    Row("cold release build of the generated petstore crate, CPU", "compile petstore cold", median("compile petstore cold", "cpu"), unit("s", 0), 240),
    Row("… to that of the server on rmcp alone", "compile petstore cold", ratio("compile petstore cold", "cpu", "rmcp"), times, 1.69),
    Row("… crates compiled", "compile petstore cold", median("compile petstore cold", "crates"), whole, 190),
    Row("… stripped binary", "compile petstore cold", median("compile petstore cold", "binary_bytes", 1e-6), unit("MB"), 9),
    Row("compile time of the crate itself, (1,223 tools − 2 s) to 4 tools", "compile github", compile_ratio, times, 1.5),
    Row("… 1,223 tools", "compile github", median("compile github", "wall"), unit("s")),
    Row("… 4 tools", "compile petstore-four", median("compile petstore-four", "wall"), unit("s")),
    added_row("stdio", "stdio get d=1", 0.2),
    added_row("HTTP", "http get c=1", 0.3),
    Row("tools/call over `/sse`, concurrency 1, p99", "sse get c=1", median("sse get c=1", "p99_us", 1e-3), unit("ms", 2), 5),
    Row("tools/call over `/sse`, concurrency 16, p99", "sse get c=16", median("sse get c=16", "p99_us", 1e-3), unit("ms", 2)),
    policy_row("300 B reply, one client that waits", "get c=1", None),
    policy_row("300 B reply, concurrency 16", "get c=16", 0.85),
    policy_row("300 B reply, concurrency 64", "get c=64", 0.85),
    policy_row("10 KB reply, concurrency 16", "list c=16", 0.85),
    policy_row("300 B reply, concurrency 16, the same call", "same c=16", None),
    *growth_rows(),
]


def cell_and_verdict(row, records, server):
    if not records.has(row.cell, server):
        return "", ""
    number = row.number(records, server)
    if number is None:
        return "failed", "no" if row.target is not None else ""
    verdict = "" if row.target is None else ("yes" if row.is_met(number) else "**no**")
    return row.show(number), verdict


def best_peer(row, records, peers):
    numbers = [(row.number(records, peer.name), peer.name) for peer in peers]
    numbers = [(number, name) for number, name in numbers if number is not None]
    if not numbers:
        return ""
    number, name = (max if row.more_is_better else min)(numbers)
    return f"{row.show(number)} ({name})"


def markdown(records, servers, options):
    """The table, the failures below it, and under which conditions it was measured."""
    peers = [server for server in servers if server.role == "peer"]
    lines = [
        f"{os.cpu_count()} cores, shared by the load generator, the upstream and the server; {options.rounds} interleaved rounds of {options.secs:g} s,"
        " medians. × is the ratio to `rawfwd` in the same round where nothing else is said.",
        "",
        "| | target | generated crate | met | `mcpgen serve` | met | rmcp alone | best peer |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in ROWS:
        shown = [cell_and_verdict(row, records, name) for name in ("mcpgen", "serve")]
        rmcp, _ = cell_and_verdict(row, records, "rmcp")
        peer = best_peer(row, records, peers)
        if any([*shown[0], *shown[1], rmcp, peer]):
            lines.append(f"| {row.name} | {row.target_text()} | {shown[0][0]} | {shown[0][1]} | {shown[1][0]} | {shown[1][1]} | {rmcp} | {peer} |")
    failures = records.failures()
    if failures:
        lines += ["", "Failed, and therefore not counted:", "", *(f"- {line}" for line in failures)]
    return "\n".join(lines)


def write(text):
    """Writes RESULTS.md anew; what stands below the notes' mark is kept."""
    old = places.RESULTS.read_text() if places.RESULTS.exists() else ""
    notes = old.split(NOTES, 1)[1] if NOTES in old else "\n"
    places.RESULTS.write_text(f"# Results\n\nWritten by `benches/run --write`. See [README.md](README.md) for what each row is.\n\n{text}\n\n{NOTES}{notes}")
