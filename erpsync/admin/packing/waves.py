"""Waves: list, page with the orders in their order, what is printed of one, and how it goes on."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from erpsync import permissions
from erpsync.admin.kit import words
from erpsync.admin.kit.base import ShopAdmin, ShopInline, menu, page_of
from erpsync.admin.kit.filters import choice_filter
from erpsync.admin.packing.making_page import MakeWavesView
from integrations.accounts.connections import NotPossible
from integrations.labels.printing import print_labels
from orders.models import Order, Wave, WaveOrder
from orders.packing_lists import packing_lists, pick_list
from orders.services.waves import states

State = Wave.State
COLOURS = {"open": "info", "picking": "warning", "packed": "primary", "handed_over": "success", "dissolved": "default"}
# the buttons that make sense in a state, beside those that print
SENSIBLE: dict[str, set[str]] = {
    State.OPEN: {"start", "set_packed", "set_handed_over", "dissolve"},
    State.PICKING: {"set_packed", "set_handed_over", "dissolve"},
    State.PACKED: {"set_handed_over", "dissolve"},
}
STEPS = ("start", "set_packed", "set_handed_over", "dissolve")


class PlaceInline(ShopInline):
    model = WaveOrder
    verbose_name_plural = _("Orders in their order")
    fields = readonly_fields = ("position", "order_label", "tracking", "status_label", "stands")

    def get_queryset(self, request: HttpRequest) -> QuerySet[WaveOrder]:
        found = super().get_queryset(request).order_by("position").select_related("order__shop")
        return found.prefetch_related("order__parcels").defer("order__raw", "order__recipient")

    @display(description=_("order"))
    def order_label(self, place: WaveOrder) -> SafeString:
        return words.lines([words.link(page_of(place.order), place.order.number), place.order.shop.name])

    @display(description=_("tracking number"))
    def tracking(self, place: WaveOrder) -> str:
        current = (parcel for parcel in place.order.parcels.all() if parcel.replaced_at is None)
        return ", ".join(filter(None, (parcel.tracking_number for parcel in current))) or "–"

    @display(description=_("status"))
    def status_label(self, place: WaveOrder) -> SafeString:
        return words.order_status(place.order)

    @display(description=_("in the wave"))
    def stands(self, place: WaveOrder) -> Any:
        if place.left_at is None:
            return words.label(_("Yes"), "success")
        mark = words.label(_("Fell out %(time)s") % {"time": words.moment(place.left_at)}, "danger")
        return words.lines([mark, str(place.left_reason)])


@admin.register(Wave)
class WaveAdmin(ShopAdmin):
    """Waves of which the user has a role in every shop."""

    list_display = ("wave", "state_label", "orders_label", "fallen_label", "begin_by", "cut_off", "person")
    list_filter = (choice_filter("state", _("state")),)
    search_fields = ("carrier",)
    search_help_text = _("The name of a courier.")
    ordering = ("-id",)
    sortable_by = ()
    actions_list = ["make"]
    actions_detail = [
        "start", "print_pick_list",
        menu("print_wave_labels", "print_packing_lists", "set_packed", "set_handed_over", "dissolve"),
    ]  # fmt: skip
    inlines = (PlaceInline,)
    empty_text = _("No wave was made yet: make waves from the orders that wait to be packed.")
    fieldsets = (
        (None, {"fields": (
            ("state_label", "carrier"), ("orders_label", "fallen_label"), ("begin_by", "cut_off"), ("size_limit", "warehouse"),
            ("person", "actor"), ("created_at", "ended_at"),
        )}),
    )  # fmt: skip

    def visible(self, request: HttpRequest, queryset: QuerySet[Wave]) -> QuerySet[Wave]:
        return permissions.in_all_shops(request, queryset)

    def may(self, request: HttpRequest, obj: Any, role: str) -> bool:
        return bool(request.user.is_superuser) or set(obj.shop_ids) <= set(permissions.shop_ids(request, role))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Wave]:
        fallen = Count("places", filter=Q(places__left_at__isnull=False))
        found = super().get_queryset(request).select_related("person", "actor", "warehouse")
        return found.annotate(all_orders=Count("places"), fallen=fallen)

    def get_custom_urls(self) -> tuple[tuple[str, str, Any], ...]:
        return (
            ("new/", "orders_wave_make_waves", MakeWavesView.as_view(model_admin=self)),
            ("<int:object_id>/pick-list/", "orders_wave_pick_list", self.pick_list_view),
            ("<int:object_id>/packing-lists/", "orders_wave_packing_lists", self.packing_lists_view),
        )

    # --- printing ---

    def pick_list_view(self, request: HttpRequest, object_id: int, **_theme: Any) -> HttpResponse:
        """The pick list as a page to print: SKUs with the total and how many go to which place."""
        wave = self.found(request, object_id)
        rows = pick_list(packing_lists(wave.pk))
        pieces = sum(row.piece.quantity for row in rows)
        return self._printed(request, wave, "admin/packing/pick_list.html", rows=rows, pieces=words.units(pieces))

    def packing_lists_view(self, request: HttpRequest, object_id: int, **_theme: Any) -> HttpResponse:
        """The packing lists of all orders as a page to print, in the order of the wave."""
        wave = self.found(request, object_id)
        return self._printed(request, wave, "admin/packing/packing_lists.html", lists=packing_lists(wave.pk))

    def _printed(self, request: HttpRequest, wave: Wave, template: str, **context: Any) -> HttpResponse:
        return TemplateResponse(
            request, template, {"wave": wave, "now": timezone.now(), "back": page_of(wave), **context}
        )

    @action(description=_("Pick list"), icon="checklist", permissions=["operate"], url_path="open-pick-list")
    def print_pick_list(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return HttpResponseRedirect(
            reverse("admin:orders_wave_pick_list", args=(self.found(request, object_id).pk,))
        )  # fmt: skip

    @action(description=_("Packing lists"), icon="list_alt", permissions=["operate"], url_path="open-packing-lists")
    def print_packing_lists(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return HttpResponseRedirect(
            reverse("admin:orders_wave_packing_lists", args=(self.found(request, object_id).pk,))
        )  # fmt: skip

    @action(
        description=_("Print labels"), icon="print", permissions=["operate"],
        dialog={
            "title": _("Print labels"), "form_submit_text": _("Print labels"),
            "description": _("The labels of the wave are fetched from the channels and put into one file, in the order of the wave."),
        },
    )  # fmt: skip
    def print_wave_labels(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        wave = self.found(request, object_id)
        orders = Order.objects.filter(wave_places__wave=wave, wave_places__left_at__isnull=True)
        actor: Any = request.user
        try:
            run = print_labels(
                list(orders.order_by("wave_places__position").select_related("shop").defer("raw", "recipient")), actor
            )
        except NotPossible as refused:
            messages.error(request, str(refused))
            return self.to_page(wave)
        self.log_change(request, wave, _("Labels wanted for printing"))
        return self.to_page(run)

    # --- columns ---

    @display(description=_("wave"), header=True)
    def wave(self, wave: Wave) -> list[Any]:
        return words.Header([f"#{wave.pk}", wave.carrier or str(_("any courier"))])

    @display(description=_("state"))
    def state_label(self, wave: Wave) -> SafeString:
        return words.label(wave.get_state_display(), COLOURS[wave.state])

    @display(description=_("orders"))
    def orders_label(self, wave: Any) -> str:
        return words.units(wave.all_orders - wave.fallen)

    @display(description=_("fell out"))
    def fallen_label(self, wave: Any) -> Any:
        return words.label(words.units(wave.fallen), "danger") if wave.fallen else "–"

    # --- steps ---

    def hidden_actions(self, row: Wave) -> Collection[str]:
        return set(STEPS) - SENSIBLE.get(row.state, set())

    @action(description=_("Make waves"), icon="add", permissions=["operate"])
    def make(self, request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:orders_wave_make_waves"))

    @action(
        description=_("Begin picking"), icon="directions_run", permissions=["operate"], variant=ActionVariant.PRIMARY,
        dialog={
            "title": _("Begin picking"), "form_submit_text": _("Begin"),
            "description": _("Where nobody is named yet, you are the one who picks it."),
        },
    )  # fmt: skip
    def start(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        return self._step(request, object_id, lambda pk: states.start(pk, request.user.pk), _("Picking has begun."))

    @action(
        description=_("All packed"), icon="package_2", permissions=["operate"],
        dialog={
            "title": _("All packed"), "form_submit_text": _("All packed"),
            "description": _("For those who pack without scanning. Parcels that are scanned count by themselves."),
        },
    )  # fmt: skip
    def set_packed(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        return self._step(request, object_id, states.set_packed, _("All is packed."))

    @action(
        description=_("Handed over"), icon="local_shipping", permissions=["operate"],
        dialog={
            "title": _("Handed over"), "form_submit_text": _("Handed over"),
            "description": _("The wave has gone with the courier and ends. It ends by itself once the channels say so of all its orders."),
        },
    )  # fmt: skip
    def set_handed_over(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        return self._step(request, object_id, states.set_handed_over, _("It has gone with the courier."))

    @action(
        description=_("Dissolve"), icon="cancel", permissions=["operate"], variant=ActionVariant.DANGER,
        dialog={
            "title": _("Dissolve the wave"), "form_submit_text": _("Yes, dissolve it"),
            "description": _("Its orders stay as they are and may join another wave."),
        },
    )  # fmt: skip
    def dissolve(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        return self._step(request, object_id, states.dissolve, _("Dissolved. Its orders may join another wave."))

    def _step(self, request: HttpRequest, object_id: str, what: Callable[[int], bool], done: Any) -> HttpResponse:
        wave = self.found(request, object_id)
        if what(wave.pk):
            self.log_change(request, wave, done)
            messages.success(request, done)
        else:
            messages.info(request, _("Somebody else was faster: the wave is further on already."))
        return self.to_page(wave)
