"""Form of a listing: its mapping and the price wanted, which is asked about when it looks like a slip."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db import transaction
from django.forms import ModelForm
from django.utils.translation import gettext

from erpsync.admin.kit import words
from erpsync.admin.kit.amounts import AskingInput, MoneyField, confirmation_of
from inventory.models import Listing
from inventory.services.prices import PriceDoubt, price_doubts

PRICE = "wanted_price"


class ListingForm(ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Listing
        fields = ("product", "units", PRICE)
        field_classes = {PRICE: MoneyField}
        widgets = {PRICE: AskingInput}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.price_is_confirmed = False
        price = self.fields.get(PRICE)  # absent where the form is read only
        if isinstance(price, MoneyField):
            price.in_currency(self.instance.currency)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        price = cleaned.get(PRICE)
        if price is None or PRICE not in self.changed_data or self.errors:
            return cleaned
        self.price_is_confirmed = self.data.get(self.add_prefix(confirmation_of(PRICE))) == _key(price)
        if not self.price_is_confirmed and (doubts := self._doubts(cleaned)):
            self._ask(price, doubts)
        return cleaned

    def _doubts(self, cleaned: dict[str, Any]) -> list[PriceDoubt]:
        product = cleaned.get("product")
        with transaction.atomic():
            return price_doubts(
                self.instance.pk, cleaned[PRICE], product_id=product and product.pk, units=cleaned.get("units")
            )

    def _ask(self, price: Decimal, doubts: list[PriceDoubt]) -> None:
        widget = self.fields[PRICE].widget
        assert isinstance(widget, AskingInput), "see Meta"
        currency = self.instance.currency
        widget.questions = [doubt_text(doubt, price, currency) for doubt in doubts]
        widget.confirms = _key(price)
        widget.answer = gettext("Yes, the price is %(price)s.") % {"price": words.money(price, currency)}
        self.add_error(PRICE, gettext("Nothing is stored yet: correct the price, or confirm it and save again."))


def doubt_text(doubt: PriceDoubt, price: Decimal, currency: str) -> str:
    """Say why a price is asked about."""
    values = {"new": words.money(price, currency), "old": words.money(doubt.reference, currency)}
    if doubt.code == "below_cost":
        return gettext("%(new)s is below the cost of %(old)s.") % values
    share = abs(price - doubt.reference) * 100 / doubt.reference
    values["percent"] = words.units(Decimal(round(share)))
    if price < doubt.reference:
        return gettext("%(new)s instead of %(old)s now: %(percent)s %% less.") % values
    return gettext("%(new)s instead of %(old)s now: %(percent)s %% more.") % values


def _key(price: Decimal) -> str:
    return f"{price.normalize():f}"
