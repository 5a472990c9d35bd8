"""Kinds of imports: the columns of each, what a row would change, and the service that does it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import Model, Q, QuerySet
from django.db.models.functions import Upper
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.money import BOOK_CURRENCY, NotAnAmount, parse_amount, parse_whole
from core.permissions import SEES_COST
from core.text import normal_key
from erpsync import permissions
from erpsync.admin.goods.listing_form import doubt_text
from erpsync.admin.imports.reading import Line
from erpsync.admin.kit.amounts import refusal_text
from erpsync.admin.kit.log_texts import Money
from inventory.models import Listing, Product
from inventory.services.listings import map_listings
from inventory.services.prices import PriceNeedsConfirmation, WantedPrice, price_refusals, set_wanted_prices
from inventory.services.selling import set_costs

MOST_UNITS = 10_000


class Wrong(Exception):
    """A row that cannot be taken, with what to do."""


class Change(NamedTuple):
    """What a row does to the row `pk` of the hub. `before`, `after`: for people. `questions`: why a person should look again."""

    number: int
    pk: int
    subject: str
    before: str | Money
    after: str | Money
    new: tuple[Any, ...]
    questions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a file does: changes, rows that are so already, and what is wrong by row number."""

    changes: list[Change]
    same: int
    wrong: list[tuple[int, str]]

    @property
    def asks(self) -> list[Change]:
        return [change for change in self.changes if change.questions]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of import. `check` reads set-based and writes nothing; `store` takes the changes of one file in the caller's
    transaction, confirmed ones."""

    title: Any
    model: type[Model]
    columns: Mapping[str, Any]
    needed: Sequence[str]
    help_text: Any
    role: str
    check: Callable[[HttpRequest, Sequence[Line]], Outcome]
    store: Callable[[Sequence[Change]], None]


def _checked(
    lines: Sequence[Line], find: Callable[[Line], Any], change: Callable[[Line, Any], Change | None]
) -> Outcome:
    """Return the outcome of rows that are looked at one by one: `find` and `change` raise Wrong. No row is named twice."""
    outcome = Outcome([], 0, [])
    same, first = 0, dict[int, int]()
    for line in lines:
        try:
            row = find(line)
            if row.pk in first:
                raise Wrong(_("Row %(n)s is about the same. Leave one of them out.") % {"n": first[row.pk]})
            first[row.pk] = line.number
            found = change(line, row)
        except Wrong as wrong:
            outcome.wrong.append((line.number, str(wrong)))
            continue
        if found is None:
            same += 1
        else:
            outcome.changes.append(found)
    return Outcome(outcome.changes, same, outcome.wrong)


# --- finding products and listings by what a file calls them ---


def _products(queryset: QuerySet[Product], skus: set[str]) -> Callable[[str], Product]:
    """Return the lookup of products by SKU, in any case."""
    found: dict[str, list[Product]] = defaultdict(list)
    wanted = {normal_key(sku).upper() for sku in skus if sku}
    rows = queryset.filter(gone_at=None).annotate(upper=Upper("sku")).filter(upper__in=wanted)
    for product in rows.only("sku", "name", "cost"):
        found[product.sku.upper()].append(product)

    def one(sku: str) -> Product:
        if not sku:
            raise Wrong(_("The SKU is missing."))
        named = found[normal_key(sku).upper()]
        if not named:
            raise Wrong(_("There is no product with the SKU %(sku)s.") % {"sku": sku})
        if len(named) > 1:
            raise Wrong(_("Several products have the SKU %(sku)s: change it on the product's page.") % {"sku": sku})
        return named[0]

    return one


def _listings(request: HttpRequest, lines: Sequence[Line]) -> Callable[[Line], Listing]:
    """Return the lookup of listings by the channel's ids or the seller's SKU, with the shop where that names several."""
    shops = permissions.shop_ids(request, permissions.OPERATOR)
    items = {line.values["item"] for line in lines} - {""}
    skus = {line.values["sku"] for line in lines if not line.values["item"]} - {""}
    rows = Listing.objects.filter(Q(item_id__in=items) | Q(sku__in=skus), shop_id__in=shops).exclude(status="deleted")
    known = list(rows.select_related("shop", "product").defer("raw", "description"))
    by_item: dict[str, list[Listing]] = defaultdict(list)
    by_sku: dict[str, list[Listing]] = defaultdict(list)
    for row in known:
        by_item[row.item_id].append(row)
        by_sku[row.sku].append(row)

    def one(line: Line) -> Listing:
        item, variation, sku, shop = (line.values[name] for name in ("item", "variation", "sku", "shop"))
        if not item and not sku:
            raise Wrong(_("Name the listing by its item id or its seller SKU."))
        named = by_item[item] if item else by_sku[sku]
        if item and (variation or len(named) > 1):
            named = [row for row in named if row.variation_id == variation]
        if shop:
            named = [row for row in named if row.shop.name.casefold() == shop.casefold()]
        if not named:
            raise Wrong(_("There is no such listing in your shops: %(name)s.") % {"name": item or sku})
        if len(named) > 1:
            raise Wrong(
                _("Several listings are called %(name)s: add shop, item id and variation id.") % {"name": item or sku}
            )
        return named[0]

    return one


def _amount(text: str, currency: str) -> Decimal:
    try:
        return parse_amount(text, currency)
    except NotAnAmount as refused:
        raise Wrong(f"{text}: {refusal_text(refused, currency)}") from refused


# --- costs ---


def _check_costs(request: HttpRequest, lines: Sequence[Line]) -> Outcome:
    queryset = Product.objects.all()
    if not permissions.access_of(request).everything:
        queryset = queryset.filter(permissions.products_of(request, SEES_COST))
    find = _products(queryset, {line.values["product"] for line in lines})

    def change(line: Line, product: Product) -> Change | None:
        if not line.values["cost"]:
            return None
        cost = _amount(line.values["cost"], BOOK_CURRENCY)
        if cost == product.cost:
            return None
        before, after = Money(product.cost, BOOK_CURRENCY), Money(cost, BOOK_CURRENCY)
        return Change(line.number, product.pk, str(product), before, after, (str(cost),))

    return _checked(lines, lambda line: find(line.values["product"]), change)


def _store_costs(changes: Sequence[Change]) -> None:
    set_costs([(change.pk, Decimal(change.new[0])) for change in changes])


# --- mappings ---


def _check_mappings(request: HttpRequest, lines: Sequence[Line]) -> Outcome:
    product_of = _products(permissions.products(request), {line.values["product"] for line in lines})

    def change(line: Line, listing: Listing) -> Change | None:
        if not line.values["product"]:
            return None
        product, units = product_of(line.values["product"]), _units(line.values["units"] or "1")
        if (listing.product_id, listing.units) == (product.pk, units):
            return None
        before = _mapped(listing.units, listing.product) if listing.product else "–"
        name = f"{listing} · {listing.shop}"
        return Change(line.number, listing.pk, name, before, _mapped(units, product), (product.pk, units))

    return _checked(lines, _listings(request, lines), change)


def _units(text: str) -> int:
    try:
        units = parse_whole(text)
    except NotAnAmount as refused:
        raise Wrong(f"{text}: {refusal_text(refused, '')}") from refused
    if not 1 <= units <= MOST_UNITS:
        raise Wrong(_("Units: a whole number from 1 to %(most)s.") % {"most": MOST_UNITS})
    return units


def _mapped(units: int, product: Product) -> str:
    return str(product) if units == 1 else f"{units} × {product}"


def _store_mappings(changes: Sequence[Change]) -> None:
    map_listings([(change.pk, *change.new) for change in changes])


# --- prices ---


def _check_prices(request: HttpRequest, lines: Sequence[Line]) -> Outcome:
    listings: dict[int, Listing] = {}

    def change(line: Line, listing: Listing) -> Change | None:
        if not line.values["price"]:
            return None
        price = _amount(line.values["price"], listing.currency)
        if price == (listing.price if listing.wanted_price is None else listing.wanted_price):
            return None
        listings[listing.pk] = listing
        before, after = Money(listing.price, listing.currency), Money(price, listing.currency)
        return Change(line.number, listing.pk, f"{listing} · {listing.shop}", before, after, (str(price),))

    found = _checked(lines, _listings(request, lines), change)
    return _guarded(found, listings, set(permissions.shop_ids(request, SEES_COST)))


def _guarded(found: Outcome, listings: Mapping[int, Listing], sees_cost: set[int]) -> Outcome:
    """Add the price guard's questions; the cost itself is named only to those who may see it."""
    refusals = price_refusals([WantedPrice(each.pk, Decimal(each.new[0])) for each in found.changes])
    changes = []
    for change in found.changes:
        refusal = refusals.get(change.pk)
        if isinstance(refusal, PriceNeedsConfirmation):
            listing, price = listings[change.pk], Decimal(change.new[0])
            asked = (
                doubt_text(doubt, price, listing.currency)
                if doubt.code != "below_cost" or listing.shop_id in sees_cost
                else _("The price is below cost.")
                for doubt in refusal.doubts
            )
            change = change._replace(questions=tuple(asked))
        elif refusal is not None:
            found.wrong.append((change.number, str(refusal)))
            continue
        changes.append(change)
    return Outcome(changes, found.same, sorted(found.wrong))


def _store_prices(changes: Sequence[Change]) -> None:
    wanted = [WantedPrice(change.pk, Decimal(change.new[0]), confirmed=bool(change.questions)) for change in changes]
    for refusal in set_wanted_prices(wanted).values():
        raise refusal


_LISTING = {
    "shop": gettext_lazy("Shop"),
    "item": gettext_lazy("Item id"),
    "variation": gettext_lazy("Variation id"),
    "sku": gettext_lazy("Seller SKU"),
}
_BY = gettext_lazy("A listing is named by its item id (and variation id), or by the seller SKU and the shop.")

KINDS: Mapping[str, Kind] = {
    "costs": Kind(
        gettext_lazy("Import costs"), Product, {"product": gettext_lazy("SKU"), "cost": gettext_lazy("Cost")},
        ("product", "cost"),
        gettext_lazy("An empty cost leaves the product as it is. A POS that tells costs goes on setting its own."),
        SEES_COST, _check_costs, _store_costs,
    ),
    "mappings": Kind(
        gettext_lazy("Import mappings"), Listing,
        {**_LISTING, "product": gettext_lazy("Product"), "units": gettext_lazy("Units")}, ("product",), _BY,
        permissions.OPERATOR, _check_mappings, _store_mappings,
    ),
    "prices": Kind(
        gettext_lazy("Import prices"), Listing, {**_LISTING, "price": gettext_lazy("Price wanted")}, ("price",), _BY,
        permissions.OPERATOR, _check_prices, _store_prices,
    ),
}  # fmt: skip
