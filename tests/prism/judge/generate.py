"""Arguments made from an advertised schema: the required ones, all, both bounds of everything, and nulls.

The same schema gives the same arguments. Nothing but the schema is read: what a description says of patterns, examples
and fields that go together is what a model reads too.
"""
import re

from judge import pattern as patterns

SETS = ("required", "all", "low", "high", "null")
INSTANT = "2024-05-17T08:30:00Z"
# By format: the usual value, then those at the edges. Prism follows callbacks, but offline.cjs finds it no hosts.
FORMATS = {
    "date": ("2024-05-17", "1970-01-01", "2099-12-31"),
    "date-time": (INSTANT, "1970-01-01T00:00:00Z", "2099-12-31T23:59:59.999+02:00"),
    "time": ("08:30:00Z", "00:00:00Z", "23:59:59Z"),
    "duration": ("P1D", "PT1S", "P1Y2M3DT4H5M6S"),
    "uuid": ("3fa85f64-5717-4562-b3fc-2c963f66afa6", "00000000-0000-4000-8000-000000000000", "ffffffff-ffff-4fff-bfff-ffffffffffff"),
    "email": ("me@example.com", "a@b.co", "first.last+tag@sub.example.org"),
    "idn-email": ("me@example.com",),
    "uri": ("https://example.com/here", "https://example.com/", "https://example.com/a/b?c=d&e=f#g"),
    "url": ("https://example.com/here", "https://example.com/", "https://example.com/a/b?c=d"),
    "uri-reference": ("/here", "/", "https://example.com/a/b?c=d"),
    "iri": ("https://example.com/here",),
    "uri-template": ("https://example.com/{id}",),
    "hostname": ("example.com", "a", "sub.domain.example.org"),
    "ipv4": ("192.0.2.7", "0.0.0.0", "255.255.255.255"),
    "ipv6": ("2001:db8::7", "::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"),
    "ip": ("192.0.2.7",),
    "byte": ("aGVsbG8=", "YQ==", "aGVsbG8gd29ybGQh"),
    "base64": ("aGVsbG8=",),
    "binary": ("aGVsbG8=",),
    "json-pointer": ("/a/0",),
    "relative-json-pointer": ("0/a",),
    "regex": ("^a+$",),
    "json": ("{}",),
    "json-string": ("{}",),
    "decimal": ("12.50", "0", "99999.99"),
    "int64": ("12", "0", "9007199254740991"),
    "int32": ("12", "0", "2147483647"),
    "uint64": ("12", "0", "9007199254740991"),
    "number": ("12",),
}
# What an example or a default must look like to be of the format.
LOOKS = {
    "date": r"\d{4}-\d\d-\d\d$", "date-time": r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$",
    "uuid": r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$", "email": r"[\w.+-]+@[\w-]+(\.[\w-]+)+$", "uri": r"\w+://[^\s<>{}]+$",
    "url": r"https?://[^\s<>{}]+$", "ipv4": r"\d+(\.\d+){3}$", "time": r"\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$",
}
# Prism's JavaScript has no integers beyond 2^53; tests/wire has cases for those.
SAFE = 2**53 - 1
BOUNDS = {"int32": (-(2**31), 2**31 - 1), "int64": (-SAFE, SAFE), "uint32": (0, 2**32 - 1), "uint64": (0, SAFE)}
# How the argument reads that names the media type of the body.
MEDIA_TYPE = "How the body is sent."
MOST_ITEMS = 12


def argument_sets(schema):
    """By name, without those that are the same as one before. Other media types have sets of their own."""
    found = {}
    choice = next((name for name, inner in schema["properties"].items() if inner.get("description") == MEDIA_TYPE), None)
    media_types = schema["properties"][choice] if choice else {"enum": [], "default": None}
    usual = _sent_as(schema, media_types["default"])
    for name in SETS:
        made = _value(usual, name, 0)
        if choice in made:
            made[choice] = media_types["default"]
        if made not in found.values():
            found[name] = made
    for media_type in media_types["enum"]:
        if media_type != media_types["default"]:
            found[media_type] = {**_value(_sent_as(schema, media_type), "all", 0), choice: media_type}
    return found


def _sent_as(schema, media_type):
    """The schema with the one form of each argument that is for this media type, where its forms are told apart so."""
    def of(inner):
        forms = [form for form in inner.get("anyOf", []) if f"`{media_type}`" in _media_types_of(form)]
        return {**{key: value for key, value in inner.items() if key != "anyOf"}, **forms[0]} if forms else inner

    return {**schema, "properties": {name: of(inner) for name, inner in schema["properties"].items()}}


def _media_types_of(form):
    """`For `a/b` or `c/d`: and what it is.`"""
    head = form.get("description", "").split(": ")[0]
    return head if head.startswith("For `") else ""


def of_type(kind):
    """A value of a type, where nothing else is known."""
    return {"string": "text", "integer": 1, "number": 1.5, "boolean": True, "array": [], "object": {}}.get(kind)


def _value(schema, mode, nth):
    """A value; another one for each `nth`, as far as there are any."""
    if "anyOf" in schema:
        return _value(_form(schema, mode), mode, nth)
    if "enum" in schema:
        options = schema["enum"]
        at = {"low": 0, "high": len(options) - 1}.get(mode, 0)
        return options[(at + nth) % len(options)]
    kind = schema.get("type")
    if kind is None:
        return _unknown(schema, nth)
    return {
        "object": _object, "array": _array, "string": _text, "integer": _integer, "number": _number,
        "boolean": lambda _, mode, nth: (mode != "low") != bool(nth % 2), "null": lambda *_: None,
    }[kind](schema, mode, nth)


def _unknown(schema, nth):
    if "default" in schema:
        return schema["default"]
    return f"value {nth}" if nth else "value"


def _form(schema, mode):
    """One of the forms, with what is said around them."""
    forms = schema["anyOf"]
    null = [form for form in forms if form.get("type") == "null"]
    others = [form for form in forms if form.get("type") != "null"]
    if mode == "null" and null:
        return null[0]
    forms = others or forms
    if "Name its type, one of" in schema.get("description", ""):
        forms = [form for form in forms if "content_type" in form.get("properties", {})] or forms
    chosen = forms[{"low": len(forms) - 1, "high": len(forms) // 2}.get(mode, 0)]
    around = {key: value for key, value in schema.items() if key != "anyOf"}
    merged = {**around, **chosen}
    if "properties" in around or "properties" in chosen:
        merged["properties"] = {**around.get("properties", {}), **chosen.get("properties", {})}
        merged["required"] = list(dict.fromkeys(around.get("required", []) + chosen.get("required", [])))
    merged["description"] = " ".join(filter(None, (around.get("description"), chosen.get("description"))))
    return merged


def _object(schema, mode, _):
    properties = schema.get("properties", {})
    required = set(schema.get("required", []))
    together, apart = _together(schema, mode)
    if "text" in properties and "base64" in properties and not required:
        return _file(schema)
    least = schema.get("minProperties", 0)
    most = schema.get("maxProperties", len(properties) + 1)
    made = {}
    for name, inner in properties.items():
        is_wanted = name in required or name in together
        if is_wanted or (mode != "required" and name not in apart and len(made) < most):
            made[name] = _value(inner, mode, 0)
    for name in properties:
        if len(made) < least and name not in made:
            made[name] = _value(properties[name], mode, 0)
    for name in required - set(made):
        made[name] = "value"
    if not isinstance(schema.get("additionalProperties"), dict):
        made.update((f"key{number or ''}", "value") for number in range(least - len(made)))
    _discriminate(schema, made)
    additional = schema.get("additionalProperties")
    if isinstance(additional, dict):
        wanted = max(least - len(made), 0 if mode in ("required", "low") else 1)
        for number in range(min(wanted, most - len(made))):
            made[f"key{number or ''}"] = _value(additional, mode, number)
    return made


def _file(schema):
    made = {"text": "hello", "filename": "hello.txt"}
    said = re.search(r"Name its type, one of `(\w+)/\*`", schema.get("description", ""))
    if said:
        made["content_type"] = {"image": "image/png", "text": "text/plain"}.get(said[1], f"{said[1]}/x-any")
    return made


def _together(schema, mode):
    """`Give one of: a; b and c.`: the fields to give, and those of the other sets."""
    said = re.search(r"Give one of: (.*?)\.(?: |$)", schema.get("description", ""))
    if not said:
        return set(), set()
    sets = [set(names.split(" and ")) for names in said[1].split("; ")]
    chosen = sets[-1 if mode == "low" else 0]
    return chosen, set().union(*sets) - chosen


def _discriminate(schema, made):
    """``For `kind` `cat`.``"""
    said = re.search(r"For `([^`]+)` `([^`]+)`\.", schema.get("description", ""))
    if said and isinstance(made.get(said[1], ""), str):
        made[said[1]] = said[2]


def _array(schema, mode, _):
    least = schema.get("minItems", 0)
    most = schema.get("maxItems", max(3, least))
    wanted = {"required": max(least, 1), "low": least, "all": max(least, 2), "null": max(least, 1)}.get(mode, min(most, max(least, MOST_ITEMS)))
    inner = schema.get("items", {})
    made = []
    for nth in range(min(wanted, most)):
        item = _value(inner, mode, nth)
        if not schema.get("uniqueItems") or item not in made:
            made.append(item)
    return made


def _integer(schema, mode, nth):
    low, high = BOUNDS.get(schema.get("format"), (None, None))
    low = _least(schema, 1) if _least(schema, 1) is not None else low
    high = _most(schema, 1) if _most(schema, 1) is not None else high
    step = schema.get("multipleOf") or 1
    if mode == "low":
        value = low if low is not None else (-1 if high is None or high >= -1 else high)
        return int(-(-value // step) * step) + nth * step
    if mode == "high":
        value = high if high is not None else max(1_000_000, low or 0)
        return int(value // step * step) - nth * step
    value = schema["default"] if isinstance(schema.get("default"), int) and nth == 0 else 7 + nth
    value = min(max(value, value if low is None else low), value if high is None else max(high, low or high))
    return int(-(-value // step) * step)


def _number(schema, mode, nth):
    if schema.get("format") in BOUNDS:
        return _integer(schema, mode, nth)
    step = schema.get("multipleOf")
    if step:
        least = _least(schema, step) or 0
        return round(-(-least // step) + 1 + nth) * step
    low, high = _least(schema, 0.5), _most(schema, 0.5)
    if mode == "low":
        return (low if low is not None else -1.5 if high is None or high >= -1.5 else high) + nth
    if mode == "high":
        return (high if high is not None else max(1_000_000.25, low or 0)) - nth
    value = 7.5 + nth
    if low is not None and value < low:
        value = low
    if high is not None and value > high:
        value = high
    return value


def _least(schema, step):
    if "exclusiveMinimum" in schema and not isinstance(schema["exclusiveMinimum"], bool):
        return max(schema["exclusiveMinimum"] + step, schema.get("minimum", schema["exclusiveMinimum"] + step))
    least = schema.get("minimum")
    return least if least is None or schema.get("type") == "number" else -(-least // 1)


def _most(schema, step):
    if "exclusiveMaximum" in schema and not isinstance(schema["exclusiveMaximum"], bool):
        return min(schema["exclusiveMaximum"] - step, schema.get("maximum", schema["exclusiveMaximum"] - step))
    most = schema.get("maximum")
    return most if most is None or schema.get("type") == "number" else most // 1


def _text(schema, mode, nth):
    least = schema.get("minLength", 0 if "maxLength" in schema and schema["maxLength"] == 0 else 1)
    if mode == "low":
        least = schema.get("minLength", 1)
    most = schema.get("maxLength", max(64, least))
    said = schema.get("description", "")
    wanted = schema.get("pattern") or _quoted("Pattern", said)
    example = _quoted("Example", said)
    usual = list(FORMATS.get(schema.get("format"), ()))
    if mode in ("low", "high") and len(usual) > 2:
        usual = [usual[1 if mode == "low" else 2], *usual]
    if not usual and "base64" in said:
        usual = ["aGVsbG8="]
    if mode not in ("low", "high"):
        looks = LOOKS.get(schema.get("format"), "")
        usual = [text for text in (schema.get("default"), example) if isinstance(text, str) and re.match(looks, text)] + usual
    fits = [text for text in usual if least <= len(text) <= most and (not wanted or patterns.matches(wanted, text))]
    if fits:
        return fits[nth % len(fits)] if nth < len(fits) else _numbered(fits[0], nth, schema)
    if wanted:
        made = patterns.texts(wanted, least, most)
        if made:
            at = {"low": 0, "high": len(made) - 1}.get(mode, len(made) // 2)
            return made[(at + nth) % len(made)]
        if example:
            return example
    word = f"some text {nth}" if nth else "some text"
    if mode == "low":
        word = "abcdefghij"[nth % 10]
    if mode == "high":
        word = "x" * min(most, 4096) if "maxLength" in schema else word + " and longer"
        word = word[: len(word) - len(str(nth))] + str(nth) if nth else word
    return word[:most].rstrip().ljust(least, "x")


def _numbered(text, nth, schema):
    """Another of the same kind, where only the format is asked for."""
    if schema.get("pattern") or schema.get("format") not in (None, "uri", "url"):
        return text
    return f"{text}{nth}"


def _quoted(word, description):
    said = re.search(rf"{word}: `([^`]*)`", description)
    return said[1] if said else None
