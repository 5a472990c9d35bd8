"""Stock and prices of one item, absolute numbers, several models a call, each row with an outcome; its content."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from integrations.connectors.shopee import account, reads
from integrations.connectors.shopee.client import integer_id, post, post_repeatable, response, shop_client
from integrations.connectors.shopee.mapping import errors, fields, items
from integrations.connectors.shopee.shown import SHOWN
from integrations.contract.access import Access
from integrations.contract.errors import ChannelError, Rejected
from integrations.contract.publisher import ContentPush, PricePush, Problem, Publisher, PushOutcome, StockPush
from integrations.contract.reasons import as_reason

_UNANSWERED = "unanswered"
# a picture that Shopee keeps is named by the last part of its address
_KEPT = re.compile(r"^https?://[^/]+/file/(?P<image>[A-Za-z0-9_.-]+)$")


def push_stock(access: Access, pushes: Sequence[StockPush]) -> list[PushOutcome]:
    """Show these numbers of one item. The floor of a refused row is what a promotion holds of it, read back."""
    item_id, location = _one_item(pushes), account.location_of(access)
    rows: dict[str, dict[str, Any]] = {}
    for push in pushes:
        row = rows.setdefault(push.variation_id, {"model_id": _model(push.variation_id), "seller_stock": []})
        place = push.warehouse or location
        row["seller_stock"].append({"stock": push.quantity} | ({"location_id": place} if place else {}))
    body = {"item_id": integer_id(item_id, "item id"), "stock_list": list(rows.values())}
    failed = _failed(access, "product/update_stock", body, rows)
    held = _held(access, item_id) if failed else {}
    return [_stock_outcome(push, failed.get(push.variation_id), held.get(push.variation_id, 0)) for push in pushes]


def push_price(access: Access, pushes: Sequence[PricePush]) -> list[PushOutcome]:
    """Set the original prices of one item."""
    item_id = _one_item(pushes)
    rows = {push.variation_id: {"model_id": _model(push.variation_id), "original_price": push.price} for push in pushes}
    body = {"item_id": integer_id(item_id, "item id"), "price_list": list(rows.values())}
    failed = _failed(access, "product/update_price", body, rows)
    return [_outcome(push, "", failed.get(push.variation_id)) for push in pushes]


def push_content(access: Access, push: ContentPush) -> None:
    """Set the parts of an item that are not None. Absolute, so it may be repeated. Raises Rejected with Shopee's reason.

    Pictures must be kept by Shopee already, named by the addresses that its items carry.
    """
    body: dict[str, Any] = {"item_id": integer_id(push.item_id, "item id")}
    if push.title is not None:
        body["item_name"] = push.title
    if push.description is not None:
        body |= {"description": push.description, "description_type": "normal"}
    if push.images is not None:
        body["image"] = {"image_id_list": [_image(address) for address in push.images]}
    if len(body) > 1:
        post_repeatable(shop_client(access), "product/update_item", body)


PUBLISHER = Publisher(
    shown=SHOWN,
    stock=push_stock,
    price=push_price,
    content=push_content,
    items_per_call=1,
    rows_per_call=50,
    is_gone=errors.is_gone,
)


def _one_item(pushes: Sequence[StockPush] | Sequence[PricePush]) -> str:
    [item_id] = {push.item_id for push in pushes}
    return item_id


def _model(variation_id: str) -> int:
    return integer_id(variation_id, "model id") if variation_id else 0


def _failed(access: Access, path: str, body: Mapping[str, Any], models: Mapping[str, Any]) -> dict[str, Problem]:
    """Return model -> (code, reason) of the rows that were not taken. One that the answer does not name was not.

    Raises Rejected when a call of several rows is refused as a whole.
    """
    try:
        answer = post(shop_client(access), path, body)
    except Rejected as refusal:
        if len(models) > 1:
            raise
        return dict.fromkeys(models, (refusal.code, refusal.reason))
    lists = response(answer)
    failed, taken = items.failures(lists), items.successes(lists)
    unnamed: Problem = (_UNANSWERED, fields.text(answer, "message") or "Shopee's answer does not name it")
    return {
        model: errors.of_row(failed[model]) if failed.get(model) else unnamed
        for model in models
        if model in failed or model not in taken
    }


def _held(access: Access, item_id: str) -> dict[str, int]:
    """Return the units that promotions hold by model; empty when Shopee does not say now."""
    try:
        return reads.promotion_held(access, item_id, datetime.now(UTC))
    except (ChannelError, ValueError):
        return {}


def _stock_outcome(push: StockPush, problem: Problem | None, held: int) -> PushOutcome:
    if problem is not None and held > push.quantity:
        reason = errors.refusal(errors.IN_PROMOTION, as_reason(problem[1]).words).reason
        return _outcome(push, push.warehouse, (errors.IN_PROMOTION, reason), floor=held)
    return _outcome(push, push.warehouse, problem)


def _outcome(
    push: StockPush | PricePush, warehouse: str, problem: Problem | None, floor: int | None = None
) -> PushOutcome:
    code, reason = problem or ("", "")
    return PushOutcome(push.item_id, push.variation_id, warehouse, problem is None, code, reason, floor)


def _image(address: str) -> str:
    found = _KEPT.match(address)
    if found is None:
        raise Rejected(errors.FOREIGN_PICTURE(address=address), code="error_image")
    return found["image"]
