"""Files against each other: a statement against the transfer to the bank, an order's income against the wallet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

from commissions.services.statement_files import earlier_payouts, statement_sums
from integrations.contract.file_reasons import NO_TOTAL, ORDER_PAID_DIFFERS, TRANSFER_DIFFERS
from integrations.contract.reasons import Cause
from integrations.contract.statement_files import Contents
from integrations.wire.statements.sums import plain
from inventory.models import Shop

_AROUND = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class Transfer:
    """A payout to the bank. `reference`: the bank's words, which may name the statement."""

    file: str
    reference: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Found:
    """Problems by file name, and the statements that a transfer proves."""

    problems: Mapping[str, list[Cause]]
    proven: frozenset[str]


def against_each_other(shop: Shop, files: Mapping[str, Contents]) -> Found:
    """Return what the files of one import, and the transfers known from earlier ones, say about each other."""
    problems: dict[str, list[Cause]] = {name: [] for name in files}
    proven: set[str] = set()
    given = [transfer for name, contents in files.items() for transfer in _transfers(name, contents)]
    for name, contents in files.items():
        for transfer in (*given, *_earlier(shop, contents)):
            for statement, total in _named(transfer, contents.statements):
                proven.add(statement)
                if total != transfer.amount:
                    problems[name].append(_differs(statement, total, transfer))
        problems[name] += _orders_differ(name, contents, files)
    problems = {name: problems[name] + _against_stored(shop, name, files) for name in files}
    return Found(problems, frozenset(proven))


def without_doubt(warnings: Iterable[Cause], contents: Contents, proven: frozenset[str]) -> list[Cause]:
    """Return the warnings, without that of a missing total where transfers prove every statement that was paid out."""
    paid = {statement for statement, total in contents.statements.items() if total > 0}
    return [warning for warning in warnings if not (warning is NO_TOTAL and paid and paid <= proven)]


def _transfers(name: str, contents: Contents) -> Iterator[Transfer]:
    return (
        Transfer(name, movement.reference, -movement.amount) for movement in contents.movements if movement.is_payout
    )


def _earlier(shop: Shop, contents: Contents) -> list[Transfer]:
    """Return the transfers of wallet files that were imported before, around the days of this file."""
    if not contents.statements or contents.period is None:
        return []
    first, last = contents.period
    return [
        Transfer(name, payout["reference"], -Decimal(payout["amount"]))
        for name, payout in earlier_payouts(shop.pk, first=first, last=last)
    ]


def _named(transfer: Transfer, statements: Mapping[str, Decimal]) -> Iterator[tuple[str, Decimal]]:
    words = set(transfer.reference.replace(",", " ").split())
    return ((statement, total) for statement, total in statements.items() if statement in words)


def _differs(statement: str, total: Decimal, transfer: Transfer) -> Cause:
    return TRANSFER_DIFFERS(
        statement=statement, parts=plain(total), file=transfer.file, said=plain(transfer.amount),
        difference=plain(total - transfer.amount),
    )  # fmt: skip


def _orders_differ(name: str, contents: Contents, files: Mapping[str, Contents]) -> list[Cause]:
    """Return a problem for each order of which another file says that it brought something else."""
    found: list[Cause] = []
    if not contents.lines:
        return found
    for other, beside in files.items():
        if other == name or beside.lines:
            continue
        for order in sorted(contents.orders_paid.keys() & beside.orders_paid.keys()):
            here, there = contents.orders_paid[order], beside.orders_paid[order]
            if here != there:
                found.append(
                    ORDER_PAID_DIFFERS(
                        order=order, parts=plain(here), file=other, said=plain(there), difference=plain(here - there)
                    )
                )
    return found


def _against_stored(shop: Shop, name: str, files: Mapping[str, Contents]) -> list[Cause]:
    """Return a problem for each transfer of a wallet file that differs from a statement imported before."""
    contents = files[name]
    transfers: Sequence[Transfer] = tuple(_transfers(name, contents))
    if not transfers or contents.period is None:
        return []
    first, last = (datetime.combine(day, time(), UTC) for day in contents.period)
    stored = statement_sums(shop.pk, since=first - _AROUND, until=last + _AROUND)
    given = {statement for beside in files.values() for statement in beside.statements}
    return [
        _differs(statement, total, transfer)
        for transfer in transfers
        for statement, total in _named(transfer, stored)
        if statement not in given and total != transfer.amount
    ]
