"""The books after a case, by the keys of `want` and `seen`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Sum

from erpsync.replay.setup import World
from erpsync.replay.steps import Player
from integrations.contract.errors import Rejected
from integrations.documents.commands import store
from integrations.documents.errors import NotNeeded
from integrations.documents.targets import target_of
from integrations.models import Command, Connection
from inventory.models import Listing, ListingStock, Product, StockLevel
from orders.models import Order, Parcel, Return


def read_books(player: Player) -> dict[str, Any]:
    """Return the books as plain values, with every key that a case may want."""
    world, shop = player.world, player.world.shop.own_shop
    on_hand, reserved = _levels(world.product)
    return {
        "events": player.events,
        "on_hand": on_hand,
        "reserved": reserved,
        "other_shop_shows": _shows(Listing.objects.get(shop=world.rival.own_shop)),
        "listings": [_listing(found) for found in Listing.objects.filter(shop=shop).order_by("pk")],
        "orders": [_order(found) for found in Order.objects.filter(shop=shop).order_by("pk")],
        "current_parcels": list(_current_parcels(shop.pk)),
        "pos_documents": _documents(world),
        "pos_document_total": _document_total(world.pos),
        "book": [_product(found) for found in Product.objects.order_by("pk")],
        "book_count": Product.objects.count(),
        "pos_sales": _pos_sales(world.pos),
        "returns": [[r.number, r.order_number, r.status] for r in Return.objects.filter(shop=shop).order_by("pk")],
    }


def _plain(value: Decimal | None) -> int | float | None:
    """Return a quantity as people write it: whole where it is."""
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() else float(value)


def _levels(product: int) -> tuple[int | float | None, int | float | None]:
    sums = StockLevel.objects.filter(product=product).aggregate(h=Sum("on_hand"), r=Sum("reserved"))
    return _plain(sums["h"] or Decimal(0)), _plain(sums["r"] or Decimal(0))


def _shows(listing: Listing) -> int | None:
    return ListingStock.objects.filter(listing=listing).values_list("wanted", flat=True).order_by("pk").first()


def _listing(found: Listing) -> Mapping[str, Any]:
    return {
        "item": found.item_id, "variation": found.variation_id, "sku": found.sku, "status": found.status,
        "product": found.product.sku if found.product else None, "shows": _shows(found),
    }  # fmt: skip


def _order(found: Order) -> Mapping[str, Any]:
    parcels = found.parcels.order_by("pk").values_list("number", "tracking_number")
    return {
        "number": found.number, "status": found.status, "problems": list(found.problems),
        "parcels": [list(parcel) for parcel in parcels],
        "quantities": [line.quantity for line in found.lines.order_by("pk")],
    }  # fmt: skip


def _current_parcels(shop_id: int) -> list[str]:
    return list(
        Parcel.objects.filter(order__shop=shop_id, replaced_at=None).order_by("pk").values_list("number", flat=True)
    )


def _documents(world: World) -> list[list[str]]:
    if world.pos is None:
        return []
    commands = Command.objects.filter(target=world.pos, order__shop=world.shop.own_shop).order_by("kind", "pk")
    return [list(row) for row in commands.values_list("kind", "state")]


def _document_total(pos: Connection | None) -> str | None:
    """Return what the first waiting document adds up to, its discount taken off, as it would be written now."""
    if pos is None:
        return None
    with transaction.atomic():
        totals = list(_totals(pos))
        # it was only looked at
        transaction.set_rollback(True)
    return next(iter(totals), None)


def _totals(pos: Connection) -> Iterator[str]:
    for command in store.claim(pos.pk, seconds=1.0):
        # nothing is left to write, or it cannot be written
        with suppress(NotNeeded, Rejected):
            message = target_of(command.kind).build(pos, command)
            yield f"{sum((line.quantity * line.price for line in message.lines), -message.discount):f}"


def _product(found: Product) -> list[Any]:
    levels = found.levels.order_by("pk").values_list("on_hand", flat=True)
    return [found.sku, found.name, [_plain(units) for units in levels]]


def _pos_sales(pos: Connection | None) -> list[list[str]]:
    if pos is None:
        return []
    return [list(row) for row in Order.objects.filter(shop=pos.shop).order_by("pk").values_list("number", "status")]
