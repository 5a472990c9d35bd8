"""Target systems of documents: one row per role of a connection."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from integrations.contract.writes import WriteRequest
from integrations.documents import person_commands
from integrations.documents.commands.store import Claimed
from integrations.documents.crm import build as crm_build
from integrations.documents.crm import customers as crm_customers
from integrations.documents.crm import desired as crm
from integrations.documents.crm import lines as crm_lines
from integrations.documents.difference import Desired, Existing, OrderFacts, Situation, Wanted
from integrations.documents.pos import build as pos_build
from integrations.documents.pos import desired as pos
from integrations.documents.pos import observe as pos_observe
from integrations.documents.pos import places as pos_places
from integrations.documents.references import reference_for
from integrations.inbox.refetch import ReadAgain
from integrations.models import Connection

# order -> the places of a target where it has documents -> units of each product that are held there; None: no longer any
Places = Mapping[int, Mapping[int | None, Mapping[int, Decimal] | None]]


def no_places(orders: Sequence[OrderFacts]) -> Places:
    """Return one place for each order: the target has no branches or other places."""
    return {order.id: {None: {}} for order in orders}


def unchanged(wanted: Sequence[Wanted]) -> list[Wanted]:
    """Return the wanted documents as they are."""
    return list(wanted)


def reference(order: OrderFacts, kind: str, round_number: int, warehouse_id: int | None) -> str:
    """Return the reference of a document, the same for the same document."""
    place = () if warehouse_id is None else (warehouse_id,)
    return reference_for(order.shop_id, order.number, f"{kind}{round_number}", *place)


def no_follow_up(connection: Connection, claimed: Claimed) -> ReadAgain:
    """Do nothing: a write there changes nothing here."""
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A target system: how its commands are derived, built and followed up.

    `build` makes the write request when it is sent, and raises NotNeeded or Rejected; `follow_up` runs in the transaction that
    stores the outcome, and returns what the connection is to be asked for again: at once, or, where nothing is known but our own
    write, after `reads_within` seconds at the latest. Where documents follow from orders: `places`
    (in a constant number of queries) says where an order has documents, `desired` (pure) which ones, and `complete` (in a
    constant number of queries) fills in what the wanted ones need. `told`: kinds that are wanted even of a connector that does
    not take them, so that people are told.
    """

    kinds: frozenset[str]
    told: frozenset[str] = frozenset()
    build: Callable[[Connection, Claimed], WriteRequest]
    follow_up: Callable[[Connection, Claimed], ReadAgain] = no_follow_up
    reads_within: float = 0.0
    lane: str = "orders"
    desired: Callable[[Situation, Sequence[Existing]], Desired] | None = None
    places: Callable[[Sequence[OrderFacts]], Places] = no_places
    complete: Callable[[Sequence[Wanted]], list[Wanted]] = unchanged
    reference: Callable[[OrderFacts, str, int, int | None], str] = reference


# role -> what a connection in this role takes
TARGETS: dict[str, Target] = {
    "pos": Target(
        kinds=pos.KINDS,
        told=frozenset({pos.CORRECTION}),
        build=pos_build.build,
        follow_up=pos_observe.note_written,
        reads_within=pos_observe.SETTLES_AFTER,
        desired=pos.desired,
        places=pos_places.branches,
        reference=pos_places.reference,
    ),
    "crm": Target(
        kinds=crm.KINDS,
        build=crm_build.build,
        lane="bulk",
        desired=crm.desired,
        places=crm_lines.units_of,
        complete=crm_customers.with_customers,
    ),
}
# what a connection is asked to do about its own orders, returns, items
OWN = Target(kinds=frozenset(), build=person_commands.build, follow_up=person_commands.ask_for_order)

# lane of a command -> the job that carries it out
JOBS: Mapping[str, str] = {"orders": "perform", "bulk": "perform_bulk"}


def target_of(kind: str) -> Target:
    """Return the row of a kind of command."""
    return next((target for target in TARGETS.values() if kind in target.kinds), OWN)
