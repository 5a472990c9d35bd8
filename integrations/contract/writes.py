"""Commands: things done once at an outside system, with their outcomes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Protocol

from integrations.contract.access import Access
from integrations.contract.declarations import Field
from integrations.contract.errors import ChannelError
from integrations.contract.pictures import Picture


@dataclass(frozen=True, slots=True)
class WriteLine:
    """A line of a command, by the ids of the shop it is sent to."""

    item_id: str
    variation_id: str
    sku: str
    quantity: int
    price: Decimal


@dataclass(frozen=True, slots=True)
class WriteRequest:
    """Something to be done at a channel once: ship, deliver, cancel, accept_cancellation, reject_cancellation, accept_return,
    reject_return, pos_order, pos_correction, pos_invoice, pos_void, crm_customer, crm_order.

    `reference` is ours, unique per command, written into the POS document so that it can be found again. `external_id`
    is the document an earlier command made (the POS order that an invoice fulfils, or that is corrected; the CRM order whose
    state changes). `sent_at`: when it was first sent. `discount` is taken off the sum of the lines: what rounding each price
    up has added.
    A command about a return names it in `options["return_number"]`. `options` may hold what `Writer.fields` asked for.
    `subject`: what a command is about where that is no order (a promotion's item, a payment); then `order_number` is empty.
    `known`: the order as its own channel answered when it was last read, {} where that is not known: it need not be read before a
    first write, and may be old. `pictures`: what a person handed in with it.
    """

    kind: str
    order_number: str
    reference: str
    lines: tuple[WriteLine, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    warehouse: str = ""
    external_id: str = ""
    sent_at: datetime | None = None
    subject: str = ""
    known: Mapping[str, Any] = field(default_factory=dict)
    discount: Decimal = Decimal(0)
    pictures: tuple[Picture, ...] = ()


@dataclass(frozen=True, slots=True)
class WriteOutcome:
    """A command was done: the channel's id and code of what it made (a POS document, a tracking number), if any."""

    external_id: str = ""
    code: str = ""
    raw: Mapping[str, Any] = field(default_factory=dict)


class WriteFields(Protocol):
    def __call__(self, access: Access, command: WriteRequest) -> tuple[Field, ...]:
        """Return what a person may say with a command before it is sent: options of it, with the channel's choices of now.

        What is left empty, the connection's settings decide. May be repeated; raises Rejected when the channel forbids it.
        """


class Perform(Protocol):
    def __call__(self, access: Access, command: WriteRequest) -> WriteOutcome:
        """Do it, once. Raises Rejected with the channel's reason; TryLater.maybe_done when the outcome is unknown.

        It has not been asked for before, so nothing is looked up first: only a refusal that may mean "it is there already".
        Threads call it at once, for commands about different things, unless the writer is to be `alone`.
        """


class PerformTogether(Protocol):
    def __call__(self, access: Access, commands: Sequence[WriteRequest]) -> Mapping[str, WriteOutcome | ChannelError]:
        """Do several commands, each once; return by reference what became of each: its outcome, or the error of it alone.

        At least two, at most `Together.batch`, of one kind. One without an entry was surely not done: it is carried out
        alone. Raises as `Perform` does for what concerns all of them.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Together:
    """Writer of many commands of a kind in few calls. `batch`: most commands given at once."""

    perform: PerformTogether
    batch: int


class OutcomeOf(Protocol):
    def __call__(self, access: Access, command: WriteRequest) -> WriteOutcome | None:
        """Look up a command whose answer was lost. None: there is no trace of it. May be repeated; threads call it at once.

        Whether the call may still be running is the caller's to judge, by `settles_after`.
        """


def _after_half_a_minute(access: Access) -> timedelta:
    return timedelta(seconds=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """Writer of one kind of command.

    `settles_after`: how long an unanswered write may still be running there (the server's time-out); until then "no trace"
    is not believed. `alone`: two commands of such kinds to one account must never run at once.
    """

    perform: Perform
    outcome_of: OutcomeOf
    fields: WriteFields | None = None
    together: Together | None = None
    settles_after: Callable[[Access], timedelta] = _after_half_a_minute
    alone: bool = False
