"""A SKU met at a second POS: proposed to people, joined or told apart on their word, and parted again where that is possible."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import transaction

from integrations.accounts.connections import NotPossible
from integrations.documents.commands.perform import perform_due
from integrations.documents.joining import join, undo, why_not_undone
from integrations.models import Authorisation, Command, Connection, Link
from inventory.models import (
    BundleComponent,
    Listing,
    ListingStock,
    Product,
    ProductPair,
    Reservation,
    Shop,
    StockLevel,
    StockMovement,
    Warehouse,
)
from inventory.services import pairs
from inventory.services.wanted import refresh_wanted
from orders.models import Order
from orders.services.upsert import upsert_orders
from orders.snapshots import LineSnapshot, OrderSnapshot
from tests.integrations.documents.commands.conftest import PLACED, House, house  # noqa: F401  (a fixture)


@dataclass
class Second:
    """A second POS with the same goods, a marketplace shop of its own, and an order that waits there."""

    house: House
    pos: Connection
    market: Connection
    branch: Warehouse
    product: Product
    level: StockLevel

    def receive(self, status: str, number: str = "B1") -> Order:
        self.house.versions += 1
        version = PLACED + timedelta(seconds=self.house.versions)
        line = LineSnapshot("1", "j1", "", 3, sku="AO", paid_price=Decimal(150000))
        snapshot = OrderSnapshot(number, status, status, "VND", PLACED, version, (line,), version=version)
        with transaction.atomic():
            upsert_orders(self.market.own_shop, [snapshot], source="webhook")
        return Order.objects.get(number=number)


def stocked(product: Product, branch: Warehouse, units: int) -> StockLevel:
    level = StockLevel.objects.create(product=product, warehouse=branch, on_hand=units, read_at=PLACED)
    StockMovement.objects.create(level=level, quantity=units, kind="reading")
    return level


def connect(house: House, name: str, *, keeps_stock: bool) -> Connection:  # noqa: F811
    shop = Shop.objects.create(name=name, channel="toy", keeps_stock=keeps_stock)
    authorisation = Authorisation.objects.create(app=house.market.authorisation.app)
    return Connection.objects.create(authorisation=authorisation, shop=shop, external_id=name)


@pytest.fixture
def second(house: House) -> Second:  # noqa: F811
    pos, market = connect(house, "Quầy 2", keeps_stock=True), connect(house, "Gian hàng 2", keeps_stock=False)
    Link.objects.create(connection=market, role="pos", target=pos)
    branch = Warehouse.objects.create(name="Quận 2", shop=pos.own_shop, external_id="78")
    market.own_shop.sells_from.add(branch)
    product = Product.objects.create(sku="ao-01", name="Áo thun (2)", price=Decimal(150_000))
    Listing.objects.create(shop=pos.own_shop, item_id="901", sku="ao-01", title="Áo thun", product=product)
    Listing.objects.create(shop=market.own_shop, item_id="j1", title="Áo thun", product=product)
    level = stocked(product, branch, 5)
    refresh_wanted({product.pk, house.product.pk})
    return Second(house, pos, market, branch, product, level)


def proposed() -> list[tuple[int, int, str]]:
    return [tuple(pair) for pair in pairs.proposals(most=9)]  # type: ignore[misc]


def joined(second: Second) -> ProductPair:
    join(second.house.product.pk, second.product.pk, actor_id=None)
    return ProductPair.objects.get()


def test_the_same_sku_at_a_second_pos_is_proposed_and_joined_by_nobody(second: Second) -> None:
    first = second.house.product
    assert proposed() == [(first.pk, second.product.pk, "sku")]
    Product.objects.filter(pk=second.product.pk).update(sku="other", barcode="893")
    Product.objects.filter(pk=first.pk).update(barcode="893")
    assert proposed() == [(first.pk, second.product.pk, "barcode")]


@pytest.mark.parametrize("why", ["bundle", "gone", "one book", "no book"])
def test_what_cannot_be_the_same_is_not_proposed(second: Second, why: str) -> None:
    mine = Product.objects.filter(pk=second.product.pk)
    if why == "bundle":
        mine.update(is_bundle=True)
    elif why == "gone":
        mine.update(gone_at=datetime.now(UTC))
    else:
        listing = Listing.objects.filter(item_id="901")
        listing.update(shop=second.house.pos.shop) if why == "one book" else listing.update(status="deleted")
    assert proposed() == []


def test_those_that_differ_are_not_proposed_again_until_that_is_undone(second: Second) -> None:
    assert pairs.decide(second.house.product.pk, second.product.pk, "differ", actor_id=None)
    assert not pairs.decide(second.house.product.pk, second.product.pk, "differ", actor_id=None), "decided before"
    assert proposed() == []
    with pytest.raises(NotPossible, match="decided about these two before"):
        join(second.house.product.pk, second.product.pk, actor_id=None)
    pairs.forget(ProductPair.objects.get().pk, "differ")
    assert len(proposed()) == 1


def test_joined_they_are_one_product_with_the_stock_of_both(second: Second) -> None:
    first = second.house.product
    both = Listing.objects.create(shop=second.house.market.shop, item_id="both", title="x", product=first)
    second.house.market.own_shop.sells_from.add(second.branch)
    order = second.receive("to_ship")
    joined(second)
    assert set(Listing.objects.values_list("product_id", flat=True)) == {first.pk}
    levels = StockLevel.objects.order_by("pk").values_list("product_id", "warehouse__name", "on_hand", "reserved")
    assert list(levels) == [(first.pk, "Quận 1", 10, 0), (first.pk, "Quận 2", 5, 3)]
    assert list(order.lines.values_list("product_id", "parts")) == [(first.pk, {str(first.pk): "1"})]
    assert ListingStock.objects.get(listing=both).wanted == 12
    second.product.refresh_from_db()
    assert (second.product.is_active, second.product.gone_at is None) == (False, False)
    assert proposed() == []


def test_an_open_order_goes_on_as_if_nothing_had_happened(second: Second) -> None:
    order = second.receive("to_ship")
    perform_due(second.pos.pk, budget_seconds=30)
    before = list(Command.objects.values_list("kind", "state"))
    assert before == [("pos_order", "done")]
    joined(second)
    assert Command.objects.get().options["units"] == {str(second.house.product.pk): "3.000"}
    second.receive("to_ship")
    assert list(Command.objects.values_list("kind", "state")) == before, "its document says what is held"
    second.receive("shipped")
    perform_due(second.pos.pk, budget_seconds=30)
    assert [command.kind for command in second.house.toy.performed] == ["pos_order", "pos_invoice"]
    assert [line.item_id for line in second.house.toy.performed[-1].lines] == ["901"], "by its id at that POS"
    assert list(Reservation.objects.filter(order_number=order.number).values_list("level_id", flat=True)) == [
        second.level.pk
    ]


def test_an_undone_join_is_as_before(second: Second) -> None:
    order = second.receive("to_ship")
    perform_due(second.pos.pk, budget_seconds=30)
    pair = joined(second)
    assert why_not_undone(pair) == ""
    undo(pair)
    assert list(order.lines.values_list("product_id", "parts")) == [(second.product.pk, {str(second.product.pk): "1"})]
    assert list(StockLevel.objects.order_by("pk").values_list("product_id", flat=True)) == [
        second.house.product.pk, second.product.pk,
    ]  # fmt: skip
    assert dict(Listing.objects.values_list("item_id", "product_id")) == {
        "501": second.house.product.pk, "i1": second.house.product.pk, "901": second.product.pk, "j1": second.product.pk,
    }  # fmt: skip
    assert Command.objects.get().options["units"] == {str(second.product.pk): "3.000"}
    second.product.refresh_from_db()
    assert (second.product.is_active, second.product.gone_at) == (True, None)
    assert len(proposed()) == 1
    second.receive("to_ship")
    assert Command.objects.count() == 1


def test_sold_since_it_cannot_be_undone(second: Second) -> None:
    pair = joined(second)
    second.receive("to_ship", number="B2")
    with pytest.raises(NotPossible, match="It was sold since"):
        undo(pair)
    assert ProductPair.objects.count() == 1
    assert set(Listing.objects.values_list("product_id", flat=True)) == {second.house.product.pk}


def test_stock_of_both_in_one_warehouse_is_added_and_cannot_be_parted(second: Second) -> None:
    first = second.house.product
    kept = stocked(first, second.branch, 4)
    order = second.receive("to_ship")
    pair = joined(second)
    assert StockLevel.objects.values_list("on_hand", "reserved").get(pk=kept.pk) == (9, 3)
    assert StockLevel.objects.values_list("on_hand", "reserved").get(pk=second.level.pk) == (0, 0)
    assert sum(StockMovement.objects.filter(level=kept).values_list("quantity", flat=True)) == 9
    assert Reservation.objects.get(order_number=order.number).level_id == kept.pk
    with pytest.raises(NotPossible, match="had become one"):
        undo(pair)


def test_a_bundle_with_both_has_the_units_of_both(second: Second) -> None:
    bundle = Product.objects.create(sku="SET", name="Bộ", is_bundle=True)
    for product, units in ((second.house.product, 1), (second.product, 2)):
        BundleComponent.objects.create(bundle=bundle, product=product, units=units)
    pair = joined(second)
    assert BundleComponent.objects.values_list("product_id", "units").get() == (second.house.product.pk, 3)
    assert pair.moved["merged"] is True
