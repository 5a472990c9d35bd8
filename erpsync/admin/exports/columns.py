"""Lists that can be taken out as files, and their columns: whose role each needs, and which hold buyer data."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from django.contrib.postgres.aggregates import StringAgg
from django.db.models import Case, F, Model, OuterRef, Prefetch, QuerySet, Subquery, Sum, Value, When
from django.db.models.functions import Concat
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from commissions.models import StatementLine
from core.permissions import SEES_COST
from erpsync import permissions
from erpsync.admin.kit.words import channel_title
from erpsync.exports.writers import Cell
from erpsync.permissions import OPERATOR, VIEWER
from inventory.models import Listing, ListingStock, Product, StockLevel
from orders.models import Customer, Order, OrderLine, Return
from orders.queries import as_told


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its value of a row, and the role in the row's shop without which it stays empty."""

    title: Any
    value: Callable[[Any], Cell]
    role: str = VIEWER
    is_buyer: bool = False


@dataclass(frozen=True, slots=True)
class ExportedList:
    """A list of the admin as a file.

    `prepared`: adds to the filtered rows what the columns need; `lines`: the file's rows of one row of the list; `shop_id`: the
    shop whose role counts for a row of the file, None: that of any shop.
    """

    title: Any
    columns: Sequence[Column]
    prepared: Callable[[HttpRequest, QuerySet[Any]], QuerySet[Any]]
    lines: Callable[[Any], Iterable[Any]] = lambda row: (row,)
    shop_id: Callable[[Any], int | None] = attrgetter("shop_id")


def columns_for(request: HttpRequest, exported: ExportedList) -> list[Column]:
    """Return the columns for which the user has the role in some shop."""
    return [column for column in exported.columns if permissions.shop_ids(request, column.role)]


def _column(title: Any, path: str, **options: Any) -> Column:
    return Column(title, attrgetter(path), **options)


def _buyer(title: Any, value: Callable[[Any], Cell]) -> Column:
    return Column(title, value, OPERATOR, is_buyer=True)


def _shop(path: str = "shop") -> tuple[Column, Column]:
    shop = attrgetter(path)
    return (
        Column(_("Shop"), lambda row: shop(row).name),
        Column(_("Channel"), lambda row: channel_title(shop(row).channel)),
    )


def _yes(value: bool) -> str:
    return str(_("Yes") if value else _("No"))


# --- orders: a row per line, the order's own columns in each ---


@dataclass(frozen=True, slots=True)
class _Sold:
    order: Order
    line: OrderLine | None


def _of_line(title: Any, value: Callable[[OrderLine], Cell], role: str = VIEWER) -> Column:
    return Column(title, lambda row: value(row.line) if row.line else None, role)


def _recipient(key: str) -> Callable[[_Sold], Cell]:
    return lambda row: str(row.order.recipient.get(key) or "")


def _with_lines(_request: HttpRequest, orders: QuerySet[Any]) -> QuerySet[Any]:
    lines = OrderLine.objects.select_related("product").order_by("id")
    return orders.prefetch_related(None).prefetch_related(Prefetch("lines", lines)).defer("raw")


def _sold(order: Order) -> list[_Sold]:
    return [_Sold(order, line) for line in order.lines.all()] or [_Sold(order, None)]


ORDERS = ExportedList(
    _("Orders"),
    (
        _column(_("Order number"), "order.number"),
        *_shop("order.shop"),
        Column(_("Status"), lambda row: row.order.get_status_display()),
        _column(_("Placed"), "order.placed_at"),
        _column(_("Paid"), "order.paid_at"),
        _column(_("Ship by"), "order.ship_by"),
        _column(_("Shipped"), "order.shipped_at"),
        _of_line(_("SKU"), lambda line: line.sku),
        _of_line(_("Product"), lambda line: line.product.sku if line.product else None),
        _of_line(_("Title"), lambda line: line.title),
        _of_line(_("Variation"), lambda line: line.variation_name),
        _of_line(_("Quantity"), lambda line: line.quantity),
        _of_line(_("List price"), lambda line: line.price),
        _of_line(_("Price paid"), lambda line: line.paid_price),
        _of_line(_("Cost of one"), lambda line: line.unit_cost, SEES_COST),
        _column(_("Order total"), "order.total"),
        _column(_("Currency"), "order.currency"),
        _column(_("Payment"), "order.payment_method"),
        _column(_("Carrier"), "order.carrier"),
        _column(_("Cancel reason"), "order.cancel_reason"),
        _column(_("Sold by"), "order.staff_name"),
        _column(_("Branch"), "order.branch_name"),
        _buyer(_("Buyer"), attrgetter("order.buyer_name")),
        _buyer(_("Recipient"), _recipient("name")),
        _buyer(_("Telephone"), _recipient("phone")),
        _buyer(_("Address"), _recipient("address")),
        _buyer(_("Note"), attrgetter("order.note")),
    ),
    _with_lines,
    _sold,
    attrgetter("order.shop_id"),
)


# --- goods ---


def _with_stock(request: HttpRequest, products: QuerySet[Any]) -> QuerySet[Any]:
    """Add what the user's warehouses hold, and the cost where the user may see it."""
    everything = permissions.access_of(request).everything
    levels = StockLevel.objects.filter(
        permissions.levels_of(request), product_id=OuterRef("pk"), product__is_bundle=False
    ).order_by()
    sums = {
        f"sum_{name}": Subquery(levels.values("product_id").annotate(units=Sum(name)).values("units"))
        for name in ("on_hand", "reserved", "available")
    }
    places = levels.exclude(shelf="").values("product_id")
    shelf = Concat("warehouse__name", Value(": "), "shelf")
    sums["shelves"] = Subquery(
        places.annotate(all=StringAgg(shelf, "; ", order_by="warehouse__position")).values("all")
    )
    cost = F("cost") if everything else Case(When(permissions.products_of(request, SEES_COST), then=F("cost")))
    return products.prefetch_related(None).annotate(**sums, shown_cost=cost)


PRODUCTS = ExportedList(
    _("Products"),
    (
        _column(_("SKU"), "sku"),
        _column(_("Barcode"), "barcode"),
        _column(_("Name"), "name"),
        Column(_("Bundle"), lambda row: _yes(row.is_bundle)),
        Column(_("Active"), lambda row: _yes(row.is_active)),
        _column(_("Price"), "price"),
        _column(_("Cost"), "shown_cost", role=SEES_COST),
        _column(_("On hand"), "sum_on_hand"),
        _column(_("Reserved"), "sum_reserved"),
        _column(_("Left to sell"), "sum_available"),
        _column(_("Shelves"), "shelves"),
        Column(
            _("Stock value"),
            lambda row: None if None in (row.shown_cost, row.sum_on_hand) else row.shown_cost * max(row.sum_on_hand, 0),
            SEES_COST,
        ),
    ),
    _with_stock,
    shop_id=lambda _row: None,
)


def _shown_numbers(_request: HttpRequest, listings: QuerySet[Any]) -> QuerySet[Any]:
    stocks = ListingStock.objects.order_by("id")
    return listings.prefetch_related(None).prefetch_related(Prefetch("stocks", stocks)).defer("raw", "description")


def _shown(name: str) -> Callable[[Listing], Cell]:
    """Return the sum over a listing's channel warehouses, None where none has the number."""

    def value(listing: Listing) -> int | None:
        numbers = [getattr(stock, name) for stock in listing.stocks.all()]
        known = [number for number in numbers if number is not None]
        return sum(known) if known else None

    return value


LISTINGS = ExportedList(
    _("Listings"),
    (
        *_shop(),
        _column(_("Item id"), "item_id"),
        _column(_("Variation id"), "variation_id"),
        _column(_("Seller SKU"), "sku"),
        _column(_("Barcode"), "barcode"),
        _column(_("Title"), "title"),
        _column(_("Variation"), "variation_name"),
        Column(_("Status"), lambda row: row.get_status_display()),
        Column(_("Product"), lambda row: row.product.sku if row.product else None),
        Column(_("Units"), lambda row: row.units if row.product else None),
        _column(_("Price shown"), "price"),
        _column(_("Price wanted"), "wanted_price"),
        _column(_("Currency"), "currency"),
        Column(_("Stock wanted"), _shown("wanted")),
        Column(_("Stock expected"), _shown("expected")),
        Column(_("Stock read back"), _shown("observed")),
    ),
    _shown_numbers,
)


# --- people and money ---


def _without_raw(_request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
    return rows.prefetch_related(None).defer("raw")


def _of_operators(request: HttpRequest, customers: QuerySet[Any]) -> QuerySet[Any]:
    """Leave out whoever is known only to shops in which the user may not see buyers, and what only these know of the others."""
    if not permissions.access_of(request).everything:
        customers = customers.filter(permissions.customers_of(request, OPERATOR))
    return as_told(customers, permissions.shop_ids(request, OPERATOR))


CUSTOMERS = ExportedList(
    _("Customers"),
    (
        _buyer(_("Name"), attrgetter("told_name")),
        _buyer(_("Telephone"), attrgetter("told_phone")),
        _buyer(_("E-mail"), attrgetter("told_email")),
        _buyer(_("Since"), attrgetter("created_at")),
    ),
    _of_operators,
    shop_id=lambda _row: None,
)
RETURNS = ExportedList(
    _("Returns"),
    (
        _column(_("Return number"), "number"),
        _column(_("Order number"), "order_number"),
        *_shop(),
        Column(_("Status"), lambda row: row.get_status_display()),
        _column(_("Requested"), "requested_at"),
        _column(_("Answer by"), "answer_by"),
        _column(_("Goods received"), "received_at"),
        _column(pgettext_lazy("money", "Refund"), "refund"),
        _column(_("Currency"), "currency"),
        _column(_("Tracking number"), "tracking_number"),
        _buyer(_("Reason"), attrgetter("reason")),
        _buyer(_("Note"), attrgetter("note")),
    ),
    lambda _request, rows: rows.prefetch_related(None).defer("raw", "order__raw"),
)
SETTLEMENTS = ExportedList(
    _("Settlements"),
    (
        *_shop(),
        _column(_("Order number"), "order_number"),
        Column(_("Kind"), lambda row: row.get_kind_display()),
        _column(_("Channel's name of the fee"), "fee"),
        _column(_("Amount"), "amount"),
        _column(_("Currency"), "currency"),
        _column(_("Statement"), "statement"),
        _column(_("When"), "happened_at"),
        Column(_("Paid out"), lambda row: _yes(row.is_paid)),
        _column(_("Paid out on"), "paid_at"),
    ),
    _without_raw,
)

LISTS: Mapping[str, tuple[type[Model], ExportedList]] = {
    "orders": (Order, ORDERS),
    "products": (Product, PRODUCTS),
    "listings": (Listing, LISTINGS),
    "customers": (Customer, CUSTOMERS),
    "returns": (Return, RETURNS),
    "settlements": (StatementLine, SETTLEMENTS),
}
