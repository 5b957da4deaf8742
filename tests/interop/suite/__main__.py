"""`python -m suite [PART…]`: runs the checks of which the name contains a PART, or all. Started by `../run`."""

import os
import shlex
import sys

from suite import access, certificates, clients, example, http_server, judges, login, long_work, profiles, sse, stdio, upstream_side
from suite.processes import Upstream
from suite.report import Report


def main():
    server = shlex.split(os.environ["BIN"])
    Upstream.binary = os.environ["UPSTREAM"]
    fixture = shlex.split(os.environ.get("FIXTURE", "")) or None
    report = Report(sys.argv[1:])
    example.run(report)
    for part in (stdio, http_server, sse, upstream_side, access, login):
        part.run(report, server)
    certificates.run(report, shlex.split(os.environ["MCPGEN"]))
    clients.run(report, server)
    long_work.run(report, server)
    judges.run(report, server, fixture)
    profiles.run(report)
    report.finish()


main()
