"""Products gone at the stock master: a filter of products and listings, and the count of listings on the dashboard."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, ClassVar

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter

from inventory.models import Listing

GONE = "gone"


class MasterFilter(DropdownFilter):
    """Filter by what the stock master says of the product: deleted there, or not sold there any more."""

    title = _("stock master")
    parameter_name = "master"
    path: ClassVar[str] = ""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(GONE, _("Deleted at the stock master")), ("stopped", _("Not sold at the stock master"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        found = {
            GONE: Q(**{f"{self.path}gone_at__isnull": False}),
            "stopped": Q(**{f"{self.path}is_active": False, f"{self.path}gone_at": None}),
        }.get(self.value() or "")
        if found is None:
            return queryset
        return queryset.filter(found & STILL_LISTED if self.path else found)


class ListingMasterFilter(MasterFilter):
    """The same for listings that are still on sale, which show 0 for it: people take them off, or map them anew."""

    path = "product__"


STILL_LISTED = Q(status=Listing.Status.ACTIVE, shop__keeps_stock=False)


def gone_listings(shop_ids: Collection[int]) -> QuerySet[Listing]:
    """Return the listings of these shops that are of a product that the stock master has deleted."""
    return Listing.objects.filter(STILL_LISTED, shop_id__in=shop_ids, product__gone_at__isnull=False)
