"""Import of prices, with the questions of the price guard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from django.http import HttpRequest
from django.utils.translation import gettext as _

from core.conflicts import ChangedMeanwhile
from core.permissions import SEES_COST
from erpsync import permissions
from erpsync.admin.goods.listing_form import doubt_text
from erpsync.admin.imports.changes import Change, Outcome, checked
from erpsync.admin.imports.finding import amount_of, listings_by_name
from erpsync.admin.imports.reading import Line
from erpsync.admin.kit.log_texts import Money
from inventory.models import Listing
from inventory.services.prices import PriceNeedsConfirmation, WantedPrice, price_refusals, set_wanted_prices


def check(request: HttpRequest, lines: Sequence[Line]) -> Outcome:
    """Return which wanted prices rows would change, with what the price guard asks."""
    listings: dict[int, Listing] = {}

    def change(line: Line, listing: Listing) -> Change | None:
        if not line.values["price"]:
            return None
        price = amount_of(line.values["price"], listing.currency)
        if price == (listing.price if listing.wanted_price is None else listing.wanted_price):
            return None
        listings[listing.pk] = listing
        before, after = Money(listing.price, listing.currency), Money(price, listing.currency)
        return Change(line.number, listing.pk, f"{listing} · {listing.shop}", before, after, (str(price),))

    found = checked(lines, listings_by_name(request, lines), change)
    return _guarded(found, listings, set(permissions.shop_ids(request, SEES_COST)))


def _guarded(found: Outcome, listings: Mapping[int, Listing], sees_cost: set[int]) -> Outcome:
    """Add the price guard's questions; the cost itself is named only to those who may see it."""
    refusals = price_refusals([WantedPrice(each.pk, Decimal(each.new[0])) for each in found.changes])
    changes = []
    for change in found.changes:
        refusal = refusals.get(change.pk)
        if isinstance(refusal, PriceNeedsConfirmation):
            listing, price = listings[change.pk], Decimal(change.new[0])
            asked = (
                doubt_text(doubt, price, listing.currency)
                if doubt.code != "below_cost" or listing.shop_id in sees_cost
                else _("The price is below cost.")
                for doubt in refusal.doubts
            )
            change = change._replace(questions=tuple(asked))
        elif refusal is not None:
            found.wrong.append((change.number, str(refusal)))
            continue
        changes.append(change)
    return Outcome(changes, found.same, sorted(found.wrong))


def store(changes: Sequence[Change]) -> None:
    """Store prices, those that were asked about as confirmed. Raises ChangedMeanwhile: the check locks listings, but no costs."""
    wanted = [WantedPrice(change.pk, Decimal(change.new[0]), confirmed=bool(change.questions)) for change in changes]
    if set_wanted_prices(wanted):
        raise ChangedMeanwhile
