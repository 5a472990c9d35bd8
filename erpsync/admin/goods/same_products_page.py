"""Page of products that may be the same: both side by side, "join" and "they differ"."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from erpsync import permissions
from erpsync.admin.kit import words
from erpsync.admin.kit.base import list_of, page_of
from erpsync.admin.kit.log_texts import said
from erpsync.admin.kit.views import AdminView
from integrations.accounts.connections import NotPossible
from integrations.documents import joining
from inventory.models import Listing, Product, ProductPair, Shop, StockLevel
from inventory.services import pairs
from inventory.services.pairs import Proposal

SHOWN, MOST = 25, 10_000
REASONS = {pairs.SKU: gettext_lazy("Same SKU"), pairs.BARCODE: gettext_lazy("Same barcode")}


def proposed(request: HttpRequest, most: int) -> list[Proposal]:
    """Return the pairs that are proposed among the user's products. Where there is one stock master none are sought."""
    if Shop.objects.filter(keeps_stock=True)[:2].count() < 2:
        return []
    found = pairs.proposals(most=MOST)
    if not request.user.is_superuser:
        seen = permissions.products(request).filter(pk__in={pk for pair in found for pk in pair[:2]})
        mine = set(seen.values_list("pk", flat=True))
        found = [pair for pair in found if mine.issuperset(pair[:2])]
    return found[:most]


def listing_shops(*product_ids: int) -> set[int]:
    """Return the shops that have one of these products, stock masters included."""
    return set(Listing.objects.filter(product_id__in=product_ids).values_list("shop_id", flat=True))


_JOINED = gettext_lazy("Joined: %(first)s and %(second)s")
_DIFFERENT = gettext_lazy("They differ: %(first)s and %(second)s")


class ProposalsView(AdminView):
    """Page with the proposals; one is decided at a time."""

    title = gettext_lazy("Products that may be the same")
    template_name = "admin/stock/same_products.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found = proposed(self.request, SHOWN + 1)
        shown = found[:SHOWN]
        products = Product.objects.in_bulk({pk for pair in shown for pk in pair[:2]})
        places = _places(self.request, list(products))
        rows = [
            {
                "key": f"{pair.first_id}-{pair.second_id}", "reason": REASONS[pair.reason],
                "products": [_facts(products[pk], places.get(pk, [])) for pk in pair[:2]],
                "may": self.model_admin.may_decide(self.request, pair.first_id, pair.second_id),
            }
            for pair in shown
        ]  # fmt: skip
        return super().get_context_data(
            **kwargs, rows=rows, more=len(found) > SHOWN, decided=list_of(ProductPair), opts=ProductPair._meta
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        chosen = next((p for p in proposed(request, MOST) if f"{p[0]}-{p[1]}" == request.POST.get("pair")), None)
        if chosen is None or not self.model_admin.may_decide(request, chosen.first_id, chosen.second_id):
            messages.error(request, _("Nothing was done: it is not proposed any more, or not yours to decide."))
            return HttpResponseRedirect(request.get_full_path())
        first, second = (Product.objects.get(pk=pk) for pk in chosen[:2])
        joins = request.POST.get("decision") == ProductPair.Decision.JOINED
        try:
            if joins:
                joining.join(first.pk, second.pk, actor_id=request.user.pk)
            else:
                pairs.decide(first.pk, second.pk, ProductPair.Decision.DIFFER, actor_id=request.user.pk)
        except NotPossible as refused:
            messages.error(request, str(refused))
            return HttpResponseRedirect(request.get_full_path())
        text = _JOINED if joins else _DIFFERENT
        products = {"first": str(first), "second": str(second)}
        self.model_admin.admin_site.get_model_admin(Product).log_change(request, first, said(text, **products))
        messages.success(request, text % products)
        return HttpResponseRedirect(request.get_full_path())


def _places(request: HttpRequest, product_ids: list[int]) -> dict[int, list[StockLevel]]:
    """Return the levels of these products that the user may see, by product."""
    mine = StockLevel.objects.filter(permissions.levels_of(request), product_id__in=product_ids)
    levels = mine.select_related("warehouse__shop")
    found: dict[int, list[StockLevel]] = {}
    for level in levels.order_by("warehouse__position", "pk"):
        found.setdefault(level.product_id, []).append(level)
    return found


def _facts(product: Product, levels: list[StockLevel]) -> dict[str, Any]:
    return {
        "product": product, "url": page_of(product), "price": words.money(product.price, "VND"),
        "barcode": product.barcode or "–",
        "levels": [{"place": level.warehouse, "units": words.units(level.on_hand)} for level in levels],
    }  # fmt: skip
