"""Dialog that receives the goods of a return: what was found in the parcel, piece by piece, with photos, and where it goes."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.forms import BaseDialogForm
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from erpsync import permissions
from erpsync.admin.packing.photo_marks import photo_field, photos_by_line
from inventory.models import Warehouse
from orders.models import Return, ReturnLine
from orders.services.receiving import Pieces, all_in

CONDITIONS = [(value, label) for value, label in ReturnLine.Condition.choices if value in Pieces._fields]


class PiecesWidget(forms.MultiWidget):
    """A number for each condition, side by side."""

    def __init__(self, most: int) -> None:
        number = {"min": 0, "max": most, "inputmode": "numeric"}
        super().__init__([UnfoldAdminIntegerFieldWidget(number) for _condition in CONDITIONS])

    def decompress(self, value: Any) -> list[int | None]:
        return list(value) if value else [None] * len(CONDITIONS)

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        numbers = value if isinstance(value, list) else self.decompress(value)
        rows = enumerate(zip(CONDITIONS, self.widgets, numbers, strict=True))
        fields = [
            (label, widget.render(f"{name}_{place}", number, renderer=renderer))
            for place, ((_condition, label), widget, number) in rows
        ]
        return format_html('<div class="pieces">{}</div>', format_html_join("", "<label>{}{}</label>", fields))


class PiecesField(forms.MultiValueField):
    """How many pieces of a line are sellable, damaged and missing: together as many as the line has."""

    def __init__(self, *, label: str, quantity: int) -> None:
        self.quantity = quantity
        numbers = [forms.IntegerField(min_value=0, max_value=quantity, required=False) for _condition in CONDITIONS]
        super().__init__(
            numbers, label=label, widget=PiecesWidget(quantity), initial=Pieces(sellable=quantity), require_all_fields=False,
        )  # fmt: skip

    def compress(self, data_list: list[int | None]) -> Pieces:
        return Pieces(*(number or 0 for number in data_list))

    def validate(self, value: Pieces | None) -> None:
        if sum(value or ()) != self.quantity:
            raise ValidationError(_("Together it must be %(n)s pieces.") % {"n": self.quantity})


class ReceiveForm(BaseDialogForm):
    """Form for the contents of the parcel, line by line, and whether it may be sold again."""

    form_before_template = "admin/orders/line_photos.html"

    def __init__(self, request: HttpRequest, object_id: Any = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, object_id, *args, **kwargs)
        ret = get_object_or_404(Return.objects.select_related("shop"), pk=object_id)
        self.lines = list(ret.lines.select_related("order_line"))
        for line in self.lines:
            self.fields[f"line_{line.pk}"] = _line_field(line)
        # those of the shop itself were chosen for it: whoever may receive its returns may receive them there
        own = Q(pk=ret.shop.returns_to_id) | Q(pk__in=ret.shop.sells_from.values("pk"))
        usable = Q(pk__in=permissions.usable_warehouses(request).values("pk"))
        places = Warehouse.objects.filter(own | usable, is_active=True).order_by("position", "pk")
        first = (
            ret.shop.returns_to_id
            or ret.shop.sells_from.order_by("position", "pk").values_list("pk", flat=True).first()
        )
        self.fields["warehouse"] = forms.ModelChoiceField(
            places, label=_("Received at"), initial=first, empty_label=None, widget=UnfoldAdminSelectWidget
        )
        self.fields["put_back"] = forms.BooleanField(
            label=_("Put sellable goods back on sale"), required=False, widget=UnfoldBooleanSwitchWidget,
            help_text=_("In a branch of a POS they are put on a list instead: they are posted at the POS by hand."),
        )  # fmt: skip
        self.fields["reason"] = forms.CharField(
            label=_("Why more came back than were sold"), required=False, max_length=200, widget=UnfoldAdminTextInputWidget,
            help_text=_("Only needed when the parcels of this order hold more pieces than were sold; kept with the stock movement."),
        )  # fmt: skip

    def pieces(self) -> dict[int, Pieces]:
        """Return what was found by return line."""
        told = {line: self.cleaned_data[f"line_{line.pk}"] for line in self.lines}
        return {
            line.pk: found if isinstance(found, Pieces) else all_in(found, line.quantity)
            for line, found in told.items()
        }

    def get_before_template_context(self, request: HttpRequest, object_id: Any = None) -> dict[str, Any]:
        photos = photos_by_line(self.lines)
        return {
            "lines": [
                {
                    "title": f"{line.quantity} × {title_of(line)}",
                    "photos": photo_field(request, photos[line.pk], line=line.pk),
                }
                for line in self.lines
            ]
        }


def _line_field(line: ReturnLine) -> forms.Field:
    label = f"{line.quantity} × {title_of(line)}"
    if line.quantity > 1:
        return PiecesField(label=label, quantity=line.quantity)
    return forms.ChoiceField(label=label, choices=CONDITIONS, widget=UnfoldAdminSelectWidget)


def title_of(line: ReturnLine) -> str:
    """Return the name of a return line's goods."""
    return (line.order_line.title if line.order_line else "") or line.sku or line.item_id
