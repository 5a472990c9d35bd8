"""Notices of payments: a GET whose signed query is the fact, answered by what became of it."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from urllib.parse import urlencode

from integrations.contract.access import AppAccess
from integrations.contract.webhooks import Applied, Delivery, Notice, Reply, Webhooks
from integrations.wire.answers import Row
from integrations.wire.deliveries import SignedDeliveries, from_credentials, in_query, query_object
from tests.integrations.guests.snapshots import PaymentSnapshot


def sign(key: bytes, app: AppAccess, delivery: Delivery) -> str:
    """Sign the sorted query without the signature itself."""
    pairs = sorted((name, value) for name, value in delivery.query if name != "sign")
    return hmac.new(key, urlencode(pairs).encode(), hashlib.sha512).hexdigest()


def read(app: AppAccess, delivery: Delivery, message: Row) -> Iterator[Notice]:
    """Yield the payment that a query tells of. Raises ValueError for an impossible one."""
    amount = message.get("amount", "")
    if not amount.isdecimal() or not message.get("order"):
        raise ValueError("no amount of an order")
    paid = PaymentSnapshot(
        transaction=message["tx"],
        order_number=message["order"],
        # hundredths of a dong
        amount=Decimal(amount) / 100,
        version=datetime.strptime(message["paid_at"], "%Y%m%d%H%M%S").replace(tzinfo=UTC),
    )
    yield Notice(
        "payment", paid.transaction, message["merchant"], paid.version, f"{paid.transaction}:{message['paid_at']}",
        dict(message), paid,
    )  # fmt: skip


def _reply(code: str) -> Reply:
    return Reply(body=b'{"RspCode":"%s"}' % code.encode(), content_type="application/json")


# what became of a payment -> the provider's code; it sends again what is answered with any but 00 and 02
CODES = {"processed": "00", "duplicate": "02", "stale": "02", "dead": "01"}


def answer(applied: Sequence[Applied]) -> Reply:
    """Answer by what became of the one payment of a delivery."""
    return _reply("99" if applied[0].code == "unreadable" else CODES[applied[0].state])


WEBHOOKS = Webhooks(
    open=SignedDeliveries(
        signature=in_query("sign"), keys=from_credentials("hash_secret"), sign=sign, read=read, parse=query_object
    ),
    methods=frozenset({"GET"}),
    refusals={"": _reply("97")},
    answer=answer,
)
