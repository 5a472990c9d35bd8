"""Columns of a listing, wherever it is a row: the number shown, the price, the status."""

from __future__ import annotations

from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from erpsync.admin.kit import words
from inventory.models import Listing, ListingStock


class ListingColumns:
    """Columns that the list and the page of a product share."""

    @display(description=_("stock shown"))
    def shown(self, listing: Listing) -> Any:
        return words.lines(shown_text(stock) for stock in listing.stocks.all()) or "–"

    @display(description=_("price"))
    def price_label(self, listing: Listing) -> Any:
        return words.lines(filter(None, (words.money(listing.price, listing.currency), words.price_state(listing))))

    @display(description=_("status"))
    def status_label(self, listing: Listing) -> SafeString:
        return words.label(listing.get_status_display(), words.LISTING_COLOURS[listing.status])


def shown_text(stock: ListingStock) -> Any:
    """Return one channel number, with the wanted one where it differs."""
    stands = stock.expected if stock.expected is not None else stock.observed
    now = "?" if stands is None else words.units(stands)
    if stock.failure:
        return words.label(
            _("%(now)s, refused %(wanted)s") % {"now": now, "wanted": words.units(stock.wanted)}, "danger"
        )
    if stock.giving_back:
        return words.label(
            _("%(now)s, goes back to %(wanted)s") % {"now": now, "wanted": words.units(stock.wanted)}, "warning"
        )
    if stock.wanted is not None and stock.wanted != stock.expected:
        return words.label(f"{now} → {words.units(stock.wanted)}", "info")
    return now
