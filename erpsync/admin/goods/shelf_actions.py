"""Shelves of a product: the button of its page that sets them, one per branch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminTextInputWidget

from erpsync import permissions
from erpsync.admin.kit.base import ShopAdmin
from inventory.models import Product, StockLevel
from inventory.services.shelves import SHELF_LENGTH, set_shelves

if TYPE_CHECKING:
    _Base = ShopAdmin
else:
    _Base = object


def shelved_levels(request: HttpRequest) -> QuerySet[StockLevel]:
    """Return the stock levels whose shelf the user may set: those of warehouses that the user's shops work with."""
    usable = permissions.usable_warehouses(request)
    return StockLevel.objects.filter(warehouse__in=usable.values("pk")).select_related("warehouse")


class ShelvesForm(BaseDialogForm):
    """Dialog with a field per branch."""

    def __init__(self, request: HttpRequest, object_id: Any = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, object_id, *args, **kwargs)
        levels = shelved_levels(request).filter(product_id=object_id).order_by("warehouse__position", "pk")
        self.levels = list(levels)
        for level in self.levels:
            self.fields[f"shelf_{level.pk}"] = forms.CharField(
                label=level.warehouse.name, max_length=SHELF_LENGTH, required=False, initial=level.shelf, widget=UnfoldAdminTextInputWidget,
            )  # fmt: skip

    def shelves(self) -> dict[int, str]:
        """Return the shelves by stock level."""
        return {level.pk: self.cleaned_data[f"shelf_{level.pk}"] for level in self.levels}


class ShelfActions(_Base):
    """Button of a product's page that sets its shelves."""

    def has_shelve_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Return whether the user works in a warehouse that has the product."""
        if object_id is None:
            return self.has_operate_permission(request)
        product: Product = self.found(request, object_id)
        return shelved_levels(request).filter(product=product).exists()

    @action(
        description=_("Shelves"), icon="shelves", permissions=["shelve"],
        dialog={
            "title": _("Shelves"), "form_submit_text": _("Save"), "form_class": ShelvesForm,
            "description": _("Where the product lies in each branch. Pick lists show it and are sorted by it."),
        },
    )  # fmt: skip
    def shelves(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        product = self.found(request, object_id)
        if set_shelves(form.shelves()):
            self.log_change(request, product, _("Shelves set"))
            messages.success(request, _("The shelves are set."))
        return self.to_page(product)
