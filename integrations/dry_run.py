"""What another try of an inbox event would change: the channel is asked, its truth is stored, looked at, and taken back.

The one difference to a real try: the transaction is always rolled back, so nothing is kept, rung for or told to anybody.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.db import DatabaseError, transaction
from django.db.models import Count, Q, QuerySet, Sum
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from commissions.models import StatementLine
from integrations import pipeline
from integrations.access import connector_for
from integrations.connectors.base import Connector, Truth
from integrations.inbox import Event
from integrations.models import Connection, InboxEvent
from integrations.wire.errors import ChannelError, TryLater
from inventory.models import BundleComponent, Listing, ListingStock, Shop, StockLevel
from orders.models import CustomerIdentity, Fulfilment, Order, OrderLine, Return

State = InboxEvent.State
_Facts = dict[tuple[str, str], str]

ORDER, LINE, DOCUMENT, RETURN = _("Order"), _("Order line"), _("Command"), _("Return")
ON_HAND, RESERVED, WANTED, LISTING = _("On hand"), _("Reserved"), _("Should show"), _("Listing")
MONEY, CUSTOMER = _("Settlement lines"), _("Customer")


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that would change, in words; "" where there is nothing yet, or nothing any more."""

    what: str
    which: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class DryRun:
    """How the event would end, why, and what would be different afterwards."""

    state: State
    reason: str = ""
    differences: tuple[Difference, ...] = ()


class NothingToTry(ValueError):
    """No channel can be asked about it; the message says why, in the user's language."""


def dry_run(event: InboxEvent) -> DryRun:
    """Try an event without consequences. May be repeated. Raises NothingToTry; a channel's refusal is an outcome.

    Rows are locked for as long as it takes to store and to look, as in a real try.
    """
    connection = event.connection
    if connection is None:
        raise NothingToTry(gettext("It belongs to no connected shop: connect the shop first."))
    connector = connector_for(connection)
    if event.kind not in connector.kinds:
        raise NothingToTry(gettext("The channel is asked nothing about this kind of news, so nothing would change."))
    told = Event(event.pk, event.kind, event.external_id, event.version, event.source, event.tries, event.received_at)
    try:
        return _tried(connection, connector, told, pipeline.ask(connector, event.kind, [told]))
    except TryLater as error:
        return DryRun(State.PENDING, error.reason)
    except ChannelError as error:
        return DryRun(State.DEAD, error.reason)
    except (DatabaseError, ValueError, KeyError, TypeError) as error:
        return DryRun(State.DEAD, gettext("It could not be stored: %(error)s") % {"error": error})


def _tried(connection: Connection, connector: Connector, event: Event, truth: Truth) -> DryRun:
    shop, thing = connection.shop, event.external_id
    with transaction.atomic():
        repeat = pipeline.store_truth(connection, connector, truth, wanted={thing}, source=event.source)
        ends, laters = pipeline.judged([event], truth, repeat)
        products = _products(shop, thing)
        after = _facts(shop, thing, products)
        transaction.set_rollback(True)
    before = _facts(shop, thing, products)
    found = [(State(end.state), end.reason) for end in ends] + [(State.PENDING, later.reason) for later in laters]
    [(state, reason)] = found
    return DryRun(state, reason, tuple(_compared(before, after)))


def _compared(before: Mapping[tuple[str, str], str], after: Mapping[tuple[str, str], str]) -> Iterator[Difference]:
    for what, which in dict.fromkeys((*after, *before)):
        was, is_now = before.get((what, which), ""), after.get((what, which), "")
        if was != is_now:
            yield Difference(what, which, was, is_now)


# --------------------------------------------------------------------------------------------------------------------
# What a person would look at
# --------------------------------------------------------------------------------------------------------------------


def _products(shop: Shop, thing: str) -> set[int]:
    """Products that the thing is about, with the parts of bundles."""
    lines = OrderLine.objects.filter(order__shop=shop, order__number=thing, product__isnull=False)
    listings = Listing.objects.filter(shop=shop, item_id=thing, product__isnull=False)
    found = {*lines.values_list("product_id", flat=True), *listings.values_list("product_id", flat=True)}
    return found | set(BundleComponent.objects.filter(bundle_id__in=found).values_list("product_id", flat=True))


def _facts(shop: Shop, thing: str, products: set[int]) -> _Facts:
    return {
        (str(what), which): told
        for facts in (_order(shop, thing), _stock(shop, products), _shown(shop, thing, products), _rest(shop, thing))
        for what, which, told in facts
    }


def _order(shop: Shop, thing: str) -> Iterator[tuple[object, str, str]]:
    for order in Order.objects.filter(shop=shop, number=thing):
        yield ORDER, order.number, f"{order.get_status_display()} ({order.channel_status})"
        for line in order.lines.order_by("id"):
            yield (
                LINE,
                " ".join(filter(None, (line.sku or line.item_id, line.variation_name, f"[{line.key}]"))),
                (f"{line.quantity} × {line.get_status_display()}"),
            )
        for command in Fulfilment.objects.filter(order=order).order_by("id"):
            yield DOCUMENT, f"{command.get_kind_display()} {command.reference}", str(command.get_state_display())


def _stock(shop: Shop, products: set[int]) -> Iterator[tuple[object, str, str]]:
    """Only of warehouses that are the shop's own or that it sells from: others may be none of the reader's business."""
    mine = Q(warehouse__shop=shop) | Q(warehouse__in=shop.sells_from.all())
    levels = StockLevel.objects.filter(mine, product__in=products).select_related("product", "warehouse").distinct()
    for level in levels.order_by("product__sku", "warehouse__name"):
        where = f"{level.product.sku}, {level.warehouse.name}"
        yield ON_HAND, where, f"{level.on_hand.normalize():f}"
        yield RESERVED, where, f"{level.reserved.normalize():f}"


def _shown(shop: Shop, thing: str, products: set[int]) -> Iterator[tuple[object, str, str]]:
    for listing in Listing.objects.filter(shop=shop, item_id=thing).order_by("id"):
        price = "" if listing.price is None else f", {listing.price.normalize():f} {listing.currency}"
        yield LISTING, _name(listing), f"{listing.get_status_display()}: {listing.title}{price}"
    stocks: QuerySet[ListingStock] = ListingStock.objects.filter(listing__shop=shop, listing__product__in=products)
    for stock in stocks.select_related("listing").order_by("id"):
        yield WANTED, _name(stock.listing), "" if stock.wanted is None else str(stock.wanted)


def _name(listing: Listing) -> str:
    return " ".join(filter(None, (listing.sku, listing.item_id, listing.variation_id)))


def _rest(shop: Shop, thing: str) -> Iterator[tuple[object, str, str]]:
    for found in Return.objects.filter(shop=shop, number=thing):
        yield RETURN, found.number, f"{found.get_status_display()} ({found.channel_status})"
    for identity in CustomerIdentity.objects.filter(shop=shop, external_id=thing).select_related("customer"):
        yield CUSTOMER, thing, str(identity.customer)
    about = Q(order_number=thing) | Q(statement=thing)
    money = StatementLine.objects.filter(about, shop=shop).aggregate(lines=Count("id"), amount=Sum("amount"))
    if money["lines"]:
        yield MONEY, thing, f"{money['lines']}, {money['amount'].normalize():f}"
