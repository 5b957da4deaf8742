"""Texts that a regular expression matches: the shortest, or one of at least a length."""
import functools
import re
import re._constants as op
import re._parser as parser

ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-_. /:+@#,=!~'\"()[]{}<>$%&*?;|\\^`éß日\t\n"
LONGEST = 4096


@functools.cache
def texts(pattern, shortest, longest):
    """Texts that match and have a length within the bounds, shortest first; none where that is not found out."""
    try:
        # ECMA-262 (what JSON Schema's patterns are) to Python.
        tree = parser.parse(_python(pattern))
        check = re.compile(_python(pattern))
    except (re.error, OverflowError, RecursionError):
        return []
    found = []
    for more in (0, 1, 2, 3, 5, 8, 13, 21, 34, 64, 128, 256):
        for choice in (0, 1, 2):
            text = _of(tree, more, choice)
            if len(text) < shortest and not text.isspace():
                text += "a" * (shortest - len(text))
            if shortest <= len(text) <= longest and check.search(text) and text not in found:
                found.append(text)
    return sorted(found, key=len)


def matches(pattern, text):
    try:
        return re.search(_python(pattern), text) is not None
    except re.error:
        return True


def _python(pattern):
    pattern = re.sub(r"\\p\{(?:L|Alpha|Letter)\}", "a-zA-Z" if "[" in pattern else "[a-zA-Z]", pattern)
    pattern = re.sub(r"\\u\{?([0-9a-fA-F]{4})\}?", r"\\u\1", pattern)
    pattern = re.sub(r"\(\?<([A-Za-z]\w*)>", r"(?P<\1>", pattern)
    return pattern.replace(r"\/", "/").replace(r"\z", r"\Z")


def _of(items, more, choice):
    text = ""
    for kind, value in items:
        text += _part(kind, value, more, choice)
        if len(text) > LONGEST:
            break
    return text


def _part(kind, value, more, choice):
    if kind is op.LITERAL:
        return chr(value)
    if kind is op.NOT_LITERAL:
        return next(c for c in ALPHABET if ord(c) != value)
    if kind is op.ANY:
        return "a"
    if kind is op.IN:
        return _member(value, choice)
    if kind is op.BRANCH:
        branches = value[1]
        return _of(branches[min(choice, len(branches) - 1)], more, choice)
    if kind is op.SUBPATTERN:
        return _of(value[-1], more, choice)
    if kind in (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT):
        least, most, inner = value
        count = min(least + more, most if most is not op.MAXREPEAT else least + more)
        return _of(inner, more if more < 3 else 0, choice) * min(count, LONGEST)
    return ""  # anchors, looks ahead and behind: what they ask is checked at the end


def _member(items, choice):
    is_negated = items[0][0] is op.NEGATE
    fits = [c for c in ALPHABET if any(_has(item, c) for item in items) != is_negated]
    if fits:
        return fits[min(choice, len(fits) - 1)]
    kind, value = items[-1]
    return chr(value if kind is op.LITERAL else value[0])


def _has(item, char):
    kind, value = item
    if kind is op.LITERAL:
        return ord(char) == value
    if kind is op.RANGE:
        return value[0] <= ord(char) <= value[1]
    if kind is op.CATEGORY:
        return {
            op.CATEGORY_DIGIT: char in "0123456789",
            op.CATEGORY_NOT_DIGIT: char not in "0123456789",
            op.CATEGORY_SPACE: char.isspace(),
            op.CATEGORY_NOT_SPACE: not char.isspace(),
            op.CATEGORY_WORD: char.isascii() and (char.isalnum() or char == "_"),
            op.CATEGORY_NOT_WORD: not (char.isascii() and (char.isalnum() or char == "_")),
        }.get(value, False)
    return False
