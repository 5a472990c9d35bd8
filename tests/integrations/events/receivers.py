"""A receiver of webhooks that answers as it is told and writes down what it got; events to send; a sink to send them to."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any

from django.db import transaction

from core.feed import feed_position, number_events
from core.outbox import Event, emit
from integrations.events.relay import SinkRelay
from integrations.events.switching import start_now
from integrations.models import EventSink

Answer = tuple[int, dict[str, str], bytes]
OK: Answer = (200, {}, b"")


class Got:
    """One request: its headers and body."""

    def __init__(self, headers: dict[str, str], body: bytes) -> None:
        self.headers, self.body = headers, body
        self.event: dict[str, Any] = json.loads(body)

    @property
    def step(self) -> tuple[str, int]:
        return self.event["subject"], self.event["entityversion"]


class Receiver:
    """What came, and what is answered."""

    def __init__(self) -> None:
        self.got: list[Got] = []
        self.answer: Callable[[Got], Answer] = lambda _got: OK
        self.url = ""
        self.lock = Lock()

    def steps(self) -> list[tuple[str, int]]:
        return [got.step for got in self.got]


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got = Got({name.lower(): value for name, value in self.headers.items()}, body)
            with receiver.lock:
                receiver.got.append(got)
                status, headers, text = receiver.answer(got)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    receiver.url = f"http://127.0.0.1:{server.server_address[1]}/events"
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()


def mapped(thing: str = "1", shop_ids: tuple[int, ...] = (), **more: Any) -> Event:
    """An event with sound data."""
    data = {
        "listing": {"channel": "toy", "shop_id": "1", "listing_id": thing, "item_id": "1", "variation_id": "", **more},
        "product": None, "units": 1, "changed_at": "2026-11-11T05:00:00Z",
    }  # fmt: skip
    return Event("listing.mapped", "/erpsync/test", "listing", thing, data, shop_ids)


def write(*events: Event) -> None:
    """Emit events, each of which is numbered when this returns."""
    with transaction.atomic():
        emit(events)
    number_events()


def sink(kind: str, **fields: Any) -> EventSink:
    """A sink that starts now."""
    made = EventSink(kind=kind, name=kind, **fields)
    start_now(made)
    made.save()
    assert made.cursor == feed_position()
    return made


def send_all(to: EventSink, relay: SinkRelay | None = None) -> None:
    """Send all that a sink wants, by a relay of its own unless one is given."""
    used = relay or SinkRelay(to.pk)
    while used.round():
        pass
    if relay is None:
        used.close()
    to.refresh_from_db()
