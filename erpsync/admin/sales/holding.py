"""Holding back of orders and buyers by people, on their pages."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from erpsync import permissions
from erpsync.admin.kit import words
from erpsync.admin.kit.base import ShopAdmin, list_of, once, page_of
from erpsync.admin.kit.summary import parted, summarise
from erpsync.admin.packing.photo_marks import photos_of, thumbnails
from erpsync.admin.sales.order_desk import TagActionForm
from orders.models import Customer, Order, WaveOrder
from orders.queries import held
from orders.services import holding
from orders.services.waves import states
from orders.statuses import statuses

if TYPE_CHECKING:
    _Base = ShopAdmin
else:
    _Base = object


class HoldForm(BaseDialogForm):
    """Dialog that asks why something is held back."""

    reason = forms.CharField(
        label=_("Why"), max_length=holding.REASON_LENGTH, widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text=_("Whoever meets it later reads this."),
    )  # fmt: skip


class HoldActionForm(TagActionForm):
    """Action bar of the list, with the reason for the action that holds back."""

    # any text: an empty one is refused by the action, in its own words
    why = forms.CharField(
        required=False, label="",
        widget=UnfoldAdminTextInputWidget({
            "x-show": "action === 'hold_chosen'", "aria-label": _("Why"), "placeholder": _("Why"), "maxlength": holding.REASON_LENGTH,
        }),
    )  # fmt: skip


class HoldActions(_Base):
    """Buttons of an order's page that hold it back, release it, and take it out of its wave; the same for many; and how it stands."""

    action_form = HoldActionForm

    def hidden_actions(self, row: Order) -> Collection[str]:
        hidden = set(super().hidden_actions(row))
        if _why_not_held(row):
            hidden.add("hold")
        if not row.held:
            hidden.add("release")
        if not any(place.is_active for place in _places(row)):
            hidden.add("leave_wave")
        return hidden

    @display(description=_("packing"))
    def packing(self, order: Order) -> Any:
        """Return its waves, those it fell out of with the reason, why it is held back, and the photos of its parcels and returns."""
        return once(order, "packing", lambda: _packing(order))

    @action(
        description=_("Hold back"), icon="front_hand", permissions=["operate"],
        dialog={
            "title": _("Hold the order back"), "form_submit_text": _("Hold back"), "form_class": HoldForm,
            "description": _("It leaves its wave, joins no other, and is not arranged together with others until it is released."),
        },
    )  # fmt: skip
    def hold(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        order = self.found(request, object_id)
        holding.hold([order.pk], form.cleaned_data["reason"])
        self.log_change(request, order, _("Held back"))
        messages.success(request, _("%(what)s is held back.") % {"what": order})
        return self.to_page(order)

    @action(
        description=_("Release"), icon="lock_open", permissions=["operate"],
        dialog={
            "title": _("Release the order"), "form_submit_text": _("Release"),
            "description": _("It may join a wave and be arranged again."),
        },
    )  # fmt: skip
    def release(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        order = self.found(request, object_id)
        holding.release([order.pk])
        self.log_change(request, order, _("Released"))
        messages.success(request, _("%(what)s is released.") % {"what": order})
        return self.to_page(order)

    @admin.action(description=_("Hold back"), permissions=["operate"])
    def hold_chosen(self, request: HttpRequest, queryset: QuerySet[Order]) -> None:
        why = request.POST.get("why", "").strip()
        if not why:
            messages.error(request, _("Nothing was done: say why they are held back, beside the action."))
            self.log_rows(request, [], "")
            return
        rows, left_out = parted(self.permitted(request, queryset), _why_not_held)
        held_now = holding.hold([row.pk for row in rows], why)
        self.log_rows(request, rows, _("Held back"))
        text = ngettext("%(n)s order is held back.", "%(n)s orders are held back.", held_now)
        summarise(request, text, _("No order is held back."), held_now, left_out, list_of(Order), follows=False)

    @admin.action(description=_("Release"), permissions=["operate"])
    def release_chosen(self, request: HttpRequest, queryset: QuerySet[Order]) -> None:
        rows, left_out = parted(self.permitted(request, queryset), _why_not_released)
        released = holding.release([row.pk for row in rows])
        self.log_rows(request, rows, _("Released"))
        text = ngettext("%(n)s order is released.", "%(n)s orders are released.", released)
        summarise(request, text, _("No order is released."), released, left_out, list_of(Order), follows=False)

    @action(
        description=_("Take out of its wave"), icon="remove_from_queue", permissions=["operate"],
        dialog={
            "title": _("Take out of its wave"), "form_submit_text": _("Take out"),
            "description": _("It may join another wave. The others of the wave keep their places."),
        },
    )  # fmt: skip
    def leave_wave(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        order = self.found(request, object_id)
        for wave_id in list(order.wave_places.filter(is_active=True).values_list("wave_id", flat=True)):
            states.take_out(wave_id, [order.pk])
        self.log_change(request, order, _("Taken out of its wave"))
        return self.to_page(order)


def _why_not_held(order: Order) -> str:
    """Return why an order cannot be held back; "" where it can."""
    if order.held:
        return gettext("had been held back before")
    if order.status not in statuses("is_open"):
        return gettext("is: %(status)s") % {"status": order.get_status_display() or order.channel_status}
    return ""


def _why_not_released(order: Order) -> str:
    return "" if order.held else gettext("had not been held back")


def _packing(order: Order) -> Any:
    found = [_place(place) for place in _places(order)]
    if order.held:
        found.insert(0, words.label(_("Held back: %(why)s") % {"why": order.held_reason or "–"}, "warning"))
    elif held([order.pk]):
        found.insert(0, words.label(_("The buyer is held back"), "warning"))
    if photos := photos_of(order):
        found.append(thumbnails(photos))
    return words.lines(found) if found else "–"


def _places(order: Order) -> list[WaveOrder]:
    """Return the places of an order in waves, read once per request."""
    places: list[WaveOrder] = once(
        order, "places", lambda: list(order.wave_places.select_related("wave").order_by("pk"))
    )
    return places


def _place(place: WaveOrder) -> Any:
    text = _("wave %(wave)s, place %(place)s") % {"wave": place.wave, "place": place.position}
    link = words.link(page_of(place.wave), text)
    return words.lines([link, str(place.left_reason)]) if place.left_reason else link


class HoldBuyerActions(_Base):
    """Buttons of a customer's page that hold the buyer back in the user's shops, and release them."""

    def has_operate_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Return whether the user is operator in a shop that knows the customer."""
        if object_id is None:
            return super().has_operate_permission(request)
        return bool(self._shops(request, self.found(request, object_id)))

    def hidden_actions(self, row: Customer) -> Collection[str]:
        states_of = set(once(row, "held", lambda: list(row.identities.values_list("held", flat=True))))
        return {*(() if False in states_of else ("hold_buyer",)), *(() if True in states_of else ("release_buyer",))}

    @action(
        description=_("Hold back"), icon="front_hand", permissions=["operate"],
        dialog={
            "title": _("Hold the buyer back"), "form_submit_text": _("Hold back"), "form_class": HoldForm,
            "description": _("In your shops: none of this buyer's orders joins a wave or is arranged together with others."),
        },
    )  # fmt: skip
    def hold_buyer(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        buyer = self.found(request, object_id)
        holding.hold_buyer(buyer.pk, self._shops(request, buyer), form.cleaned_data["reason"])
        self.log_change(request, buyer, _("Held back"))
        messages.success(request, _("The buyer is held back in your shops."))
        return self.to_page(buyer)

    @action(
        description=_("Release"), icon="lock_open", permissions=["operate"],
        dialog={
            "title": _("Release the buyer"), "form_submit_text": _("Release"),
            "description": _("In your shops. This buyer's orders may join waves and be arranged again."),
        },
    )  # fmt: skip
    def release_buyer(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        buyer = self.found(request, object_id)
        holding.release_buyer(buyer.pk, self._shops(request, buyer))
        self.log_change(request, buyer, _("Released"))
        messages.success(request, _("The buyer is released in your shops."))
        return self.to_page(buyer)

    def _shops(self, request: HttpRequest, buyer: Customer) -> list[int]:
        mine = permissions.shop_ids(request, permissions.OPERATOR)
        return sorted(buyer.identities.filter(shop_id__in=mine).values_list("shop_id", flat=True))
