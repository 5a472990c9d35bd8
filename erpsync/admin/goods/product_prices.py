"""One price on all channels: a base price and a mark-up per channel, each listing's new price shown before any is stored."""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget

from core.money import BOOK_CURRENCY
from erpsync import permissions
from erpsync.admin.imports.page import dry_run
from erpsync.admin.imports.reading import Line
from erpsync.admin.kit.amounts import MoneyField, WholeNumberField
from erpsync.admin.kit.base import page_of
from erpsync.admin.kit.views import AdminView
from erpsync.admin.kit.words import channel_title
from inventory.models import Listing, Product

STEP = 1_000
LEAST_MARKUP, MOST_MARKUP = -90, 500


class PricesForm(forms.Form):
    """The base price, and a mark-up for each of these channels."""

    price = MoneyField(label=_("Base price"))
    step = WholeNumberField(label=_("Round up to a multiple of"), min_value=1, max_value=1_000_000, initial=STEP)

    def __init__(self, channels: list[str], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["price"].in_currency(BOOK_CURRENCY)  # type: ignore[attr-defined]
        for channel in channels:
            self.fields[f"markup_{channel}"] = forms.DecimalField(
                label=_("Mark-up at %(channel)s (%%)") % {"channel": channel_title(channel)}, initial=0,
                min_value=LEAST_MARKUP, max_value=MOST_MARKUP, decimal_places=2,
                widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal"}),
            )  # fmt: skip

    def price_at(self, channel: str) -> Decimal:
        """Return the price at a channel: with its mark-up, rounded up."""
        marked_up = self.cleaned_data["price"] * (100 + self.cleaned_data[f"markup_{channel}"]) / 100
        step = Decimal(self.cleaned_data["step"])
        return (marked_up / step).to_integral_value(ROUND_CEILING) * step


class ProductPricesView(AdminView):
    """The page; confirming goes through the import of prices, and so through the price guard."""

    title = _("Prices on all channels")
    template_name = "admin/products/prices.html"

    def has_permission(self) -> bool:
        return bool(permissions.shop_ids(self.request, permissions.OPERATOR))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        product = self.model_admin.found(self.request, kwargs.pop("object_id"))
        shown = kwargs.pop("shown", {})
        form = kwargs.pop("form", None) or PricesForm(self._channels(product), initial={"price": product.price})
        return super().get_context_data(
            **kwargs, product=product, form=form, back=page_of(product), opts=Product._meta, **shown
        )

    def post(self, request: HttpRequest, object_id: int, **_theme: Any) -> HttpResponse:
        product = self.model_admin.found(request, object_id)
        form = PricesForm(self._channels(product), request.POST)
        shown: dict[str, Any] = {}
        if form.is_valid():
            shown = dry_run(request, "prices", self._lines(product, form))
        return self.render_to_response(self.get_context_data(object_id=object_id, form=form, shown=shown))

    def _listings(self, product: Product) -> list[Listing]:
        mine = permissions.shop_ids(self.request, permissions.OPERATOR)
        sold = product.listings.filter(shop_id__in=mine, shop__keeps_stock=False, currency=BOOK_CURRENCY)
        return list(sold.exclude(status="deleted").select_related("shop").defer("raw", "description").order_by("id"))

    def _channels(self, product: Product) -> list[str]:
        return sorted({listing.shop.channel for listing in self._listings(product)})

    def _lines(self, product: Product, form: PricesForm) -> list[Line]:
        return [
            Line(
                number,
                {
                    "shop": listing.shop.name, "item": listing.item_id, "variation": listing.variation_id, "sku": "",
                    "price": f"{form.price_at(listing.shop.channel) * listing.units:f}",
                },
            )
            for number, listing in enumerate(self._listings(product), start=1)
        ]  # fmt: skip
