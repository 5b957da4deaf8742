"""Running a command to its end: loudly when it fails, and with its use of the machine when asked."""
import json
import os
import pathlib
import subprocess
import sys

from bench import places

USAGE = pathlib.Path(__file__).with_name("usage.py")


def step(what, argv, cwd=None, env=None, may_fail=False):
    """Runs one step of the set-up; ends the whole run with the end of its log when it fails."""
    places.LOGS.mkdir(parents=True, exist_ok=True)
    log = places.LOGS / f"{what.replace(' ', '-')}.log"
    print(f"· {what}", file=sys.stderr, flush=True)
    with open(log, "wb") as out:
        code = subprocess.run([str(a) for a in argv], cwd=cwd, env={**os.environ, **(env or {})}, stdin=subprocess.DEVNULL, stdout=out, stderr=out).returncode
    if code and not may_fail:
        sys.exit(f"{what}: exit code {code}; the end of {log}:\n" + "".join(open(log, errors="replace").readlines()[-25:]))


def usage(argv, log, cwd=None, env=None):
    """What the command and its children used: wall and CPU seconds, peak KiB, exit code. Its stdout goes to `log`."""
    # The command is a child of a small process: a child's peak starts at that of the process it was forked from.
    with open(log, "wb") as out:
        done = subprocess.run([sys.executable, USAGE, *map(str, argv)], cwd=cwd, env={**os.environ, **(env or {})}, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.PIPE, text=False)
    used = json.loads(done.stderr.splitlines()[-1])
    if used["code"]:
        return {"failed": f"exit code {used['code']}: " + done.stderr.decode(errors="replace")[-600:]}
    return used
