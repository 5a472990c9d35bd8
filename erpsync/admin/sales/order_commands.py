"""Commands about orders: asked for on the page or for many from the list, carried out by a worker."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.decorators import action
from unfold.enums import ActionVariant

from erpsync.admin.kit.base import ShopAdmin, list_of, once, page_of
from erpsync.admin.kit.command_dialog import CommandForm, command_form
from erpsync.admin.kit.summary import summarise
from erpsync.admin.sales import shipping
from integrations.accounts.connections import NotPossible
from integrations.connectors import channels
from integrations.documents.commands.request import ask, possible
from orders.models import Order
from orders.statuses import Status

if TYPE_CHECKING:
    _Base = ShopAdmin
else:
    _Base = object

# actions of people on the page of an order, by the kind of command that each gives
ASKED = ("ship", "deliver", "cancel", "accept_cancellation", "reject_cancellation")


class CommandActions(_Base):
    """Actions of the order's page and list that give commands; the outcome of each is on the page."""

    def hidden_actions(self, row: Order) -> Collection[str]:
        wanted = possible(row) if row.shop.channel in channels() else frozenset()
        hidden = {kind for kind in ASKED if kind not in wanted}
        if row.status == Status.PACKED and once(
            row, "arranged", lambda: row.commands.filter(kind="ship", state="done").exists()
        ):
            hidden.add("ship")
        return hidden.union(super().hidden_actions(row))

    @action(
        description=_("Ship"), icon="local_shipping", permissions=["operate"], variant=ActionVariant.PRIMARY,
        dialog={
            "title": _("Arrange the shipment"), "form_submit_text": _("Ship"),
            "form_class": command_form(Order, "ship"),
            "description": _("The channel is asked to arrange the shipment."),
        },
    )  # fmt: skip
    def ship(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        return self._ask(request, object_id, "ship", form)

    @action(
        description=_("Mark as delivered"), icon="where_to_vote", permissions=["operate"],
        dialog={
            "title": _("Mark as delivered"), "form_submit_text": _("It was delivered"),
            "form_class": command_form(Order, "deliver"),
            "description": _("Only for parcels that your own couriers bring: the channel is told that the buyer has the goods."),
        },
    )  # fmt: skip
    def deliver(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        return self._ask(request, object_id, "deliver", form)

    @action(
        description=_("Cancel the order"), icon="cancel", permissions=["operate"], variant=ActionVariant.DANGER,
        dialog={
            "title": _("Cancel the order"), "form_submit_text": _("Yes, cancel it"),
            "form_class": command_form(Order, "cancel"),
            "description": _("The channel is asked to cancel the whole order. This cannot be taken back, and may cost points there."),
        },
    )  # fmt: skip
    def cancel(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        return self._ask(request, object_id, "cancel", form)

    @action(
        description=_("Accept the cancellation"), icon="check", permissions=["operate"],
        dialog={
            "title": _("Accept the cancellation"), "form_submit_text": _("Accept"),
            "form_class": command_form(Order, "accept_cancellation"),
            "description": _("The buyer's wish to cancel is granted; the goods are free again."),
        },
    )  # fmt: skip
    def accept_cancellation(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        return self._ask(request, object_id, "accept_cancellation", form)

    @action(
        description=_("Reject the cancellation"), icon="close", permissions=["operate"],
        dialog={
            "title": _("Reject the cancellation"), "form_submit_text": _("Reject"),
            "form_class": command_form(Order, "reject_cancellation"),
            "description": _("The buyer's wish to cancel is turned down; the order goes on."),
        },
    )  # fmt: skip
    def reject_cancellation(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        return self._ask(request, object_id, "reject_cancellation", form)

    def _ask(self, request: HttpRequest, object_id: str, name: str, form: CommandForm) -> HttpResponse:
        order = self.found(request, object_id)
        actor: Any = request.user
        try:
            wanted = ask(order, name, options=form.options(), pictures=form.pictures(), actor=actor)
        except NotPossible as refused:
            messages.error(request, str(refused))
        else:
            text = _("%(command)s: on its way. The outcome appears under commands.")
            messages.success(request, text % {"command": wanted.label})
        return self.to_page(order)

    @admin.action(description=_("Arrange shipment"), permissions=["operate"])
    def ship_chosen(self, request: HttpRequest, queryset: QuerySet[Order]) -> HttpResponse | None:
        chosen = self.permitted(request, queryset)
        if len(chosen) > shipping.MOST_AT_ONCE:
            self.log_rows(request, chosen, _("Arrange shipment"))
            return HttpResponseRedirect(page_of(shipping.start(chosen, request.user)))
        left_out = shipping.arrange(chosen, request.user)
        asked = len(chosen) - sum(map(len, left_out.values()))
        summarise(request, *arranged_text(asked), asked, left_out, list_of(Order))
        return None


def arranged_text(asked: int) -> tuple[str, Any]:
    """Return what is said of so many shipments that are being arranged, and of none."""
    text = ngettext("Shipment of %(n)s order is being arranged.", "Shipment of %(n)s orders is being arranged.", asked)
    return text, _("No shipment was arranged.")
