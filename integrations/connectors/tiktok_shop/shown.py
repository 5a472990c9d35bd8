"""Numbers that listings show, by the inventory search: a hundred products a call."""

from __future__ import annotations

from collections.abc import Sequence

from integrations.connectors.tiktok_shop.account import warehouse_of
from integrations.connectors.tiktok_shop.client import shop_client
from integrations.connectors.tiktok_shop.mapping import fields, products
from integrations.connectors.tiktok_shop.reads import INVENTORY
from integrations.contract.access import Access
from integrations.contract.publisher import Shown, ShownNumber, ShownPage
from integrations.wire import answers

BATCH = 100


def of_items(access: Access, item_ids: Sequence[str]) -> ShownPage:
    """Return the numbers of up to a hundred products. A malformed row is left out."""
    answer = shop_client(access).search(INVENTORY, {"product_ids": list(item_ids)})
    warehouse = warehouse_of(access)
    numbers = []
    for product in answers.rows(answer, "inventory"):
        for sku in answers.rows(product, "skus"):
            item, variation = fields.text(product, "product_id"), fields.text(sku, "id")
            if item in item_ids:
                numbers += [
                    ShownNumber(item, variation, stock.sellable, stock.promotion_reserved)
                    for stock in products.inventory_stock(sku, warehouse)
                ]
    return ShownPage(tuple(numbers))


SHOWN = Shown(items=of_items, batch=BATCH, items_per_call=BATCH)
