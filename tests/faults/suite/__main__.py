"""Runs the proofs: see README.md."""

import argparse
import asyncio

from suite import leaks, names

parser = argparse.ArgumentParser(prog="tests/faults/run")
parser.add_argument("--calls", type=int, default=5000, help="how many calls are made after the warm-up")
parser.add_argument("--clients", type=int, default=96, help="how many clients call at once")
parser.add_argument("--seed", type=int, default=1, help="which faults in which order")
parser.add_argument("--only", choices=["leaks", "names"], help="one of the proofs")
chosen = parser.parse_args()
if chosen.only != "names":
    asyncio.run(leaks.prove(chosen.calls, chosen.clients, chosen.seed))
    print("ok    each call had one result, and nothing is left behind")
if chosen.only != "leaks":
    asyncio.run(names.prove())
    print("ok    a name that leads elsewhere is found again; a resolver that hangs takes no threads")
