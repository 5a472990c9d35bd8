"""Bulk mapping: listings that name one product, exactly or probably, previewed first; and its undo."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop, ngettext

from erpsync import permissions
from erpsync.admin.kit.base import list_of
from erpsync.admin.kit.views import OperatorView
from inventory.models import Listing, Product
from inventory.queries import IS_UNMAPPED
from inventory.services import matching
from inventory.services.mapping import exact_matches
from inventory.services.matching import Match as LikelyMatch
from inventory.services.matching import last_bulk_mapping, likely_matches, map_in_bulk, undo_bulk_mapping

MOST_SHOWN = 500
REASONS = {
    matching.NAME: _("Same name, with its variation"),
    matching.SKU: _("Same SKU but for punctuation"),
    matching.SKU_STEM: _("Same SKU but for a letter at the end"),
}


class MappingView(OperatorView):
    """Preview with a box per proposal; ticked ones that are still proposals are mapped."""

    title = _("Map listings in bulk")
    template_name = "admin/listings/mapping.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        only = _ids(self.request.GET.get("ids", ""))
        matches, left_over = matched(self.request, only)
        likely = likely_matched(self.request, {listing for listing, *_ in matches}, only)
        return super().get_context_data(
            **kwargs,
            proposals=proposals(matches[:MOST_SHOWN]),
            more=max(len(matches) - MOST_SHOWN, 0),
            likely=likely_proposals(likely[:MOST_SHOWN]),
            more_likely=max(len(likely) - MOST_SHOWN, 0),
            left_over=left_over - len(likely),
            last=last_bulk_mapping(self.request.user.pk or 0),
            list_url=list_of(Listing),
            opts=Listing._meta,
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if undone := request.POST.get("undo", ""):
            return self.undo(request, undone)
        exact = {int(value) for value in request.POST.getlist("listing") if value.isdecimal()}
        likely = {pair for value in request.POST.getlist("likely") if (pair := _pair(value))}
        mapped = map_proposals(request, sorted(exact), likely)
        text = ngettext("%(n)s listing was mapped.", "%(n)s listings were mapped.", mapped)
        if mapped:
            messages.success(request, text % {"n": mapped})
        if mapped < len(exact) + len(likely):
            messages.warning(request, _("Some were not mapped: they changed meanwhile. Look again."))
        return HttpResponseRedirect(request.get_full_path() if likely or exact else f"{list_of(Listing)}?mapped=no")

    def undo(self, request: HttpRequest, mapping: str) -> HttpResponse:
        """Undo the user's last bulk mapping."""
        shops = permissions.shop_ids(request, permissions.OPERATOR)
        undone = undo_bulk_mapping(int(mapping), request.user.pk or 0, shops) if mapping.isdecimal() else 0
        text = ngettext("%(n)s listing is not mapped any more.", "%(n)s listings are not mapped any more.", undone)
        (messages.success if undone else messages.warning)(request, text % {"n": undone})
        return HttpResponseRedirect(request.get_full_path())


# (listing, product, units of it in one piece)
Match = tuple[int, int, int]


def matched(request: HttpRequest, only: Sequence[int] | None = None) -> tuple[list[Match], int]:
    """Return the exact matches among the user's shops and products, and how many unmapped listings have none."""
    shops = permissions.shop_ids(request, permissions.OPERATOR)
    unmapped = Listing.objects.filter(IS_UNMAPPED, shop_id__in=shops)
    if only is not None:
        unmapped = unmapped.filter(pk__in=only)
    found = exact_matches(only, shop_ids=shops)
    products = permissions.products(request).filter(pk__in={product for _, product, _ in found})
    seen = set(products.values_list("pk", flat=True))
    matches = [match for match in found if match[1] in seen]
    return matches, unmapped.count() - len(matches)


def proposals(matches: Sequence[Match]) -> list[dict[str, Any]]:
    """Return {listing, product, by} of each match."""
    listings = Listing.objects.select_related("shop").defer("raw", "description").in_bulk([row[0] for row in matches])
    products = Product.objects.in_bulk({row[1] for row in matches})
    return [
        {
            "listing": listings[listing],
            "product": products[product],
            "by": _matched_by(listings[listing], products[product]),
        }
        for listing, product, _units in matches
    ]


def likely_matched(
    request: HttpRequest, exact: Collection[int], only: Sequence[int] | None = None
) -> list[LikelyMatch]:
    """Return the likely matches among the user's shops and products, without those that are exact."""
    shops = permissions.shop_ids(request, permissions.OPERATOR)
    products = None if request.user.is_superuser else permissions.products(request).values_list("pk", flat=True)
    found = likely_matches(shops, product_ids=None if products is None else list(products), listing_ids=only)
    return [match for match in found if match.listing_id not in exact]


def likely_proposals(matches: Sequence[LikelyMatch]) -> list[dict[str, Any]]:
    """Return {listing, product, by} of each likely match."""
    shown = proposals([(match.listing_id, match.product_id, 1) for match in matches])
    return [row | {"by": REASONS[match.reason]} for row, match in zip(shown, matches, strict=True)]


def map_proposals(request: HttpRequest, listing_ids: Sequence[int], likely: Collection[tuple[int, int]] = ()) -> int:
    """Map those of the listings that are proposals of this user now and return how many. May be repeated.

    `likely`: (listing, product) as they were shown.
    """
    exact = [(listing, product) for listing, product, _units in matched(request, listing_ids)[0]] if listing_ids else []
    still = likely_matched(request, (), sorted(listing for listing, _ in likely)) if likely else []
    ticked = [(match.listing_id, match.product_id) for match in still if (match.listing_id, match.product_id) in likely]
    mapped = map_in_bulk(sorted(dict(exact + ticked).items()), request.user.pk or 0)
    rows = Listing.objects.filter(pk__in=dict(exact + ticked)).only("pk", "title", "variation_name")
    registered: Any = admin.site.get_model_admin(Listing)
    registered.log_rows(request, list(rows), gettext_noop("Mapped in bulk"))
    return mapped


def _matched_by(listing: Listing, product: Product) -> Any:
    same_sku = listing.sku and listing.sku.upper() == product.sku.upper()
    return _("SKU") if same_sku else _("Barcode")


def _pair(value: str) -> tuple[int, int] | None:
    listing, _, product = value.partition(":")
    return (int(listing), int(product)) if listing.isdecimal() and product.isdecimal() else None


def _ids(text: str) -> list[int] | None:
    return [int(part) for part in text.split(",") if part.isdecimal()] if text else None
