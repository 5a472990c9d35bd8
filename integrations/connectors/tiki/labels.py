"""Shipping labels. An order has one; Tiki begins to pick the order when it is printed."""

from __future__ import annotations

from html import escape

from django.utils.translation import gettext_lazy as _

from integrations.connectors.tiki.client import PAGES, page, shop_client
from integrations.connectors.tiki.mapping import errors, fields, shipping
from integrations.connectors.tiki.reads import known_order
from integrations.contract.access import Access
from integrations.contract.labels import Label, Labels, ParcelRef
from integrations.contract.reasons import declare
from integrations.wire import lossless
from integrations.wire.single_labels import one_by_one

_NO_LABEL = declare("tiki.no_label", _("Tiki has no label for this order yet. Confirm the order first."))
_PAGE = "<!doctype html><meta charset='utf-8'><title>{number}</title><a href='{address}'>{address}</a>"


def fetch_label(access: Access, parcel: ParcelRef) -> Label:
    """Return the order's page to print. Raises Rejected while there is none."""
    order_number = parcel.order_number
    row = known_order(shop_client(access), order_number)
    kind = shipping.LABELS.get(fields.text(row, "fulfillment_type"))
    if kind is None:
        raise errors.refusal(_NO_LABEL)
    found = page(shop_client(access, PAGES), f"v2/orders/{order_number}/{kind}/labels", [("format", "html")])
    try:
        address = fields.text(lossless.parse(found.content), "shipping_label_url")
    except ValueError:
        address = ""
    # the older call answered with an address in place of the page
    if address.startswith(("https://", "http://")):
        content = _PAGE.format(number=escape(order_number), address=escape(address, quote=True)).encode()
        return Label(content, "text/html; charset=utf-8", f"tiki-{order_number}.html")
    if not found.content:
        raise errors.refusal(_NO_LABEL)
    content_type = found.headers.get("content-type", "") or "text/html; charset=utf-8"
    ending = "pdf" if "pdf" in content_type else "html"
    return Label(found.content, content_type, f"tiki-{order_number}.{ending}")


LABELS = Labels(fetch=one_by_one(fetch_label))
