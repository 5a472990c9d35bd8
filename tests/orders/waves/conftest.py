"""A shop with three products, one of them a bundle of the others, and orders that are arranged."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from inventory.models import BundleComponent, Listing, Product, Shop, Warehouse
from orders.models import Order, OrderLine, Parcel

NOON = datetime(2026, 11, 11, 5, tzinfo=UTC)
Sold = Callable[..., Order]


@pytest.fixture
def shop(db: None) -> Shop:
    made = Shop.objects.create(name="Gian hàng", channel="toy")
    made.sells_from.add(Warehouse.objects.create(name="Kho chính"))
    shirt = Product.objects.create(sku="AO-01", name="Áo thun", barcode="893001")
    cap = Product.objects.create(sku="MU-01", name="Mũ", barcode="893002")
    pair = Product.objects.create(sku="BO-01", name="Bộ", is_bundle=True)
    BundleComponent.objects.create(bundle=pair, product=shirt, units=2)
    BundleComponent.objects.create(bundle=pair, product=cap, units=1)
    for item, product in (("1", shirt), ("2", cap), ("3", pair)):
        Listing.objects.create(
            shop=made, item_id=item, title=product.name, product=product, images=[f"https://x/{item}"]
        )
    return made


@pytest.fixture
def sold(shop: Shop) -> Sold:
    def make(number: str, *lines: tuple[str, int], due: int | None = 10, **fields: Any) -> Order:
        """An order due in so many hours, with (item, quantity) of each line."""
        values = {"status": "packed", "channel_status": "READY", "carrier": "SPX", "placed_at": NOON, "asked_at": NOON}
        order = Order.objects.create(
            shop=shop, number=number, ship_by=None if due is None else NOON + timedelta(hours=due), **(values | fields)
        )  # fmt: skip
        for key, (item, quantity) in enumerate(lines or [("1", 1)]):
            listing = Listing.objects.select_related("product").filter(item_id=item).first()
            product = listing.product if listing else None
            parts = {str(c.product_id): f"{c.units:g}" for c in product.components.all()} if product else {}
            OrderLine.objects.create(
                order=order, key=str(key), item_id=item, listing=listing, product=product, quantity=quantity, title=f"Hàng {item}",
                sku=f"S{item}", variation_name="Đỏ, M", parcel=f"{number}-P",
                parts=parts or ({str(product.pk): "1"} if product else {}),
            )  # fmt: skip
        Parcel.objects.create(order=order, number=f"{number}-P", tracking_number=f"{number}-T", carrier="SPX")
        return order

    return make
