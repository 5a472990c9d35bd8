"""Rate tables by version: a file is a version, a version is never edited."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from commissions.models import FeeCategory, RateTable
from core.db import fetch
from core.transactions import in_transaction

_LOCK = "SELECT pg_advisory_xact_lock(hashtext('rate table ' || %s))"


class Row(NamedTuple):
    """A category with its rate in percent, its name, and the one above it where the file says so."""

    category: str
    rate: Decimal
    title: str = ""
    parent: str = ""


class Change(NamedTuple):
    """A change that a version would make: (category, rate before, rate after); None where there is none."""

    category: str
    before: Decimal | None
    after: Decimal | None


class NameTaken(Exception):
    """A table of this name belongs to another channel."""


class Outdated(Exception):
    """Another version was stored since the one that the new one was compared with."""


def newest(channel: str, name: str) -> RateTable | None:
    """Return the newest version of a table. Raises NameTaken."""
    found = RateTable.objects.filter(name=name).order_by("-version").first()
    if found is not None and found.channel != channel:
        raise NameTaken(name)
    return found


def changes(before: RateTable | None, rows: Sequence[Row], default: Decimal | None) -> list[Change]:
    """Return what differs from a version, by category; that of all others is ""."""
    old = {code: Decimal(rate) for code, rate in before.rates.items()} if before else {}
    new = {row.category: row.rate for row in rows}
    pairs = [("", before.default if before else None, default)]
    pairs += [(code, old.get(code), new.get(code)) for code in sorted(old.keys() | new.keys())]
    return [Change(*pair) for pair in pairs if pair[1] != pair[2]]


@in_transaction
def add_version(
    channel: str,
    name: str,
    rows: Sequence[Row],
    default: Decimal | None,
    *,
    after: int | None,
    source: Mapping[str, str],
    actor_id: int | None,
) -> RateTable:
    """Store rates as the next version of a table, and the names of their categories.

    `after`: the row of the version that they were compared with, None for none. Raises Outdated where it is not the newest any more,
    and NameTaken.
    """
    fetch(_LOCK, name)
    last = newest(channel, name)
    if (last.pk if last else None) != after:
        raise Outdated
    _name_categories(channel, rows)
    return RateTable.objects.create(
        channel=channel, name=name, version=last.version + 1 if last else 1, default=default, source_json=dict(source),
        rates={row.category: format(row.rate, "f") for row in rows}, created_by_id=actor_id,
    )  # fmt: skip


@in_transaction
def first_version(
    channel: str, name: str, rates: Mapping[str, Decimal], default: Decimal | None, *, actor_id: int | None
) -> RateTable:
    """Return the newest version of a table; where there is none, store these rates as the first. Raises NameTaken."""
    fetch(_LOCK, name)
    return newest(channel, name) or RateTable.objects.create(
        channel=channel, name=name, version=1, default=default, created_by_id=actor_id,
        rates={category: str(rate) for category, rate in rates.items()},
    )  # fmt: skip


def name_parents(channel: str, parents: Mapping[str, str]) -> None:
    """Store which category is below which, as a rule file says; names and other categories stay as they are."""
    FeeCategory.objects.bulk_create(
        [FeeCategory(channel=channel, code=code, parent=parent) for code, parent in sorted(parents.items())],
        update_conflicts=True, unique_fields=["channel", "code"], update_fields=["parent"],
    )  # fmt: skip


def _name_categories(channel: str, rows: Sequence[Row]) -> None:
    """Store what a file says of its categories; what it leaves open stays as it is."""
    for columns, chosen in (
        (["title"], [row for row in rows if row.title and not row.parent]),
        (["parent"], [row for row in rows if row.parent and not row.title]),
        (["title", "parent"], [row for row in rows if row.title and row.parent]),
    ):
        made = [
            FeeCategory(channel=channel, code=row.category, title=row.title[:200], parent=row.parent) for row in chosen
        ]
        FeeCategory.objects.bulk_create(
            made, update_conflicts=True, unique_fields=["channel", "code"], update_fields=columns
        )
