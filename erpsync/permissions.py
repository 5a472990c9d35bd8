"""Rows that a caller may see or act on: every queryset of the admin and of the API goes through here. Superusers see every shop.

The rules are those of `core.permissions`. A connection is seen and changed by the members of its shop. One without a shop is
seen by the members of every shop that is linked to it, and changed by those who have the role in all of them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Protocol, TypeVar

from django.contrib.auth.models import AnonymousUser, Group, User
from django.db.models import Exists, Model, OuterRef, Q, QuerySet, Subquery
from django.db.models.lookups import IsNull
from django.http import HttpRequest

from commissions.models import CommissionRule
from core.permissions import FINANCE, MANAGER, OPERATOR, PRIVACY, VIEWER, Access
from integrations.accounts.links import shops_by_connection
from integrations.models import AppRegistration, Connection
from inventory.models import BundleComponent, Listing, Product, Shop, ShopMembership, StockLevel, Warehouse
from orders.models import CustomerIdentity, Order, OrderTag

__all__ = ["MANAGER", "OPERATOR", "VIEWER"]

M = TypeVar("M", bound=Model)


class Granted(Protocol):
    """Authentication of a request by an API key, as its `auth`."""

    @property
    def access(self) -> Access: ...

    @property
    def owner(self) -> User | None: ...


def access_of(request: HttpRequest) -> Access:
    """Return the permissions of whoever asks; one query per request. A superuser is a manager everywhere."""
    known: Access | None = request.__dict__.get("_access")
    if known is None:
        granted: Granted | None = getattr(request, "auth", None)
        known = request.__dict__["_access"] = _of_person(request.user) if granted is None else granted.access
    return known


def _of_person(user: User | AnonymousUser) -> Access:
    if user.is_superuser:
        return Access(dict.fromkeys(Shop.objects.values_list("pk", flat=True), MANAGER), everything=True)
    groups = {
        f"in_{name}": Exists(Group.objects.filter(user=OuterRef("user_id"), name=name)) for name in (FINANCE, PRIVACY)
    }
    memberships = ShopMembership.objects.filter(user_id=user.pk or 0).annotate(**groups)
    found = list(memberships.values_list("shop_id", "role", *groups))
    finance, privacy = (any(row[at] for row in found) for at in (2, 3))
    return Access({shop: role for shop, role, *_groups in found}, finance=finance, privacy=privacy)


def may_erase(request: HttpRequest, shops: Collection[int]) -> bool:
    """Return whether the caller may erase a person whom these shops know. A key: in its shops, and as far as whoever made it may."""
    granted: Granted | None = getattr(request, "auth", None)
    access = access_of(request)
    if granted is None:
        return access.may_erase(shops)
    owner = granted.owner
    is_owners = owner is not None and owner.is_active and _of_person(owner).may_erase(shops)
    return is_owners and all(access.may(shop, MANAGER) for shop in shops)


def runs_hub(request: HttpRequest) -> bool:
    """Return whether the caller may set up what reaches into the systems of whoever runs the hub: superusers, and their managers' keys."""
    granted: Granted | None = getattr(request, "auth", None)
    if granted is None:
        return access_of(request).everything
    owner = granted.owner
    return owner is not None and owner.is_active and owner.is_superuser and bool(shop_ids(request, MANAGER))


def roles(request: HttpRequest) -> Mapping[int, str]:
    """Return the caller's role by shop id."""
    return access_of(request).roles


def shop_ids(request: HttpRequest, role: str = VIEWER) -> list[int]:
    """Return the shops in which the caller has this role or a higher one."""
    return access_of(request).shop_ids(role)


def may(request: HttpRequest, shop_id: int | None, role: str) -> bool:
    """Return whether the caller has this role in a shop. Rows without a shop are for superusers."""
    return access_of(request).may(shop_id, role)


def connection_ids(request: HttpRequest, role: str = VIEWER) -> list[int]:
    """Return the connections that the caller may see, or do with what this role allows."""
    if access_of(request).everything:
        return sorted(Connection.objects.values_list("pk", flat=True))
    mine, enough = set(shop_ids(request, role)), any if role == VIEWER else all
    return sorted(pk for pk, shops in _concerned(request).items() if enough(shop in mine for shop in shops))


def may_with(request: HttpRequest, connection_id: int | None, role: str) -> bool:
    """Return whether the caller has this role for a connection. Rows without a connection are for superusers."""
    return bool(access_of(request).everything or connection_id in connection_ids(request, role))


def connections(request: HttpRequest, role: str = VIEWER) -> QuerySet[Connection]:
    """Return the connections that the caller may see, or do with what this role allows."""
    found = Connection.objects.select_related("shop", "authorisation__app")
    return found if access_of(request).everything else found.filter(pk__in=connection_ids(request, role))


def _concerned(request: HttpRequest) -> Mapping[int, set[int]]:
    """Return `shops_by_connection`; one query per request."""
    known: dict[int, set[int]] | None = request.__dict__.get("_concerned")
    if known is None:
        known = request.__dict__["_concerned"] = shops_by_connection()
    return known


def shops(request: HttpRequest) -> QuerySet[Shop]:
    """Return the shops that the caller may see."""
    return Shop.objects.filter(pk__in=shop_ids(request))


def of_shops_only(request: HttpRequest, rows: QuerySet[M], role: str = MANAGER) -> QuerySet[M]:
    """Return the rows all of whose `only_shops` are shops in which the caller has this role; those without are superusers'."""
    if access_of(request).everything:
        return rows
    others = Shop.objects.exclude(pk__in=shop_ids(request, role))
    return rows.filter(only_shops__isnull=False).exclude(only_shops__in=others).distinct()


def in_all_shops(request: HttpRequest, rows: QuerySet[M], role: str = VIEWER) -> QuerySet[M]:
    """Return the rows in all of whose `shop_ids` the caller has this role; those without are superusers'."""
    if access_of(request).everything:
        return rows
    return rows.filter(shop_ids__contained_by=shop_ids(request, role)).exclude(shop_ids=[])


def warehouses_of(shop_ids: list[int]) -> Q:
    """Return the condition for warehouses that these shops manage or sell from."""
    sells = Shop.sells_from.through.objects.filter(warehouse_id=OuterRef("pk"), shop_id__in=shop_ids)
    return Q(shop_id__in=shop_ids) | Q(Exists(sells))


def warehouses(request: HttpRequest, role: str = VIEWER) -> QuerySet[Warehouse]:
    """Return the warehouses that the caller may see: those that one of the caller's shops manages or sells from."""
    return Warehouse.objects.filter(warehouses_of(shop_ids(request, role)))


def levels_of(request: HttpRequest) -> Q:
    """Return the condition for stock levels that the caller may see: those of the caller's warehouses."""
    return Q() if access_of(request).everything else Q(warehouse_id__in=warehouses(request).values("pk"))


def usable_warehouses(request: HttpRequest) -> QuerySet[Warehouse]:
    """Return the warehouses that the caller may have shops sell from and put goods into: looking at a POS is not writing to it.

    The branches of shops in which the caller is operator, and warehouses managed here that such a shop sells from.
    """
    if access_of(request).everything:
        return Warehouse.objects.all()
    mine = shop_ids(request, OPERATOR)
    return Warehouse.objects.filter(warehouses_of(mine)).filter(Q(shop=None) | Q(shop_id__in=mine))


def products_of(request: HttpRequest, role: str = VIEWER) -> Q:
    """Return the condition for products on sale in the caller's shops or in stock where these sell from, and bundles of such.

    `role`: counting only the shops in which the caller has it.
    """
    places = warehouses(request, role).values("pk")
    in_stock = StockLevel.objects.filter(warehouse_id__in=places)
    listed = Listing.objects.filter(product_id=OuterRef("pk"), shop_id__in=shop_ids(request, role))
    parts = BundleComponent.objects.filter(
        Exists(in_stock.filter(product_id=OuterRef("product_id"))), bundle_id=OuterRef("pk")
    )
    return Q(Exists(listed)) | Q(Exists(in_stock.filter(product_id=OuterRef("pk")))) | Q(Exists(parts))


def products(request: HttpRequest) -> QuerySet[Product]:
    """Return the products that the caller may see."""
    return Product.objects.all() if access_of(request).everything else Product.objects.filter(products_of(request))


def customers_of(request: HttpRequest, role: str = VIEWER) -> Q:
    """Return the condition for customers who are known to, or bought in, one of the shops in which the caller has this role."""
    shops = shop_ids(request, role)
    known = CustomerIdentity.objects.filter(customer_id=OuterRef("pk"), shop_id__in=shops).order_by()
    bought = Order.objects.filter(customer_id=OuterRef("pk"), shop_id__in=shops).order_by()
    # each customer's own rows are looked up: an OR of two EXISTS reads all orders of the shops
    return Q(IsNull(Subquery(known.values("pk")[:1]), False)) | Q(IsNull(Subquery(bought.values("pk")[:1]), False))


def tags_of(request: HttpRequest, role: str = VIEWER) -> Q:
    """Return the condition for tags that the caller may see: on an order of the caller's shops, or on none yet.

    They are the house's: with a higher role, those that stand on no order of a shop in which the caller lacks it.
    """
    if access_of(request).everything:
        return Q()
    shops = shop_ids(request, role)
    if not shops:
        return Q(pk__in=())
    marks = OrderTag.orders.through.objects.filter(ordertag_id=OuterRef("pk"))
    if role == VIEWER:
        return Q(Exists(marks.filter(order__shop_id__in=shops))) | ~Q(Exists(marks))
    return ~Q(Exists(marks.exclude(order__shop_id__in=shops)))


def commands_of(request: HttpRequest, role: str = VIEWER) -> Q:
    """Return the condition for commands: one about an order is its shop's, any other its connection's.

    A ledger serves several shops: the members of one see nothing of the others' orders there.
    """
    of_orders = Q(order__shop_id__in=shop_ids(request, role))
    return of_orders | Q(order__isnull=True, target_id__in=connection_ids(request, role))


def channels(request: HttpRequest) -> list[str]:
    """Return the channels in which the caller may see a shop; one query per request."""
    known: list[str] | None = request.__dict__.get("_channels")
    if known is None:
        found = shops(request).order_by("channel").values_list("channel", flat=True).distinct()
        known = request.__dict__["_channels"] = list(found)
    return known


def rules_of(request: HttpRequest) -> Q:
    """Return the condition for commission rules that the caller may see: of own shops, and of the whole channel of one."""
    return Q(shop_id__in=shop_ids(request)) | Q(shop__isnull=True, channel__in=channels(request))


def may_change_rules(request: HttpRequest, shop_id: int | None) -> bool:
    """Return whether the caller may change commission rules of a shop; None: those of a whole channel, and rate tables."""
    return access_of(request).may_change_rules(shop_id)


def may_in_channel(request: HttpRequest, channel: str, role: str) -> bool:
    """Return whether the caller has this role in some shop of a channel."""
    return Shop.objects.filter(pk__in=shop_ids(request, role), channel=channel).exists()


def may_add_version(request: HttpRequest, key: str) -> bool:
    """Return whether the caller may add a version to a rule: it takes the place of the one before, whatever shop that is of."""
    shops = CommissionRule.objects.filter(key=key).order_by().values_list("shop_id", flat=True).distinct()
    return all(may_change_rules(request, shop) for shop in shops)


def follow(obj: Model, path: str) -> int | None:
    """Return the id at the end of a lookup path: `order__shop_id` of a parcel. None where the path ends early."""
    found: object = obj
    for step in path.split("__"):
        found = getattr(found, step, None)
    return found if isinstance(found, int) else None


def apps(request: HttpRequest) -> QuerySet[AppRegistration]:
    """Return the app registrations behind the connections that the caller may see."""
    if access_of(request).everything:
        return AppRegistration.objects.all()
    through = connections(request).values("authorisation__app_id")
    return AppRegistration.objects.filter(pk__in=through)
