"""Disconnect page: shows the open orders first; pushes stop, and nothing is deleted."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from erpsync.admin.kit import words
from erpsync.admin.kit.base import list_of, page_of
from erpsync.admin.kit.views import AdminView
from integrations.accounts.disconnecting import disconnect, open_orders
from integrations.models import Connection
from orders.models import Order

SHOWN = 20


class DisconnectView(AdminView):
    """Page with the open orders and a button to disconnect."""

    title = _("Disconnect")
    template_name = "admin/integrations/disconnect.html"

    def has_permission(self) -> bool:
        return bool(self.model_admin.has_manage_permission(self.request, self.kwargs["connection"].pk))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        connection: Connection = self.kwargs["connection"]
        waiting = open_orders(connection)
        rows = [
            {"url": page_of(order), "number": order.number, "placed": words.ago(order.placed_at),
             "status": words.order_status(order),
             "total": words.money(order.total, order.currency)}
            for order in waiting.defer("raw", "recipient", "note")[:SHOWN]
        ]  # fmt: skip
        return super().get_context_data(
            **kwargs, shop=connection, rows=rows, n=waiting.count(), opts=Connection._meta,
            all_url=f"{list_of(Order)}?in_shop={connection.shop_id}", back=page_of(connection),
            keeps_stock=connection.shop is None or connection.shop.keeps_stock,
        )  # fmt: skip

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        connection: Connection = self.kwargs["connection"]
        disconnect(connection)
        self.model_admin.log_change(request, connection, _("Disconnected"))
        text = gettext("%(shop)s is disconnected. Nothing was deleted; connect it again at any time.")
        messages.success(request, text % {"shop": connection})
        return HttpResponseRedirect(page_of(connection))
