"""Reorder list: products that run out soon at the speed at which they sell, with the quantity to order."""

from __future__ import annotations

from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget

from erpsync import permissions
from erpsync.admin.kit import words
from erpsync.admin.kit.views import AdminView
from inventory.models import Product, Warehouse
from orders.sales_speed import Reorder, to_reorder

MOST = 500
BELOW_DAYS, COVER_DAYS = 14, 30


class ReorderForm(forms.Form):
    """Threshold of low stock, and the number of days that an order covers."""

    below = forms.IntegerField(
        label=_("Runs out within (days)"), min_value=1, max_value=365, initial=BELOW_DAYS,
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "numeric"}),
    )  # fmt: skip
    cover = forms.IntegerField(
        label=_("Order for (days)"), min_value=1, max_value=365, initial=COVER_DAYS,
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "numeric"}),
    )  # fmt: skip


class ReorderView(AdminView):
    """The page, for everybody with a role; sales and stock of the user's own shops."""

    title = _("Reorder")
    template_name = "admin/products/reorder.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        asked = {"below": BELOW_DAYS, "cover": COVER_DAYS, **self.request.GET.dict()}
        form = ReorderForm(asked)
        rows = self._rows(**form.cleaned_data) if form.is_valid() else []
        return super().get_context_data(
            **kwargs, form=form, rows=rows[:MOST], is_cut=len(rows) > MOST, most=words.units(MOST), opts=Product._meta
        )

    def _rows(self, *, below: int, cover: int) -> list[dict[str, Any]]:
        access = permissions.access_of(self.request)
        places = Warehouse.objects.all() if access.everything else permissions.warehouses(self.request)
        found = to_reorder(
            permissions.shop_ids(self.request), list(places.values_list("pk", flat=True)), below_days=below,
            cover_days=cover, most=MOST + 1,
        )  # fmt: skip
        products = Product.objects.only("sku", "name").in_bulk([row.product_id for row in found])
        return [_shown(row, products[row.product_id]) for row in found]


def _shown(row: Reorder, product: Product) -> dict[str, Any]:
    return {
        "url": reverse("admin:inventory_product_change", args=(product.pk,)),
        "name": product.name,
        "sku": product.sku,
        "left": words.units(row.available),
        "short": words.units(row.sold_short),
        "long": words.units(row.sold_long),
        "days": row.days_of_cover,
        "suggested": words.units(row.suggested),
    }
