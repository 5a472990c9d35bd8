"""Stock, prices and content of one product. Stock is a total per warehouse: what is for sale, and what buyers have ordered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from integrations.connectors.base import ContentPush, PricePush, PushOutcome, StockPush
from integrations.connectors.tiki import reading
from integrations.connectors.tiki.calls import get, send, whole
from integrations.connectors.tiki.mapping import errors, fields, products
from integrations.wire.errors import Rejected
from integrations.wire.http import Line

_UPDATE = "v2/products/updateSku"
TAKEN, REFUSED = "approved", frozenset({"rejected", "deleted"})
_NO_WAREHOUSE = _("Tiki names no warehouse for this product. Enter the shop's warehouse ID.")
_STATE = _("Tiki did not take the change.")


def push_stock(line: Line, pushes: Sequence[StockPush], *, warehouse: str) -> list[PushOutcome]:
    """Show these numbers, one product a call. A number that Tiki still looks at is in no outcome: it is read back."""
    found = []
    for push in pushes:
        place = push.warehouse or warehouse
        try:
            place, total = _total(line, push, place)
            stock = {"warehouse_id": whole(place, "warehouse id"), "qty_available": total}
            body = {"seller_warehouse": place, "warehouse_quantities": [stock]}
            found += _outcome(push, push.warehouse, _update(line, push.item_id, body))
        except Rejected as refusal:
            found.append(_refused(push, push.warehouse, refusal))
    return found


def push_price(line: Line, pushes: Sequence[PricePush]) -> list[PushOutcome]:
    """Set the selling prices."""
    found = []
    for push in pushes:
        try:
            found += _outcome(push, "", _update(line, push.item_id, {"price": push.price}))
        except Rejected as refusal:
            found.append(_refused(push, "", refusal))
    return found


def push_content(line: Line, push: ContentPush) -> None:
    """Ask for another name, description or pictures; people look at it. Raises Rejected when Tiki has refused by now."""
    told = {"name": push.title, "description": push.description, "images": push.images and list(push.images)}
    body = {"product_id": whole(push.item_id, "product id")} | {k: v for k, v in told.items() if v is not None}
    track = fields.text(send(line, "POST", "v2/requests/updateProductInfo", body, repeatable=True), "track_id")
    if not (track.isascii() and track.replace("-", "").isalnum()):
        return
    answer = get(line, f"v2/tracking/{track}", endpoint="v2/tracking/*")
    if (state := fields.text(answer, "state")) in REFUSED:
        raise errors.refusal(_STATE, fields.text(answer, "reason"), code=state)


def _total(line: Line, push: StockPush, place: str) -> tuple[str, int]:
    """(warehouse, total). With open orders Tiki is asked how many it still holds for buyers, and the smaller number counts.

    An order that left and of which we have not heard must not be sold again; one that came in meanwhile is held anyway.
    """
    if place and not push.open_units:
        return place, push.quantity
    row = reading.one_product(line, push.item_id)
    if row is None:
        raise errors.refusal(str(errors.STATUS[404].advice), push.item_id, code=errors.NOT_FOUND)
    place = place or products.home(row) or _first(line)
    try:
        held = products.reserved(row, place)
    except ValueError as error:
        raise errors.refusal(str(error)) from None
    return place, push.quantity + min(push.open_units, held)


def _first(line: Line) -> str:
    """The seller's first warehouse."""
    found = products.warehouses(fields.listed(get(line, "v2/sellers/me/warehouses")))
    if not found:
        raise errors.refusal(_NO_WAREHOUSE)
    return found[0].external_id


def _update(line: Line, product: str, body: Mapping[str, Any]) -> str:
    """The state of the change."""
    answer = send(line, "PUT", _UPDATE, {"product_id": whole(product, "product id"), **body})
    return fields.text(answer, "state")


def _outcome(push: StockPush | PricePush, warehouse: str, state: str) -> list[PushOutcome]:
    if state == TAKEN:
        return [PushOutcome(push.item_id, push.variation_id, warehouse)]
    if state in REFUSED:
        return [_refused(push, warehouse, errors.refusal(_STATE, state, code=state))]
    return []


def _refused(push: StockPush | PricePush, warehouse: str, refusal: Rejected) -> PushOutcome:
    return PushOutcome(push.item_id, push.variation_id, warehouse, False, refusal.code, refusal.reason)
