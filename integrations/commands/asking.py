"""A person, or the API on a person's behalf, wants something done about an order."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import partial
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils.translation import gettext as _

from integrations import wake
from integrations.access import NotPossible, connection_of, connector_for
from integrations.commands.channel import lines_of
from integrations.connectors import connector_class
from integrations.connectors.base import Command, Field
from integrations.models import Connection
from integrations.wire.errors import told_to_people
from orders.models import Fulfilment, Order, Return, Status
from orders.services import fulfilments

Kind, State = Fulfilment.Kind, Fulfilment.State

# the statuses in which a channel may still be asked for it; whether it will is the channel's to say
POSSIBLE_IN: Mapping[str, frozenset[str]] = {
    Kind.SHIP: frozenset({Status.TO_SHIP, Status.PACKED}),
    Kind.DELIVER: frozenset({Status.PACKED, Status.SHIPPED}),
    Kind.CANCEL: frozenset({Status.UNPAID, Status.ON_HOLD, Status.TO_SHIP, Status.PACKED}),
    Kind.ACCEPT_CANCELLATION: frozenset({Status.CANCELLING}),
    Kind.REJECT_CANCELLATION: frozenset({Status.CANCELLING}),
}


# the same for the answers to a buyer who wants to send something back
POSSIBLE_FOR: Mapping[str, frozenset[str]] = {
    Kind.ACCEPT_RETURN: frozenset({Return.Status.REQUESTED}),
    Kind.REJECT_RETURN: frozenset({Return.Status.REQUESTED}),
}


def possible(order: Order) -> frozenset[str]:
    """The commands that a person may want for this order now."""
    declared = connector_class(order.shop.channel).commands
    return frozenset(kind for kind, statuses in POSSIBLE_IN.items() if kind in declared and order.status in statuses)


def possible_for(ret: Return) -> frozenset[str]:
    """The answers that a person may give to this return now; none while its order is not known."""
    declared = connector_class(ret.shop.channel).commands if ret.order_id else frozenset()
    return frozenset(kind for kind, statuses in POSSIBLE_FOR.items() if kind in declared and ret.status in statuses)


def fields_for(thing: Order | Return, kind: str) -> tuple[Field, ...]:
    """What may be told with a command for an order, or with an answer to a return; the channel is asked. May be repeated.

    Raises NotPossible as `ask` and `answer` do, ChannelError when the channel forbids the command or cannot be asked.
    """
    if isinstance(thing, Order):
        order, possible_in, options = thing, POSSIBLE_IN, {}
    else:
        order, possible_in, options = _order_of(thing), POSSIBLE_FOR, {"return_number": thing.number}
    _check(order, kind, thing, possible_in)
    command = Command(kind, order.number, reference="", lines=lines_of(order.pk), options=options)
    with told_to_people():
        return connector_for(connection_of(order.shop)).command_fields(command)


@transaction.atomic
def ask(
    order: Order, kind: str, *, options: Mapping[str, Any] | None = None, actor: AbstractBaseUser | None = None
) -> Fulfilment:
    """Want a command for an order. May be repeated: while one of its kind is on its way, that one is returned.

    Raises NotPossible when the order's status or its channel does not allow it.
    """
    order = Order.objects.select_for_update(of=("self",)).select_related("shop").get(pk=order.pk)
    waiting = order.fulfilments.filter(kind=kind, state__in=(State.WANTED, State.SENT)).first()
    if waiting is not None:
        return waiting
    _check(order, kind, order, POSSIBLE_IN)
    return _want(order, kind, options or {}, actor)


@transaction.atomic
def answer(
    ret: Return, kind: str, *, options: Mapping[str, Any] | None = None, actor: AbstractBaseUser | None = None
) -> Fulfilment:
    """Want an answer to a return: a command of its order that names it. As `ask`."""
    order = Order.objects.select_for_update(of=("self",)).select_related("shop").get(pk=_order_of(ret).pk)
    ret = Return.objects.select_related("shop").get(pk=ret.pk)
    waiting = order.fulfilments.filter(
        kind=kind, state__in=(State.WANTED, State.SENT), options__return_number=ret.number
    ).first()
    if waiting is not None:
        return waiting
    _check(order, kind, ret, POSSIBLE_FOR)
    return _want(order, kind, {**(options or {}), "return_number": ret.number}, actor)


def _want(order: Order, kind: str, options: Mapping[str, Any], actor: AbstractBaseUser | None) -> Fulfilment:
    connection = connection_of(order.shop)
    fulfilment = Fulfilment.objects.create(
        order=order,
        kind=kind,
        target=order.shop,
        reference=f"{order.shop_id}-{order.number}-{kind}-{order.fulfilments.filter(kind=kind).count() + 1}"[:80],
        options=dict(options),
        actor_id=actor.pk if actor else None,
    )
    transaction.on_commit(partial(wake.ring, "perform", [connection.pk]))
    return fulfilment


def _order_of(ret: Return) -> Order:
    if ret.order is None:
        raise NotPossible(_("The order of this return is not known here yet."))
    return ret.order


def _check(order: Order, kind: str, thing: Order | Return, possible_in: Mapping[str, frozenset[str]]) -> None:
    title = Kind(kind).label
    if kind not in connector_class(order.shop.channel).commands:
        raise NotPossible(_("%(channel)s offers no way to do this: %(command)s.") % {
            "channel": connector_class(order.shop.channel).title, "command": title,
        })  # fmt: skip
    if thing.status not in possible_in.get(kind, ()):
        raise NotPossible(_("%(command)s is not possible while the order is: %(status)s.") % {
            "command": title, "status": thing.get_status_display() or thing.channel_status,
        })  # fmt: skip


@transaction.atomic
def retry(fulfilment_ids: Collection[int]) -> int:
    """Refused commands are wanted once more; returns how many. Others stay as they are."""
    targets = fulfilments.want_again(sorted(fulfilment_ids))
    connections = Connection.objects.filter(shop__in=set(targets), is_active=True).values_list("pk", flat=True)
    transaction.on_commit(partial(wake.ring, "perform", list(connections)))
    return len(targets)
