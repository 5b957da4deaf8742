"""What an answer of Prism means: whether it takes the request."""
import dataclasses
import json
import re

# What Prism says when it took the request and cannot make up a response.
NO_RESPONSE = {"NOT_ACCEPTABLE", "NO_RESPONSE_RESPONSE_DEFINED", "VIOLATIONS", "SCHEMA_TOO_COMPLEX", "NOT_FOUND", "NO_COMPLEX_OBJECT_TEXT"}


# The bodies that Prism parses. It takes any other one for a text, which then is no object.
READ = re.compile(r"application/(json|[\w.+-]+\+json|x-www-form-urlencoded)|multipart/form-data")
UNREAD = re.compile(r"body: Request body must be (object|array|integer|number|boolean|null)(,[\w,]+)?$")


@dataclasses.dataclass(frozen=True)
class Verdict:
    """`reasons` of a refusal; none: the request was taken. `answered`: and there was a response to it."""

    reasons: tuple = ()
    answered: bool = True
    unread: str = ""  # the media type of a body that Prism did not parse, where that is all it complained about


def verdict(answer):
    if answer.status == 0:
        return Verdict((answer.body.decode("utf-8", "replace"),))
    reasons = _violations(answer.violations)
    if reasons:
        return _unless_unread(answer, reasons)
    problem = _problem(answer.body)
    if problem is None:
        # What Prism's own code throws is no problem document.
        is_crash = answer.status == 500 and answer.body.strip() == b"Internal Server Error"
        return Verdict(("crash: Internal Server Error",)) if is_crash else Verdict()
    kind = problem["type"].rpartition("#")[2]
    if kind in NO_RESPONSE:
        return Verdict(answered=False)
    detail = problem.get("detail") or problem.get("title") or ""
    if kind == "UNKNOWN" and detail.startswith("Cannot find serializer"):
        return Verdict(answered=False)
    found = _reasons(problem.get("validation") or [])
    return _unless_unread(answer, found) if found else Verdict((f"{kind}: {detail}",))


def _unless_unread(answer, reasons):
    said = re.search(r"^content-type: *([^;\s]+)", answer.request, re.I | re.M)
    media_type = said[1].lower() if said else ""
    if not media_type or READ.fullmatch(media_type):
        return Verdict(reasons)
    left = tuple(reason for reason in reasons if not UNREAD.match(reason))
    return Verdict(left, unread="" if left else media_type)


def _violations(header):
    """The errors of the `sl-violations` header that are about the request; too long a header is cut off."""
    items = []
    start = header.find("[{") + 1
    decoder = json.JSONDecoder()
    while start and header[start : start + 1] == "{":
        try:
            item, end = decoder.raw_decode(header, start)
        except ValueError:
            break
        items.append(item)
        start = end + 1
    return _reasons(item for item in items if item["location"][:1] == ["request"] and item["severity"] == "Error")


def _reasons(items):
    """Without what Prism says of each form of a choice, where it says of the choice that it is not met."""
    items = [([str(part) for part in item.get("location") or [] if part != "request"], item["message"]) for item in items]
    choices = [where for where, message in items if re.search(r"exactly one schema in oneOf|a schema in anyOf", message)]
    outermost = [where for where in choices if not any(where[: len(other)] == other and other != where for other in choices)]
    found = []
    for where, message in items:
        above = [choice for choice in outermost if where[: len(choice)] == choice]
        is_choice = re.search(r"exactly one schema in oneOf|a schema in anyOf", message)
        if not above or (is_choice and where in outermost):
            found.append(_reason(where, message))
    return tuple(dict.fromkeys(found))


def _reason(where, message):
    """Which item of a list it is does not matter."""
    said = f"{'.'.join(where)}: {message}" if where else message
    return re.sub(r"(?<=[. ])\d+(?=[.: ])", "*", said)


def _problem(body):
    try:
        found = json.loads(body)
    except ValueError:
        return None
    is_problem = isinstance(found, dict) and str(found.get("type", "")).startswith("https://stoplight.io/prism/errors#")
    return found if is_problem else None
