"""Corrects arguments by what the server says of them, as a model would.

An advertised schema leaves open what does not fit its budget, and says that error messages teach the rest. This takes
them at their word.
"""
import re

from judge.generate import FORMATS, of_type
from judge.pattern import texts


def corrected(arguments, answer):
    """Whether something was changed."""
    changed = False
    for line in answer.splitlines():
        line = line.removeprefix("- ")
        changed |= _missing(arguments, line) or _wrong(arguments, line) or _unknown(arguments, line)
    return changed


def _missing(arguments, line):
    said = re.search(r"missing required argument `([^`]+)`(?: \(([a-z]+)[^)`]*(?:`([^`]+)`)?\))?(?:: one of `([^`]+)`)?", line)
    if not said:
        return False
    parent, key = _place(arguments, said[1])
    if not isinstance(parent, dict):
        return False
    usual = FORMATS.get(said[3], (None,))[0] if said[2] == "string" else None
    parent[key] = said[4] or usual or of_type(said[2] or "string")
    return True


def _wrong(arguments, line):
    said = re.search(r"argument `([^`]+)` (?:fits none of .*?: )?(must .*|fits none.*)", line)
    if not said:
        return False
    inner = re.search(r"for the closest: argument `([^`]+)` (must .*)", line)
    path, demand = inner.groups() if inner else said.groups()
    parent, key = _place(arguments, path)
    if parent is None or (isinstance(parent, dict) and key not in parent):
        return False
    value = _demanded(demand, parent[key])
    if value is None or value == parent[key]:
        return False
    parent[key] = value
    return True


def _demanded(demand, now):
    if said := re.match(r"must be one of `([^`]+)`", demand):
        return said[1]
    if said := re.match(r"must be an array of `([^`]+)`", demand):
        return [said[1]]
    if said := re.match(r"must be an array of (\w+)s", demand):
        return [of_type(said[1])]
    if said := re.match(r"must be an? (string|integer|number|boolean|array|object)", demand):
        return of_type(said[1])
    if said := re.match(r"must be `([^`]*)`", demand):
        return said[1]
    if said := re.match(r"must be (?:at least|greater than) (-?[\d.]+)", demand):
        return float(said[1]) + 1 if "." in said[1] else int(said[1]) + 1
    if said := re.match(r"must be (?:at most|less than) (-?[\d.]+)", demand):
        return float(said[1]) - 1 if "." in said[1] else int(said[1]) - 1
    if (said := re.match(r"must have at least (\d+) character", demand)) and isinstance(now, str):
        return now + "x" * (int(said[1]) - len(now))
    if (said := re.match(r"must have at most (\d+) character", demand)) and isinstance(now, str):
        return now[: int(said[1])]
    if said := re.match(r"must match the pattern `([^`]+)`", demand):
        made = texts(said[1], 0, 64)
        return made[len(made) // 2] if made else None
    if said := re.match(r"must be in the format `([^`]+)`", demand):
        return FORMATS.get(said[1], (None,))[0]
    return None


def _unknown(arguments, line):
    said = re.search(r"unknown (?:argument|field) `([^`]+)`|argument `([^`]+)` must not be given", line)
    if not said:
        return False
    parent, key = _place(arguments, said[1] or said[2])
    if not isinstance(parent, dict) or key not in parent:
        return False
    del parent[key]
    return True


def _place(value, path):
    """What holds the value at `body.items[2].price`, and its key there. Keys may have dots of their own."""
    if isinstance(value, list):
        said = re.match(r"\[(\d+)\]\.?(.*)", path)
        if not said or int(said[1]) >= len(value):
            return None, None
        at, rest = int(said[1]), said[2]
        return (value, at) if not rest else _place(value[at], rest)
    if not isinstance(value, dict):
        return None, None
    for key in sorted(value, key=len, reverse=True):
        if path == key:
            return value, key
        if path.startswith((f"{key}.", f"{key}[")):
            return _place(value[key], path[len(key):].removeprefix("."))
    return value, path
