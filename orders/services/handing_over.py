"""Hand-over to couriers: parcels are scanned out, each checked; the note lists what went, what is missing and what came unasked."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from core.db import execute, fetch, fetch_as
from core.transactions import in_transaction
from core.widths import shortened_id
from orders.models import HandOver, HandOverScan
from orders.queries import is_held_sql, is_out_sql, is_packed_by_platform_sql, is_packed_sql
from orders.services.scanning import FoundParcel, ParcelOrder, find_parcels, orders_in
from orders.services.waves.states import advance_of
from orders.statuses import Status, statuses

Outcome = HandOverScan.Outcome
# a courier's own scan at the door may be told by the channel before ours
_MAY_GO = sorted(statuses("may_print"))
ORDERS_LENGTH = HandOverScan._meta.get_field("orders").max_length or 0


@dataclass(frozen=True, slots=True)
class Taken:
    """Outcome of a scanned code. `is_repeated`: it went out in this hand-over before; nothing changed."""

    outcome: str
    code: str
    carrier: str = ""
    orders: str = ""
    is_repeated: bool = False


@dataclass(frozen=True, slots=True)
class MissingParcel:
    """A parcel that was to go with a courier and was not scanned out."""

    order_id: int
    order: str
    number: str
    tracking_number: str
    shop: str


_OPEN = """
INSERT INTO orders_handover AS h (carrier, day, shop_ids, opened_by_id)
VALUES (%(carrier)s, %(day)s, %(shops)s::bigint[], %(actor)s)
ON CONFLICT (carrier, day, shop_ids) DO UPDATE SET closed_at = NULL RETURNING id
"""
_KNOWN = """
SELECT id FROM orders_handover WHERE carrier = %(carrier)s AND day = %(day)s AND shop_ids <@ %(shops)s::bigint[] AND shop_ids <> '{}'
ORDER BY cardinality(shop_ids) DESC, id LIMIT 1
"""


@in_transaction
def open_hand_over(carrier: str, day: date, shop_ids: Collection[int], actor_id: int | None) -> HandOver:
    """Return the hand-over of a courier and day in these shops, opened if there is none, opened again if it was closed."""
    shops = sorted(shop_ids)
    known = fetch(_KNOWN, carrier=carrier, day=day, shops=shops)
    if known:
        execute("UPDATE orders_handover SET closed_at = NULL WHERE id = %s AND closed_at IS NOT NULL", known[0][0])
        return HandOver.objects.get(pk=known[0][0])
    [(pk,)] = fetch(_OPEN, carrier=carrier, day=day, shops=shops, actor=actor_id)
    return HandOver.objects.get(pk=pk)


def close(handover_id: int) -> bool:
    """Close a hand-over and return whether it was open."""
    return bool(
        execute(
            "UPDATE orders_handover SET closed_at = clock_timestamp() WHERE id = %s AND closed_at IS NULL", handover_id
        )
    )


def take_back(handover_id: int, code: str) -> bool:
    """Take a parcel back that was scanned out and did not go, by any of the numbers it was scanned by, and return whether there was one.

    It may go out again, in this hand-over or another. A wave that ended with it stays ended.
    """
    return bool(
        execute(
            "DELETE FROM orders_handoverscan WHERE handover_id = %s AND outcome = 'out'"
            " AND (upper(code) = upper(%s) OR upper(number) = upper(%s))",
            handover_id, code.strip(), code.strip(),
        )
    )  # fmt: skip


# what did not go out may go out later, when its fault is mended
_SCAN = f"""
INSERT INTO orders_handoverscan AS s (handover_id, code, outcome, shop_id, number, carrier, orders, actor_id)
VALUES (%(handover)s, %(code)s, %(outcome)s, %(shop)s, %(number)s, %(carrier)s, %(orders)s, %(actor)s)
ON CONFLICT (handover_id, code) DO UPDATE SET outcome = excluded.outcome, shop_id = excluded.shop_id, number = excluded.number,
    carrier = excluded.carrier, orders = excluded.orders, actor_id = excluded.actor_id, scanned_at = clock_timestamp()
WHERE s.outcome <> '{Outcome.OUT}'
"""


@in_transaction
def scan_out(handover: HandOver, code: str, actor_id: int | None) -> Taken:
    """Take a scanned code in an open hand-over. May be repeated: a parcel goes out once.

    A parcel counts as not packed when it was begun by scanning and is not whole, or when its shop wants every parcel packed so.
    """
    bare = shortened_id(code.strip())
    fetch("SELECT id FROM orders_handover WHERE id = %s FOR NO KEY UPDATE", handover.pk)
    found = find_parcels(bare, handover.shop_ids)
    if len(found) != 1:
        return _kept(handover, bare, Outcome.UNKNOWN, None, (), actor_id)
    [parcel] = found
    # two people who scan the same parcel at two doors wait for each other here
    orders = orders_in(parcel.shop_id, parcel.number)
    fetch(
        "SELECT id FROM orders_order WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE", [order.id for order in orders]
    )
    gone = fetch(
        "SELECT handover_id FROM orders_handoverscan WHERE shop_id = %s AND number = %s AND outcome = 'out'",
        parcel.shop_id, parcel.number,
    )  # fmt: skip
    if gone:
        numbers = _numbers(orders)
        if gone[0][0] == handover.pk:
            return Taken(Outcome.OUT, bare, parcel.carrier, numbers, is_repeated=True)
        return _kept(handover, bare, Outcome.ALREADY_OUT, parcel, orders, actor_id)
    return _kept(handover, bare, _judged(handover, parcel, orders), parcel, orders, actor_id)


def _judged(handover: HandOver, parcel: FoundParcel, orders: Sequence[ParcelOrder]) -> Outcome:
    off = {Status.CANCELLED.value: Outcome.CANCELLED, Status.CANCELLING.value: Outcome.CANCELLING}
    for order in orders:
        if order.status in off:
            return off[order.status]
    if any(order.held for order in orders):
        return Outcome.HELD
    if any(order.status not in _MAY_GO for order in orders):
        return Outcome.NOT_ARRANGED
    if parcel.carrier and parcel.carrier.casefold().strip() != handover.carrier.casefold().strip():
        return Outcome.OTHER_COURIER
    return Outcome.OUT if _is_packed(parcel) else Outcome.NOT_PACKED


def _is_packed(parcel: FoundParcel) -> bool:
    [(begun, packed, wanted)] = fetch(
        "SELECT count(k.id) > 0, count(k.packed_at) > 0, bool_or(shop.labels_after_packing) FROM inventory_shop shop"
        " LEFT JOIN orders_packedparcel k ON k.shop_id = shop.id AND k.number = %s WHERE shop.id = %s",
        parcel.number, parcel.shop_id,
    )  # fmt: skip
    return bool(packed or not (begun or wanted))


def _kept(
    handover: HandOver,
    code: str,
    outcome: Outcome,
    parcel: FoundParcel | None,
    orders: Sequence[ParcelOrder],
    actor_id: int | None,
) -> Taken:
    carrier = parcel.carrier if parcel else ""
    numbers = _numbers(orders)
    if code:
        execute(
            _SCAN, handover=handover.pk, code=code, outcome=outcome, shop=parcel.shop_id if parcel else None,
            number=parcel.number if parcel else "", carrier=carrier, orders=numbers, actor=actor_id,
        )  # fmt: skip
    if outcome == Outcome.OUT:
        advance_of([order.id for order in orders])
    return Taken(outcome, code, carrier, numbers)


def _numbers(orders: Sequence[ParcelOrder]) -> str:
    return ", ".join(order.number for order in orders)[:ORDERS_LENGTH]


_MISSING = f"""
SELECT o.id AS order_id, o.number AS order, coalesce(p.number, o.number) AS number, coalesce(p.tracking_number, '') AS tracking_number,
    shop.name AS shop
FROM orders_order o JOIN inventory_shop shop ON shop.id = o.shop_id
LEFT JOIN orders_parcel p ON p.order_id = o.id AND p.replaced_at IS NULL AND NOT {is_packed_by_platform_sql("p")}
WHERE o.shop_id = ANY(%(shops)s) AND o.status = '{Status.PACKED}' AND NOT {is_held_sql("o")} AND NOT {is_out_sql("o")}
    AND lower(coalesce(nullif(p.carrier, ''), o.carrier)) = lower(%(carrier)s)
    AND ({is_packed_sql("o")} OR EXISTS (SELECT FROM orders_waveorder w WHERE w.order_id = o.id AND w.is_active))
    AND NOT EXISTS (SELECT FROM orders_handoverscan s
        WHERE s.shop_id = o.shop_id AND s.number = coalesce(p.number, o.number) AND s.outcome = 'out')
ORDER BY shop.name, o.id
"""


def missing(handover: HandOver) -> list[MissingParcel]:
    """Return the parcels of a courier that are packed by scanning, or in a wave, and were not scanned out, in one statement."""
    return fetch_as(MissingParcel, _MISSING, shops=handover.shop_ids, carrier=handover.carrier)


def waiting_by_carrier(shop_ids: Collection[int]) -> list[tuple[str, int]]:
    """Return the couriers of the arranged orders of these shops, with how many orders each has."""
    return [
        (carrier, n)
        for carrier, n in fetch(
            "SELECT coalesce(nullif(o.carrier, ''), (SELECT p.carrier FROM orders_parcel p WHERE p.order_id = o.id"
            " AND p.replaced_at IS NULL AND p.carrier <> '' ORDER BY p.id LIMIT 1), '') AS courier, count(*)"
            f" FROM orders_order o WHERE o.shop_id = ANY(%s) AND o.status = '{Status.PACKED}' GROUP BY 1 ORDER BY 1",
            sorted(shop_ids),
        )
    ]
