"""One spec: every tool with every set of arguments, and what Prism said to each."""
import copy
import dataclasses
import time

from suite.client import Gone

from judge import generate, learn
from judge.relay import Relay
from judge.servers import Prism, Unloadable, inspected, served
from judge.verdict import verdict

LESSONS = 8


@dataclasses.dataclass
class Operation:
    """An operation with its calls."""

    name: str  # METHOD /path
    tool: str
    calls: int = 0
    taken: int = 0
    unanswered: int = 0
    unread: set = dataclasses.field(default_factory=set)  # media types of bodies that Prism does not parse
    taught: int = 0  # calls that our own messages corrected first
    refused: dict = dataclasses.field(default_factory=dict)  # what Prism said: the names of the argument sets
    not_sent: dict = dataclasses.field(default_factory=dict)  # name of the set: what our server said
    examples: dict = dataclasses.field(default_factory=dict)  # what Prism said: a request to which it did

    @property
    def has_route(self):
        """A path with a query or a fragment is one that no request has, and Prism waits for it."""
        return not set("?#") & set(self.name)

    @property
    def is_called(self):
        return self.calls > 0

    @property
    def is_accepted(self):
        return self.taken > 0

    @property
    def is_wholly_accepted(self):
        return self.is_called and not self.refused


@dataclasses.dataclass
class Outcome:
    """A spec with its operations."""

    spec: str
    operations: list = dataclasses.field(default_factory=list)
    left_out: list = dataclasses.field(default_factory=list)
    unloadable: str = ""
    loading: float = 0
    seconds: float = 0
    not_reached: int = 0


def drive(spec, limit):
    outcome = Outcome(spec.name)
    started = time.monotonic()
    plan, outcome.left_out = inspected(spec)
    try:
        prism = Prism(spec)
    except Unloadable as error:
        outcome.unloadable = str(error)
        outcome.not_reached = len(plan["tools"])
        return outcome
    outcome.loading = time.monotonic() - started
    relay = Relay(prism.port)
    try:
        if plan["tools"]:
            call_all(spec, plan, prism, relay, outcome, started + limit)
    finally:
        relay.close()
        prism.close()
    outcome.seconds = time.monotonic() - started
    return outcome


def call_all(spec, plan, prism, relay, outcome, deadline):
    with served(spec, plan, relay.url) as client:
        listed = client.start()
        for tool in plan["tools"]:
            if time.monotonic() > deadline:
                outcome.not_reached += 1
                continue
            operation = Operation(f"{tool['method']} {tool['path']}", tool["name"])
            outcome.operations.append(operation)
            if not operation.has_route:
                continue
            try:
                for name, arguments in generate.argument_sets(listed[tool["name"]]["inputSchema"]).items():
                    reasons = call(client, relay, operation, name, arguments)
                    if prism.is_ending(reasons):
                        prism.close()
                        prism.start()
                        relay.port = prism.port
            except Gone as error:
                operation.not_sent["all"] = f"the server is gone: {error}"
                raise


def call(client, relay, operation, name, arguments):
    """Why Prism refuses, if it does."""
    arguments = copy.deepcopy(arguments)
    lessons = 0
    while True:
        relay.take()
        result = client.ask("tools/call", {"name": operation.tool, "arguments": arguments})
        answers = relay.take()
        if answers:
            break
        said = said_by(result)
        lessons += 1
        if lessons > LESSONS or not learn.corrected(arguments, said):
            operation.not_sent[name] = said
            return ()
    operation.calls += 1
    operation.taught += lessons > 0
    found = verdict(answers[-1])
    operation.taken += not found.reasons
    operation.unanswered += not found.answered
    if found.unread:
        operation.unread.add(found.unread)
    for reason in found.reasons:
        operation.refused.setdefault(reason, []).append(name)
        operation.examples.setdefault(reason, answers[-1].request)
    return found.reasons


def said_by(result):
    if "error" in result:
        return str(result["error"].get("message"))
    return "\n".join(item.get("text", "") for item in result["result"].get("content", []))
