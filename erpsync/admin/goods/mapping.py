"""Bulk mapping: listings that name exactly one product by SKU or barcode, previewed first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.generic import TemplateView
from unfold.views import UnfoldModelAdminViewMixin

from erpsync.admin.kit import permissions
from erpsync.admin.kit.base import list_of
from inventory.models import Listing, Product
from inventory.queries import IS_UNMAPPED
from inventory.services.listings import exact_matches, map_listings
from inventory.services.wanted import refresh_wanted

MOST_SHOWN = 500


class MappingView(UnfoldModelAdminViewMixin, TemplateView):
    """Preview with a box per proposal; ticked ones that are still proposals are mapped."""

    title = _("Map listings by exact SKU or barcode")
    permission_required = ()
    template_name = "admin/listings/mapping.html"

    def has_permission(self) -> bool:
        return bool(self.model_admin.has_operate_permission(self.request))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kwargs.pop("model_admin", None)  # comes with the address, and again from the theme
        shown, collisions = proposals(self.request, _ids(self.request.GET.get("ids", "")))
        return super().get_context_data(
            **kwargs,
            proposals=shown[:MOST_SHOWN],
            more=max(len(shown) - MOST_SHOWN, 0),
            left_over=collisions,
            list_url=list_of(Listing),
            opts=Listing._meta,
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        chosen = {int(value) for value in request.POST.getlist("listing") if value.isdigit()}
        mapped = map_proposals(request, sorted(chosen))
        text = ngettext("%(n)s listing was mapped.", "%(n)s listings were mapped.", mapped)
        messages.success(request, text % {"n": mapped})
        if mapped < len(chosen):
            messages.warning(request, _("Some were not mapped: they changed meanwhile. Look again."))
        return HttpResponseRedirect(f"{list_of(Listing)}?mapped=no")


def proposals(request: HttpRequest, only: Sequence[int] | None = None) -> tuple[list[dict[str, Any]], int]:
    """Return ({listing, product, by}, ...) of the user's shops, and how many unmapped listings have no exact match."""
    unmapped = (
        Listing.objects.filter(IS_UNMAPPED, shop_id__in=permissions.shop_ids(request, permissions.OPERATOR))
        .select_related("shop")
        .defer("raw")
    )
    if only is not None:
        unmapped = unmapped.filter(pk__in=only)
    listings = {listing.pk: listing for listing in unmapped}
    matches = exact_matches(list(listings))
    products = {
        product.pk: product for product in permissions.products(request).filter(pk__in={row[1] for row in matches})
    }
    found = [
        {
            "listing": listings[listing],
            "product": products[product],
            "by": _matched_by(listings[listing], products[product]),
        }
        for listing, product, _units in sorted(matches)
        if product in products
    ]
    return found, len(listings) - len(found)


def map_proposals(request: HttpRequest, listing_ids: Sequence[int]) -> int:
    """Map those of the listings that are proposals of this user now and return how many. May be repeated."""
    found, _left = proposals(request, listing_ids)
    with transaction.atomic():
        refresh_wanted(map_listings([(row["listing"].pk, row["product"].pk, 1) for row in found]))
    return len(found)


def _matched_by(listing: Listing, product: Product) -> Any:
    same_sku = listing.sku and listing.sku.upper() == product.sku.upper()
    return _("SKU") if same_sku else _("Barcode")


def _ids(text: str) -> list[int] | None:
    return [int(part) for part in text.split(",") if part.isdigit()] if text else None
