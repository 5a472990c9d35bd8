"""Stock, prices and content of one product; stock rows have outcomes of their own, prices stand or fall together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from integrations.connectors.tiktok_shop import account, reads
from integrations.connectors.tiktok_shop.client import ShopClient, shop_client
from integrations.connectors.tiktok_shop.mapping import errors, products
from integrations.connectors.tiktok_shop.shown import SHOWN
from integrations.contract.access import Access
from integrations.contract.errors import ChannelError, Rejected
from integrations.contract.publisher import (
    ContentPush,
    PricePush,
    Problem,
    Publisher,
    PushOutcome,
    StockPush,
)

_PRODUCT = "/product/202309/products/{}/{}"


def push_stock(access: Access, pushes: Sequence[StockPush]) -> list[PushOutcome]:
    """Show these numbers of one product. The floor of a refused row is what a campaign holds of it, read back."""
    client, product_id = shop_client(access), _one_item(pushes)
    skus: dict[str, dict[str, Any]] = {}
    for push in pushes:
        place = push.warehouse or account.warehouse_of(access)
        row = {"quantity": push.quantity} | ({"warehouse_id": place} if place else {})
        skus.setdefault(push.variation_id, {"id": push.variation_id, "inventory": []})["inventory"].append(row)
    failed = _failed(client, product_id, skus)
    held = _held(client, product_id) if failed else {}
    return [_stock_outcome(push, failed.get(push.variation_id), held.get(push.variation_id, 0)) for push in pushes]


def push_price(access: Access, pushes: Sequence[PricePush]) -> list[PushOutcome]:
    """Set the prices of one product, which stand or fall together: raises Rejected for several."""
    client, product_id = shop_client(access), _one_item(pushes)
    skus = [
        {"id": push.variation_id, "price": {"amount": format(push.price, "f"), "currency": access.currency}}
        for push in pushes
    ]
    failed: Problem | None = None
    try:
        client.write(
            _PRODUCT.format(product_id, "prices/update"), {"skus": skus}, endpoint=_PRODUCT.format("", "prices/update")
        )
    except Rejected as refusal:
        if len(skus) > 1:
            raise
        failed = (refusal.code, refusal.reason)
    return [_outcome(push, "", failed) for push in pushes]


def push_content(access: Access, push: ContentPush) -> None:
    """Set title and description. The change is audited, the old one stays live until then. Pictures are refused: they
    must be uploaded first.
    """
    if push.images is not None:
        raise errors.refusal("images")
    content = {"title": push.title, "description": push.description}
    body = {name: value for name, value in content.items() if value is not None}
    if body:
        path, endpoint = (_PRODUCT.format(product_id, "partial_edit") for product_id in (push.item_id, ""))
        shop_client(access).write(path, body, endpoint=endpoint, repeatable=True)


PUBLISHER = Publisher(
    shown=SHOWN,
    stock=push_stock,
    price=push_price,
    content=push_content,
    items_per_call=1,
    rows_per_call=50,
    is_gone=errors.says_gone,
)


def _one_item(pushes: Sequence[StockPush] | Sequence[PricePush]) -> str:
    [item_id] = {push.item_id for push in pushes}
    return item_id


def _failed(client: ShopClient, product_id: str, skus: dict[str, dict[str, Any]]) -> dict[str, Problem]:
    """Return SKU -> (code, reason) of the rows that were not taken. Raises Rejected for several that are refused as one."""
    try:
        answer = client.write(
            _PRODUCT.format(product_id, "inventory/update"),
            {"skus": list(skus.values())},
            endpoint=_PRODUCT.format("", "inventory/update"),
        )
    except Rejected as refusal:
        if len(skus) > 1:
            raise
        return dict.fromkeys(skus, (refusal.code, refusal.reason))
    failed: dict[str, Problem] = {sku: errors.of_row(row) for sku, row in products.failures(answer).items()}
    # an error that names no SKU of ours leaves none of them sure
    if set(failed) - set(skus):
        failed |= dict.fromkeys(skus, next(iter(failed.values())))
    return failed


def _held(client: ShopClient, product_id: str) -> dict[str, int]:
    """Return the units that campaigns hold by SKU; empty when TikTok Shop does not say now."""
    try:
        rows = reads.inventory_rows(client, [product_id])
        return {
            sku: sum(place.promotion_reserved for place in products.inventory_stock(row)) for sku, row in rows.items()
        }
    except (ChannelError, ValueError):
        return {}


def _stock_outcome(push: StockPush, problem: Problem | None, held: int) -> PushOutcome:
    return _outcome(push, push.warehouse, problem, floor=held if problem and held > push.quantity else None)


def _outcome(
    push: StockPush | PricePush, warehouse: str, problem: Problem | None, floor: int | None = None
) -> PushOutcome:
    code, reason = problem or ("", "")
    return PushOutcome(push.item_id, push.variation_id, warehouse, problem is None, code, reason, floor)
