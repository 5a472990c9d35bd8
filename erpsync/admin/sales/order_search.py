"""Looking for orders: by number, tracking number, buyer, telephone, product, document at the POS, or total."""

from __future__ import annotations

from django.db.models import Q
from django.db.models.functions import Upper
from django.http import HttpRequest

from core.money import BOOK_CURRENCY, NotAnAmount, parse_amount
from core.search import found_in, matches
from erpsync import permissions
from integrations.models import Command
from inventory.models import Listing
from orders.models import Order, OrderLine, Parcel

# A product is found first and its newest orders then: each order would else carry the words of what it sold.
MOST_LISTINGS = 200
MOST_ORDERS = 1_000


def found_by(request: HttpRequest, term: str) -> Q:
    """Return the condition for orders that a person looks for. Ids are fetched first: an OR with a subquery reads every order."""
    mine = Order.objects.filter(shop_id__in=permissions.shop_ids(request))
    ids = {*_tracked(term), *_documented(request, term), *_sold(request, term)}
    return Q(number=term) | Q(pk__in=sorted(ids)) | _totals(term) | found_in(mine, term)


def _tracked(term: str) -> list[int]:
    """Return orders with this tracking number, also where the parcel was replaced."""
    found = Parcel.objects.filter(tracking_number=term).order_by()
    return list(found.values_list("order_id", flat=True)[:MOST_ORDERS])


def _documented(request: HttpRequest, term: str) -> list[int]:
    """Return orders with this document at the POS or another system. In no order: by id, PostgreSQL would walk all commands."""
    written = Command.objects.annotate(key=Upper("code")).filter(
        key=term.upper(), order__shop_id__in=permissions.shop_ids(request)
    )
    ids = written.exclude(code="").order_by().values_list("order_id", flat=True)
    return [pk for pk in ids[:MOST_ORDERS] if pk]


def _sold(request: HttpRequest, term: str) -> list[int]:
    """Return the newest orders of listings that the term names by title, variation or SKU."""
    named = matches(term)
    if named is None:
        return []
    listings = Listing.objects.filter(named, shop_id__in=permissions.shop_ids(request))
    chosen = list(listings.order_by().values_list("pk", flat=True)[:MOST_LISTINGS])
    if not chosen:
        return []
    lines = OrderLine.objects.filter(listing_id__in=chosen).order_by("-id")
    return list(lines.values_list("order_id", flat=True)[:MOST_ORDERS])


def _totals(term: str) -> Q:
    try:
        return Q(total=parse_amount(term, BOOK_CURRENCY))
    except NotAnAmount:
        return Q(pk__in=())
