"""Documents of growing size: the same bytes for the same numbers, on any machine.

`operations` writes a description like those of large real APIs: resources with five operations each, shared parameters
and errors, schemas that refer to each other, and texts. `layers` and `circles` are small documents of which the number
of paths through `$ref`s grows exponentially, or without end.
"""
import json

AREAS = ["billing", "shipping", "identity", "catalogue", "support", "search", "reporting", "storage"]
NOUNS = ["order", "invoice", "parcel", "account", "product", "ticket", "query", "report", "bucket", "session"]
WORDS = (
    "the resource is kept until its owner removes it and every change is written to the audit log of the organisation"
    " so that a later request sees the state that an earlier one left behind unless it asks for another version"
).split()
SIZES = (10, 100, 1_000, 5_000, 20_000)
DEPTHS = (25, 50, 100)


def prose(seed, count):
    """`count` words that differ from text to text."""
    words = [WORDS[(seed * 7 + index * (1 + seed % 5)) % len(WORDS)] for index in range(count)]
    return " ".join(words).capitalize() + "."


def ref(name, kind="schemas"):
    return {"$ref": f"#/components/{kind}/{name}"}


def json_body(schema):
    return {"application/json": {"schema": schema}}


def field(seed):
    kinds = [
        {"type": "string", "description": prose(seed, 14)},
        {"type": "string", "enum": ["open", "closed", "archived"], "description": prose(seed, 9)},
        {"type": "integer", "minimum": 0, "description": prose(seed, 8)},
        {"type": "array", "items": {"type": "string"}, "maxItems": 20},
        {"type": "string", "format": "date-time", "readOnly": True},
    ]
    return kinds[seed % len(kinds)]


def schema(number, count):
    """A resource: six fields of its own, and two that are other resources."""
    fields = {f"field_{index}": field(number + index) for index in range(6)}
    fields["parent"] = ref(f"Resource{number // 2}")
    fields["related"] = {"type": "array", "items": ref(f"Resource{(number * 3 + 1) % count}")}
    return {"type": "object", "description": prose(number, 24), "required": ["field_0"], "properties": fields}


def operation(number, verb, noun, area, **more):
    return {
        "operationId": f"{verb}{noun.capitalize()}{number}",
        "summary": prose(number, 7),
        "description": prose(number + 3, 30),
        "tags": [area],
        "responses": {"default": ref("Error", "responses"), **more.pop("responses")},
        **more,
    }


def resource(number, resources):
    """The paths of one resource: list, create, get, replace and delete."""
    area, noun = AREAS[number % len(AREAS)], NOUNS[number % len(NOUNS)]
    base = f"/{area}/{noun}s-{number}"
    itself = ref(f"Resource{number}")
    one = {"200": {"description": "The resource.", "content": json_body(itself)}}
    many = {"200": {"description": "A page.", "content": json_body({"type": "array", "items": itself})}}
    body = {"required": True, "content": json_body(itself)}
    page = [ref("Limit", "parameters"), ref("Cursor", "parameters")]
    filters = [{"name": f"filter_{index}", "in": "query", "description": prose(number + index, 12), "schema": {"type": "string"}} for index in range(2)]
    return {
        base: {
            "get": operation(number, "list", noun, area, parameters=page + filters, responses=many),
            "post": operation(number, "create", noun, area, requestBody=body, responses=one),
        },
        f"{base}/{{id}}": {
            "parameters": [ref("Id", "parameters")],
            "get": operation(number, "get", noun, area, responses=one),
            "put": operation(number, "replace", noun, area, requestBody=body, responses=one),
            "delete": operation(number, "delete", noun, area, responses={"204": {"description": "Gone."}}),
        },
    }


def document(paths, components):
    return {
        "openapi": "3.0.3",
        "info": {"title": "Growth", "version": "1", "description": prose(1, 60)},
        "servers": [{"url": "https://growth.example"}],
        "paths": paths,
        "components": components,
    }


def operations(count):
    """A description with that many operations, a multiple of five."""
    resources = count // 5
    paths = {}
    for number in range(resources):
        paths.update(resource(number, resources))
    text = {"type": "string"}
    return document(paths, {
        "parameters": {
            "Id": {"name": "id", "in": "path", "required": True, "description": prose(5, 10), "schema": text},
            "Limit": {"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": 100}},
            "Cursor": {"name": "cursor", "in": "query", "schema": text},
        },
        "responses": {"Error": {"description": "An error.", "content": json_body(ref("Error"))}},
        "schemas": {
            "Error": {"type": "object", "properties": {"code": text, "message": text}},
            **{f"Resource{number}": schema(number, resources) for number in range(resources)},
        },
    })


def one_operation(schemas):
    body = {"required": True, "content": json_body(ref("S0"))}
    done = {"200": {"description": "Done.", "content": json_body(ref("S0"))}}
    return document({"/one": {"post": operation(1, "post", "one", "all", requestBody=body, responses=done)}}, {"schemas": schemas})


def layers(depth):
    """Each schema has four properties of the next one: 4 to the power of `depth` paths."""
    schemas = {f"S{level}": {"type": "object", "properties": {name: ref(f"S{level + 1}") for name in "abcd"}} for level in range(depth)}
    return one_operation({**schemas, f"S{depth}": {"type": "string"}})


def circles(count):
    """Each schema has properties of all, itself too, and a list of alternatives: circles within circles."""
    def member(number):
        properties = {f"p{other}": ref(f"S{other}") for other in range(count)}
        return {"type": "object", "properties": {**properties, "any": {"anyOf": [ref(f"S{(number + 1) % count}"), {"type": "string"}]}}}
    return one_operation({f"S{number}": member(number) for number in range(count)})


def yaml(value, indent=0):
    """Block YAML, with each text in double quotes."""
    pad = " " * indent
    lines = []
    if isinstance(value, dict) and value:
        for key, member in value.items():
            head = f"{pad}{json.dumps(key)}:"
            if isinstance(member, dict | list) and member:
                lines += [head, *yaml(member, indent + 2)]
            else:
                lines.append(f"{head} {json.dumps(member)}")
        return lines
    for item in value:
        if isinstance(item, dict | list) and item:
            inner = yaml(item, indent + 2)
            lines += [f"{pad}- {inner[0].lstrip()}", *inner[1:]]
        else:
            lines.append(f"{pad}- {json.dumps(item)}")
    return lines


def write(value, path):
    """Writes a document in the format that its name ends with."""
    text = json.dumps(value, indent=1) if path.suffix == ".json" else "\n".join(yaml(value))
    path.write_text(text + "\n")
