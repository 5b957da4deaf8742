"""Finds the tool of a case and puts the call's values under the names that the tool gives its arguments.

Servers are free in their names; a value is looked for under the names that a person would look for.
"""
import re

WHOLE_BODY = ("body", "requestBody", "request_body", "body_2", "payload", "data", "input")
MEDIA_TYPE = ("content_type", "contentType", "media_type", "mediaType", "body_content_type")


class NoArgument(Exception):
    """The tool has no argument for a value."""


def tool_of(case, tools):
    pattern = re.compile(rf"tst[_-]?{case.number}(?!\d)", re.IGNORECASE)
    return next((tool for name, tool in tools.items() if pattern.search(name)), None)


def plain(name):
    return re.sub(r"[^a-z0-9]", "", name.lower())


def arguments(case, tool, server):
    """The arguments of `tools/call`."""
    properties = dict((tool.get("inputSchema") or {}).get("properties") or {})
    given, waiting = {}, []
    call = case.call
    values = [(place, name, value) for place in ("path", "query", "header", "cookie") for name, value in call.get(place, {}).items()]
    # A name that the tool has to the letter is nobody else's.
    for find in (exact_key, similar_key):
        left = []
        for place, name, value in values:
            key = find(name, place, properties, given)
            if key is None:
                left.append((place, name, value))
            else:
                given[key] = value
        values = left
    waiting = [(name, value) for _, name, value in values]
    if "body" in call:
        given.update(body(call["body"], properties, given, server))
    # A name without a letter that survives: what is left over must be it.
    left = [key for key in properties if key not in given]
    for (name, value), key in zip(waiting, left):
        given[key] = value
    if len(waiting) > len(left):
        raise NoArgument(f"no argument for `{waiting[len(left)][0]}`")
    if "media-type" in call:
        key = next((key for key in MEDIA_TYPE if key in properties), None)
        if key is None:
            raise NoArgument("no argument for the media type")
        given[key] = call["media-type"]
    return given


def candidates(name, place):
    return [name, f"{place}_{name}", f"{name}_{place}", f"{name}__{place}"]


def exact_key(name, place, properties, given):
    return next((key for key in candidates(name, place) if key in properties and key not in given), None)


def similar_key(name, place, properties, given):
    wanted = {plain(candidate) for candidate in candidates(name, place) if plain(name)}
    return next((key for key in properties if key not in given and plain(key) in wanted), None)


def body(value, properties, given, server):
    if server.body:
        return {server.body: value}
    free = [key for key in properties if key not in given]
    if isinstance(value, dict):
        spread = {}
        for name, field in value.items():
            key = name if name in free else next((key for key in free if plain(key) and plain(key) == plain(name) and key not in spread), None)
            if key is not None:
                spread[key] = field
        left = [(name, field) for name, field in value.items() if not any(plain(key) == plain(name) and plain(name) for key in spread)]
        if spread and left:
            others = [key for key in free if key not in spread and key not in MEDIA_TYPE]
            spread.update({key: field for (_, field), key in zip(left, others)})
        if len(spread) == len(value) and (value or not any(key in free for key in WHOLE_BODY)):
            return spread
    key = next((key for key in WHOLE_BODY if key in free), None)
    if key is None:
        raise NoArgument("no argument for the body")
    return {key: value}
