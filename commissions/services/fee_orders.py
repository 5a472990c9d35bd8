"""Orders as the engine takes them, read with what happened to them: a function of their current state alone."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from commissions.rules.order import UNTOLD, Back, Line, Order
from commissions.rules.rounding import ZERO, shares
from commissions.rules.words import CANCELLED, DELIVERED, HANDED_OVER, REFUNDED, REFUNDED_AT_ONCE, RETURNED
from core.db import decode, fetch
from core.money import smallest_step
from orders.queries import is_left_sql
from orders.statuses import Status

# Where a channel does not tell what the buyer paid for shipping: what the total is above the goods. Vouchers and coins lower it; by the
# shop's own the base of a fee on the payment is lower, too, by the platform's it is estimated too low.
_SHIPPING = """
    coalesce(o.shipping_fee, (SELECT greatest(o.total - sum(line.paid_price * line.quantity), 0)
        FROM orders_orderline line WHERE line.order_id = o.id))
"""
# `counts`: the lines that are left, whole; of a cancelled order those that it had. What the others lost is still among the order's
# discounts. A line's own category is the one it was sold in; a listing that was read later stands in for it.
_READ = f"""
SELECT o.id, o.shop_id, shop.channel, o.number, o.status, o.placed_at, o.shipped_at IS NOT NULL AS has_left, o.currency,
    o.payment_method, o.staff_id, o.branch_id, shop.shop_type, shop.legal_form, {_SHIPPING} AS shipping_fee, o.seller_discount,
    o.platform_discount, o.platform_voucher, o.coins,
    (SELECT count(*) FROM orders_parcel parcel WHERE parcel.order_id = o.id AND parcel.replaced_at IS NULL) AS parcels,
    coalesce((SELECT jsonb_agg(jsonb_build_object('key', line.key, 'quantity', line.quantity, 'price', line.price::text,
            'paid', line.paid_price::text, 'sku', line.sku, 'campaigns', line.campaigns,
            'category', coalesce(nullif(line.category_id, ''), listing.category_id, ''),
            'seller_discount', line.seller_discount::text, 'platform_discount', line.platform_discount::text,
            'platform_voucher', line.platform_voucher::text, 'coins', line.coins::text, 'tax', line.tax::text,
            'affiliate', line.affiliate_id, 'affiliate_rate', line.affiliate_rate::text,
            'counts', o.status = '{Status.CANCELLED}' OR {is_left_sql("line")}) ORDER BY line.id)
        FROM orders_orderline line LEFT JOIN inventory_listing listing ON listing.id = line.listing_id
        WHERE line.order_id = o.id), '[]') AS lines,
    coalesce((SELECT jsonb_agg(jsonb_build_object('comes_back', ret.goods_come_back, 'refund', ret.refund::text, 'lines', (
            SELECT jsonb_agg(jsonb_build_object('key', line.key, 'quantity', back.quantity, 'refund', back.refund::text))
            FROM orders_returnline back JOIN orders_orderline line ON line.id = back.order_line_id
            WHERE back.ret_id = ret.id)) ORDER BY ret.id)
        FROM orders_return ret WHERE ret.order_id = o.id AND ret.status = 'refunded'), '[]') AS refunds
FROM orders_order o JOIN inventory_shop shop ON shop.id = o.shop_id WHERE o.id = ANY(%s) ORDER BY o.id
"""
# by who bears them; `platform_voucher` and `coins` are parts of `platform_discount`
_DISCOUNTS = ("seller_discount", "platform_discount", "platform_voucher", "coins")
AFFILIATE = "affiliate"
Found = Mapping[str, Any]
_DELIVERED = frozenset({Status.DELIVERED, Status.COMPLETED, Status.RETURNING})


class OrderState(NamedTuple):
    """An order, the charging events that have happened to it, and what came back of it."""

    id: int
    shop_id: int
    order: Order
    events: frozenset[str]
    backs: tuple[Back, ...]


class _Row(NamedTuple):
    id: int
    shop_id: int
    channel: str
    number: str
    status: str
    placed_at: datetime
    has_left: bool
    currency: str
    payment_method: str
    staff_id: str
    branch_id: str
    shop_type: str
    legal_form: str
    shipping_fee: Decimal | None
    seller_discount: Decimal | None
    platform_discount: Decimal | None
    platform_voucher: Decimal | None
    coins: Decimal | None
    parcels: int
    lines: str
    refunds: str


def read(order_ids: Collection[int]) -> list[OrderState]:
    """Return these orders in id order, by one statement."""
    return [_state(_Row(*row)) for row in fetch(_READ, sorted(order_ids))]


def _state(row: _Row) -> OrderState:
    lines = _lines(row, decode(row.lines))
    order = Order(
        row.number, row.channel, str(row.shop_id), row.placed_at, lines, row.shop_type, row.legal_form, row.payment_method,
        shipping=row.shipping_fee or ZERO, parcels=max(row.parcels, 1), currency=row.currency,
    )  # fmt: skip
    refunds = decode(row.refunds)
    backs = tuple(map(_back, refunds))
    if row.status == Status.CANCELLED:
        backs = (Back(CANCELLED, {line.key: line.quantity for line in lines}),)
    return OrderState(row.id, row.shop_id, order, _events(row, refunds), backs)


def _events(row: _Row, refunds: list[Mapping[str, Any]]) -> frozenset[str]:
    """A parcel that comes back without a refund was not delivered: its status may be `returned` all the same."""
    found = set()
    if row.has_left:
        found.add(HANDED_OVER)
    if row.status in _DELIVERED or (row.status == Status.RETURNED and refunds):
        found.add(DELIVERED)
    if row.status != Status.CANCELLED and any(not one["comes_back"] for one in refunds):
        found.add(REFUNDED_AT_ONCE)
    return frozenset(found)


def _lines(row: _Row, found: Sequence[Found]) -> tuple[Line, ...]:
    """Return the lines that count, with what is taken off their prices and who sold them.

    Where the channel tells no discount at all, what its lines lack is the seller's.
    """
    counted = [one for one in found if one["counts"]]
    lines = [_line(row, one) for one in counted]
    told = [one for one in _DISCOUNTS if getattr(row, one) is not None or any(line[one] is not None for line in found)]
    if not {"seller_discount", "platform_discount"} & set(told):
        return tuple(
            line._replace(seller_discount=max(line.price - price, ZERO) * line.quantity if price else ZERO)
            for line, price in zip(lines, (Decimal(one["paid"]) for one in counted), strict=True)
        )
    values = [line.price * line.quantity for line in lines]
    discounts = {one: _discounts(row, one, found, values) for one in told} if lines else {}
    return tuple(
        _discounted(line, {one: amounts[place] for one, amounts in discounts.items()})
        for place, line in enumerate(lines)
    )


def _line(row: _Row, found: Found) -> Line:
    payees = {"staff": row.staff_id, "branch": row.branch_id, "affiliate": found["affiliate"]}
    rate = found["affiliate_rate"]
    return Line(
        found["key"], found["quantity"], Decimal(found["price"]), found["sku"], found["category"], tuple(found["campaigns"]),
        tax=_amount(found["tax"]), rates={AFFILIATE: Decimal(rate)} if rate is not None else UNTOLD,
        payees={kind: payee for kind, payee in payees.items() if payee},
    )  # fmt: skip


def _discounts(row: _Row, name: str, found: Sequence[Found], values: Sequence[Decimal]) -> list[Decimal]:
    """Return one kind of discount of each line that counts: its own, and its share by value of what only the order tells."""
    whole, told = getattr(row, name), sum((_amount(one[name]) for one in found), ZERO)
    rest = max(whole - told, ZERO) if whole is not None else ZERO
    own = (_amount(one[name]) for one in found if one["counts"])
    return [mine + share for mine, share in zip(own, shares(rest, values, smallest_step(row.currency)), strict=True)]


def _discounted(line: Line, discounts: Mapping[str, Decimal]) -> Line:
    """Return a line with its discounts. For the engine vouchers and coins are no part of the platform's other discounts."""
    seller, platform, voucher, coins = (discounts.get(name, ZERO) for name in _DISCOUNTS)
    return line._replace(
        seller_discount=seller,
        platform_discount=max(platform - voucher - coins, ZERO),
        platform_voucher=voucher,
        coins=coins,
    )


def _amount(text: str | None) -> Decimal:
    return Decimal(text) if text is not None else ZERO


def _back(found: Mapping[str, Any]) -> Back:
    lines = found["lines"] or ()
    refunds = {line["key"]: Decimal(line["refund"]) for line in lines if line["refund"] is not None}
    kind = RETURNED if found["comes_back"] else REFUNDED
    return Back(kind, {line["key"]: line["quantity"] for line in lines}, refunds)
