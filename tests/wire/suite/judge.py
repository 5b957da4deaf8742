"""Whether a request is the expected one."""
import json
import re
import xml.etree.ElementTree


def verdict(case, requests, answer):
    """Why a case fails, or None."""
    expect = case.expect
    if expect.get("refused"):
        if requests:
            return f"sent {shown(requests[0])}, expected a refusal"
        return None if is_error(answer) else "nothing was sent, and no error either"
    if not requests:
        return f"nothing was sent: {said(answer)}"
    request = requests[-1]
    if request.method != expect.get("method", case.method):
        return f"method {request.method}"
    wanted = case.facts.get("path", "/t").split("?")[0].split("#")[0]
    paths = expect.get("path", wanted if "{" not in wanted else None)
    prefix = case.prefix if "base-path" not in case.facts else ""
    base = case.facts.get("base-path", "") + case.prefix if "base-path" in case.facts else prefix
    allowed = [with_prefix(path, case, base) for path in listed(paths)]
    if paths is not None and request.path not in allowed:
        return f"path {request.path}, expected {allowed[0]}"
    queries = listed(expect.get("query", ""))
    if request.query not in queries:
        return f"query `{request.query}`, expected `{queries[0]}`"
    for name, value in expect.get("headers", {}).items():
        found = request.headers.get(name)
        if found not in listed(value):
            return f"header {name}: {found}, expected {value}"
    return body(expect, request)


def with_prefix(path, case, base):
    if "base-path" in case.facts:
        return case.facts["base-path"] + case.prefix + path[len(case.facts["base-path"]):]
    return base + path


def listed(value):
    return value if isinstance(value, list) else [value]


def is_error(answer):
    return "error" in answer or bool(answer.get("result", {}).get("isError"))


def said(answer):
    if "error" in answer:
        return str(answer["error"].get("message"))[:160]
    content = answer.get("result", {}).get("content") or [{}]
    return str(content[0].get("text"))[:160]


def shown(request):
    query = f"?{request.query}" if request.query else ""
    return f"{request.method} {request.path}{query}"


def body(expect, request):
    raw = request.body
    if expect.get("empty") and raw:
        return f"body {raw[:80]!r}, expected none"
    if "text" in expect and raw.decode("utf-8", "replace") not in listed(expect["text"]):
        return f"body {raw[:120]!r}, expected {listed(expect['text'])[0]!r}"
    if "hex" in expect and raw.hex() != expect["hex"]:
        return f"bytes {raw.hex()[:80]}, expected {expect['hex']}"
    if "json" in expect:
        try:
            found = json.loads(raw)
        except ValueError:
            return f"body {raw[:120]!r} is no JSON"
        if found != expect["json"] or type(found) is not type(expect["json"]):
            return f"body {json.dumps(found)[:120]}, expected {json.dumps(expect['json'])[:120]}"
    if "text-lacks" in expect and expect["text-lacks"].encode() in raw:
        return f"body {raw[:120]!r} has {expect['text-lacks']!r}"
    if "xml" in expect:
        found = re.sub(r"^<\?xml[^>]*\?>\s*", "", raw.decode("utf-8", "replace")).strip()
        if re.sub(r">\s+<", "><", found) != expect["xml"]:
            return f"body {found[:120]}, expected {expect['xml']}"
    if "xml-value" in expect:
        try:
            root = xml.etree.ElementTree.fromstring(raw)
        except xml.etree.ElementTree.ParseError as error:
            return f"body {raw[:120]!r} is no XML: {error}"
        found = {child.tag: child.text for child in root}
        if found != expect["xml-value"]:
            return f"body {found}, expected {expect['xml-value']}"
    if "multipart" in expect:
        return multipart(expect, request)
    return None


def multipart(expect, request):
    kind = expect.get("multipart-type", "multipart/form-data")
    content_type = request.headers.get("content-type", "")
    if "multipart-root" in expect and f'type="{expect["multipart-root"]}"' not in content_type:
        return f"content-type {content_type}"
    return parts_problem(expect["multipart"], kind, content_type, request.body)


def parts_problem(wanted, wanted_kind, content_type, body):
    kind, _, rest = content_type.partition(";")
    boundary = re.search(r'boundary="?([^";]+)"?', rest)
    if kind.strip() != wanted_kind or not boundary:
        return f"content-type {content_type}"
    pieces = (b"\r\n" + body).split(b"\r\n--" + boundary.group(1).encode())
    parts = [part(piece[2:]) for piece in pieces[1:-1]]
    if len(parts) != len(wanted):
        return f"{len(parts)} parts, expected {len(wanted)}"
    for found, expected in zip(parts, wanted):
        if problem := part_problem(found, expected):
            return problem
    return None


def part(piece):
    head, _, content = piece.partition(b"\r\n\r\n")
    headers = {}
    for line in head.decode("utf-8", "replace").split("\r\n"):
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    disposition = headers.get("content-disposition", "")
    name = re.search(r'[ ;]name="((?:[^"\\]|\\.)*)"', disposition)
    filename = re.search(r'filename="((?:[^"\\]|\\.)*)"', disposition)
    return {
        "name": name and name.group(1).replace('\\"', '"'), "filename": filename and filename.group(1),
        "type": headers.get("content-type"), "headers": headers, "content": content,
    }


def part_problem(found, expected):
    if found["name"] not in listed(expected["name"]):
        return f"part `{found['name']}`, expected `{expected['name']}`"
    where = f"part `{found['name']}`: "
    if "body" in expected and found["content"] != expected["body"].encode():
        return f"{where}{found['content'][:80]!r}, expected {expected['body']!r}"
    if "hex" in expected and found["content"].hex() != expected["hex"]:
        return f"{where}bytes {found['content'].hex()[:80]}, expected {expected['hex']}"
    if "type" in expected and found["type"] not in listed(expected["type"]):
        return f"{where}type {found['type']}, expected {expected['type']}"
    if expected.get("has-filename") and not found["filename"]:
        return f"{where}no filename"
    if "filename" in expected and found["filename"] != expected["filename"]:
        return f"{where}filename {found['filename']}"
    if "multipart" in expected:
        kind = expected["multipart-type"]
        return parts_problem(expected["multipart"], kind, found["type"] or "", found["content"])
    for name, value in expected.get("headers", {}).items():
        if found["headers"].get(name) != value:
            return f"{where}header {name}: {found['headers'].get(name)}"
    return None
