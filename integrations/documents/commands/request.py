"""Commands that a person wants, or the API on a person's behalf."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from core.db import database_time
from core.transactions import in_transaction
from integrations.accounts.connections import NotPossible, account_of, connection_of
from integrations.connectors import connector_of
from integrations.contract.declarations import Field
from integrations.contract.errors import explained_to_people
from integrations.contract.pictures import Picture
from integrations.contract.writes import WriteRequest
from integrations.documents.commands import pictures as picture_rows
from integrations.documents.commands.store import Due
from integrations.documents.commands.wanted import WantedCommand, want, want_again
from integrations.documents.engine import wake
from integrations.documents.person_commands import lines_of
from integrations.documents.references import reference_for
from integrations.documents.targets import target_of
from integrations.models import Command, Connection, kind_label
from orders.models import Order, Return
from orders.queries import sent_by_platform
from orders.statuses import Status, statuses

State = Command.State
_LONGEST_SUBJECT = Command._meta.get_field("subject").max_length or 0

# a channel may tell the former status for a while after it took a command: so long, another press is the same press
TOLD_WITHIN = timedelta(minutes=10)

# the statuses in which a channel may still be asked for it; whether it will is the channel's to say
POSSIBLE_IN: Mapping[str, frozenset[str]] = {
    "ship": statuses("may_ship"),
    "deliver": statuses("may_deliver"),
    "cancel": statuses("may_cancel"),
    "accept_cancellation": statuses("may_answer"),
    "reject_cancellation": statuses("may_answer"),
}

# what a warehouse of ours does: nothing of it is ours where the platform sends all that is left of an order
OF_OUR_WAREHOUSE = frozenset({"ship", "deliver"})

# the same for the answers to a buyer who wants to send something back
POSSIBLE_FOR: Mapping[str, frozenset[str]] = {
    "accept_return": frozenset({Return.Status.REQUESTED}),
    "reject_return": frozenset({Return.Status.REQUESTED}),
}


def possible(order: Order) -> frozenset[str]:
    """Return the commands that a person may want for this order now."""
    declared = connector_of(order.shop.channel).writes
    found = frozenset(kind for kind, allowed in POSSIBLE_IN.items() if kind in declared and order.status in allowed)
    is_theirs = bool(found & OF_OUR_WAREHOUSE) and bool(sent_by_platform([order.pk]))
    return found - OF_OUR_WAREHOUSE if is_theirs else found


def possible_for(ret: Return) -> frozenset[str]:
    """Return the answers that a person may give to this return now; none while its order is not known."""
    declared = connector_of(ret.shop.channel).writes if ret.order_id else {}
    return frozenset(kind for kind, allowed in POSSIBLE_FOR.items() if kind in declared and ret.status in allowed)


def fields_for(thing: Order | Return, kind: str) -> tuple[Field, ...]:
    """Return the options of a command for an order, or of an answer to a return; the channel is asked. May be repeated.

    Raises NotPossible as `ask` and `answer` do, ChannelError when the channel forbids the command or cannot be asked.
    """
    if isinstance(thing, Order):
        order, possible_in, options = thing, POSSIBLE_IN, {}
    else:
        order, possible_in, options = _order_of(thing), POSSIBLE_FOR, {"return_number": thing.number}
    _check(order, kind, thing, possible_in)
    command = WriteRequest(kind, order.number, reference="", lines=lines_of(order.pk), options=options)
    account = account_of(connection_of(order.shop))
    fields = account.connector.writes[kind].fields
    with explained_to_people():
        return fields(account.access, command) if fields else ()


@in_transaction
def ask(
    order: Order,
    kind: str,
    *,
    options: Mapping[str, Any] | None = None,
    pictures: Sequence[Picture] = (),
    actor: AbstractBaseUser | None = None,
) -> Command:
    """Want a command for an order. May be repeated: while one of its kind is on its way, or done and the order not yet read
    as it is since, or packed by it, that one is returned.

    Raises NotPossible when the order's status or its channel does not allow it.
    """
    order = Order.objects.select_for_update(of=("self",), no_key=True).select_related("shop").get(pk=order.pk)
    pressed = _pressed_before(order.commands.filter(kind=kind), order.version, order.status_changes.all())
    pressed = pressed or _arranged_before(order, kind)
    if pressed is not None:
        return pressed
    _check(order, kind, order, POSSIBLE_IN)
    return _want(order, kind, options or {}, actor, pictures)


@in_transaction
def answer(
    ret: Return,
    kind: str,
    *,
    options: Mapping[str, Any] | None = None,
    pictures: Sequence[Picture] = (),
    actor: AbstractBaseUser | None = None,
) -> Command:
    """Want an answer to a return: a command of its order that names it. As `ask`."""
    order = Order.objects.select_for_update(of=("self",), no_key=True).select_related("shop").get(pk=_order_of(ret).pk)
    ret = Return.objects.select_related("shop").get(pk=ret.pk)
    answered = order.commands.filter(kind=kind, options__return_number=ret.number)
    pressed = _pressed_before(answered, ret.version, ret.changes.all())
    if pressed is not None:
        return pressed
    _check(order, kind, ret, POSSIBLE_FOR)
    return _want(order, kind, {**(options or {}), "return_number": ret.number}, actor, pictures)


@in_transaction
def ask_about(
    connection: Connection,
    kind: str,
    *,
    subject: str,
    order: Order | None = None,
    options: Mapping[str, Any] | None = None,
    actor: AbstractBaseUser | None = None,
) -> Command:
    """Want a command about a subject: a promotion's item, a payment of an order. May be repeated: while one that says the
    same is on its way, it is returned.

    Raises NotPossible when the channel does not allow it, for a connection that is switched off, and for too long a subject.
    """
    connection = Connection.objects.select_for_update(no_key=True).get(pk=connection.pk)
    if not connection.is_active:
        raise NotPossible(_("%(shop)s is not connected: connect it again first.") % {"shop": connection})
    if len(subject) > _LONGEST_SUBJECT:
        raise NotPossible(_("A command's subject has at most %(most)d characters.") % {"most": _LONGEST_SUBJECT})
    known = Command.objects.filter(target=connection, kind=kind, subject=subject)
    same = known.filter(options=dict(options or {}))
    latest = known.order_by("-pk").first()
    # one that something else was said after is no repetition: a price that is set back
    pressed = _pressed_before(same.filter(pk=latest.pk) if latest and latest.state == State.DONE else same)
    if pressed is not None:
        return pressed
    _check_kind(connection.authorisation.app.channel, kind)
    reference = reference_for(connection.pk, kind, subject, known.count() + 1)
    return _store(connection, order, kind, reference, subject, options or {}, actor)


def _pressed_before(
    known: QuerySet[Command], version: datetime | None = None, changes: QuerySet[Any] | None = None
) -> Command | None:
    """Return a command of these that is on its way, or done so lately that what is stored may still be from before it.

    What it was about is known since when its status changed after the call, or its channel changed it after the answer.
    """
    waiting = known.filter(state__in=(State.WANTED, State.SENT)).first()
    if waiting is not None:
        return waiting
    lately = known.filter(state=State.DONE, finished_at__gt=database_time() - TOLD_WITHIN)
    done = lately.order_by("-finished_at").first()
    if done is None or done.finished_at is None:
        return None
    is_newer = version is not None and version > done.finished_at
    has_changed = changes is not None and changes.filter(created_at__gte=done.sent_at or done.finished_at).exists()
    return None if is_newer or has_changed else done


def _arranged_before(order: Order, kind: str) -> Command | None:
    """Return the command that arranged the shipment of an order that is arranged: some channels arrange in two steps, both of
    them at once, so a packed order may be shipped, but not again.
    """
    if kind != "ship" or order.status != Status.PACKED:
        return None
    return order.commands.filter(kind=kind, state=State.DONE).last()


def _want(
    order: Order, kind: str, options: Mapping[str, Any], actor: AbstractBaseUser | None, pictures: Sequence[Picture]
) -> Command:
    reference = reference_for(order.shop_id, order.number, kind, order.commands.filter(kind=kind).count() + 1)
    counted = {**options, picture_rows.OPTION: len(pictures)} if pictures else options
    command = _store(connection_of(order.shop), order, kind, reference, "", counted, actor)
    picture_rows.keep(command, pictures)
    return command


def _store(
    connection: Connection,
    order: Order | None,
    kind: str,
    reference: str,
    subject: str,
    options: Mapping[str, Any],
    actor: AbstractBaseUser | None,
) -> Command:
    lane = target_of(kind).lane
    want([
        WantedCommand(
            connection.pk, kind, reference, order_id=order.pk if order else None, subject=subject, lane=lane, options=options,
            actor_id=actor.pk if actor else None,
        )
    ])  # fmt: skip
    transaction.on_commit(partial(wake, [Due(connection.pk, lane)]))
    return Command.objects.get(reference=reference)


def _order_of(ret: Return) -> Order:
    if ret.order is None:
        raise NotPossible(_("The order of this return is not known here yet."))
    return ret.order


def _check(order: Order, kind: str, thing: Order | Return, possible_in: Mapping[str, frozenset[str]]) -> None:
    _check_kind(order.shop.channel, kind)
    if kind in OF_OUR_WAREHOUSE and sent_by_platform([order.pk]):
        channel = connector_of(order.shop.channel).title
        raise NotPossible(_("%(channel)s sends this order from its own warehouse: there is nothing to do for ours.") % {
            "channel": channel,
        })  # fmt: skip
    if thing.status not in possible_in.get(kind, ()):
        raise NotPossible(_("%(command)s is not possible while the order is: %(status)s.") % {
            "command": kind_label(kind), "status": thing.get_status_display() or thing.channel_status,
        })  # fmt: skip


def _check_kind(channel: str, kind: str) -> None:
    if kind not in connector_of(channel).writes:
        raise NotPossible(_("%(channel)s offers no way to do this: %(command)s.") % {
            "channel": connector_of(channel).title, "command": kind_label(kind),
        })  # fmt: skip


def why_not_again(command: Command) -> str:
    """Return why a command is not asked for once more; "" where it may be."""
    if command.state != Command.State.REFUSED:
        return _("was not refused")
    if command.closed_at is not None:
        return _("is closed: open it again first")
    allowed = POSSIBLE_IN.get(command.kind)
    if command.order is not None and allowed is not None and command.order.status not in allowed:
        status = command.order.get_status_display() or command.order.channel_status
        return _("is no longer possible, the order is: %(status)s") % {"status": status}
    return ""


@in_transaction
def retry(command_ids: Collection[int]) -> int:
    """Want refused commands once more; returns how many. Others stay as they are."""
    again = want_again(sorted(command_ids))
    active = set(Connection.objects.filter(is_active=True).values_list("pk", flat=True))
    transaction.on_commit(partial(wake, [due for due in again if due.target_id in active]))
    return len(again)
