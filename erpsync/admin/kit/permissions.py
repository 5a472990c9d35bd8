"""Permissions by shop membership: every queryset of the admin goes through here. Superusers see every shop.

A connection is seen and changed by the members of its shop. One without a shop is seen by the members of every shop that is
linked to it, and changed by those who have the role in all of them.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.db.models import Exists, Model, OuterRef, Q, QuerySet
from django.http import HttpRequest

from integrations.accounts.links import shops_by_connection
from integrations.models import AppRegistration, Connection
from inventory.models import BundleComponent, Listing, Product, Shop, ShopMembership, StockLevel, Warehouse

VIEWER, OPERATOR, MANAGER = ShopMembership.Role.VIEWER, ShopMembership.Role.OPERATOR, ShopMembership.Role.MANAGER
_RANK: Mapping[str, int] = {VIEWER: 1, OPERATOR: 2, MANAGER: 3}


def roles(request: HttpRequest) -> dict[int, str]:
    """Return the user's role by shop id; one query per request. A superuser is a manager everywhere."""
    known: dict[int, str] | None = request.__dict__.get("_roles")
    if known is None:
        if request.user.is_superuser:
            known = dict.fromkeys(Shop.objects.values_list("pk", flat=True), str(MANAGER))
        else:
            memberships = ShopMembership.objects.filter(user_id=request.user.pk or 0)
            known = dict(memberships.values_list("shop_id", "role"))
        request.__dict__["_roles"] = known
    return known


def shop_ids(request: HttpRequest, role: str = VIEWER) -> list[int]:
    """Return the shops in which the user has this role or a higher one."""
    return sorted(shop for shop, has in roles(request).items() if _RANK[has] >= _RANK[role])


def may(request: HttpRequest, shop_id: int | None, role: str) -> bool:
    """Whether the user has this role in a shop. Rows without a shop are for superusers."""
    if shop_id is None:
        return bool(request.user.is_superuser)
    return _RANK.get(roles(request).get(shop_id, ""), 0) >= _RANK[role]


def connection_ids(request: HttpRequest, role: str = VIEWER) -> list[int]:
    """Return the connections that the user may see, or do with what this role allows."""
    if request.user.is_superuser:
        return sorted(Connection.objects.values_list("pk", flat=True))
    mine, enough = set(shop_ids(request, role)), any if role == VIEWER else all
    return sorted(pk for pk, shops in _concerned(request).items() if enough(shop in mine for shop in shops))


def may_with(request: HttpRequest, connection_id: int | None, role: str) -> bool:
    """Whether the user has this role for a connection. Rows without a connection are for superusers."""
    return bool(request.user.is_superuser or connection_id in connection_ids(request, role))


def connections(request: HttpRequest, role: str = VIEWER) -> QuerySet[Connection]:
    """Return the connections that the user may see, or do with what this role allows."""
    found = Connection.objects.select_related("shop", "authorisation__app")
    return found if request.user.is_superuser else found.filter(pk__in=connection_ids(request, role))


def _concerned(request: HttpRequest) -> Mapping[int, set[int]]:
    """Return `shops_by_connection`; one query per request."""
    known: dict[int, set[int]] | None = request.__dict__.get("_concerned")
    if known is None:
        known = request.__dict__["_concerned"] = shops_by_connection()
    return known


def shops(request: HttpRequest) -> QuerySet[Shop]:
    """Return the shops that the user may see."""
    return Shop.objects.filter(pk__in=shop_ids(request))


def warehouses_of(shop_ids: list[int]) -> Q:
    """Return the condition for warehouses that these shops manage or sell from."""
    sells = Shop.sells_from.through.objects.filter(warehouse_id=OuterRef("pk"), shop_id__in=shop_ids)
    return Q(shop_id__in=shop_ids) | Q(Exists(sells))


def warehouses(request: HttpRequest) -> QuerySet[Warehouse]:
    """Return the warehouses that the user may see: those that one of the user's shops manages or sells from."""
    return Warehouse.objects.filter(warehouses_of(shop_ids(request)))


def products_of(request: HttpRequest) -> Q:
    """Return the condition for products on sale in the user's shops or in stock where these sell from, and bundles of such."""
    places = warehouses(request).values("pk")
    in_stock = StockLevel.objects.filter(warehouse_id__in=places)
    listed = Listing.objects.filter(product_id=OuterRef("pk"), shop_id__in=shop_ids(request))
    parts = BundleComponent.objects.filter(
        Exists(in_stock.filter(product_id=OuterRef("product_id"))), bundle_id=OuterRef("pk")
    )
    return Q(Exists(listed)) | Q(Exists(in_stock.filter(product_id=OuterRef("pk")))) | Q(Exists(parts))


def products(request: HttpRequest) -> QuerySet[Product]:
    """Return the products that the user may see."""
    return Product.objects.all() if request.user.is_superuser else Product.objects.filter(products_of(request))


def follow(obj: Model, path: str) -> int | None:
    """Return the id at the end of a lookup path: `order__shop_id` of a parcel. None where the path ends early."""
    found: object = obj
    for step in path.split("__"):
        found = getattr(found, step, None)
    return found if isinstance(found, int) else None


def apps(request: HttpRequest) -> QuerySet[AppRegistration]:
    """Return the app registrations behind the connections that the user may see."""
    if request.user.is_superuser:
        return AppRegistration.objects.all()
    through = connections(request).values("authorisation__app_id")
    return AppRegistration.objects.filter(pk__in=through)
