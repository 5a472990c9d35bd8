"""Steps of a new shop until it runs by itself, computed from what is stored in one query for all shops together.

A POS has fewer: it has no listings to map, and takes no fees.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from commissions.models import CommissionRule
from erpsync.models import EndedShopGuide
from integrations.contract.connector import Role
from integrations.models import BackfillRun, Connection, Link
from inventory.models import Listing, Shop, ShopMembership

MEMBERS = 2
CONNECTED, CATALOGUE, MAPPED, POS, STOCK, HISTORY, FEES, PEOPLE = STEPS = (
    "connected", "catalogue", "mapped", "pos", "stock", "history", "fees", "people",
)  # fmt: skip
_OF_SELLERS = (MAPPED, POS, STOCK, FEES)


@dataclass(frozen=True, slots=True)
class ShopGuide:
    """Steps of one shop in their order, each with whether it is done. `mapped` of `listings` active ones have a product."""

    shop: Shop
    connection_id: int | None
    steps: Mapping[str, bool]
    mapped: int = 0
    listings: int = 0

    @property
    def done(self) -> int:
        return sum(self.steps.values())

    @property
    def is_complete(self) -> bool:
        return self.done == len(self.steps)


def open_guides(shop_ids: Collection[int]) -> list[ShopGuide]:
    """Return the guides of these shops that have not ended, the newest shop first. Complete ones end now, and are left out."""
    found = [_guide(shop) for shop in _measured(shop_ids)]
    end_guides([guide.shop.pk for guide in found if guide.is_complete])
    return [guide for guide in found if not guide.is_complete]


def has_open_guide(shop_id: int) -> bool:
    """Return whether a shop's guide is still shown."""
    return not EndedShopGuide.objects.filter(shop_id=shop_id).exists()


def end_guides(shop_ids: Collection[int], *, by: int | None = None) -> None:
    """Show the guides of these shops no more. May be repeated; the first end counts."""
    rows = [EndedShopGuide(shop_id=shop_id, ended_by_id=by) for shop_id in shop_ids]
    if rows:
        EndedShopGuide.objects.bulk_create(rows, ignore_conflicts=True)


def _measured(shop_ids: Collection[int]) -> list[Shop]:
    """Return the shops whose guide is open, each with its step's facts as attributes."""
    ended = EndedShopGuide.objects.filter(shop_id=OuterRef("pk"))
    connection = Connection.objects.filter(shop_id=OuterRef("pk"))
    listings = Listing.objects.filter(shop_id=OuterRef("pk"))
    # counted in an index each: a listing is a page of the table, and a shop has a hundred thousand
    active = listings.filter(status=Listing.Status.ACTIVE).order_by().values("shop_id")
    unmapped = active.filter(product__isnull=True)
    members = ShopMembership.objects.filter(shop_id=OuterRef("pk"), user__is_active=True).order_by().values("shop_id")
    rules = CommissionRule.objects.filter(
        Q(shop_id=OuterRef("pk")) | Q(shop__isnull=True), channel=OuterRef("channel"), state=CommissionRule.State.ACTIVE
    )
    runs = BackfillRun.objects.filter(connection__shop_id=OuterRef("pk"), state=BackfillRun.State.DONE)
    return list(
        Shop.objects.filter(~Exists(ended), pk__in=shop_ids)
        .annotate(
            connection_pk=Subquery(connection.values("pk")[:1]),
            is_connected=Exists(connection.filter(is_active=True)),
            is_read=Exists(listings),
            listings_count=Coalesce(Subquery(active.annotate(n=Count("*")).values("n")), 0),
            unmapped_count=Coalesce(Subquery(unmapped.annotate(n=Count("*")).values("n")), 0),
            has_pos=Exists(Link.objects.filter(connection__shop_id=OuterRef("pk"), role=Role.POS.value)),
            has_history=Exists(runs),
            has_rules=Exists(rules),
            members_count=Coalesce(Subquery(members.annotate(n=Count("pk")).values("n")), 0),
        )
        .order_by("-created_at", "-pk")
    )


def _guide(shop: Shop) -> ShopGuide:
    facts = vars(shop)
    listings = facts["listings_count"]
    mapped = listings - facts["unmapped_count"]
    is_done = {
        CONNECTED: facts["is_connected"],
        CATALOGUE: facts["is_read"],
        MAPPED: bool(listings) and mapped == listings,
        POS: facts["has_pos"],
        STOCK: shop.stock_since is not None,
        HISTORY: facts["has_history"],
        FEES: facts["has_rules"],
        PEOPLE: facts["members_count"] >= MEMBERS,
    }
    steps = {step: is_done[step] for step in STEPS if not (shop.keeps_stock and step in _OF_SELLERS)}
    return ShopGuide(shop, facts["connection_pk"], steps, mapped, listings)
