"""Inlines of an order: lines, parcels, commands, money and returns, as its page and its list show them."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.sections import TableSection

from commissions.models import StatementLine
from erpsync.admin.kit import words
from erpsync.admin.kit.base import ShopInline, page_of
from integrations.models import Command
from orders.models import OrderLine, Parcel, Return


class LinesSection(TableSection):
    """Section with the lines of an order, unfolded in the list."""

    related_name = "lines"
    verbose_name = _("Lines")
    fields = ["title", "sku", "quantity", "mapped_to"]

    def mapped_to(self, line: OrderLine) -> Any:
        return line.product.sku if line.product else words.label(_("Not mapped"), "warning")

    mapped_to.short_description = _("product")  # type: ignore[attr-defined]


class LineInline(ShopInline):
    model = OrderLine
    verbose_name_plural = _("Lines")
    fields = readonly_fields = ("what", "sku", "quantity", "unit_price", "mapped_to", "line_status", "parcel")
    hide_title = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[OrderLine]:
        return super().get_queryset(request).select_related("product", "listing", "order")

    @display(description=_("item"))
    def what(self, line: OrderLine) -> Any:
        texts = [line.title or line.item_id, *([line.variation_name] if line.variation_name else [])]
        return words.link(page_of(line.listing), texts[0]) if line.listing else words.lines(texts)

    @display(description=_("price paid"))
    def unit_price(self, line: OrderLine) -> str:
        return words.money(line.paid_price, line.order.currency)

    @display(description=_("product"))
    def mapped_to(self, line: OrderLine) -> Any:
        if line.product:
            return words.link(page_of(line.product), line.product.sku)
        return words.label(_("Not mapped"), "warning")

    @display(description=_("status"))
    def line_status(self, line: OrderLine) -> str:
        return line.get_status_display() if line.status else "–"


class ParcelInline(ShopInline):
    model = Parcel
    tab = True
    fields = readonly_fields = ("number", "tracking_number", "carrier", "channel_status")


class CommandInline(ShopInline):
    model = Command
    fk_name = "order"
    tab = True
    verbose_name_plural = _("Commands and POS documents")
    fields = readonly_fields = ("command", "target", "warehouse", "state_label", "code", "reason", "created_at", "who")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Command]:
        return super().get_queryset(request).select_related("target__shop", "warehouse", "actor", "order")

    @display(description=_("command"))
    def command(self, command: Command) -> str:
        return command.label

    @display(description=_("state"))
    def state_label(self, command: Command) -> SafeString:
        return words.label(command.get_state_display(), words.COMMAND_COLOURS[command.state])

    @display(description=_("by"))
    def who(self, command: Command) -> str:
        return str(command.actor) if command.actor else str(_("the hub"))


class MoneyInline(ShopInline):
    model = StatementLine
    fk_name = "order"
    tab = True
    verbose_name_plural = _("Settlement")
    fields = readonly_fields = ("fee", "kind", "amount_label", "statement", "happened_at", "is_paid", "paid_at")

    @display(description=_("amount"))
    def amount_label(self, line: StatementLine) -> str:
        return words.money(line.amount, line.currency)


class ReturnLabels:
    """Columns of a return, wherever it is a row."""

    @display(description=_("status"))
    def status_label(self, ret: Return) -> SafeString:
        return words.label(ret.get_status_display() or ret.channel_status, words.RETURN_COLOURS[ret.status])

    @display(description=_("refund"))
    def refund_label(self, ret: Return) -> str:
        return words.money(ret.refund, ret.currency)


class ReturnInline(ReturnLabels, ShopInline):
    model = Return
    fk_name = "order"
    tab = True
    verbose_name_plural = _("Returns")
    fields = readonly_fields = ("page", "status_label", "reason", "refund_label", "requested_at", "received_at")

    @display(description=_("return"))
    def page(self, ret: Return) -> SafeString:
        return words.link(page_of(ret), ret.number)
