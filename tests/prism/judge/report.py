"""The results: which refusals are explained, and the table."""
import dataclasses
import pathlib
import tomllib

HERE = pathlib.Path(__file__).parent.parent
FAULTS = ("ours", "prism", "spec")


@dataclasses.dataclass
class Refusal:
    """An entry of refusals.toml."""

    says: str
    fault: str
    why: str
    operations: list
    used: set = dataclasses.field(default_factory=set)


def listed():
    found = [Refusal(**entry) for entry in tomllib.loads((HERE / "refusals.toml").read_text()).get("refusal", [])]
    for entry in found:
        assert entry.fault in FAULTS, f"refusals.toml: `{entry.fault}` is none of {FAULTS}"
    return found


def explained(entries, spec, operation):
    """The faults of an operation's refusals; None for one that is not listed."""
    faults = {}
    for reason in operation.refused:
        faults[reason] = None
        for entry in entries:
            name = f"{spec} {operation.name}"
            if entry.says in reason and name in entry.operations:
                entry.used.add(name)
                faults[reason] = entry.fault
                break
    return faults


@dataclasses.dataclass
class Row:
    """The numbers of a spec, or of all."""

    name: str
    operations: int = 0
    no_route: int = 0
    called: int = 0
    accepted: int = 0
    wholly: int = 0
    beyond: int = 0
    calls: int = 0
    taken: int = 0
    taught: int = 0
    unanswered: int = 0
    unread: int = 0
    ours: int = 0
    prism: int = 0
    spec: int = 0
    unlisted: int = 0
    by_us: int = 0
    not_reached: int = 0

    def add(self, other):
        for field in dataclasses.fields(self)[1:]:
            setattr(self, field.name, getattr(self, field.name) + getattr(other, field.name))


def row(outcome, entries):
    routed = [operation for operation in outcome.operations if operation.has_route]
    found = Row(outcome.spec, operations=len(routed) + outcome.not_reached, not_reached=outcome.not_reached)
    found.no_route = len(outcome.operations) - len(routed)
    for operation in routed:
        found.called += operation.is_called
        found.accepted += operation.is_accepted
        found.wholly += operation.is_wholly_accepted
        found.calls += operation.calls
        found.taken += operation.taken
        found.taught += operation.taught
        found.unanswered += operation.unanswered
        found.unread += bool(operation.unread)
        found.by_us += len(operation.not_sent)
        faults = set(explained(entries, outcome.spec, operation).values())
        found.beyond += operation.is_called and not operation.is_accepted and faults == {"prism"}
        # An operation is counted once, for what weighs most.
        for fault in ("ours", None, "spec", "prism"):
            if fault in faults:
                name = fault or "unlisted"
                setattr(found, name, getattr(found, name) + 1)
                break
    return found


def rows(outcomes, entries):
    """A row for each spec that Prism loads, and the sum."""
    found = [row(outcome, entries) for outcome in outcomes if not outcome.unloadable]
    total = Row("**all**")
    for one in found:
        total.add(one)
    return found, total


HEADER = (
    "| spec | no route | operations | called | accepted | with every call | refused: ours | refused: spec | refused: Prism | refused: not listed "
    "| body not read | calls | accepted | after lessons | refused by us |"
)


def markdown(found, total):
    lines = [HEADER, "|---|" + "--:|" * 14]
    for one in [*found, total]:
        numbers = [
            one.no_route, one.operations, one.called, one.accepted, one.wholly, one.ours, one.spec, one.prism, one.unlisted, one.unread,
            one.calls, one.taken, one.taught, one.by_us,
        ]
        lines.append(f"| {one.name} | " + " | ".join(str(number) for number in numbers) + " |")
    return "\n".join(lines)


def share(total):
    """Of the operations that Prism can judge: without those that it never takes for a fault of its own."""
    judged = total.operations - total.beyond
    return 100 * total.accepted / judged if judged else 100


def part(some, of_all):
    return f"{100 * some / of_all:.2f} %" if of_all else "–"


def write(outcomes, found, total):
    reached = [outcome for outcome in outcomes if not outcome.unloadable]
    out = [
        "# Results", "", "Written by `tests/prism/run --write`. See [README.md](README.md) for what the columns mean.", "",
        f"Prism loads {len(reached)} of {len(outcomes)} specs. Of their {total.operations} operations that have a tool and a "
        f"route it accepts {total.accepted} ({part(total.accepted, total.operations)}), {total.wholly} "
        f"({part(total.wholly, total.operations)}) with every set of arguments, and {total.taken} of {total.calls} calls "
        f"({part(total.taken, total.calls)}). {total.beyond} operations it never takes for a fault of its own; of the other "
        f"{total.operations - total.beyond} it accepts **{share(total):.2f} %**.", "",
        f"Whose fault the refusals of {total.operations - total.wholly} operations are: ours {total.ours}, the document's "
        f"{total.spec}, Prism's {total.prism}, not listed {total.unlisted}, not called {total.operations - total.called}.", "",
        f"{total.unanswered} accepted calls had no response that Prism could make up.", "",
        markdown(found, total), "",
    ]
    missing = [outcome for outcome in outcomes if outcome.unloadable]
    if missing:
        out += ["## What Prism does not load", ""]
        out += [f"- `{outcome.spec}`: {outcome.unloadable}" for outcome in missing] + [""]
    left_out = [(outcome.spec, *told) for outcome in reached for told in outcome.left_out]
    if left_out:
        out += ["## Operations without a tool", ""]
        out += [f"- `{spec}`: {what}: {message} (`{code}`)" for spec, what, code, message in left_out] + [""]
    silent = [
        (outcome.spec, operation) for outcome in reached for operation in outcome.operations
        if operation.has_route and not operation.is_called
    ]
    if silent:
        out += ["## Operations that were not called", ""]
        out += [f"- `{spec}` `{operation.name}`: {first_line(operation)}" for spec, operation in silent] + [""]
    (HERE / "RESULTS.md").write_text("\n".join(out))


def first_line(operation):
    said = next(iter(operation.not_sent.values()), "")
    lines = [line for line in said.splitlines() if line.startswith("- ")] or said.splitlines()
    return lines[0].removeprefix("- ")[:200] if lines else "there are no arguments"
