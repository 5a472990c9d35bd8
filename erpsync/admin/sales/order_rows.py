"""Inlines of an order: lines, parcels, commands, money and returns, as its page and its list show them."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.sections import BaseSection

from commissions.models import StatementLine
from erpsync.admin.kit import channel_words, words
from erpsync.admin.kit.base import ShopInline, page_of
from erpsync.admin.packing.photo_marks import photos_of, thumbnails
from erpsync.admin.sales.label_actions import label_of, with_labels
from integrations.models import Command
from orders.models import Order, OrderLine, Parcel, Return

# lines of an order that the list reads, and rows of them that it shows; its page has all of them
LISTED_LINES, LISTED_ROWS = 100, 20
LISTED_NOTE = 300
_UNSHOWN = ("listing__raw", "listing__description")


def named(line: OrderLine) -> list[Any]:
    """Return the name of a piece, and its variation: size and colour are what a packer looks for."""
    return [line.title or line.item_id, *([line.variation_name] if line.variation_name else [])]


# kinds of promotions by the channels' own words; ids and codes are shown as they are
CAMPAIGNS = {
    "flash_sale": _("flash sale"),
    "product_promotion": _("price promotion"),
    "bundle_deal": _("bundle deal"),
    "add_on_deal": _("add-on deal"),
}


def sold_under(line: OrderLine) -> list[str]:
    """Return in words what decides the fees of a line: its category, its campaigns, and the affiliate who advertised it."""
    found = []
    if line.category_id:
        name = line.listing.category_name if line.listing and line.listing.category_id == line.category_id else ""
        found.append(str(_("Category: %(name)s") % {"name": name or line.category_id}))
    if line.campaigns:
        names = ", ".join(str(CAMPAIGNS.get(campaign, campaign)) for campaign in line.campaigns)
        found.append(str(_("Campaign: %(names)s") % {"names": names}))
    if line.affiliate_id:
        rate = "" if line.affiliate_rate is None else f" ({words.exact(line.affiliate_rate)} %)"
        found.append(str(_("Affiliate: %(name)s") % {"name": f"{line.affiliate_id}{rate}"}))
    return found


def same(line: OrderLine) -> tuple[str, ...]:
    """Return what lines of the same piece in the same state have in common."""
    return (line.item_id, line.variation_id, line.sku, line.title, line.status, str(line.product_id or ""))


class LinesSection(BaseSection):
    """Place for the first lines of an order in the list, fetched when the row is unfolded: 50 orders' lines were 700 KB of page."""

    def render(self) -> str:
        url = reverse("admin:orders_order_lines", args=(self.instance.pk,))
        return format_html('<div data-fragment="{}" data-failed="{}">…</div>', url, _("The lines could not be loaded."))


def lines_fragment(request: HttpRequest, order: Order) -> str:
    """Return the first lines of an order: one row for lines of the same piece, where a channel makes a line of each."""
    lines = list(order.lines.select_related("listing", "product").defer(*_UNSHOWN)[:LISTED_LINES])
    pieces: dict[tuple[str, ...], list[OrderLine]] = {}
    for line in lines:
        pieces.setdefault(same(line), []).append(line)
    rows = [
        [pictured(line), line.sku or "–", sum(each.quantity for each in alike), mapped_to(line)]
        for line, *rest in list(pieces.values())[:LISTED_ROWS]
        for alike in ([line, *rest],)
    ]
    headers = [_("item"), _("SKU"), _("quantity"), _("product")]
    context = {"request": request, "title": _("Lines"), "table": {"headers": headers, "rows": rows}}
    table = render_to_string("unfold/components/table.html", context)
    if order.note:
        note = '<p class="p-3"><strong>{}</strong> {}</p>'
        table = format_html(note, _("The buyer's note:"), Truncator(order.note).chars(LISTED_NOTE)) + table
    if len(pieces) <= LISTED_ROWS and len(lines) < LISTED_LINES:
        return table
    return table + format_html('<p class="p-3">{}</p>', _("Only the first lines. The order's page has all of them."))


def pictured(line: OrderLine) -> SafeString:
    """Return the name and variation of a piece beside its picture, where the channel has one."""
    name = words.lines(named(line))
    if line.listing is None or not line.listing.picture:
        return name
    image = '<img src="{}" alt="" loading="lazy" width="40" height="40" class="h-10 object-cover rounded-default shrink-0 w-10">'
    return format_html(
        f'<span class="flex gap-3 items-center">{image}<span>{{}}</span></span>', line.listing.picture, name
    )


def mapped_to(line: OrderLine) -> Any:
    """Return the SKU of a line's product, or that it has none: a way to the page where it gets one."""
    if line.product:
        return line.product.sku
    mark = words.label(_("Not mapped"), "warning")
    return words.link(page_of(line.listing), mark) if line.listing else mark


class LineInline(ShopInline):
    model = OrderLine
    verbose_name_plural = _("Lines")
    fields = readonly_fields = ("what", "sku", "quantity", "unit_price", "mapped_to", "line_status", "sender", "parcel")
    hide_title = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[OrderLine]:
        return super().get_queryset(request).select_related("product", "listing", "order")

    @display(description=_("item"))
    def what(self, line: OrderLine) -> Any:
        texts: list[Any] = named(line)
        if line.listing:
            texts[0] = words.link(page_of(line.listing), texts[0])
        return words.lines([*texts, *sold_under(line)])

    @display(description=_("price paid"))
    def unit_price(self, line: OrderLine) -> str:
        return words.money(line.paid_price, line.order.currency)

    @display(description=_("product"))
    def mapped_to(self, line: OrderLine) -> Any:
        if line.product:
            return words.link(page_of(line.product), line.product.sku)
        return mapped_to(line)

    @display(description=_("sent by"))
    def sender(self, line: OrderLine) -> Any:
        text = line.get_fulfilled_by_display()
        return words.label(text, "warning") if line.fulfilled_by == OrderLine.Fulfiller.PLATFORM else text

    @display(description=_("status"))
    def line_status(self, line: OrderLine) -> str:
        return line.get_status_display() if line.status else "–"


class ParcelInline(ShopInline):
    model = Parcel
    tab = True
    fields = readonly_fields = ("number", "tracking_number", "carrier", "state", "is_current", "label", "photos")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Parcel]:
        return with_labels(super().get_queryset(request).select_related("order__shop"))

    def get_formset(self, request: HttpRequest, obj: Order | None = None, **kwargs: Any) -> Any:
        # an inline is made for each request; a row's own `order` is another object, of which photos would be read again
        self._photos = photos_of(obj) if obj else []
        return super().get_formset(request, obj, **kwargs)

    @display(description=_("state"))
    def state(self, parcel: Parcel) -> Any:
        return channel_words.in_words(parcel.order.shop.channel, channel_words.PARCELS, parcel.channel_status)

    @display(description=_("current"))
    def is_current(self, parcel: Parcel) -> SafeString:
        if parcel.replaced_at is None:
            return words.label(_("Current"), "success")
        return words.label(_("Replaced %(when)s") % {"when": words.moment(parcel.replaced_at)})

    @display(description=_("label"))
    def label(self, parcel: Parcel) -> Any:
        return label_of(parcel)

    @display(description=_("packing photos"))
    def photos(self, parcel: Parcel) -> Any:
        return (
            thumbnails([photo for photo in self._photos if photo.ret_id is None and photo.number == parcel.number])
            or "–"
        )


class CommandInline(ShopInline):
    model = Command
    fk_name = "order"
    tab = True
    verbose_name_plural = _("Commands and POS documents")
    fields = readonly_fields = (
        "command",
        "target",
        "warehouse",
        "state_label",
        "code",
        "reason_label",
        "created_at",
        "who",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Command]:
        return super().get_queryset(request).select_related("target__shop", "warehouse", "actor", "order")

    @display(description=_("command"))
    def command(self, command: Command) -> SafeString:
        return words.link(page_of(command), command.label)

    @display(description=_("state"))
    def state_label(self, command: Command) -> SafeString:
        mark = words.command_state(command)
        return words.lines([mark, words.label(_("Closed"))]) if command.closed_at else mark

    @display(description=_("reason"))
    def reason_label(self, command: Command) -> Any:
        return words.reason(command.reason)

    @display(description=_("by"))
    def who(self, command: Command) -> str:
        return str(command.actor) if command.actor else str(_("the hub"))


class MoneyInline(ShopInline):
    model = StatementLine
    fk_name = "order"
    tab = True
    verbose_name_plural = _("Settlement")
    fields = readonly_fields = ("fee_label", "kind", "amount_label", "statement", "happened_at", "is_paid", "paid_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[StatementLine]:
        return super().get_queryset(request).select_related("shop")

    @display(description=_("fee"))
    def fee_label(self, line: StatementLine) -> Any:
        return channel_words.fee_of(line)

    @display(description=_("amount"))
    def amount_label(self, line: StatementLine) -> str:
        return words.money(line.amount, line.currency)


class ReturnLabels:
    """Columns of a return, wherever it is a row."""

    @display(description=_("status"))
    def status_label(self, ret: Return) -> SafeString:
        return words.label(
            ret.get_status_display() or channel_words.verbatim(ret.channel_status), words.RETURN_COLOURS[ret.status]
        )

    @display(description=_("refund"))
    def refund_label(self, ret: Return) -> str:
        return words.money(ret.refund, ret.currency)

    @display(description=_("reason"))
    def because(self, ret: Return) -> Any:
        return channel_words.in_words(ret.shop.channel, channel_words.REASONS, ret.reason)


class ReturnInline(ReturnLabels, ShopInline):
    model = Return
    fk_name = "order"
    tab = True
    verbose_name_plural = _("Returns")
    fields = readonly_fields = ("page", "status_label", "because", "refund_label", "requested_at", "received_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Return]:
        return super().get_queryset(request).select_related("shop")

    @display(description=_("return"))
    def page(self, ret: Return) -> SafeString:
        return words.link(page_of(ret), ret.number)
