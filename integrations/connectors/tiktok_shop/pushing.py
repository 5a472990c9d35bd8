"""Stock, prices and content of one product; stock rows have outcomes of their own, prices stand or fall together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from integrations.connectors.base import ContentPush, PricePush, PushOutcome, StockPush
from integrations.connectors.tiktok_shop import reading
from integrations.connectors.tiktok_shop.calls import Api
from integrations.connectors.tiktok_shop.mapping import errors, products
from integrations.wire.errors import ChannelError, Rejected

ROWS = 50
_PRODUCT = "/product/202309/products/{}/{}"


def push_stock(api: Api, pushes: Sequence[StockPush], *, warehouse: str) -> list[PushOutcome]:
    """Show these numbers. A refused row is told with what a campaign holds of it, read back: the least it will take."""
    product_id = _one_item(pushes)
    skus: dict[str, dict[str, Any]] = {}
    for push in pushes:
        place = push.warehouse or warehouse
        told = {"quantity": push.quantity} | ({"warehouse_id": place} if place else {})
        skus.setdefault(push.variation_id, {"id": push.variation_id, "inventory": []})["inventory"].append(told)
    try:
        answer = api.write(
            _PRODUCT.format(product_id, "inventory/update"), {"skus": list(skus.values())},
            endpoint=_PRODUCT.format("", "inventory/update"),
        )  # fmt: skip
        failed = {sku: errors.of_row(row) for sku, row in products.failures(answer).items()}
    except Rejected as refusal:
        failed = dict.fromkeys(skus, (refusal.code, refusal.reason))
    # an error that names no SKU of ours leaves none of them sure
    if set(failed) - set(skus):
        failed |= dict.fromkeys(skus, next(iter(failed.values())))
    held = _held(api, product_id) if failed else {}
    return [_stock_outcome(push, failed.get(push.variation_id), held.get(push.variation_id, 0)) for push in pushes]


def push_price(api: Api, pushes: Sequence[PricePush], *, currency: str) -> list[PushOutcome]:
    """Set the prices."""
    product_id = _one_item(pushes)
    skus = [
        {"id": push.variation_id, "price": {"amount": format(push.price, "f"), "currency": currency}} for push in pushes
    ]
    failed: tuple[str, str] | None = None
    try:
        api.write(
            _PRODUCT.format(product_id, "prices/update"), {"skus": skus}, endpoint=_PRODUCT.format("", "prices/update")
        )
    except Rejected as refusal:
        failed = (refusal.code, refusal.reason)
    return [_outcome(push, "", failed) for push in pushes]


def push_content(api: Api, push: ContentPush) -> None:
    """Title and description; the change is audited, the old one stays live until then. Pictures must be uploaded: refused."""
    if push.images is not None:
        raise errors.refusal("images")
    told = {"title": push.title, "description": push.description}
    body = {name: value for name, value in told.items() if value is not None}
    if body:
        path, endpoint = (_PRODUCT.format(one, "partial_edit") for one in (push.item_id, ""))
        api.write(path, body, endpoint=endpoint, again=True)


def _one_item(pushes: Sequence[StockPush] | Sequence[PricePush]) -> str:
    [item_id] = {push.item_id for push in pushes}
    return item_id


def _held(api: Api, product_id: str) -> dict[str, int]:
    """What campaigns hold by SKU; nothing when TikTok Shop does not say now."""
    try:
        rows = reading.inventory_rows(api, [product_id])
        return {sku: products.inventory_stock(row).promotion_reserved for sku, row in rows.items()}
    except (ChannelError, ValueError):
        return {}


def _stock_outcome(push: StockPush, problem: tuple[str, str] | None, held: int) -> PushOutcome:
    return _outcome(push, push.warehouse, problem, floor=held if problem and held > push.quantity else None)


def _outcome(
    push: StockPush | PricePush, warehouse: str, problem: tuple[str, str] | None, floor: int | None = None
) -> PushOutcome:
    code, reason = problem or ("", "")
    return PushOutcome(push.item_id, push.variation_id, warehouse, problem is None, code, reason, floor)
