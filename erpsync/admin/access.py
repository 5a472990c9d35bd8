"""Who sees what: every queryset of the admin goes through ShopMembership here. Superusers see every shop."""

from __future__ import annotations

from collections.abc import Mapping

from django.db.models import Exists, Model, OuterRef, Q, QuerySet
from django.http import HttpRequest

from integrations.models import AppRegistration, Connection
from inventory.models import BundleComponent, Listing, Product, Shop, ShopMembership, StockLevel, Warehouse

VIEWER, OPERATOR, MANAGER = ShopMembership.Role.VIEWER, ShopMembership.Role.OPERATOR, ShopMembership.Role.MANAGER
_RANK: Mapping[str, int] = {VIEWER: 1, OPERATOR: 2, MANAGER: 3}


def roles(request: HttpRequest) -> dict[int, str]:
    """The user's role by shop id; one query per request. A superuser is a manager everywhere."""
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
    """The shops in which the user has this role or a higher one."""
    return sorted(shop for shop, has in roles(request).items() if _RANK[has] >= _RANK[role])


def may(request: HttpRequest, shop_id: int | None, role: str) -> bool:
    """Whether the user has this role in a shop. What belongs to no shop belongs to superusers."""
    if shop_id is None:
        return bool(request.user.is_superuser)
    return _RANK.get(roles(request).get(shop_id, ""), 0) >= _RANK[role]


def shops(request: HttpRequest) -> QuerySet[Shop]:
    """The shops the user may see."""
    return Shop.objects.filter(pk__in=shop_ids(request))


def warehouses_of(shop_ids: list[int]) -> Q:
    """Warehouses that these shops manage or sell from."""
    sells = Shop.sells_from.through.objects.filter(warehouse_id=OuterRef("pk"), shop_id__in=shop_ids)
    return Q(shop_id__in=shop_ids) | Q(Exists(sells))


def warehouses(request: HttpRequest) -> QuerySet[Warehouse]:
    """The warehouses the user may see: managed by, or sold from in, one of the user's shops."""
    return Warehouse.objects.filter(warehouses_of(shop_ids(request)))


def products_of(request: HttpRequest) -> Q:
    """Products on sale in the user's shops or in stock where these sell from, and bundles of such."""
    places = warehouses(request).values("pk")
    in_stock = StockLevel.objects.filter(warehouse_id__in=places)
    listed = Listing.objects.filter(product_id=OuterRef("pk"), shop_id__in=shop_ids(request))
    parts = BundleComponent.objects.filter(
        Exists(in_stock.filter(product_id=OuterRef("product_id"))), bundle_id=OuterRef("pk")
    )
    return Q(Exists(listed)) | Q(Exists(in_stock.filter(product_id=OuterRef("pk")))) | Q(Exists(parts))


def products(request: HttpRequest) -> QuerySet[Product]:
    """The products the user may see."""
    return Product.objects.all() if request.user.is_superuser else Product.objects.filter(products_of(request))


def follow(obj: Model, path: str) -> int | None:
    """The id at the end of a lookup path: `connection__shop_id` of an inbox event. None where the path ends early."""
    found: object = obj
    for step in path.split("__"):
        found = getattr(found, step, None)
    return found if isinstance(found, int) else None


def apps(request: HttpRequest) -> QuerySet[AppRegistration]:
    """The app registrations through which the user's shops are reached, without their credentials."""
    if request.user.is_superuser:
        return AppRegistration.objects.all()
    through = Connection.objects.filter(shop_id__in=shop_ids(request)).values("authorisation__app_id")
    return AppRegistration.objects.filter(pk__in=through)
