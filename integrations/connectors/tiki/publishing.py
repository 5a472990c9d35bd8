"""Stock, prices and content of one product. Stock is a total per warehouse: units for sale, and units of open orders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from integrations.connectors.tiki.account import warehouse_of, warehouses
from integrations.connectors.tiki.client import get, send, shop_client, whole
from integrations.connectors.tiki.mapping import errors, fields, products
from integrations.connectors.tiki.reads import one_product
from integrations.connectors.tiki.shown import SHOWN
from integrations.contract.access import Access
from integrations.contract.errors import Rejected
from integrations.contract.publisher import ContentPush, PricePush, Publisher, PushOutcome, StockPush
from integrations.contract.reasons import declare
from integrations.wire.http import ChannelClient

_UPDATE = "v2/products/updateSku"
TAKEN, DELETED = "approved", "deleted"
REFUSED = frozenset({"rejected", DELETED})
_NO_WAREHOUSE = declare(
    "tiki.no_warehouse", _("Tiki names no warehouse for this product. Enter the shop's warehouse ID.")
)
_STATE = declare("tiki.state", _("Tiki did not take the change."))


def push_stock(access: Access, pushes: Sequence[StockPush]) -> list[PushOutcome]:
    """Show these numbers, one product a call. One that Tiki still looks at is in no outcome: it is read back."""
    client, warehouse = shop_client(access), warehouse_of(access)
    found = []
    for push in pushes:
        try:
            place, total = _total(access, client, push, push.warehouse or warehouse)
            stock = {"warehouse_id": whole(place, "warehouse id"), "qty_available": total}
            body = {"seller_warehouse": place, "warehouse_quantities": [stock]}
            found += _outcome(push, push.warehouse, _update(client, push.item_id, body))
        except Rejected as refusal:
            found.append(_refused(push, push.warehouse, refusal))
    return found


def push_price(access: Access, pushes: Sequence[PricePush]) -> list[PushOutcome]:
    """Set the selling prices."""
    client = shop_client(access)
    found = []
    for push in pushes:
        try:
            found += _outcome(push, "", _update(client, push.item_id, {"price": push.price}))
        except Rejected as refusal:
            found.append(_refused(push, "", refusal))
    return found


def push_content(access: Access, push: ContentPush) -> None:
    """Ask for another name, description or pictures. People at Tiki look at it: accepted for looking at, not yet shown.

    Raises Rejected when Tiki has refused by now.
    """
    client = shop_client(access)
    content = {"name": push.title, "description": push.description, "images": push.images and list(push.images)}
    body = {"product_id": whole(push.item_id, "product id")} | {k: v for k, v in content.items() if v is not None}
    track = fields.text(send(client, "POST", "v2/requests/updateProductInfo", body, repeatable=True), "track_id")
    if not (track.isascii() and track.replace("-", "").isalnum()):
        return
    answer = get(client, f"v2/tracking/{track}", endpoint="v2/tracking/*")
    if (state := fields.text(answer, "state")) in REFUSED:
        raise errors.refusal(_STATE, fields.text(answer, "reason"), code=state)


def _total(access: Access, client: ChannelClient, push: StockPush, place: str) -> tuple[str, int]:
    """Return (warehouse, total). With open orders Tiki is asked how many it still holds for buyers; the smaller number counts.

    An order that left without our knowledge must not be sold again; one that came in meanwhile is held anyway.
    """
    if place and not push.open_units:
        return place, push.quantity
    row = one_product(client, push.item_id)
    if row is None:
        raise errors.ERRORS.refusal(errors.NOT_FOUND, push.item_id)
    place = place or products.home(row) or _first_warehouse(access)
    try:
        held = products.reserved(row, place)
    except ValueError as error:
        raise errors.refusal(str(error)) from None
    return place, push.quantity + min(push.open_units, held)


def _first_warehouse(access: Access) -> str:
    found = warehouses(access)
    if not found:
        raise errors.refusal(_NO_WAREHOUSE)
    return found[0].external_id


def _update(client: ChannelClient, product: str, body: Mapping[str, Any]) -> str:
    """Send a change and return its state."""
    answer = send(client, "PUT", _UPDATE, {"product_id": whole(product, "product id"), **body})
    return fields.text(answer, "state")


def _outcome(push: StockPush | PricePush, warehouse: str, state: str) -> list[PushOutcome]:
    if state == TAKEN:
        return [PushOutcome(push.item_id, push.variation_id, warehouse)]
    if state in REFUSED:
        return [_refused(push, warehouse, errors.refusal(_STATE, state, code=state))]
    return []


def _refused(push: StockPush | PricePush, warehouse: str, refusal: Rejected) -> PushOutcome:
    return PushOutcome(push.item_id, push.variation_id, warehouse, False, refusal.code, refusal.reason)


PUBLISHER = Publisher(
    shown=SHOWN,
    stock=push_stock,
    price=push_price,
    content=push_content,
    items_per_call=1,
    rows_per_call=1,
    stock_basis="total",
    is_gone=lambda code, _reason: code in (errors.NOT_FOUND, DELETED),
)
