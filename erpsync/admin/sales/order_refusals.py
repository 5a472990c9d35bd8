"""Refused commands of an order: try them again from the order's page; each is closed on its own, which its name links to."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.decorators import action

from erpsync.admin import worklists
from erpsync.admin.kit.base import ShopAdmin, once
from integrations.documents.commands.request import retry
from integrations.models import Command
from orders.models import Order

if TYPE_CHECKING:
    _Base = ShopAdmin
else:
    _Base = object


def refused_of(order: Order) -> QuerySet[Command]:
    """Return the open refused commands of an order."""
    return order.commands.filter(worklists.OPEN_REFUSALS)


class RefusalActions(_Base):
    """Buttons of an order's page about its refused commands."""

    def hidden_actions(self, row: Order) -> Collection[str]:
        refused = once(row, "refused", lambda: refused_of(row).exists())
        return {*super().hidden_actions(row), *(() if refused else ("retry_refused",))}

    @action(
        description=_("Retry refused commands"), icon="replay", permissions=["operate"],
        dialog={
            "title": _("Retry refused commands"), "form_submit_text": _("Retry"),
            "description": _("Every refused command of this order is sent once more. Put right first what the reason names."),
        },
    )  # fmt: skip
    def retry_refused(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        order = self.found(request, object_id)
        again = retry(list(refused_of(order).values_list("pk", flat=True)))
        self.log_change(request, order, _("Refused commands wanted again"))
        text = ngettext("%(n)s command is sent again.", "%(n)s commands are sent again.", again)
        messages.success(request, text % {"n": again})
        return self.to_page(order)
