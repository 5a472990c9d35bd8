"""Returned goods still to be put back at the POS: a work list for the people there."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import action, display

from erpsync.admin.kit import words
from erpsync.admin.kit.base import BigShopAdmin, page_of
from erpsync.admin.kit.filters import shop_filter
from erpsync.admin.sales.receive_form import title_of
from orders.models import ReturnLine
from orders.services import receiving as services


class DoneFilter(DropdownFilter):
    """Filter: waiting or done."""

    title = _("state")
    parameter_name = "done"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("no", _("To be done")), ("yes", _("Done"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[ReturnLine]) -> QuerySet[ReturnLine]:
        return queryset.filter(restock="posted" if self.value() == "yes" else "at_pos") if self.value() else queryset


@admin.register(ReturnLine)
class PutBackAdmin(BigShopAdmin):
    """Work list for people at the POS: it has no API for stock receipts, so they post returned goods by hand."""

    shop_path = "ret__shop_id"
    list_display = ("item", "pieces", "warehouse", "of_return", "received", "state")
    list_filter = (shop_filter("ret__shop_id"), DoneFilter)
    search_fields = ("sku",)
    ordering = ("-id",)
    sortable_by = ()
    actions = ("mark_posted",)
    actions_detail = ["done"]
    empty_text = _("Nothing is to be put back at the POS.")
    fieldsets = (
        (None, {"fields": (("item", "pieces"), ("warehouse", "of_return"), ("received", "state"))}),
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReturnLine]:
        lines = super().get_queryset(request).filter(restock__in=("at_pos", "posted"))
        return lines.select_related("ret__shop", "order_line__product", "warehouse").defer("ret__raw")

    @display(description=_("item"), header=True)
    def item(self, line: ReturnLine) -> list[str]:
        product = line.order_line.product if line.order_line else None
        return words.Header([title_of(line), product.sku if product else line.sku])

    @display(description=_("quantity"))
    def pieces(self, line: ReturnLine) -> int:
        return line.pieces_to_sell

    @display(description=_("return"))
    def of_return(self, line: ReturnLine) -> SafeString:
        return words.link(page_of(line.ret), line.ret.number)

    @display(description=_("goods received"))
    def received(self, line: ReturnLine) -> Any:
        return words.moment(line.ret.received_at)

    @display(description=_("state"))
    def state(self, line: ReturnLine) -> SafeString:
        done = line.restock == "posted"
        return words.label(_("Done") if done else _("To be done"), "success" if done else "warning")

    def hidden_actions(self, row: ReturnLine) -> Collection[str]:
        return () if row.restock == "at_pos" else self.actions_detail

    @action(
        description=_("Done"), icon="check", permissions=["operate"],
        dialog={
            "title": _("Done"), "form_submit_text": _("Done"),
            "description": _("These goods were put back at the POS by hand."),
        },
    )  # fmt: skip
    def done(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        line = self.found(request, object_id)
        self._posted(request, [line])
        return self.to_list()

    @admin.action(description=_("Done: put back at the POS"), permissions=["operate"])
    def mark_posted(self, request: HttpRequest, queryset: QuerySet[ReturnLine]) -> None:
        self._posted(request, self.permitted(request, queryset))

    def _posted(self, request: HttpRequest, lines: Sequence[ReturnLine]) -> None:
        changed = services.posted([line.pk for line in lines])
        for line in lines:
            self.log_change(request, line, _("Put back at the POS"))
        text = ngettext("%(n)s line is done.", "%(n)s lines are done.", changed)
        messages.success(request, text % {"n": changed})
