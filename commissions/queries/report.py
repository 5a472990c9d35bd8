"""Commissions report: sums of the ledger by channel, shop, payee, SKU, fee and month, now or as known on a day."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection, transaction

from core.db import fetch

# grouping -> its columns
DIMENSIONS = {
    "month": ("to_char(e.effective_at AT TIME ZONE 'Asia/Ho_Chi_Minh', 'YYYY-MM')",),
    "channel": ("shop.channel",),
    "shop": ("e.shop_id::text", "shop.name"),
    "payee": ("e.payee", "e.payee_id"),
    "fee_kind": ("e.fee_kind",),
    "sku": ("e.sku",),
}
CHUNK = 2_000


class Sum(NamedTuple):
    """A row: the values of its dimensions, each as its columns, and its amounts in one currency.

    `net` = `accrued` + `given_back`, which is below zero. `orders`: with an entry of their own; those of a month's entry are not
    counted. SKU "": entries of a month, and lines without one.
    """

    values: tuple[tuple[str, ...], ...]
    currency: str
    orders: int
    accrued: Decimal
    given_back: Decimal
    net: Decimal


@dataclass(frozen=True)
class Question:
    """A question to the ledger. `since`, `before`: when orders were created; `known_until`: of `known`, None for now.

    Empty collections and texts do not narrow, but for `shops`: those that the caller may see.
    """

    shops: Collection[int]
    by: Sequence[str] = ("month",)
    channel: str = ""
    payee: str = ""
    fee_kind: str = ""
    since: datetime | None = None
    before: datetime | None = None
    known_until: datetime | None = None


def sums(question: Question, *, most: int | None = None) -> list[Sum]:
    """Return the rows, the first `most` by their dimensions."""
    statement, params = _statement(question, most)
    return [_sum(question, row) for row in fetch(statement, **params)]


def stream(question: Question) -> Iterator[Sum]:
    """Yield all rows, read in chunks from the server: memory does not grow with them."""
    statement, params = _statement(question, None)
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        cursor.execute(statement, params)
        while rows := cursor.fetchmany(CHUNK):
            yield from (_sum(question, row) for row in rows)


def _statement(question: Question, most: int | None) -> tuple[str, dict[str, Any]]:
    columns = [column for name in question.by for column in DIMENSIONS[name]]
    group = ", ".join(str(place) for place in range(1, len(columns) + 2))
    named = ", ".join([*columns, "e.currency"])
    conditions = {
        "e.shop_id = ANY(%(shops)s)": True,
        "shop.channel = %(channel)s": question.channel,
        "e.payee = %(payee)s": question.payee,
        "e.fee_kind = %(fee_kind)s": question.fee_kind,
        "e.effective_at >= %(since)s": question.since,
        "e.effective_at < %(before)s": question.before,
        "e.recorded_at < %(known_until)s": question.known_until,
    }
    statement = f"""
    SELECT {named}, count(DISTINCT e.order_id), coalesce(sum(e.amount) FILTER (WHERE e.reverses_id IS NULL), 0),
        coalesce(sum(e.amount) FILTER (WHERE e.reverses_id IS NOT NULL), 0), sum(e.amount)
    FROM commissions_commissionentry e JOIN inventory_shop shop ON shop.id = e.shop_id
    WHERE {" AND ".join(text for text, is_asked in conditions.items() if is_asked)}
    GROUP BY {group} ORDER BY {group} LIMIT %(most)s
    """
    params = {
        "shops": sorted(question.shops), "channel": question.channel, "payee": question.payee, "fee_kind": question.fee_kind,
        "since": question.since, "before": question.before, "known_until": question.known_until, "most": most,
    }  # fmt: skip
    return statement, params


def _sum(question: Question, row: Sequence[Any]) -> Sum:
    values, place = [], 0
    for name in question.by:
        width = len(DIMENSIONS[name])
        values.append(tuple(row[place : place + width]))
        place += width
    return Sum(tuple(values), *row[place:])
