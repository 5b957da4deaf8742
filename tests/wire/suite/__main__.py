"""Runs the cases of cases/ against MCP servers and prints which pass. See README.md."""
import argparse
import sys

from suite import cases, servers, table
from suite.drive import drive


def arguments():
    parser = argparse.ArgumentParser(prog="tests/wire/run", description=__doc__)
    parser.add_argument("--server", metavar="NAME,...", default="mcpgen", help="of servers.toml, or `all` (default mcpgen)")
    parser.add_argument("--command", metavar="COMMAND", help="another server: its command line, with {spec} for the document and {api} for the upstream")
    parser.add_argument("--only", metavar="TEXT", default="", help="only cases whose FILE/ID contains this")
    parser.add_argument("--list", action="store_true", help="list the cases, run nothing")
    parser.add_argument("--write", action="store_true", help="write RESULTS.md")
    return parser.parse_args()


def main():
    options = arguments()
    chosen = [case for case in cases.load() if options.only in case.id]
    if options.list:
        for case in chosen:
            print(f"{case.id}  ({case.section})")
        return 0
    tested = servers.chosen(options)
    results = {}
    for server in tested:
        results[server.name] = drive(server, chosen)
        failed = {case: why for case, why in results[server.name].items() if why}
        for case, why in failed.items():
            print(f"FAIL  {server.name}  {case}: {why}")
    text = table.markdown(results, tested)
    print(text)
    if options.write:
        table.write(text, results)
    wrong = sum(1 for why in results[tested[0].name].values() if why)
    print(f"{len(chosen) - wrong} passed, {wrong} failed")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
