"""Setting up what a case has given: the shop, a second one that sells the same product, and who keeps the stock."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction

from core.db import database_time
from erpsync.replay.answering import CaseChannel
from erpsync.replay.case import Given
from integrations.accounts.connecting import NewTokens, connect_granted
from integrations.accounts.links import channels_with
from integrations.accounts.registrations import app_access, register_app
from integrations.connectors import connector_of
from integrations.contract.connector import Role
from integrations.contract.consent import Grant, ShopFound
from integrations.contract.declarations import Field
from integrations.models import Connection
from integrations.wire import transport
from inventory.models import Listing, Product, Shop, Warehouse
from inventory.services.listings import upsert_listings
from inventory.services.mapping import map_listings
from inventory.services.products import add_product, add_warehouse
from inventory.services.readings import record_readings
from inventory.services.receipts import Receipt, post_receipt
from inventory.services.shops import give_priority, sell_from, sync_branches
from inventory.services.wanted import refresh_wanted
from inventory.snapshots import ListingSnapshot, StockReading, WarehouseSnapshot

SKU, NAME, POS_ITEM, BRANCH = "AO-01", "Áo mẫu", "501", "77"
RIVAL_ITEM, RIVAL_VARIATION = "900", "901"
_OTHER_PRIORITY = 200  # behind the default of 100


@dataclass(frozen=True, slots=True)
class World:
    """Rows that were set up. `product` is the id of AO-01."""

    shop: Connection
    rival: Connection
    pos: Connection | None
    product: int


def set_up(given: Given) -> World:
    """Set up an empty hub as a case has it."""
    pos = _connect(channels_with(Role.POS)[0], "pos") if given.pos else None
    place = _branch(pos) if pos else add_warehouse("Kho")
    shop, rival = (
        _connect(given.channel, name, pos, imports_itself=given.pos_imports_itself) for name in ("shop", "rival")
    )
    with transaction.atomic():
        product = _stock(given, pos, place, shop.own_shop)
        for connection in (shop, rival):
            sell_from(connection.own_shop, [place])
        if given.first:
            give_priority(rival.own_shop.pk, _OTHER_PRIORITY)
        if given.listing:
            _listed(shop.own_shop, *given.listing, product.pk)
        _listed(rival.own_shop, RIVAL_ITEM, RIVAL_VARIATION, product.pk, given.rival)
        refresh_wanted([product.pk])
    return World(shop, rival, pos, product.pk)


def _connect(
    channel: str, name: str, pos: Connection | None = None, *, imports_itself: bool = False
) -> Connection:  # fmt: skip
    """Connect an account as after a consent; nothing that is asked then is in the case, so each call is refused and forgiven."""
    connector = connector_of(channel)
    app = register_app(
        channel, name, _filled(connector.account_fields), settings=_filled(connector.account_settings)
    )  # fmt: skip
    tokens = NewTokens(connector.consent, app_access(app), name, Grant("token", None, "refresh"))
    with transport.through(CaseChannel(connector, {})):
        return connect_granted(
            app, tokens, ShopFound(name, name), settings=_filled(connector.connection_fields), pos=pos,
            pos_imports_itself=imports_itself,
        )  # fmt: skip


def _filled(fields: tuple[Field, ...]) -> dict[str, str]:
    """Return a value for each field that must have one."""
    return {
        field.name: field.default or (field.choices[0][0] if field.choices else "1")
        for field in fields
        if field.required or field.default or field.from_channel
    }


def _branch(pos: Connection) -> Warehouse:
    with transaction.atomic():
        sync_branches(pos.own_shop, [WarehouseSnapshot(BRANCH, "Kho")])
    return pos.own_shop.branches.get()


def _stock(given: Given, pos: Connection | None, place: Warehouse, shop: Shop) -> Product:
    """Put the product into the book and its pieces on the shelf."""
    if given.book:
        add_product(given.book, given.book)
    if pos is None:
        product = add_product(SKU, NAME)
        if given.on_hand:
            post_receipt(place.pk, {product.pk: Decimal(given.on_hand)}, Receipt(shop.pk, "", "given", None))
        return product
    asked_at = database_time()
    upsert_listings(pos.own_shop, [ListingSnapshot(POS_ITEM, "", SKU, NAME, "active", asked_at)])
    reading = StockReading(POS_ITEM, BRANCH, Decimal(given.on_hand), Decimal(0), asked_at)
    record_readings(pos.own_shop.pk, [reading])
    return Product.objects.get(sku=SKU)


def _listed(shop: Shop, item: str, variation: str, product: int, status: str = "active") -> None:
    upsert_listings(shop, [ListingSnapshot(item, variation, "", NAME, status, database_time())])
    listing = Listing.objects.get(shop=shop, item_id=item, variation_id=variation)
    map_listings([(listing.pk, product, 1)])
