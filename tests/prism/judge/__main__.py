"""Calls every tool of every spec of the corpus with Prism as the upstream, and counts what Prism refuses. See README.md."""
import argparse
import json
import os
import pathlib
import sys

from suite.client import Gone

from judge import corpus, report
from judge.drive import Outcome, drive

WORK = pathlib.Path(os.environ["PRISM_HOME"])
WANTED = 99
OURS = "mcpgen:"


def arguments():
    parser = argparse.ArgumentParser(prog="tests/prism/run", description=__doc__)
    parser.add_argument("--spec", metavar="NAME", nargs="+", default=[], help="only specs whose names contain one of these")
    parser.add_argument("--sample", action="store_true", help="only a few small specs, in less than a minute")
    parser.add_argument("--limit", metavar="SECONDS", type=int, default=600, help="the most time for a spec (default 600)")
    parser.add_argument("--write", action="store_true", help="write RESULTS.md")
    return parser.parse_args()


def main():
    options = arguments()
    entries = report.listed()
    outcomes = []
    for spec in corpus.chosen(options.spec, options.sample):
        outcome = attempt(spec, options.limit)
        outcomes.append(outcome)
        show(outcome, entries)
    found, total = report.rows(outcomes, entries)
    print(report.markdown(found, total))
    keep(outcomes)
    if options.write:
        report.write(outcomes, found, total)
    gone = sum(outcome.unloadable.startswith(OURS) for outcome in outcomes)
    return judged(options, entries, total, gone)


def attempt(spec, limit):
    try:
        return drive(spec, limit)
    except Gone as error:
        return Outcome(spec.name, unloadable=f"{OURS} {error}")


def show(outcome, entries):
    if outcome.unloadable:
        print(f"not loaded  {outcome.spec}: {outcome.unloadable}", flush=True)
        return
    routed = [operation for operation in outcome.operations if operation.has_route]
    accepted = sum(operation.is_accepted for operation in routed)
    wholly = sum(operation.is_wholly_accepted for operation in routed)
    every = len(routed) + outcome.not_reached
    print(f"{accepted}/{every}  {wholly} with every call  {outcome.spec}  ({outcome.seconds:.0f} s)", flush=True)
    for operation in routed:
        for reason, fault in report.explained(entries, outcome.spec, operation).items():
            if fault in (None, "ours"):
                sets = ", ".join(operation.refused[reason])
                print(f"REFUSED  {outcome.spec} {operation.name} ({sets}): {reason}", flush=True)


def keep(outcomes):
    """Everything, for a person who looks into a refusal: the requests, and what our server said of calls not sent."""
    found = [
        {
            "spec": outcome.spec, "operation": operation.name, "tool": operation.tool,
            "refused": operation.refused, "requests": operation.examples, "not_sent": operation.not_sent,
        }
        for outcome in outcomes for operation in outcome.operations if operation.refused or operation.not_sent
    ]
    (WORK / "details.json").write_text(json.dumps(found, indent=1, ensure_ascii=False))


def judged(options, entries, total, gone):
    is_whole = not options.spec and not options.sample
    stale = [
        (entry, name) for entry in entries for name in entry.operations if is_whole and name not in entry.used
    ]
    for entry, name in stale:
        print(f"LISTED, NOT REFUSED  {name}: {entry.says}")
    wrong = total.unlisted + total.ours + len(stale) + gone
    share = report.share(total)
    print(
        f"{total.accepted} of {total.operations} operations accepted, {total.wholly} with every call, {total.beyond} never for a "
        f"fault of Prism's: {share:.2f} % of the others; "
        f"{wrong} refusals ours, not listed or listed and gone"
    )
    return 1 if wrong or (is_whole and share < WANTED) else 0


if __name__ == "__main__":
    sys.exit(main())
