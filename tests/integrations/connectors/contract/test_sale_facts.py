"""What each channel tells of a sale that fees, commissions and reports depend on: by its recorded answers, and as simulated."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import Any

from inventory.snapshots import ListingSnapshot
from orders.snapshots import OrderSnapshot
from tests.integrations.connectors.samples import Samples, short

from .ports import assert_runs_over_all, each, pairs
from .whole import Whole

OF_ORDER = frozenset(
    "shipping_fee seller_shipping seller_discount platform_discount seller_voucher platform_voucher coins tax payment_method"
    " staff_id staff_name branch_id branch_name".split()
)
OF_LINE = frozenset(
    "campaigns seller_discount platform_discount platform_voucher coins tax affiliate_id affiliate_rate".split()
)
OF_LISTING = frozenset({"category_id", "category_name"})

# channel -> what its orders, their lines, and its listings tell. No channel names an affiliate in its orders: what it took is in
# the settlement. Shopee tells amounts only with the escrow.
TOLD: dict[str, tuple[str, str, str]] = {
    "shopee": ("payment_method", "campaigns", "category_id"),
    "tiktok_shop": (
        "shipping_fee seller_shipping seller_discount platform_discount tax payment_method",
        "seller_discount platform_discount",
        "category_id category_name",
    ),
    "lazada": (
        "shipping_fee seller_shipping seller_discount platform_discount seller_voucher platform_voucher payment_method",
        "campaigns seller_discount platform_discount platform_voucher tax",
        "category_id",
    ),
    "tiki": (
        "shipping_fee seller_shipping seller_discount platform_discount seller_voucher platform_voucher coins payment_method",
        "campaigns seller_discount platform_discount platform_voucher coins",
        "category_id category_name",
    ),
    "sendo": (
        "seller_shipping seller_discount platform_discount seller_voucher platform_voucher payment_method",
        "campaigns",
        "category_id category_name",
    ),
    "kiotviet": (
        "seller_shipping seller_discount tax payment_method staff_id staff_name branch_id branch_name",
        "seller_discount tax",
        "category_id category_name",
    ),
    "misa_crm": ("seller_discount tax staff_id staff_name", "seller_discount", "category_id category_name"),
}
# what no recorded answer has, but the published fields; the connectors' own tests read those
NOT_RECORDED: dict[str, frozenset[str]] = {
    "kiotviet": frozenset({"line.tax"}),
    "lazada": frozenset({"line.campaigns"}),
    "misa_crm": frozenset({"order.staff_id"}),
    "tiki": frozenset({"listing.category_id", "listing.category_name"}),
}
# the simulated shops give no voucher codes, and sell at the till without tax and delivery
NOT_SIMULATED: dict[str, frozenset[str]] = {
    "kiotviet": frozenset({"order.tax", "order.seller_shipping", "line.tax"}),
    "lazada": frozenset({"line.campaigns"}),
}
EACH = each("reads")


def told(level: str, things: Iterable[dict[str, Any]], fields: frozenset[str]) -> set[str]:
    return {f"{level}.{name}" for thing in things for name in fields & thing.keys()}


def sampled(channel: str) -> Iterator[dict[str, Any]]:
    """All snapshots that stand beside the channel's samples, in their short form."""
    for name in Samples(channel).names(""):
        yield from objects(Samples(channel).expected(name))


def objects(value: Any) -> Iterator[dict[str, Any]]:
    """All objects of a JSON value, itself among them."""
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from objects(inner)


def read(channel: str, whole: Whole) -> Iterator[dict[str, Any]]:
    """All orders and listings that the simulated platform tells, in their short form."""
    for found, kind in pairs("reads"):
        for answer in whole.read(channel, kind) if found == channel else ():
            yield from (short(one) for one in answer.snapshots if isinstance(one, OrderSnapshot | ListingSnapshot))


def facts_of(snapshots: Iterable[dict[str, Any]]) -> set[str]:
    """What orders, their lines, and listings tell: a fact is told where it is not the default, which stands for unknown."""
    found = list(snapshots)
    orders = [one for one in found if "placed_at" in one]
    lines = [line for one in orders for line in one.get("lines", ())]
    listings = [one for one in found if "variation_id" in one and "title" in one]
    assert orders
    assert listings
    return told("order", orders, OF_ORDER) | told("line", lines, OF_LINE) | told("listing", listings, OF_LISTING)


def in_table(channel: str) -> set[str]:
    return {
        f"{level}.{name}"
        for level, names in zip(("order", "line", "listing"), TOLD[channel], strict=True)
        for name in names.split()
    }


def test_the_table_has_a_row_for_every_channel() -> None:
    assert TOLD.keys() == {channel for channel, _kind in pairs("reads")}


@EACH
def test_the_recorded_answers_tell_what_the_table_says(channel: str) -> None:
    assert facts_of(sampled(channel)) == in_table(channel) - NOT_RECORDED.get(channel, frozenset())


@EACH
def test_the_simulated_platform_tells_the_same(channel: str, whole: Whole) -> None:
    assert facts_of(read(channel, whole)) == in_table(channel) - NOT_SIMULATED.get(channel, frozenset())


def test_it_runs_over_every_connector_with_the_port() -> None:
    assert_runs_over_all(sys.modules[__name__], "reads")
