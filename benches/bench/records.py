"""What was measured: one record a server, cell and round; and the medians and pairwise ratios over them."""
import json
import statistics
import time

from bench import places


class Records:
    """Grows during a run; every record also goes to a file as it comes."""

    def __init__(self):
        places.RAW.mkdir(parents=True, exist_ok=True)
        self.path = places.RAW / f"{int(time.time())}.jsonl"
        self.all = []

    def add(self, cell, server, number, result):
        record = {"cell": cell, "server": server, "round": number, "result": result}
        self.all.append(record)
        with open(self.path, "a") as file:
            file.write(json.dumps(record) + "\n")
        print(f"  {number} {cell:24} {server:14} {summary(result)}", flush=True)

    def has(self, cell, server):
        return any(r["cell"] == cell and r["server"] == server for r in self.all)

    def values(self, cell, server, key):
        """Round to value, for the rounds without an error."""
        return {r["round"]: r["result"][key] for r in self.all
                if r["cell"] == cell and r["server"] == server and failure(r["result"]) is None and key in r["result"]}

    def median(self, cell, server, key):
        values = self.values(cell, server, key)
        return statistics.median(values.values()) if values else None

    def pairwise(self, cell, server, key, base, combine):
        """The median over the rounds in which both were measured."""
        ours = self.values(cell, server, key)
        theirs = self.values(*base)
        pairs = [combine(ours[n], theirs[n]) for n in ours if theirs.get(n)]
        return statistics.median(pairs) if pairs else None

    def ratio(self, cell, server, key, base="rawfwd"):
        return self.pairwise(cell, server, key, (cell, base, key), lambda a, b: a / b)

    def added_ms(self, cell, server, direct):
        """The p50 that the server adds to the same call made directly."""
        return self.pairwise(cell, server, "p50_us", (direct, "direct", "p50_us"), lambda a, b: (a - b) / 1000)

    def failures(self):
        """One line a server and cell that failed."""
        first = {}
        for r in self.all:
            why = failure(r["result"])
            if why:
                first.setdefault((r["server"], r["cell"]), why)
        return [f"{server}, {cell}: {why}" for (server, cell), why in first.items()]


def failure(result):
    """Why a result does not count, or None."""
    if "failed" in result:
        return " ".join(result["failed"].split())[:240]
    if result.get("errors"):
        return f"{result['errors']} errors in {result['calls']} calls: {' '.join((result['first_error'] or '').split())[:200]}"
    return None


def summary(result):
    why = failure(result)
    if why:
        return f"FAILED {why}"
    if "rps" in result:
        return f"{result['rps']:8.0f}/s  p50 {result['p50_us']} µs  p99 {result['p99_us']} µs  CPU {result['cpu_us_per_call']:.0f} µs"
    return "  ".join(f"{key} {value:.2f}" if isinstance(value, float) else f"{key} {value}" for key, value in result.items())
