"""Returns: the answer to the buyer, and the receipt of the parcel. See `put_back` for goods still to be put back at the POS."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from erpsync import permissions
from erpsync.admin.exports.page import ExportsList
from erpsync.admin.kit import words
from erpsync.admin.kit.base import ShopInline, page_of
from erpsync.admin.kit.command_dialog import CommandForm, command_form
from erpsync.admin.kit.filters import choice_filter, shop_filter
from erpsync.admin.kit.log_texts import said
from erpsync.admin.kit.ranges import DayRangeFilter
from erpsync.admin.kit.search import SearchesExact
from erpsync.admin.packing.photo_marks import photo_field, photos_by_line, thumbnails
from erpsync.admin.sales.history import Step, StoryAdmin, status_steps
from erpsync.admin.sales.order_rows import ReturnLabels
from erpsync.admin.sales.receive_form import CONDITIONS, ReceiveForm, title_of
from integrations.accounts.connections import NotPossible
from integrations.connectors import channels
from integrations.documents.commands.request import answer, possible_for
from integrations.models.commands import KIND_LABELS
from orders.models import Return, ReturnLine
from orders.services import receiving as services

ANSWERS = {"accept": "accept_return", "reject": "reject_return"}
NOT_RECEIVABLE = {
    "no_goods": _("No goods come back with this return."),
    "already": _("Somebody has received this return already."),
    "other_lines": _("The return has changed meanwhile: open it again."),
    "other_quantity": _("The return has changed meanwhile: open it again."),
    "more_than_sold": _("More pieces come back than were sold. Count again; if it is so, say why in the form."),
    "no_product": _("Its items are not mapped to products, so nothing can be put back: map their listings first."),
}
RECEIVED = {
    "here": _("Received. Sellable goods are on sale again."),
    "at_pos": _("Received. Sellable goods wait on the list: put back at the POS."),
    "no": _("Received. Nothing was put back on sale."),
}
# the channel has said no to these, or the buyer has changed their mind: no parcel is expected
CLOSED = ("refused", "withdrawn")


class WaitsFilter(DropdownFilter):
    """Filter for returns that wait for a person."""

    title = _("waits for")
    parameter_name = "waits"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("answer", _("Our answer")), ("parcel", _("Its parcel to be opened"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Return]) -> QuerySet[Return]:
        if self.value() == "answer":
            return queryset.filter(status="requested")
        if self.value() == "parcel":
            return queryset.filter(goods_come_back=True, received_at=None).exclude(status__in=("requested", *CLOSED))
        return queryset


class LineInline(ShopInline):
    model = ReturnLine
    verbose_name_plural = _("Returned items")
    fields = readonly_fields = ("what", "sku", "quantity", "refund_label", "found", "restock", "warehouse", "photos")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReturnLine]:
        return super().get_queryset(request).select_related("order_line", "warehouse", "ret")

    def get_formset(self, request: HttpRequest, obj: Return | None = None, **kwargs: Any) -> Any:
        # an inline is made for each request
        self._request = request
        self._photos = photos_by_line(obj.lines.all()) if obj else {}
        self._may_add = obj is not None and permissions.may(request, obj.shop_id, permissions.OPERATOR)
        return super().get_formset(request, obj, **kwargs)

    @display(description=_("item"))
    def what(self, line: ReturnLine) -> str:
        return title_of(line)

    @display(description=_("refund"))
    def refund_label(self, line: ReturnLine) -> str:
        return words.money(line.refund, line.ret.currency)

    @display(description=_("condition"))
    def found(self, line: ReturnLine) -> Any:
        if line.condition != ReturnLine.Condition.MIXED:
            return line.get_condition_display() or "–"
        numbers = [(getattr(line, f"{name}_quantity"), label) for name, label in CONDITIONS]
        return words.lines(f"{number} × {label}" for number, label in numbers if number)

    @display(description=_("photos"))
    def photos(self, line: ReturnLine) -> Any:
        photos = self._photos.get(line.pk, [])
        return photo_field(self._request, photos, line=line.pk) if self._may_add else thumbnails(photos) or "–"


@admin.register(Return)
class ReturnAdmin(ExportsList, SearchesExact, ReturnLabels, StoryAdmin):
    class Media:
        js = ("erpsync/photos.js",)

    export_name = "returns"
    list_display = ("ret", "shop_label", "status_label", "refund_label", "requested_at", "answer_label", "goods")
    list_filter = (
        shop_filter("shop_id"), choice_filter("status", _("status")), WaitsFilter, ("requested_at", DayRangeFilter),
    )  # fmt: skip
    list_defer = ("raw", "note")
    search_fields = ("number",)
    search_exact = ("number", "order_number", "tracking_number")
    search_help_text = _("Return number, order number or tracking number, whole.")
    ordering = ("-requested_at", "-id")
    sortable_by = ("requested_at",)
    actions_detail = ["receive", *ANSWERS]
    inlines = (LineInline,)
    empty_text = _("No buyer has sent anything back yet.")
    fieldsets = (
        (None, {"fields": (
            ("number", "shop"), ("order_link", "status_label"), ("refund_label", "tracking_number"),
            ("requested_at", "answer_label"), ("because", "goods"), "note", "problem_list",
        )}),
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Return]:
        return super().get_queryset(request).select_related("shop", "order", "received_by").defer("order__raw")

    def history(self, row: Return) -> list[Step]:
        steps = status_steps(row.changes.all())
        if row.received_at:
            who = str(row.received_by) if row.received_by else str(_("the hub"))
            steps.append(Step(row.received_at, str(_("Goods received")), "", who))
        return steps

    # --- columns ---

    @display(description=_("return"), header=True)
    def ret(self, ret: Return) -> list[str]:
        return words.Header([ret.number, ret.order_number])

    @display(description=_("shop"), header=True)
    def shop_label(self, ret: Return) -> list[str]:
        return words.Header([ret.shop.name, words.channel_title(ret.shop.channel)])

    @display(description=_("order"))
    def order_link(self, ret: Return) -> Any:
        return words.link(page_of(ret.order), ret.order.number) if ret.order else ret.order_number or "–"

    @display(description=_("answer by"))
    def answer_label(self, ret: Return) -> Any:
        return words.moment(ret.answer_by if ret.status == "requested" else None)

    @display(description=_("goods"))
    def goods(self, ret: Return) -> Any:
        if ret.received_at:
            return words.label(_("Received"), "success")
        if not ret.goods_come_back:
            return words.label(_("Stay with the buyer"))
        return words.label(_("None come") if ret.status in CLOSED else _("Not here yet"))

    @display(description=_("problems"))
    def problem_list(self, ret: Return) -> Any:
        return words.lines(words.problem_texts(ret.problems)) if ret.problems else "–"

    # --- what can be done ---

    def hidden_actions(self, row: Return) -> Collection[str]:
        wanted = possible_for(row) if row.shop.channel in channels() else frozenset()
        hidden = {name for name, kind in ANSWERS.items() if kind not in wanted}
        if row.received_at or not row.goods_come_back:
            hidden.add("receive")
        return hidden

    @action(
        description=_("Receive the goods"), icon="inventory", permissions=["operate"],
        dialog={
            "title": _("Receive the goods"), "form_class": ReceiveForm, "form_submit_text": _("Received"),
            "description": _("What did you find in the parcel? This is written down once."),
        },
    )  # fmt: skip
    def receive(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        ret, data = self.found(request, object_id), form.cleaned_data
        try:
            end = services.receive(
                ret.pk, form.pieces(), warehouse_id=data["warehouse"].pk, put_back=data["put_back"],
                actor_id=request.user.pk, reason=data["reason"],
            )  # fmt: skip
        except services.NotReceivable as refused:
            messages.error(request, NOT_RECEIVABLE[refused.code])
        else:
            why = data["reason"]
            self.log_change(
                request, ret, said(_("Goods received: %(reason)s"), reason=why) if why else _("Goods received")
            )
            messages.success(request, RECEIVED[end])
        return self.to_page(ret)

    @action(
        description=_("Accept the return"), icon="check", permissions=["operate"], variant=ActionVariant.PRIMARY,
        dialog={
            "title": _("Accept the return"), "form_submit_text": _("Accept"),
            "form_class": command_form(Return, ANSWERS["accept"]),
            "description": _("The channel is told that the buyer may return this."),
        },
    )  # fmt: skip
    def accept(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        return self._answer(request, object_id, "accept", form)

    @action(
        description=_("Refuse the return"), icon="close", permissions=["operate"], variant=ActionVariant.DANGER,
        dialog={
            "title": _("Refuse the return"), "form_submit_text": _("Refuse"),
            "form_class": command_form(Return, ANSWERS["reject"]),
            "description": _("The channel is told that you object. It judges between you and the buyer."),
        },
    )  # fmt: skip
    def reject(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        return self._answer(request, object_id, "reject", form)

    def _answer(self, request: HttpRequest, object_id: str, name: str, form: CommandForm) -> HttpResponse:
        ret = self.found(request, object_id)
        actor: Any = request.user
        try:
            wanted = answer(ret, ANSWERS[name], options=form.options(), pictures=form.pictures(), actor=actor)
        except NotPossible as refused:
            messages.error(request, str(refused))
        else:
            self.log_change(request, ret, KIND_LABELS.get(wanted.kind, wanted.kind))
            text = _("%(command)s: on its way. The outcome appears under commands of the order.")
            messages.success(request, text % {"command": wanted.label})
        return self.to_page(ret)
