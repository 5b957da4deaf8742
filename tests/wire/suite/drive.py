"""One server through all cases."""
import json
import pathlib
import tempfile

from suite import judge, naming
from suite.cases import document
from suite.client import Client, Gone
from suite.echo import Upstream


def drive(server, cases):
    """For each case why it fails, or None."""
    upstream = Upstream()
    results = {}
    groups = {}
    for case in cases:
        key = case.id if case.stands_alone else case.id.split("/")[0] + case.version
        groups.setdefault(key, []).append(case)
    for group in groups.values():
        run_group(server, upstream, group, results)
    return {case.id: results[case.id] for case in cases}


def run_group(server, upstream, group, results):
    with tempfile.TemporaryDirectory() as folder:
        spec = pathlib.Path(folder) / "openapi.json"
        spec.write_text(json.dumps(document(group, upstream.url)))
        try:
            with Client(*server.start(spec, upstream.url, group)) as client:
                tools = client.start()
                for case in group:
                    results[case.id] = run_case(client, case, tools, upstream, server)
            return
        except (Gone, RuntimeError) as error:
            why = str(error)
    left = [case for case in group if case.id not in results]
    if len(group) == 1:
        results[group[0].id] = why
        return
    # One case may be what the server cannot bear: each on its own.
    for case in left:
        run_group(server, upstream, [case], results)


def run_case(client, case, tools, upstream, server):
    upstream.take()
    tool = naming.tool_of(case, tools)
    if tool is None:
        return "there is no tool"
    try:
        arguments = naming.arguments(case, tool, server)
    except naming.NoArgument as error:
        # What cannot be asked for is not sent, but that is no answer to the model's mistake.
        return str(error)
    answer = client.ask("tools/call", {"name": tool["name"], "arguments": arguments})
    return judge.verdict(case, upstream.take(), answer)
