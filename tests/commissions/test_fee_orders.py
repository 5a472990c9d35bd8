"""What an order tells reaches the rules: categories, campaigns, payment, discounts by who bears them, and whom a sale is paid for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from commissions.models import CommissionEntry, FeeCategory, RateTable
from commissions.services import fee_orders
from integrations.connectors import channels
from inventory.models import Product, Shop
from inventory.services.listings import upsert_listings
from inventory.snapshots import ListingSnapshot
from orders.models import Order, OrderLine
from orders.services.upsert import upsert_orders
from orders.snapshots import LineSnapshot, OrderSnapshot
from tests.commissions.ledger import PLACED, percent, rule

pytestmark = pytest.mark.django_db
D = Decimal
LINE = LineSnapshot("1", "i", "v", 2, sku="AO", price=D(100_000), paid_price=D(100_000))


@pytest.fixture
def shop() -> Callable[[str], Shop]:
    return lambda channel: Shop.objects.create(name="Gian hàng", channel=channel)


def store(shop: Shop, *lines: LineSnapshot, status: str = "delivered", minutes: int = 0, **more: Any) -> None:
    at = PLACED + timedelta(minutes=minutes)
    snapshot = OrderSnapshot("A1", status, status, "VND", PLACED, at, lines, version=at, **more)
    with transaction.atomic():
        upsert_orders(shop, [snapshot], source="webhook")


def list_in(shop: Shop, category: str, minutes: int = -10) -> None:
    at = PLACED + timedelta(minutes=minutes)
    listing = ListingSnapshot("i", "v", "AO", "Áo", "active", at, category_id=category, category_name="Áo thun")
    with transaction.atomic():
        upsert_listings(shop, [listing])


def rated(channel: str) -> None:
    """A table with rates of a root, of a category below it and of a leaf; the default is 1 %."""
    FeeCategory.objects.bulk_create(
        FeeCategory(channel=channel, code=code, parent=parent)
        for code, parent in (("leaf", "middle"), ("sibling", "middle"), ("middle", "root"), ("cousin", "root"))
    )
    rates = {"leaf": "12", "middle": "8", "root": "5"}
    RateTable.objects.create(channel=channel, name=channel, version=1, rates=rates, default=D(1))
    rule(channel=channel, formula_json={"base": {"kind": "item"}, "table": f"{channel}/1"})


def paid_to() -> list[tuple[str, str, str, int]]:
    entries = CommissionEntry.objects.order_by("payee")
    return [(one.payee, one.payee_id, one.fee_kind, int(one.amount)) for one in entries]


@pytest.mark.parametrize("channel", sorted(channels()))
@pytest.mark.parametrize(
    ("category", "fee"), [("leaf", 24_000), ("sibling", 16_000), ("cousin", 10_000), ("another", 2_000), ("", 2_000)]
)
def test_the_rate_is_that_of_the_leaf_or_of_what_is_above_it(
    shop: Callable[[str], Shop], channel: str, category: str, fee: int
) -> None:
    rated(channel)
    sells = shop(channel)
    list_in(sells, category)
    store(sells, LINE)
    assert [int(entry.amount) for entry in CommissionEntry.objects.all()] == [fee]


def test_a_listing_that_moves_changes_no_fee_of_what_was_sold_before(shop: Callable[[str], Shop]) -> None:
    rated("shopee")
    sells = shop("shopee")
    list_in(sells, "leaf")
    store(sells, LINE)
    list_in(sells, "cousin", minutes=5)
    store(sells, LINE, minutes=10, status="completed")
    assert [int(entry.amount) for entry in CommissionEntry.objects.all()] == [24_000]


def test_a_listing_read_after_its_sale_lends_its_category(shop: Callable[[str], Shop]) -> None:
    rated("shopee")
    sells = shop("shopee")
    store(sells, LINE, status="shipped")
    list_in(sells, "leaf", minutes=1)
    # the line does not know the listing yet: it does from the order's next answer on
    store(sells, LINE, minutes=2)
    assert OrderLine.objects.get().category_id == "leaf"
    assert [int(entry.amount) for entry in CommissionEntry.objects.all()] == [24_000]


def test_an_answer_without_a_category_forgets_none(shop: Callable[[str], Shop]) -> None:
    sells = shop("tiki")
    list_in(sells, "leaf")
    list_in(sells, "", minutes=1)
    assert list(sells.listings.values_list("category_id", "category_name")) == [("leaf", "Áo thun")]


def test_conditions_on_campaign_and_payment_method_hold(shop: Callable[[str], Shop]) -> None:
    rule("plain", formula_json=percent("1"))
    rule("sale", formula_json=percent("4"), conditions_json={"campaign": ["flash_sale"]})
    rule(
        "cod",
        fee_kind="payment_fee",
        formula_json=percent("2"),
        conditions_json={"payment_method": ["Cash on Delivery"]},
    )
    sold = replace(LINE, campaigns=("flash_sale", "779222207758537"))
    store(shop("shopee"), sold, replace(LINE, key="2"), payment_method="Cash on Delivery")
    found = CommissionEntry.objects.order_by("fee_kind", "line_key").values_list("fee_kind", "line_key", "amount")
    assert list(found) == [
        ("commission", "1", 8_000), ("commission", "2", 2_000), ("payment_fee", "1", 4_000), ("payment_fee", "2", 4_000),
    ]  # fmt: skip


def test_a_sale_at_the_till_pays_the_seller_and_the_branch(shop: Callable[[str], Shop]) -> None:
    rule("staff", channel="kiotviet", payee="staff", fee_kind="other", formula_json=percent("3"))
    rule("branch", channel="kiotviet", payee="branch", payee_id="200001", fee_kind="other", formula_json=percent("1"))
    rule(
        "elsewhere", channel="kiotviet", payee="branch", payee_id="200002", fee_kind="other", formula_json=percent("50")
    )
    till = shop("kiotviet")
    store(
        till, LINE, staff_id="100001", staff_name="Trần Thị Thu", branch_id="200001", branch_name="Chi nhánh trung tâm"
    )
    assert paid_to() == [("branch", "200001", "other", 2_000), ("staff", "100001", "other", 6_000)]
    store(till, LINE, minutes=1)
    assert sum(amount for *_, amount in paid_to()) == 0


def test_an_affiliate_is_paid_at_the_rate_that_the_line_tells(shop: Callable[[str], Shop]) -> None:
    rule("partner", channel="tiktok_shop", payee="affiliate", fee_kind="affiliate", rate_from="line",
         formula_json={"base": {"kind": "after_all_discounts"}})  # fmt: skip
    sold = replace(LINE, affiliate_id="creator-7", affiliate_rate=D("7.5"), platform_discount=D(20_000))
    store(shop("tiktok_shop"), sold, replace(LINE, key="2"))
    assert paid_to() == [("affiliate", "creator-7", "affiliate", 13_500)]


def test_a_rate_that_no_affiliate_has_is_unknown(shop: Callable[[str], Shop]) -> None:
    store(shop("tiktok_shop"), replace(LINE, affiliate_id="a", affiliate_rate=D("1E10")))
    assert OrderLine.objects.get().affiliate_rate is None
    assert Order.objects.get().problems == ["unmapped_line"]


def test_what_only_the_order_tells_is_shared_and_what_lines_tell_is_theirs(shop: Callable[[str], Shop]) -> None:
    own = replace(
        LINE,
        quantity=1,
        seller_discount=D(5_000),
        platform_discount=D(9_000),
        platform_voucher=D(6_000),
        coins=D(1_000),
    )
    off = replace(own, key="3", status="cancelled", seller_discount=D(4_000))
    store(shop("tiki"), own, replace(LINE, key="2", quantity=3), off, seller_discount=D(13_000), platform_discount=D(22_000),
          coins=D(2_000))  # fmt: skip
    [state] = fee_orders.read([Order.objects.get().pk])
    # 4,000 of the seller's are told by no line; the platform's 4,000 more, too. The cancelled line keeps its own.
    assert [(one.seller_discount, one.platform_discount, one.platform_voucher, one.coins) for one in state.order.lines] == [
        (6_000, 3_000, 6_000, 1_000), (3_000, 3_000, 0, 0),
    ]  # fmt: skip


def test_a_tax_within_the_price_reaches_the_base(shop: Callable[[str], Shop]) -> None:
    rule(formula_json={"base": {"kind": "item", "without_tax": True}, "rate": "10"})
    store(shop("shopee"), replace(LINE, tax=D(20_000)))
    assert [int(entry.amount) for entry in CommissionEntry.objects.all()] == [18_000]


def test_the_cost_of_a_line_is_that_of_when_it_was_handed_over(shop: Callable[[str], Shop]) -> None:
    sells, product = shop("shopee"), Product.objects.create(sku="AO", name="Áo", cost=D(40_000))
    list_in(sells, "")
    sells.listings.update(product=product, units=2)
    store(sells, LINE, status="to_ship")
    assert OrderLine.objects.get().unit_cost is None
    Product.objects.update(cost=D(45_000))
    store(sells, LINE, status="shipped", minutes=1)
    Product.objects.update(cost=D(99_000))
    store(sells, LINE, status="delivered", minutes=2)
    assert OrderLine.objects.get().unit_cost == 90_000


def test_a_cost_that_nobody_entered_is_unknown_and_taken_up_later(shop: Callable[[str], Shop]) -> None:
    sells, product = shop("shopee"), Product.objects.create(sku="AO", name="Áo", cost=D(0))
    list_in(sells, "")
    sells.listings.update(product=product)
    store(sells, LINE, status="shipped")
    assert OrderLine.objects.get().unit_cost is None
    Product.objects.update(cost=D(45_000))
    store(sells, LINE, status="delivered", minutes=1)
    assert OrderLine.objects.get().unit_cost == 45_000


def test_as_many_statements_for_one_order_as_for_many(shop: Callable[[str], Shop]) -> None:
    sells, counts = shop("shopee"), []
    for number in (1, 20):
        snapshots = [
            OrderSnapshot(
                f"{number}-{place}", "shipped", "shipped", "VND", PLACED, PLACED, (LINE,), staff_id="7", coins=D(5)
            )
            for place in range(number)
        ]
        with CaptureQueriesContext(connection) as queries, transaction.atomic():
            upsert_orders(sells, snapshots, source="webhook")
        counts.append(len(queries))
    assert counts[0] == counts[1]
