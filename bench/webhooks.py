"""Webhooks accepted per second: the receiver as `make run` starts it, beside bare INSERTs of the same rows.

Each delivery is another order, signed as KiotViet signs, sent over a keep-alive connection after the answer to the one before.
Afterwards each that was answered with 200 is looked up in the table by its id.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import psycopg
from django.db import connection as database

from bench.ground import Result
from erpsync.rehearsal.surroundings import free_port
from erpsync.run import answers, programs
from erpsync.supervisor import Supervisor
from integrations.models import AppRegistration, Authorisation, Connection, InboxEvent
from inventory.models import Shop

CLIENTS = 16
SECRET = "bench-secret-0001"
READY_SECONDS = 60
TIMEOUT = 30.0

_INSERT = """
INSERT INTO integrations_inboxevent
    (app_id, connection_id, kind, external_id, source, delivery_id, body, seen, state, tries, reason_code, reason)
VALUES (%s, %s, 'order', %s, 'webhook', %s, %s::jsonb, 1, 'pending', 0, '', '{}')
"""


def measure(machine: Supervisor, count: int) -> Result:
    """Send `count` deliveries from `CLIENTS` connections at once, then insert as many rows from as many connections."""
    connection = _shop()
    port = free_port()
    machine.start(next(program for program in programs(port, port) if program.name == "receiver"))
    machine.watch(until=_once(lambda: answers(f"http://127.0.0.1:{port}/readyz")))
    accepted = _send(port, connection, [f"W{n:06}" for n in range(count)])
    stored = set(InboxEvent.objects.filter(connection=connection).values_list("external_id", flat=True))
    lost = len(accepted.ids - stored) + count - len(accepted.ids)
    bare = _insert(connection, [f"B{n:06}" for n in range(count)])
    return Result(
        "webhooks", "webhooks accepted by the receiver", len(accepted.ids) / accepted.seconds, "bare INSERT, one row per commit",
        count / bare, count, lost, f"{CLIENTS} connections",
    )  # fmt: skip


class Accepted:
    """The deliveries answered with 200, and the seconds that all of them took."""

    def __init__(self, ids: set[str], seconds: float) -> None:
        self.ids = ids
        self.seconds = seconds


def _shop() -> Connection:
    app = AppRegistration.objects.create(channel="kiotviet", name="Bench", credentials={"webhook_secret": SECRET})
    shop = Shop.objects.create(name="Bench", channel="kiotviet", keeps_stock=True)
    return Connection.objects.create(
        authorisation=Authorisation.objects.create(app=app), shop=shop, external_id="bench"
    )


def _once(condition: Callable[[], bool]) -> Callable[[], bool]:
    ends = time.monotonic() + READY_SECONDS

    def reached() -> bool:
        if time.monotonic() > ends:
            raise TimeoutError(f"the web server is not ready after {READY_SECONDS} s")
        return condition()

    return reached


def _send(port: int, connection: Connection, ids: Sequence[str]) -> Accepted:
    path = f"/webhooks/kiotviet/{connection.authorisation.app.key}/order-update/"
    shares = [[(name, _request(port, path, name)) for name in ids[n::CLIENTS]] for n in range(CLIENTS)]
    _deliver(port, [("warm-up", _request(port, path, "warm-up"))] * 20)
    with ThreadPoolExecutor(CLIENTS) as pool:
        started = time.perf_counter()
        taken = list(pool.map(lambda share: _deliver(port, share), shares))
        return Accepted(set().union(*taken), time.perf_counter() - started)


def _request(port: int, path: str, name: str) -> bytes:
    body = json.dumps(_body(name)).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nX-Hub-Signature: sha1={hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()}"
        "\r\n\r\n"
    )
    return head.encode() + body


def _body(name: str) -> dict[str, object]:
    row = {"Id": int(hashlib.sha256(name.encode()).hexdigest()[:8], 16), "Code": name, "BranchId": 1, "Status": 1,
           "ModifiedDate": datetime.now(UTC).isoformat(), "Total": 250000.0}  # fmt: skip
    return {"Id": f"d-{name}", "Attempt": 1, "Notifications": [{"Action": "order.update.500000001", "Data": [row]}]}


def _deliver(port: int, share: Sequence[tuple[str, bytes]]) -> set[str]:
    """Send one after the other on one connection, as a platform does; return which were answered with 200."""
    accepted: set[str] = set()
    with socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT) as sender:
        sender.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for name, request in share:
            sender.sendall(request)
            answer = b""
            while b"\r\n\r\n" not in answer:
                part = sender.recv(4096)
                if not part:
                    return accepted
                answer += part
            # KiotViet's acknowledgement has no body
            if answer.startswith(b"HTTP/1.1 200"):
                accepted.add(name)
    return accepted


def _insert(connection: Connection, ids: Sequence[str]) -> float:
    app_id, key = connection.authorisation.app_id, connection.pk
    parameters = database.get_connection_params()

    def insert(share: Sequence[str]) -> None:
        with psycopg.connect(**parameters, autocommit=True) as inserter:
            for name in share:
                inserter.execute(_INSERT, (app_id, key, name, f"d-{name}", json.dumps(_body(name))))

    with ThreadPoolExecutor(CLIENTS) as pool:
        started = time.perf_counter()
        list(pool.map(insert, [ids[n::CLIENTS] for n in range(CLIENTS)]))
        return time.perf_counter() - started
