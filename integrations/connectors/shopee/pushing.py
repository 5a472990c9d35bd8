"""Stock and prices of one item, absolute numbers, several models a call; each row has an outcome of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from integrations.connectors.base import PricePush, PushOutcome, StockPush
from integrations.connectors.shopee import reading
from integrations.connectors.shopee.calls import post, response, whole
from integrations.connectors.shopee.mapping import errors, fields, items
from integrations.wire.errors import ChannelError, Rejected
from integrations.wire.http import Line

ROWS = 50
_UNANSWERED = "unanswered"


def push_stock(line: Line, pushes: Sequence[StockPush], *, location: str) -> list[PushOutcome]:
    """Show these numbers. A refused row is told with what a promotion holds of it, read back: the least it will take."""
    item_id = _one_item(pushes)
    rows: dict[str, dict[str, Any]] = {}
    for push in pushes:
        row = rows.setdefault(push.variation_id, {"model_id": _model(push.variation_id), "seller_stock": []})
        place = push.warehouse or location
        row["seller_stock"].append({"stock": push.quantity} | ({"location_id": place} if place else {}))
    body = {"item_id": whole(item_id, "item id"), "stock_list": list(rows.values())}
    failed = _failed(line, "product/update_stock", body, rows)
    held = _held(line, item_id, location) if failed else {}
    return [_stock_outcome(push, failed.get(push.variation_id), held.get(push.variation_id, 0)) for push in pushes]


def push_price(line: Line, pushes: Sequence[PricePush]) -> list[PushOutcome]:
    """Set the original prices."""
    item_id = _one_item(pushes)
    rows = {push.variation_id: {"model_id": _model(push.variation_id), "original_price": push.price} for push in pushes}
    body = {"item_id": whole(item_id, "item id"), "price_list": list(rows.values())}
    failed = _failed(line, "product/update_price", body, rows)
    return [_outcome(push, "", failed.get(push.variation_id)) for push in pushes]


def _one_item(pushes: Sequence[StockPush] | Sequence[PricePush]) -> str:
    [item_id] = {push.item_id for push in pushes}
    return item_id


def _model(variation_id: str) -> int:
    return whole(variation_id, "model id") if variation_id else 0


def _failed(line: Line, path: str, body: Mapping[str, Any], models: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """Model -> (code, reason) of the rows that were not taken. One that the answer does not name was not."""
    try:
        answer = post(line, path, body)
    except Rejected as refusal:
        return dict.fromkeys(models, (refusal.code, refusal.reason))
    told = response(answer)
    failed, taken = items.failures(told), items.successes(told)
    silence = (_UNANSWERED, fields.text(answer, "message") or "Shopee's answer does not name it")
    return {
        model: errors.of_row(failed[model]) if failed.get(model) else silence
        for model in models
        if model in failed or model not in taken
    }


def _held(line: Line, item_id: str, location: str) -> dict[str, int]:
    """What promotions hold; nothing when Shopee does not say now."""
    try:
        return reading.item_stock(line, item_id, datetime.now(UTC), location)
    except (ChannelError, ValueError):
        return {}


def _stock_outcome(push: StockPush, problem: tuple[str, str] | None, held: int) -> PushOutcome:
    if problem is not None and held > push.quantity:
        advice = errors.refusal(errors.IN_PROMOTION).reason
        reason = problem[1] if problem[1].startswith(advice) else f"{advice} {problem[1]}"
        return _outcome(push, push.warehouse, (errors.IN_PROMOTION, reason), floor=held)
    return _outcome(push, push.warehouse, problem)


def _outcome(
    push: StockPush | PricePush, warehouse: str, problem: tuple[str, str] | None, floor: int | None = None
) -> PushOutcome:
    code, reason = problem or ("", "")
    return PushOutcome(push.item_id, push.variation_id, warehouse, problem is None, code, reason, floor)
