"""Stock and prices, absolute numbers, several products a call: only the fields that the mask names change."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from integrations.connectors.sendo.client import shop_client, write
from integrations.connectors.sendo.mapping import errors, fields, products
from integrations.connectors.sendo.reads import product_row
from integrations.connectors.sendo.shown import SHOWN
from integrations.contract.access import Access
from integrations.contract.errors import Rejected
from integrations.contract.publisher import PricePush, Publisher, PushOutcome, StockPush
from integrations.contract.reasons import Cause
from integrations.wire import answers
from integrations.wire.answers import Row
from integrations.wire.http import ChannelClient

Push = StockPush | PricePush
# items whose other variants' numbers came with the push
_NOT_KNOWN: Mapping[str, int] = {}
MakeRow = Callable[[int, Row, Mapping[str, int]], dict[str, Any]]


@dataclass
class _Request:
    """Rows of one call, and those refused before it: (code, reason) by (product, variant)."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    refused: dict[tuple[str, str], tuple[str, Cause]] = field(default_factory=dict)


def push_stock(access: Access, pushes: Sequence[StockPush]) -> list[PushOutcome]:
    """Show these numbers. A product with variants is read first where the rest of its total is not known."""
    return _push(
        shop_client(access),
        pushes,
        {(p.item_id, p.variation_id): p.quantity for p in pushes},
        products.stock_row,
        others={p.item_id: p.others for p in pushes if p.others is not None},
    )


def push_price(access: Access, pushes: Sequence[PricePush]) -> list[PushOutcome]:
    """Set the regular prices, whole dong."""
    fractional = [push for push in pushes if not answers.is_whole(push.price)]
    if fractional:
        raise errors.refusal(errors.WHOLE_DONG, "fractional_money")
    return _push(
        shop_client(access), pushes, {(p.item_id, p.variation_id): int(p.price) for p in pushes}, products.price_row
    )


def _push(
    client: ChannelClient,
    pushes: Sequence[Push],
    numbers: Mapping[tuple[str, str], int],
    make: MakeRow,
    *,
    others: Mapping[str, int] = _NOT_KNOWN,
) -> list[PushOutcome]:
    """Send the rows. Raises Rejected when the whole call is refused: which rows were meant is not reliable, so each must go alone."""
    request = _Request()
    for item_id in dict.fromkeys(item for item, _variant in numbers):
        mine = {variant: number for (item, variant), number in numbers.items() if item == item_id}
        if item_id in others and item_id.isascii() and item_id.isdecimal() and "" not in mine:
            request.rows.append(products.total_row(int(item_id), mine, sum(mine.values()) + others[item_id]))
        else:
            _add(client, request, item_id, mine, make)
    if request.rows:
        result = write(client, "POST", "product/update-by-field-mask", request.rows)
        if result is False:
            raise Rejected(errors.CONTRADICTION, code="contradiction")
        for item, why in products.row_refusals(result, [item for item, _variant in numbers]).items():
            request.refused |= {key: ("row_refused", why) for key in numbers if key[0] == item}
    return [_outcome(push, request.refused.get((push.item_id, push.variation_id))) for push in pushes]


def _add(client: ChannelClient, request: _Request, item_id: str, numbers: Mapping[str, int], make: MakeRow) -> None:
    """Add the product's row, or why there is none."""
    try:
        row = _checked(client, item_id, numbers)
        request.rows.append(make(int(item_id), row, {k: v for k, v in numbers.items() if not _unknown(row, k)}))
    except Rejected as refusal:
        request.refused |= {(item_id, variant): (refusal.code, refusal.reason) for variant in numbers}
    except ValueError as error:
        request.refused |= {(item_id, variant): ("unreadable", str(error)) for variant in numbers}
    else:
        request.refused |= {
            (item_id, v): (errors.VARIANT_NOT_FOUND, errors.NO_VARIANT) for v in numbers if _unknown(row, v)
        }


def _checked(client: ChannelClient, item_id: str, numbers: Mapping[str, int]) -> Row:
    """Return a product with variants as it is now: the total over those that are not pushed must be known. {} for one without."""
    if not (item_id.isascii() and item_id.isdecimal()):
        raise errors.refusal(errors.NO_PRODUCT_ID, "bad_id")
    if set(numbers) == {""}:
        return {}
    row = product_row(client, item_id)
    if products.product_id(row) != item_id:
        raise errors.malformed("product: another one, or none")
    if fields.text(row, "status") in products.UNCHANGEABLE:
        raise errors.refusal(errors.UNCHANGEABLE, "status")
    if all(_unknown(row, variant) for variant in numbers):
        raise errors.refusal(errors.NO_VARIANT, errors.VARIANT_NOT_FOUND)
    return row


def _unknown(row: Row, variant: str) -> bool:
    return bool(row) and variant not in {products.hash_of(found) for found in products.variants(row)}


def _outcome(push: Push, problem: tuple[str, Cause] | None) -> PushOutcome:
    code, reason = problem or ("", "")
    warehouse = push.warehouse if isinstance(push, StockPush) else ""
    return PushOutcome(push.item_id, push.variation_id, warehouse, problem is None, code, reason)


PUBLISHER = Publisher(
    shown=SHOWN,
    stock=push_stock,
    price=push_price,
    items_per_call=10,
    rows_per_call=50,
    sums_items=True,
    # how Sendo bears several calls is not known, and one carries many items
    calls_at_once=1,
    is_gone=lambda code, _reason: code in (errors.NOT_FOUND, errors.VARIANT_NOT_FOUND),
)
