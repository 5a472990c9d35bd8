"""A loopback service that plays replies one after the other, the last one again and again, and keeps what it was sent."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any


@dataclass
class Fake:
    replies: Sequence[Mapping[str, Any]]
    url: str = ""
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)


@contextmanager
def playing(*replies: Mapping[str, Any]) -> Iterator[Fake]:
    """Serve `{"status", "headers", "body"}`; a body that is no text goes out as JSON."""
    fake = Fake(replies)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            reply = fake.replies[min(len(fake.calls), len(fake.replies) - 1)]
            fake.calls.append((self.path, body))
            fake.headers.append(dict(self.headers))
            said = reply.get("body", "")
            answer = (said if isinstance(said, str) else json.dumps(said)).encode()
            self.send_response(reply.get("status", 200))
            for name, value in reply.get("headers", {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    fake.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield fake
    server.shutdown()
    server.server_close()
