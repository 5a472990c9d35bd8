"""Stock and prices, absolute numbers, several products a call: only the fields that the mask names change."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from integrations.connectors.base import PricePush, PushOutcome, StockPush
from integrations.connectors.sendo.calls import write
from integrations.connectors.sendo.mapping import errors, fields, products
from integrations.connectors.sendo.reading import product_row
from integrations.wire import answers
from integrations.wire.answers import Row
from integrations.wire.errors import Rejected
from integrations.wire.http import Line

ITEMS = 10
ROWS = 50

Push = StockPush | PricePush
MakeRow = Callable[[int, Row, Mapping[str, int]], dict[str, Any]]


@dataclass
class _Round:
    """What one call carries, and what was refused before it: (code, reason) by (product, variant)."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    refused: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)


def push_stock(line: Line, pushes: Sequence[StockPush]) -> list[PushOutcome]:
    """Show these numbers."""
    return _pushed(line, pushes, {(p.item_id, p.variation_id): p.quantity for p in pushes}, products.stock_row)


def push_price(line: Line, pushes: Sequence[PricePush]) -> list[PushOutcome]:
    """Set the regular prices, whole dong."""
    fractional = [push for push in pushes if not answers.is_whole(push.price)]
    if fractional:
        raise errors.refusal(_("A price must be whole dong."), "fractional_money")
    return _pushed(line, pushes, {(p.item_id, p.variation_id): int(p.price) for p in pushes}, products.price_row)


def _pushed(
    line: Line, pushes: Sequence[Push], numbers: Mapping[tuple[str, str], int], make: MakeRow
) -> list[PushOutcome]:
    """A refusal of the whole call raises Rejected: Sendo does not say reliably which rows were meant, so each must go alone."""
    sent = _Round()
    for item_id in dict.fromkeys(item for item, _variant in numbers):
        mine = {variant: number for (item, variant), number in numbers.items() if item == item_id}
        _add(line, sent, item_id, mine, make)
    if sent.rows:
        result = write(line, "POST", "product/update-by-field-mask", sent.rows)
        if result is False:
            raise Rejected(_("Sendo says success and no at once."), code="contradiction")
        for item, why in products.row_refusals(result, [item for item, _variant in numbers]).items():
            sent.refused |= {key: ("row_refused", why) for key in numbers if key[0] == item}
    return [_outcome(push, sent.refused.get((push.item_id, push.variation_id))) for push in pushes]


def _add(line: Line, sent: _Round, item_id: str, numbers: Mapping[str, int], make: MakeRow) -> None:
    """The product's row, or why there is none."""
    try:
        row = _checked(line, item_id, numbers)
        sent.rows.append(make(int(item_id), row, {k: v for k, v in numbers.items() if not _unknown(row, k)}))
    except Rejected as refusal:
        sent.refused |= {(item_id, variant): (refusal.code, refusal.reason) for variant in numbers}
    except ValueError as error:
        sent.refused |= {(item_id, variant): ("unreadable", str(error)) for variant in numbers}
    else:
        missing = (_("The product has no such variant any more."), "no_variant")
        sent.refused |= {(item_id, v): (missing[1], missing[0]) for v in numbers if _unknown(row, v)}


def _checked(line: Line, item_id: str, numbers: Mapping[str, int]) -> Row:
    """A product with variants as it stands now: the total over those that are not pushed must be known. {} for one without."""
    if not (item_id.isascii() and item_id.isdecimal()):
        raise errors.refusal(_("This is no Sendo product id."), "bad_id")
    if set(numbers) == {""}:
        return {}
    row = product_row(line, item_id)
    if products.product_id(row) != item_id:
        raise errors.nonsense("product: another one, or none")
    if fields.text(row, "status") in products.UNCHANGEABLE:
        raise errors.refusal(
            _("Sendo does not change a product that is deleted, cancelled or waits for approval."), "status"
        )
    if all(_unknown(row, variant) for variant in numbers):
        raise errors.refusal(_("The product has no such variant any more."), "no_variant")
    return row


def _unknown(row: Row, variant: str) -> bool:
    return bool(row) and variant not in {products.hash_of(found) for found in products.variants(row)}


def _outcome(push: Push, problem: tuple[str, str] | None) -> PushOutcome:
    code, reason = problem or ("", "")
    warehouse = push.warehouse if isinstance(push, StockPush) else ""
    return PushOutcome(push.item_id, push.variation_id, warehouse, problem is None, code, reason)
