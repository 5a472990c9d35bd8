"""Stock and prices, absolute numbers, several SKUs a call; content of one product. Rows that fail are reported at code "0"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from integrations.connectors.lazada.account import warehouse_of
from integrations.connectors.lazada.client import STOCK, post, shop_client
from integrations.connectors.lazada.mapping import errors, fields, products
from integrations.connectors.lazada.reads import product
from integrations.connectors.lazada.shown import SHOWN
from integrations.contract.access import Access
from integrations.contract.errors import ChannelError, TryLater
from integrations.contract.publisher import ContentPush, PricePush, Problem, Publisher, PushOutcome, StockPush
from integrations.wire import answers
from integrations.wire.http import ChannelClient

# 50 are allowed and 20 advised
ROWS = 20
# (code, reason) of a row that was not taken
MaybeProblem = Problem | None


def push_stock(access: Access, pushes: Sequence[StockPush]) -> list[PushOutcome]:
    """Show these numbers as sellable, never as `Quantity`, which counts what open orders hold as well.

    The outcome of a row that a campaign holds carries what is sellable now: raising is taken, lowering is not.
    """
    client, warehouse = shop_client(access), warehouse_of(access)
    rows = {push.variation_id: _stock_row(push, warehouse) for push in pushes}
    problems = _problems(client, "/product/stock/sellable/update", rows)
    outcomes = []
    for push in pushes:
        if push.variation_id in problems:
            problem = problems[push.variation_id]
            outcomes.append(_outcome(push, push.warehouse, problem, _floor(client, push, problem, warehouse)))
    return outcomes


def push_price(access: Access, pushes: Sequence[PricePush]) -> list[PushOutcome]:
    """Set regular prices; the call could also set stock, and is never asked to."""
    rows = {
        push.variation_id: {"ItemId": push.item_id, "SkuId": push.variation_id, "Price": format(push.price, "f")}
        for push in pushes
    }
    problems = _problems(shop_client(access), "/product/price_quantity/update", rows)
    return [_outcome(push, "", problems[push.variation_id], None) for push in pushes if push.variation_id in problems]


def push_content(access: Access, push: ContentPush) -> None:
    """Describe a product anew: every SKU must be named, so it is read first. Images must lie on Lazada's own servers.

    Raises Rejected with Lazada's reason.
    """
    client = shop_client(access)
    skus = answers.rows(product(client, push.item_id), "skus")
    words = {"name": push.title, "description": push.description}
    attributes = {name: value for name, value in words.items() if value is not None}
    ids = [fields.first_id(sku, "SkuId") for sku in skus]
    request = products.content_request(push.item_id, ids, attributes, push.images or ())
    body = post(client, "/product/update", {"payload": request})
    for code, message in products.failures(body).values():
        raise errors.problem(code, message)


def _stock_row(push: StockPush, warehouse: str) -> dict[str, str]:
    row = {"ItemId": push.item_id, "SkuId": push.variation_id}
    place, quantity = push.warehouse or warehouse, str(push.quantity)
    if place:
        return row | {"MultiWarehouseInventories": products.in_warehouse(place, quantity)}
    return row | {"SellableQuantity": quantity}


def _problems(client: ChannelClient, path: str, rows: Mapping[str, Mapping[str, str]]) -> dict[str, MaybeProblem]:
    """Send rows and return the problem of each SkuId, None for one that was taken. Rows that Lazada was too busy for go once more.

    Those are left out when the second answer is lost: their outcome is unknown.
    """
    found = _sent(client, path, rows)
    again = {sku: rows[sku] for sku, problem in found.items() if problem and errors.is_temporary(problem[0])}
    if again:
        try:
            found |= _sent(client, path, again)
        except ChannelError as error:
            if isinstance(error, TryLater) and error.maybe_done:
                return {sku: problem for sku, problem in found.items() if sku not in again}
    return found


def _sent(client: ChannelClient, path: str, rows: Mapping[str, Mapping[str, str]]) -> dict[str, MaybeProblem]:
    body = post(client, path, {"payload": products.request(rows.values())}, limit=STOCK)
    failed = {sku: errors.of_row(*failure) for sku, failure in products.failures(body).items()}
    rest = next((problem for sku, problem in failed.items() if not sku), None)
    if rest is None and fields.text(body, "code") == errors.ROWS_FAILED:
        rest = errors.of_row(errors.ROWS_FAILED, fields.text(body, "message"))
    # every row failed, or one that is not named did: none may be believed
    return {sku: failed.get(sku, rest) for sku in rows}


def _floor(client: ChannelClient, push: StockPush, problem: MaybeProblem, warehouse: str) -> int | None:
    if problem is None or problem[0] != errors.IN_CAMPAIGN:
        return None
    try:
        skus = answers.rows(product(client, push.item_id), "skus")
        shown = next(sku for sku in skus if fields.text(sku, "SkuId") == push.variation_id)
        return products.sellable(shown, push.warehouse or warehouse)
    except (ChannelError, ValueError, StopIteration):
        return None


def _outcome(push: StockPush | PricePush, warehouse: str, problem: MaybeProblem, floor: int | None) -> PushOutcome:
    code, reason = problem or ("", "")
    return PushOutcome(push.item_id, push.variation_id, warehouse, problem is None, code, reason, floor)


PUBLISHER = Publisher(
    shown=SHOWN,
    stock=push_stock,
    price=push_price,
    content=push_content,
    items_per_call=ROWS,
    rows_per_call=ROWS,
    is_gone=errors.is_gone,
)
