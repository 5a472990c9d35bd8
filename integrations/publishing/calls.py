"""Cutting due rows into calls as large as a channel takes, and calls into groups that are made concurrently."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Protocol, TypeVar

from integrations.accounts.connections import Account
from integrations.contract.connector import Connector
from integrations.contract.publisher import Publisher
from integrations.wire import concurrency
from inventory.services.pushes import DuePush

_Row = TypeVar("_Row", bound="_OfItem")


class _OfItem(Protocol):
    @property
    def item_id(self) -> str: ...


def publisher_of(connector: Connector) -> Publisher:
    """Return the publisher of a channel that has one: the caller has asked."""
    assert connector.publisher is not None, f"{connector.channel} publishes nothing"
    return connector.publisher


def in_calls(rows: Iterable[_Row], connector: Connector) -> list[list[_Row]]:
    """Return the rows as they fit into calls, those of one item together, in the order in which items first appear."""
    items: dict[str, list[_Row]] = {}
    for row in rows:
        items.setdefault(row.item_id, []).append(row)
    publisher = publisher_of(connector)
    most = publisher.rows_per_call
    calls: list[list[_Row]] = []
    in_last = 0
    for item in items.values():
        for start in range(0, len(item), most):
            part = item[start : start + most]
            if not calls or in_last >= publisher.items_per_call or len(calls[-1]) + len(part) > most:
                calls.append([])
                in_last = 0
            calls[-1] += part
            in_last += 1
    return calls


def parts_of(refused: Sequence[_Row]) -> list[list[_Row]]:
    """Return the calls that a call refused as a whole is split into: one per item, or the halves of one item's rows."""
    items: dict[str, list[_Row]] = {}
    for row in refused:
        items.setdefault(row.item_id, []).append(row)
    if len(items) > 1:
        return [items[item] for item in sorted(items)]
    middle = len(refused) // 2
    return [list(refused[:middle]), list(refused[middle:])]


def falls_at_once(account: Account) -> int:
    """Return how many pushes of lower numbers an account may have under way now."""
    return concurrency.bearable(account.access, publisher_of(account.connector).calls_at_once)


def concurrent(calls: Sequence[list[DuePush]], most: int) -> list[list[list[DuePush]]]:
    """Return calls in groups that are made concurrently: up to `most` of numbers that fall, numbers that rise one by one.

    Raises that overtake sales we have not heard of are how a rush oversells.
    """
    groups: list[list[list[DuePush]]] = []
    for rises, alike in groupby(calls, lambda call: all(push.rises for push in call)):
        size, found = 1 if rises else most, list(alike)
        groups += [found[start : start + size] for start in range(0, len(found), size)]
    return groups
