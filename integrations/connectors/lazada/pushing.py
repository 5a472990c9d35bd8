"""Stock and prices, absolute numbers, several SKUs a call; content of one product. Rows that fail are told at code "0"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from integrations.connectors.base import ContentPush, PricePush, PushOutcome, StockPush
from integrations.connectors.lazada import reading
from integrations.connectors.lazada.calls import STOCK, post
from integrations.connectors.lazada.mapping import errors, fields, products
from integrations.wire.errors import ChannelError
from integrations.wire.http import Line

# 50 are allowed and 20 advised
ROWS = 20


def push_stock(line: Line, pushes: Sequence[StockPush], *, warehouse: str) -> list[PushOutcome]:
    """Show these numbers as sellable, never as `Quantity`, which counts what open orders hold as well.

    A row that a campaign holds is told with what is sellable now: raising is taken, lowering is not.
    """
    failed = _failed(line, "/product/stock/sellable/update", [_stock_row(push, warehouse) for push in pushes])
    return [_outcome(push, push.warehouse, failed, _floor(line, push, failed, warehouse)) for push in pushes]


def push_price(line: Line, pushes: Sequence[PricePush]) -> list[PushOutcome]:
    """Set the prices; the call could also set stock, and is never asked to."""
    rows = [
        {"ItemId": push.item_id, "SkuId": push.variation_id, "Price": format(push.price, "f")} for push in pushes
    ]  # fmt: skip
    failed = _failed(line, "/product/price_quantity/update", rows)
    return [_outcome(push, "", failed, None) for push in pushes]


def push_content(line: Line, push: ContentPush) -> None:
    """Describe a product anew: every SKU must be named, so it is read first. Raises Rejected with Lazada's reason."""
    skus = fields.rows(reading.product(line, push.item_id), "skus")
    words = {"name": push.title, "description": push.description}
    attributes = {name: value for name, value in words.items() if value is not None}
    ids = [fields.identity(sku, "SkuId") for sku in skus]
    payload = products.content_request(push.item_id, ids, attributes, push.images or ())
    body = post(line, "/product/update", {"payload": payload})
    for code, told in products.failures(body).values():
        raise errors.problem(code, told)


def _stock_row(push: StockPush, warehouse: str) -> dict[str, str]:
    row = {"ItemId": push.item_id, "SkuId": push.variation_id}
    place, quantity = push.warehouse or warehouse, str(push.quantity)
    if place:
        return row | {"MultiWarehouseInventories": products.in_warehouse(place, quantity)}
    return row | {"SellableQuantity": quantity}


def _failed(line: Line, path: str, rows: Sequence[Mapping[str, str]]) -> dict[str, tuple[str, str]]:
    """SkuId -> (code, reason) of the rows that were not taken. Without rows of its own a refusal is everybody's."""
    body = post(line, path, {"payload": products.request(rows)}, limit=STOCK)
    failed = {sku: errors.of_row(*told) for sku, told in products.failures(body).items()}
    unnamed = next((told for sku, told in failed.items() if not sku), None)
    overview = fields.text(body, "code") == errors.ROWS_FAILED
    if unnamed or overview:
        # every row failed, or one that is not named did: none may be believed
        rest = unnamed or (errors.ROWS_FAILED, errors.of_row(errors.ROWS_FAILED, fields.text(body, "message"))[1])
        return {row["SkuId"]: failed.get(row["SkuId"], rest) for row in rows}
    return failed


def _floor(line: Line, push: StockPush, failed: Mapping[str, tuple[str, str]], warehouse: str) -> int | None:
    code = failed.get(push.variation_id, ("", ""))[0]
    if code != errors.IN_CAMPAIGN:
        return None
    try:
        skus = fields.rows(reading.product(line, push.item_id), "skus")
        shown = next(sku for sku in skus if fields.text(sku, "SkuId") == push.variation_id)
        return products.sellable(shown, push.warehouse or warehouse)
    except (ChannelError, ValueError, StopIteration):
        return None


def _outcome(
    push: StockPush | PricePush, warehouse: str, failed: Mapping[str, tuple[str, str]], floor: int | None
) -> PushOutcome:  # fmt: skip
    problem = failed.get(push.variation_id)
    code, reason = problem or ("", "")
    return PushOutcome(push.item_id, push.variation_id, warehouse, problem is None, code, reason, floor)
