"""The order service itself: each of its answers is one that `specs/orders/openapi.yaml` describes."""

import json
import urllib.error
import urllib.request
from pathlib import Path

import yaml
from jsonschema import Draft4Validator

from suite.processes import Upstream
from suite.report import expect, expect_equal, short

SPEC = Path(__file__).resolve().parents[3] / "specs/orders/openapi.yaml"
SHIPPED, PAID, OLD = "ORD-100005", "ORD-100008", "ORD-100001"
PARCEL = "5f0c1c1e-0000-4000-8000-000000100005"
JSON, TEXT = "application/json", "text/plain"

# operationId, variables and query of the path, body with its type, the status.
REQUESTS = [
    ("listOrders", {}, "?status=paid&status=shipped&placed_after=2026-10-01&sort=-total&per_page=2&q=o", None, 200),
    ("listOrders", {}, "?per_page=500", None, 400),
    ("exportOrders", {}, "?year=2026", None, 200),
    ("getOrder", {"order_id": SHIPPED}, "?include=shipments,refunds", None, 200),
    ("getOrder", {"order_id": "ORD-100010"}, "", None, 200),
    ("getOrder", {"order_id": "ORD-200001"}, "", None, 404),
    ("updateOrder", {"order_id": PAID}, "", (JSON, {"reference": "PO 7"}), 200),
    ("updateOrder", {"order_id": PAID}, "", (JSON, {"shipping_address": {"name": "A"}}), 422),
    ("updateOrder", {"order_id": SHIPPED}, "", (JSON, {"reference": "PO 7"}), 409),
    ("setGiftMessage", {"order_id": PAID}, "", (TEXT, "Hoera"), 204),
    ("removeGiftMessage", {"order_id": PAID}, "", None, 204),
    ("cancelOrder", {"order_id": PAID}, "", (JSON, {"reason": "other"}), 200),
    ("cancelOrder", {"order_id": SHIPPED}, "", (JSON, {"reason": "other"}), 409),
    ("cancelOrder", {"order_id": SHIPPED}, "", (JSON, {"reason": "bored"}), 422),
    ("getOrderV0", {"number": "100001"}, "", None, 200),
    ("createRefund", {"order_id": OLD}, "", (JSON, {"amount": "10.00", "reason": "late"}), 201),
    ("createRefund", {"order_id": OLD}, "", (JSON, {"amount": "99.00", "reason": "late"}), 422),
    ("listRefunds", {"order_id": OLD}, "", None, 200),
    ("createSalesReport", {}, "", (JSON, {"year": 2026}), 202),
    ("createSalesReport", {}, "", (JSON, {"year": "2026"}), 422),
    ("getMyAccount", {}, "", None, 200),
    ("listShipments", {"order_id": SHIPPED}, "", None, 200),
    ("getShipmentLabel", {"shipment_id": PARCEL}, "?format=png", None, 200),
    ("getShipmentLabel", {"shipment_id": PARCEL}, "", None, 200),
    ("trackParcel", {"tracking_number": "HB%20100005%2F1%20NL"}, "", None, 200),
    ("trackParcel", {"tracking_number": "nowhere"}, "", None, 404),
]


def resolved(node, document):
    """Without references, and with `nullable` said in JSON Schema's way (the spec has no recursion)."""
    if isinstance(node, list):
        return [resolved(item, document) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        target = document
        for part in node["$ref"].split("/")[1:]:
            target = target[part]
        return resolved(target, document)
    node = {key: resolved(value, document) for key, value in node.items()}
    if node.pop("nullable", False) is True:
        return {"anyOf": [node, {"type": "null"}]}
    return node


def operations(document):
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method != "parameters":
                yield operation["operationId"], method.upper(), path, operation


def send(base, method, path, body, token):
    media_type, content = body or (None, None)
    data = None if body is None else (json.dumps(content) if media_type == JSON else content).encode()
    headers = {"Authorization": f"Bearer {token}"} | ({"Content-Type": media_type} if body else {})
    request = urllib.request.Request(base + path, data, headers, method=method)
    try:
        reply = urllib.request.urlopen(request)
    except urllib.error.HTTPError as error:
        reply = error
    with reply:
        return reply.status, reply.headers.get_content_type(), reply.read()


def fits(operation, status, media_type, body, title):
    responses = operation["responses"]
    expect(str(status) in responses, f"{title}: {status} is not in the spec: {short(body.decode('latin-1'))}")
    content = responses[str(status)].get("content", {})
    if not content:
        expect_equal(body, b"", f"{title}: the body")
        return
    expect(media_type in content, f"{title}: `{media_type}` is not in the spec")
    if media_type.endswith("json"):
        problems = [
            error.message for error in Draft4Validator(content[media_type]["schema"]).iter_errors(json.loads(body))
        ]
        expect(not problems, f"{title}: {problems[:3]}\n  in {short(body.decode())}")


def answers_fit():
    document = resolved(yaml.safe_load(SPEC.read_text()), yaml.safe_load(SPEC.read_text()))
    known = {name: (method, path, operation) for name, method, path, operation in operations(document)}
    expect_equal({name for name, *_ in REQUESTS}, set(known), "the operations that are tried")
    with Upstream() as upstream:
        for name, variables, query, body, expected in REQUESTS:
            method, template, operation = known[name]
            path = template.format_map(variables) + query
            title = f"{method} {path}"
            status, media_type, answer = send(upstream.base, method, path, body, "alice-token")
            expect_equal(status, expected, f"{title}: the status; {short(answer.decode('latin-1'))}")
            fits(operation, status, media_type, answer, title)
            if operation.get("security") != []:
                status, media_type, answer = send(upstream.base, method, path, body, "nobody")
                expect_equal(status, 401, f"{title} with a bad token")
                fits(operation, status, media_type, answer, title)


def run(report):
    report.check("example: the order service is what its spec says", answers_fit)
