"""The results as a table."""
import pathlib

RESULTS = pathlib.Path(__file__).parent.parent / "RESULTS.md"


def markdown(results, servers):
    groups = {}
    for name in next(iter(results.values())):
        groups.setdefault(name.split("/")[0], []).append(name)
    titles = [f"{server.name} {server.version}".strip() for server in servers]
    lines = [f"| cases | {' | '.join(titles)} |", "|---|" + "---|" * len(servers)]
    for group, names in groups.items():
        cells = [f"{sum(1 for name in names if not found[name])}/{len(names)}" for found in results.values()]
        lines.append(f"| {group} | {' | '.join(cells)} |")
    every = [f"**{sum(1 for why in found.values() if not why)}/{len(found)}**" for found in results.values()]
    lines.append(f"| **all** | {' | '.join(every)} |")
    return "\n".join(lines)


def write(text, results):
    """RESULTS.md: the table, and below it what each server does otherwise."""
    out = ["# Results", "", "Written by `tests/wire/run --server all --write`. See [README.md](README.md).", "", text, ""]
    for server, found in results.items():
        failed = {name: why for name, why in found.items() if why}
        if failed:
            out += [f"## {server}", ""]
            out += [f"- `{name}`: {why}" for name, why in failed.items()]
            out.append("")
    RESULTS.write_text("\n".join(out))
