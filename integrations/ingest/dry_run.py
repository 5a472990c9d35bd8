"""Dry run of an inbox event: read from the channel, store the answer, look at what changed, roll back.

The one difference to a real try: the transaction is always rolled back, so nothing is stored, enqueued or sent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.db import DatabaseError, transaction
from django.utils.translation import gettext

from core.reasons import Cause
from integrations.accounts.connections import Account, account_of
from integrations.contract.errors import ChannelError, TryLater
from integrations.contract.reads import Answer
from integrations.contract.reasons import NOT_STORED
from integrations.inbox.store import Event
from integrations.ingest import dry_run_facts
from integrations.ingest.fetching import read
from integrations.ingest.resources import Circumstances, resources
from integrations.ingest.storing import outcomes, store_answer
from integrations.models import Connection, InboxEvent
from inventory.models import Listing, Shop
from inventory.queries import with_parts
from orders.models import OrderLine

State = InboxEvent.State
_Facts = dict[tuple[str, str], str]


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that would change, in words; "" where there is nothing yet, or nothing any more."""

    what: str
    which: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class DryRun:
    """Predicted outcome of an event: state, reason, and changes."""

    state: State
    reason: Cause = ""
    differences: tuple[Difference, ...] = ()


class NothingToTry(ValueError):
    """No channel can be asked about it; the message says why, in the user's language."""


def dry_run(event: InboxEvent) -> DryRun:
    """Try an event without consequences. May be repeated. Raises NothingToTry; a channel's refusal is an outcome.

    Rows are locked for as long as it takes to store and to look, as in a real try.
    """
    connection = event.connection
    if connection is None:
        raise NothingToTry(gettext("It belongs to no connected shop: connect the shop first."))
    account = account_of(connection)
    if event.kind not in account.connector.reads:
        raise NothingToTry(gettext("The channel is asked nothing about this kind of news, so nothing would change."))
    claimed = Event(
        event.pk, event.kind, event.external_id, event.version, event.source, event.tries, event.received_at
    )
    try:
        return _try(account, claimed, read(account, event.kind, [claimed]))
    except TryLater as error:
        return DryRun(State.PENDING, error.reason)
    except ChannelError as error:
        return DryRun(State.DEAD, error.reason)
    except (DatabaseError, ArithmeticError, ValueError, KeyError, TypeError) as error:
        return DryRun(State.DEAD, NOT_STORED(error=error))


def _try(account: Account, event: Event, answer: Answer) -> DryRun:
    connection, thing = account.connection, event.external_id
    with transaction.atomic():
        stored = store_answer(account, answer, {thing}, Circumstances({thing: event.source}, [event.kind]))
        ends, laters = outcomes([event], answer, stored)
        products = _products(connection.shop, thing)
        after = _facts(connection, thing, products)
        transaction.set_rollback(True)
    before = _facts(connection, thing, products)
    found = [(State(end.state), end.reason) for end in ends] + [(State.PENDING, later.reason) for later in laters]
    [(state, reason)] = found
    return DryRun(state, reason, tuple(_compared(before, after)))


def _compared(before: Mapping[tuple[str, str], str], after: Mapping[tuple[str, str], str]) -> Iterator[Difference]:
    for what, which in dict.fromkeys((*after, *before)):
        was, is_now = before.get((what, which), ""), after.get((what, which), "")
        if was != is_now:
            yield Difference(what, which, was, is_now)


def _products(shop: Shop | None, thing: str) -> set[int]:
    """Products that the thing is about, with the components of bundles; none of an account that sells nothing."""
    if shop is None:
        return set()
    lines = OrderLine.objects.filter(order__shop=shop, order__number=thing, product__isnull=False)
    listings = Listing.objects.filter(shop=shop, item_id=thing, product__isnull=False)
    found = {*lines.values_list("product_id", flat=True), *listings.values_list("product_id", flat=True)}
    return with_parts(found)


def _facts(connection: Connection, thing: str, products: set[int]) -> _Facts:
    found = [resource.facts(connection, thing) for resource in resources()]
    if connection.shop is not None:
        found += [dry_run_facts.stock(connection.shop, products), dry_run_facts.wanted(connection.shop, products)]
    return {(str(fact.what), fact.which): fact.value for part in found for fact in part}
