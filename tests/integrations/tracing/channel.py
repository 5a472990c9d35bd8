"""A channel over HTTP whose calls, answers and errors are full of what no span may say; and a worker of its hub.

`python -m tests.integrations.tracing.channel` runs the hub's jobs until the queues are empty.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import django
import pytest

if __name__ == "__main__":
    django.setup()

from integrations.contract.access import Access, AppAccess
from integrations.contract.errors import Rejected, TryLater
from integrations.contract.publisher import PricePush, Publisher, PushOutcome, StockPush
from integrations.contract.reads import Answer, Change, Page, Reader
from integrations.contract.webhooks import Delivery, Notice, Webhooks
from integrations.contract.writes import WriteOutcome, Writer, WriteRequest
from integrations.wire.calls import Call, Response
from integrations.wire.http import ChannelClient, Platform
from tests.integrations.toy import Toy, install, order, toy_connector

TOKEN, SIGN, KEY = "planted-token-1", "planted-signature-2", "planted-key-3"
NAME, PHONE, ADDRESS = "Bùi Thị Bí Mật", "0987600321", "12 Ngõ Kín, Hà Nội"
PLANTED = (TOKEN, SIGN, KEY, NAME, "Bí Mật", PHONE, ADDRESS, "Ngõ Kín", "access_token", "?")


def judge(answer: Response) -> Any:
    if answer.status >= 500:
        raise TryLater(f"{NAME} {PHONE}")
    return answer.body


PLATFORM = Platform("toy", "Toy", "https://toy.invalid", judge)


def client(access: Access) -> ChannelClient:
    return ChannelClient(PLATFORM, access.app, shop_id=access.shop_id, lane=access.lane)


def read(access: Access, ids: Sequence[str], *, since: datetime, asked_at: datetime) -> Answer:
    secrets = [("access_token", TOKEN), ("sign", SIGN), ("phone", PHONE)]
    for _ in ids:
        client(access).send(Call("GET", f"/v2/buyers/{PHONE}/orders", secrets, headers={"Authorization": KEY}))
    buyer = {"name": NAME, "phone": PHONE, "address": ADDRESS}
    return Answer(
        tuple(replace(order(number, asked_at), buyer_name=NAME, recipient=buyer, raw=buyer) for number in ids)
    )


def push(access: Access, pushes: Sequence[StockPush]) -> list[PushOutcome]:
    client(access).send(Call("POST", "/v2/stock", [("sign", SIGN)], json={"phone": PHONE}))
    return [PushOutcome(p.item_id, p.variation_id) for p in pushes]


def push_prices(access: Access, pushes: Sequence[PricePush]) -> list[PushOutcome]:
    """Push prices; those of several items are refused as a whole, as is one of 13 dong."""
    client(access).send(Call("POST", "/v2/prices", [("sign", SIGN)], json={"phone": PHONE}))
    if len({p.item_id for p in pushes}) > 1 or pushes[0].price == 13:
        raise Rejected(f"{NAME} {PHONE}", code="planted")
    return [PushOutcome(p.item_id, p.variation_id) for p in pushes]


def changed(access: Access, *, since: datetime | None, until: datetime) -> Iterator[Page]:
    """List one order of each day."""
    assert since is not None
    client(access).send(Call("GET", "/v2/orders", [("sign", SIGN)]))
    yield Page((Change(f"{PHONE}{since:%d}", since),))


def perform(access: Access, request: WriteRequest) -> WriteOutcome:
    client(access).send(Call("POST", "/v2/ship", [("sign", SIGN)], json={"address": ADDRESS}))
    return WriteOutcome("1")


def opened(app: AppAccess, delivery: Delivery) -> list[Notice]:
    return [Notice("order", number, "900") for number in json.loads(delivery.body)["orders"]]


CONNECTOR = replace(
    toy_connector(),
    reads={"order": Reader(read=read, changed=Toy.changed, batch=300)},
    publisher=Publisher(stock=push, price=push_prices, calls_at_once=1, items_per_call=10),
    webhooks=Webhooks(open=opened),
    writes={"ship": Writer(perform=perform, outcome_of=lambda access, request: None)},
)


@contextmanager
def platform() -> Iterator[str]:
    """The channel's own server. Its first answer is a broken one, and the call is made once more."""
    answers = iter([500])

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            body = json.dumps({"name": NAME, "phone": PHONE}).encode()
            self.send_response(next(answers, 200))
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = answer  # noqa: N815  (the names http.server looks for)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


if __name__ == "__main__":
    from erpsync.worker import work

    install(pytest.MonkeyPatch(), CONNECTOR)
    work(["cuts", "orders", "pushes"], burst=True)
