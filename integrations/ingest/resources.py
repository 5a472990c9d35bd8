"""Resources: everything the hub keeps a copy of, one row per snapshot type.

Pipeline, sweep, backfill, dry run and admin loop over this table; none of them names a snapshot type. The order of the rows
is that in which kinds are swept and snapshots stored: the product book, its stock, people, documents, sales, what follows.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from commissions.services.payouts import store_payouts
from commissions.services.statements import orders_of_lines, statement_line_ids, store_settlements
from commissions.snapshots import PayoutSnapshot, SettlementSnapshot
from core.repeats import newest_of_each
from core.results import Stored
from core.widths import shortened_id
from integrations.contract.reads import Answer
from integrations.documents.pos import observe
from integrations.ingest import dry_run_facts
from integrations.ingest.locks import Rows
from integrations.models import Connection
from inventory.models import Shop
from inventory.services.listings import gone_listings, listing_ids, upsert_listings
from inventory.services.readings import level_ids, record_readings
from inventory.snapshots import ListingSnapshot, StockReading
from orders.services import settled_amounts
from orders.services.customers import identity_ids, moving_order_ids, store_customers
from orders.services.erasure import without_erased_buyers
from orders.services.returns import ensure_returns, orders_of_returns, store_returns, unassigned_return_ids
from orders.services.upsert import order_ids, upsert_orders
from orders.snapshots import (
    CustomerSnapshot,
    OrderSnapshot,
    PosDocumentSnapshot,
    ReturnSnapshot,
    SettledAmountsSnapshot,
)

Label = str | Promise
S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of inbox event. `label` names one thing; `history` names many in the list of backfills, "" where there is none.

    `whole`: its list shows what is, not what happened, so that a backfill reads it in one piece. `observed`: a sweep stores
    such a list as it stands, without events.
    """

    name: str
    label: Label
    history: Label = ""
    whole: bool = False
    observed: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """SQL that finds the stored rows of a listed thing.

    `rows`: FROM and WHERE of the rows `r` of the thing `n.external_id` in the shop `%(shop)s`, with `version` and `asked_at`;
    "" where the things have no rows of their own: then events that ended lately prove them known. `state`: the column with the
    channel's own word for their state, "" where there is none.
    """

    rows: str = ""
    state: str = ""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Provenance of snapshots: the source of each by its key, the kinds that were asked for, and whether a backfill
    reads them.
    """

    sources: Mapping[str, str]
    kinds: Collection[str]
    is_history: bool = False


Locks = Mapping[Rows, Sequence[int]]


def _no_locks(_: Connection, __: Sequence[Any]) -> Locks:
    return {}


def _nothing_gone(_: Connection, __: Collection[str]) -> Stored:
    return Stored()


def _listings_gone(connection: Connection, item_ids: Collection[str]) -> Stored:
    return gone_listings(connection.own_shop, item_ids)


def _lock_listings(connection: Connection, item_ids: Sequence[str]) -> Locks:
    """The listings of these items; in the book of a stock master their stock, too, which ends with them."""
    shop = connection.own_shop
    levels = {Rows.LEVELS: level_ids(shop.pk, item_ids)} if shop.keeps_stock else {}
    return levels | {Rows.LISTINGS: listing_ids(shop.pk, item_ids)}


def _no_facts(_: Connection, __: str) -> Iterator[dry_run_facts.Fact]:
    yield from ()


def _in_shop(
    facts_of: Callable[[Shop, str], Iterator[dry_run_facts.Fact]],
) -> Callable[[Connection, str], Iterator[dry_run_facts.Fact]]:
    """Return the facts about things that belong to a shop: none for an account that sells nothing."""
    return lambda connection, thing: facts_of(connection.shop, thing) if connection.shop else iter(())


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource(Generic[S]):
    """One snapshot type. `key`: the id by which events name a snapshot; `kinds`: events that are answered with it.

    `store` stores snapshots inside the caller's transaction, late, twice and in any order. `gone`: what to do about ids of its
    kinds that the channel no longer knows. `lock`, `lock_gone`: the stored rows these will write, by table; where several resources
    store or lose something at once, the rows of all are locked before. `known`: None where a listed thing is always read.
    `facts`: what a person would look at, for the dry run; asked of every connection, also of those without a shop.
    """

    snapshot: type[S]
    key: Callable[[S], str]
    kinds: tuple[Kind, ...]
    store: Callable[[Connection, Sequence[S], Circumstances], Stored]
    lock: Callable[[Connection, Sequence[S]], Locks] = _no_locks
    known: Known | None = None
    lock_gone: Callable[[Connection, Sequence[str]], Locks] = _no_locks
    gone: Callable[[Connection, Collection[str]], Stored] = _nothing_gone
    facts: Callable[[Connection, str], Iterator[dry_run_facts.Fact]] = _no_facts

    def of(self, answer: Answer, keys: Collection[str]) -> list[S]:
        """Return the snapshots of this type with these keys."""
        return [snapshot for snapshot in answer.of(self.snapshot) if self.event_id(snapshot) in keys]

    def event_id(self, snapshot: S) -> str:
        """Return the id by which events name a snapshot, as it is stored."""
        return shortened_id(self.key(snapshot))

    def answers(self, kinds: Collection[str]) -> bool:
        """Return whether events of one of these kinds are answered with this type."""
        return any(kind.name in kinds for kind in self.kinds)

    def keys(self, answer: Answer) -> set[str]:
        """Return the keys of the snapshots of this type."""
        return {self.event_id(snapshot) for snapshot in answer.of(self.snapshot)}


def _store_pos_documents(pos: Connection, documents: Sequence[PosDocumentSnapshot], _: Circumstances) -> Stored:
    observe.observe(pos, list(newest_of_each(documents, lambda document: document.code).values()))
    return Stored()


def _lock_orders(connection: Connection, found: Sequence[OrderSnapshot]) -> Locks:
    shop, numbers = connection.own_shop.pk, [s.number for s in found]
    return {
        Rows.RETURNS: unassigned_return_ids(shop, numbers),
        Rows.ORDERS: order_ids(shop, found),
        Rows.CUSTOMERS: identity_ids(shop, [s.buyer_id for s in without_erased_buyers(shop, found) if s.buyer_id]),
    }


def _lock_returns(connection: Connection, found: Sequence[ReturnSnapshot]) -> Locks:
    shop = connection.own_shop.pk
    return {Rows.RETURNS: ensure_returns(shop, found), Rows.ORDERS: orders_of_returns(shop, found)}


def _lock_settlements(connection: Connection, found: Sequence[SettlementSnapshot]) -> Locks:
    shop, lines = connection.own_shop.pk, [line for s in found for line in s.lines]
    return {Rows.ORDERS: orders_of_lines(shop, lines), Rows.STATEMENT_LINES: statement_line_ids(shop, lines)}


def _lock_pos_documents(pos: Connection, found: Sequence[PosDocumentSnapshot]) -> Locks:
    orders, levels = observe.rows_to_lock(pos, found)
    return {Rows.ORDERS: orders, Rows.LEVELS: levels}


_table: list[Resource[Any]] = [
    Resource(
        snapshot=ListingSnapshot,
        key=lambda s: s.item_id,
        kinds=(
            Kind("product", _("Product"), history=_("Products"), whole=True, observed=True),
            Kind("listing", _("Listing"), history=_("Listings"), whole=True, observed=True),
        ),
        lock=lambda c, found: _lock_listings(c, [s.item_id for s in found]),
        lock_gone=_lock_listings,
        store=lambda c, found, _: upsert_listings(c.own_shop, found),
        known=Known("FROM inventory_listing r WHERE r.shop_id = %(shop)s AND r.item_id = n.external_id"),
        gone=_listings_gone,
        facts=_in_shop(dry_run_facts.listing),
    ),
    Resource(
        snapshot=StockReading,
        key=lambda s: s.item_id,
        kinds=(Kind("stock", _("Stock"), whole=True, observed=True),),
        lock=lambda c, found: {Rows.LEVELS: level_ids(c.own_shop.pk, [s.item_id for s in found])},
        store=lambda c, found, _: record_readings(c.own_shop.pk, found),
        lock_gone=_lock_listings,
        gone=_listings_gone,
    ),
    Resource(
        snapshot=CustomerSnapshot,
        key=lambda s: s.external_id,
        kinds=(Kind("customer", _("Customer"), history=_("Customers"), whole=True),),
        lock=lambda c, found: {
            Rows.ORDERS: moving_order_ids(c.own_shop.pk, found),
            Rows.CUSTOMERS: identity_ids(c.own_shop.pk, [s.external_id for s in found]),
        },
        store=lambda c, found, _: store_customers(c.own_shop.pk, found),
        known=Known("FROM orders_customeridentity r WHERE r.shop_id = %(shop)s AND r.external_id = n.external_id"),
        facts=_in_shop(dry_run_facts.customer),
    ),
    Resource(
        snapshot=OrderSnapshot,
        key=lambda s: s.number,
        kinds=(Kind("invoice", _("Invoice"), history=_("Invoices")), Kind("order", _("Order"), history=_("Orders"))),
        lock=_lock_orders,
        store=lambda c, found, how: upsert_orders(c.own_shop, found, source=how.sources, history=how.is_history),
        known=Known("FROM orders_order r WHERE r.shop_id = %(shop)s AND r.number = n.external_id", "r.channel_status"),
        facts=_in_shop(dry_run_facts.order),
    ),
    # after the orders, whose buyers come before levels in the lock order
    Resource(
        snapshot=PosDocumentSnapshot,
        key=lambda s: s.code,
        kinds=(Kind("document", _("POS document")),),
        lock=_lock_pos_documents,
        store=_store_pos_documents,
    ),
    Resource(
        snapshot=ReturnSnapshot,
        key=lambda s: s.number,
        kinds=(Kind("return", _("Return"), history=_("Returns")),),
        lock=_lock_returns,
        store=lambda c, found, how: store_returns(c.own_shop, found, source=how.sources),
        known=Known("FROM orders_return r WHERE r.shop_id = %(shop)s AND r.number = n.external_id"),
        facts=_in_shop(dry_run_facts.give_back),
    ),
    # comes with the settlement of its order
    Resource(
        snapshot=SettledAmountsSnapshot,
        key=lambda s: s.number,
        kinds=(),
        lock=lambda c, found: {Rows.ORDERS: settled_amounts.order_ids(c.own_shop.pk, found)},
        store=lambda c, found, how: settled_amounts.store_settled_amounts(c.own_shop, found, history=how.is_history),
    ),
    Resource(
        snapshot=SettlementSnapshot,
        key=lambda s: s.external_id,
        kinds=(Kind("settlement", _("Settlement"), history=_("Settlements")),),
        lock=_lock_settlements,
        store=lambda c, found, how: store_settlements(c.own_shop, found, history=how.is_history),
        known=Known(),
        facts=_in_shop(dry_run_facts.money),
    ),
    Resource(
        snapshot=PayoutSnapshot,
        key=lambda s: s.external_id,
        kinds=(Kind("payout", _("Payout"), history=_("Payouts")),),
        store=lambda c, found, _: store_payouts(c.own_shop.pk, found),
        known=Known(
            "FROM (SELECT external_id, asked_at, paid_at AS version FROM commissions_payout WHERE shop_id = %(shop)s) r"
            " WHERE r.external_id = n.external_id"
        ),
    ),
]


def register(resource: Resource[Any]) -> Callable[[], None]:
    """Add a row to the table; returns what takes it out again."""
    _table.append(resource)
    return partial(_table.remove, resource)


def resources() -> tuple[Resource[Any], ...]:
    """Return the rows of the table."""
    return tuple(_table)


def kinds() -> dict[str, Kind]:
    """Return all kinds of event that are answered with snapshots, by name, in the order in which they are swept."""
    return {kind.name: kind for resource in _table for kind in resource.kinds}


def kind_named(name: str) -> Kind:
    """Return a kind; one without a row is named as the channel's reader names it."""
    return kinds().get(name) or Kind(name, name)


def known_by(kind: str) -> Known | None:
    """Return how the hub knows things of a kind, None where a listed thing is always read."""
    return next((resource.known for resource in _table if any(k.name == kind for k in resource.kinds)), None)


def keys_of(answer: Answer) -> set[str]:
    """Return the keys of all snapshots of an answer."""
    return {key for resource in _table for key in resource.keys(answer)}
