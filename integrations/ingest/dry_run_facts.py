"""Facts a person would look at to see what became of a thing, as (what, which, value); for the dry run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from django.db.models import Count, Q, Sum
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from commissions.models import StatementLine
from integrations.models import Command
from inventory.models import Listing, ListingStock, Shop, StockLevel
from orders.models import CustomerIdentity, Order, Return


class Fact(NamedTuple):
    """The value of one thing, in words."""

    what: str | Promise
    which: str
    value: str


def order(shop: Shop, number: str) -> Iterator[Fact]:
    """An order, its lines and its commands."""
    for found in Order.objects.filter(shop=shop, number=number):
        yield Fact(_("Order"), found.number, f"{found.get_status_display()} ({found.channel_status})")
        for line in found.lines.order_by("id"):
            name = " ".join(filter(None, (line.sku or line.item_id, line.variation_name, f"[{line.key}]")))
            yield Fact(_("Order line"), name, f"{line.quantity} × {line.get_status_display()}")
        for command in Command.objects.filter(order=found).order_by("id"):
            name = f"{command.label} {command.reference}"
            yield Fact(_("Command"), name, str(command.get_state_display()))


def listing(shop: Shop, item_id: str) -> Iterator[Fact]:
    """The listings of an item."""
    for found in Listing.objects.filter(shop=shop, item_id=item_id).order_by("id"):
        price = "" if found.price is None else f", {found.price.normalize():f} {found.currency}"
        yield Fact(_("Listing"), _name(found), f"{found.get_status_display()}: {found.title}{price}")


def give_back(shop: Shop, number: str) -> Iterator[Fact]:
    """A return."""
    for found in Return.objects.filter(shop=shop, number=number):
        yield Fact(_("Return"), found.number, f"{found.get_status_display()} ({found.channel_status})")


def customer(shop: Shop, external_id: str) -> Iterator[Fact]:
    """The customer that an external id stands for."""
    for identity in CustomerIdentity.objects.filter(shop=shop, external_id=external_id).select_related("customer"):
        yield Fact(_("Customer"), external_id, str(identity.customer))


def money(shop: Shop, external_id: str) -> Iterator[Fact]:
    """The settlement lines of an order or a statement."""
    about = Q(order_number=external_id) | Q(statement=external_id)
    found = StatementLine.objects.filter(about, shop=shop).aggregate(lines=Count("id"), amount=Sum("amount"))
    if found["lines"]:
        yield Fact(_("Settlement lines"), external_id, f"{found['lines']}, {found['amount'].normalize():f}")


def stock(shop: Shop, products: set[int]) -> Iterator[Fact]:
    """Levels of products, only in warehouses that are the shop's own or that it sells from: the reader may see no others."""
    visible = Q(warehouse__shop=shop) | Q(warehouse__in=shop.sells_from.all())
    levels = StockLevel.objects.filter(visible, product__in=products).select_related("product", "warehouse").distinct()
    for level in levels.order_by("product__sku", "warehouse__name"):
        where = f"{level.product.sku}, {level.warehouse.name}"
        yield Fact(_("On hand"), where, f"{level.on_hand.normalize():f}")
        yield Fact(_("Reserved"), where, f"{level.reserved.normalize():f}")


def wanted(shop: Shop, products: set[int]) -> Iterator[Fact]:
    """The stock that the shop's listings of products should show."""
    stocks = ListingStock.objects.filter(listing__shop=shop, listing__product__in=products)
    for found in stocks.select_related("listing").order_by("id"):
        yield Fact(_("Should show"), _name(found.listing), "" if found.wanted is None else str(found.wanted))


def _name(found: Listing) -> str:
    return " ".join(filter(None, (found.sku, found.item_id, found.variation_id)))
