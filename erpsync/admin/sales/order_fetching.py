"""Orders read from the channel: fetched again, or saved as a case with the answer as it came."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.decorators import action

from erpsync.admin.kit.base import ShopAdmin, once, page_of
from erpsync.admin.kit.save_case import case_file
from erpsync.replay.export import StoredAnswer, may_be_saved
from integrations.inbox.refetch import refetch_by_shop
from integrations.models import Connection, InboxEvent
from orders.models import Order

if TYPE_CHECKING:
    _Base = ShopAdmin
else:
    _Base = object


def fetch_again(orders: Sequence[Order]) -> int:
    """Ask the channel for these orders again and return how many will be asked for."""
    by_shop = defaultdict(list)
    for order in orders:
        by_shop[order.shop_id].append(order.number)
    return refetch_by_shop("order", by_shop, InboxEvent.Source.PERSON)


def _connection(order: Order) -> Connection | None:
    known = Connection.objects.select_related("authorisation__app", "shop")
    return known.filter(shop=order.shop_id).first()


class FetchActions(_Base):
    """Actions of the order's page and list that ask the channel again, and the one that saves its answer as a case."""

    def hidden_actions(self, row: Order) -> Collection[str]:
        saved = once(row, "saved", lambda: may_be_saved(_connection(row), "order"))
        return {*super().hidden_actions(row), *(() if saved else ("save_as_case",))}

    @admin.action(description=_("Fetch again from the channel"), permissions=["operate"])
    def fetch_chosen_again(self, request: HttpRequest, queryset: QuerySet[Order]) -> None:
        self._fetch(request, self.permitted(request, queryset))

    @action(
        description=_("Fetch again"),
        icon="refresh",
        permissions=["operate"],
        dialog={
            "title": _("Fetch this order again"),
            "description": _("The channel is asked what it says about this order now. May be repeated."),
            "form_submit_text": _("Fetch again"),
        },
    )
    def fetch_this_again(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        order = self.found(request, object_id)
        self._fetch(request, [order])
        return self.to_page(order)

    def _fetch(self, request: HttpRequest, chosen: Sequence[Order]) -> None:
        asked = fetch_again(chosen)
        for order in chosen:
            self.log_change(request, order, _("Asked the channel again"))
        text = ngettext(
            "%(n)s order will be fetched within seconds.", "%(n)s orders will be fetched within seconds.", asked
        )
        messages.success(request, text % {"n": asked})
        if asked < len(chosen):
            messages.warning(request, _("Orders of shops without a connection cannot be fetched."))

    @action(description=_("Save as a case"), icon="download", permissions=["operate"])
    def save_as_case(self, request: HttpRequest, object_id: str) -> HttpResponse:
        order = self.found(request, object_id)
        stored = StoredAnswer(order.asked_at, order.raw)
        return case_file(request, _connection(order), "order", order.number, page_of(order), stored=stored)
