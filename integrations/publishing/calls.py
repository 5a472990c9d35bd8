"""Cutting due rows into calls as large as a channel takes, and calls into groups that are made concurrently."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Protocol, TypeVar

from integrations.contract.connector import Connector
from integrations.contract.publisher import Publisher
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


def concurrent(calls: Sequence[list[DuePush]], connector: Connector) -> list[list[list[DuePush]]]:
    """Return calls in groups that are made concurrently: numbers that fall do not wait, numbers that rise go one by one.

    Raises that overtake sales we have not heard of are how a rush oversells.
    """
    groups: list[list[list[DuePush]]] = []
    for rises, alike in groupby(calls, lambda call: all(push.rises for push in call)):
        most, found = 1 if rises else publisher_of(connector).calls_at_once, list(alike)
        groups += [found[start : start + most] for start in range(0, len(found), most)]
    return groups
