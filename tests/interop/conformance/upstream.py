#!/usr/bin/env python3
"""Answers the operations of `openapi.yaml` beside this file. Prints `listening on http://…`; standard library only."""

import json
import struct
import time
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def png():
    """One red pixel."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"\0\xff\0\0")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def wav():
    """Eight samples of silence, 8 kHz, 8 bit, mono (RIFF)."""
    samples = b"\x80" * 8
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, 8000, 8000, 1, 8)
    data = struct.pack("<4sI", b"data", len(samples)) + samples
    return struct.pack("<4sI4s", b"RIFF", 4 + len(form) + len(data), b"WAVE") + form + data


ANSWERS = {
    "/text": (200, "text/plain; charset=utf-8", b"This is a simple text response for testing."),
    "/image": (200, "image/png", png()),
    "/audio": (200, "audio/wav", wav()),
    "/document": (200, "application/pdf", b"%PDF-1.4\n%%EOF\n"),
    "/error": (500, "text/plain; charset=utf-8", b"This tool intentionally returns an error for testing"),
    "/static-text": (200, "text/plain; charset=utf-8", b"This is the content of the static text resource."),
    "/image/static": (200, "image/png", png()),
    "/example": (200, "text/plain; charset=utf-8", b"Embedded resource content for testing."),
    "/logging": (200, "text/plain; charset=utf-8", b"Done."),
    "/streaming": (200, "text/plain; charset=utf-8", b"Done."),
}
PARTS = [b"one ", b"two ", b"three ", b"four"]


def templated(path):
    """`/template/{id}/data`."""
    match path.split("/"):
        case ["", "template", name, "data"]:
            data = {"id": name, "templateTest": True, "data": f"Data for ID: {name}"}
            return 200, "application/json", json.dumps(data).encode()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        path = self.path.partition("?")[0]
        if path == "/slow":
            self.slowly()
            return
        status, media_type, body = ANSWERS.get(path) or templated(path) or (404, "text/plain", b"no such path")
        self.head(status, media_type, len(body))
        self.wfile.write(body)

    def slowly(self):
        time.sleep(0.1)
        self.head(200, "text/plain; charset=utf-8", sum(map(len, PARTS)))
        for part in PARTS:
            self.wfile.write(part)
            self.wfile.flush()
            time.sleep(0.1)

    def head(self, status, media_type, length):
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(length))
        self.end_headers()

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(f"listening on http://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
