"""Stock and prices, absolute numbers, several SKUs a call; content of one product. Rows that fail are told at code "0"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from integrations.connectors.base import ContentPush, PricePush, PushOutcome, StockPush
from integrations.connectors.lazada import reading
from integrations.connectors.lazada.calls import STOCK, post
from integrations.connectors.lazada.mapping import errors, fields, products
from integrations.wire import answers
from integrations.wire.errors import ChannelError, TryLater
from integrations.wire.http import Line

# 50 are allowed and 20 advised
ROWS = 20
# (code, reason) of a row that was not taken
Problem = tuple[str, str] | None


def push_stock(line: Line, pushes: Sequence[StockPush], *, warehouse: str) -> list[PushOutcome]:
    """Show these numbers as sellable, never as `Quantity`, which counts what open orders hold as well.

    A row that a campaign holds is told with what is sellable now: raising is taken, lowering is not.
    """
    rows = {push.variation_id: _stock_row(push, warehouse) for push in pushes}
    told = _told(line, "/product/stock/sellable/update", rows)
    return [
        _outcome(push, push.warehouse, told[push.variation_id], _floor(line, push, told[push.variation_id], warehouse))
        for push in pushes
        if push.variation_id in told
    ]


def push_price(line: Line, pushes: Sequence[PricePush]) -> list[PushOutcome]:
    """Set the prices; the call could also set stock, and is never asked to."""
    rows = {
        push.variation_id: {"ItemId": push.item_id, "SkuId": push.variation_id, "Price": format(push.price, "f")}
        for push in pushes
    }
    told = _told(line, "/product/price_quantity/update", rows)
    return [_outcome(push, "", told[push.variation_id], None) for push in pushes if push.variation_id in told]


def push_content(line: Line, push: ContentPush) -> None:
    """Describe a product anew: every SKU must be named, so it is read first. Raises Rejected with Lazada's reason."""
    skus = answers.rows(reading.product(line, push.item_id), "skus")
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


def _told(line: Line, path: str, rows: Mapping[str, Mapping[str, str]]) -> dict[str, Problem]:
    """SkuId -> why it was not taken, or that it was. Rows that Lazada was too busy for are sent once more.

    Of those nothing is told when the second answer is lost: nobody knows.
    """
    found = _sent(line, path, rows)
    again = {sku: rows[sku] for sku, problem in found.items() if problem and errors.is_passing(problem[0])}
    if again:
        try:
            found |= _sent(line, path, again)
        except ChannelError as error:
            if isinstance(error, TryLater) and error.maybe_done:
                return {sku: problem for sku, problem in found.items() if sku not in again}
    return found


def _sent(line: Line, path: str, rows: Mapping[str, Mapping[str, str]]) -> dict[str, Problem]:
    """SkuId -> (code, reason) of a row that was not taken, None of one that was."""
    body = post(line, path, {"payload": products.request(rows.values())}, limit=STOCK)
    failed = {sku: errors.of_row(*told) for sku, told in products.failures(body).items()}
    rest = next((told for sku, told in failed.items() if not sku), None)
    if rest is None and fields.text(body, "code") == errors.ROWS_FAILED:
        rest = errors.of_row(errors.ROWS_FAILED, fields.text(body, "message"))
    # every row failed, or one that is not named did: none may be believed
    return {sku: failed.get(sku, rest) for sku in rows}


def _floor(line: Line, push: StockPush, problem: Problem, warehouse: str) -> int | None:
    if problem is None or problem[0] != errors.IN_CAMPAIGN:
        return None
    try:
        skus = answers.rows(reading.product(line, push.item_id), "skus")
        shown = next(sku for sku in skus if fields.text(sku, "SkuId") == push.variation_id)
        return products.sellable(shown, push.warehouse or warehouse)
    except (ChannelError, ValueError, StopIteration):
        return None


def _outcome(push: StockPush | PricePush, warehouse: str, problem: Problem, floor: int | None) -> PushOutcome:
    code, reason = problem or ("", "")
    return PushOutcome(push.item_id, push.variation_id, warehouse, problem is None, code, reason, floor)
