"""Comparison of what the hub found with what was planted, class by class: an order, or a statement, counts once, and as what it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from commissions.findings.kinds import Kind
from erpsync.rehearsal.money.verdicts import Item, Matched, Subject
from erpsync.rehearsal.shapes import Verdict
from integrations.simulator.money_errors import (
    CANCELLED_FEE,
    DOUBLE,
    HALF_PERCENT,
    MISSING_PAYOUT,
    SHORT_PAYOUT,
    WRONG_CATEGORY,
    WRONG_RATE,
)

NAMED = 5  # examples in one sentence
# The classes of errors that the hub can find of an order, and the findings that are right about each. A wrong rate or category of one
# listing is told as such only where enough orders show it apart from others; a listing that alone has its rate is told as a rate; and of
# an order that came back whole, what is left of the fee is one that no rule expects.
FOUND_AS: Mapping[str, frozenset[str]] = {
    WRONG_RATE: frozenset({Kind.WRONG_RATE, Kind.OVERCHARGED, Kind.UNEXPECTED_FEE}),
    HALF_PERCENT: frozenset({Kind.WRONG_RATE, Kind.OVERCHARGED, Kind.UNEXPECTED_FEE}),
    WRONG_CATEGORY: frozenset(
        {Kind.WRONG_CATEGORY, Kind.WRONG_RATE, Kind.OVERCHARGED, Kind.UNDERCHARGED, Kind.UNEXPECTED_FEE}
    ),
    DOUBLE: frozenset({Kind.DOUBLE_CHARGE}),
    CANCELLED_FEE: frozenset({Kind.CANCELLED_FEE}),
    MISSING_PAYOUT: frozenset({Kind.LATE_MONEY}),
    SHORT_PAYOUT: frozenset({Kind.SHORT_PAYOUT}),
}
# those of a statement as a whole
STATEMENT_FOUND_AS: Mapping[str, frozenset[str]] = {
    MISSING_PAYOUT: frozenset({Kind.MISSING_PAYOUT}),
    SHORT_PAYOUT: frozenset({Kind.SHORT_PAYOUT}),
}


class Planted(NamedTuple):
    """One error of the simulator's ledger. `is_open`: the platform has not put it right."""

    subject: Subject
    name: str
    fee: str
    is_open: bool

    @property
    def found_as(self) -> frozenset[str]:
        """Return the kinds of findings that are right about it."""
        return (STATEMENT_FOUND_AS if self.subject.statement else FOUND_AS)[self.name]

    def is_told_by(self, item: Item) -> bool:
        """Return whether an item about the same subject is this error: of its kind and fee, and put right or not as it was."""
        return (
            item.kind in self.found_as and (not self.fee or item.fee_kind == self.fee) and item.is_open == self.is_open
        )  # fmt: skip


def planted(ledger: Iterable[Mapping[str, Any]]) -> list[Planted]:
    """Return the errors of the ledger's rows."""
    return [
        Planted(
            Subject(row["channel"], row["shop"], row["order"], row["statement"]),
            row["name"],
            row["fee"],
            row["returned_at"] is None,
        )
        for row in ledger
    ]


def money_figures(errors: Sequence[Planted], items: Sequence[Item], matched: Matched) -> dict[str, Any]:
    """Return planted, found, missed and false, whole and by class; `examples` name some of what is wrong.

    `payouts`: those of missing and short payouts by channel, of orders and of statements apart.
    """
    by_subject: dict[Subject, list[Item]] = {}
    for item in items:
        by_subject.setdefault(item.subject, []).append(item)
    told = {
        error.subject: [item for item in by_subject.get(error.subject, ()) if error.is_told_by(item)]
        for error in errors
    }
    right = {id(item) for found in told.values() for item in found}
    wrong = [item for item in items if id(item) not in right]
    missed = [error for error in errors if not told[error.subject]]
    by_class = _tally(errors, missed, lambda error: error.name)
    doubles = {item.finding for error in errors if error.name == DOUBLE for item in told[error.subject]}
    return {
        "planted": len(errors),
        "found": len(errors) - len(missed),
        "missed": len(missed),
        "false": len(wrong),
        "classes": {name: by_class.get(name, _NONE) for name in FOUND_AS},
        "payouts": _tally([error for error in errors if error.name in STATEMENT_FOUND_AS], missed, _payout),
        "false_kinds": dict(Counter(item.kind for item in wrong)),
        "incidents": {"planted": len({error.subject[:2] for error in errors if error.name == DOUBLE}), "found": len(doubles)},
        "matched": matched._asdict(),
        "examples": [f"missed {error.name} of {error.subject}" for error in missed[:NAMED]]
        + [f"{item.kind} of {item.subject}" for item in wrong[:NAMED]],
    }  # fmt: skip


def with_money(verdict: Verdict, figures: Mapping[str, Any]) -> Verdict:
    """Add the figures to a verdict; an error that was missed, and a finding about what is right, is a breach."""
    examples = "; ".join(figures["examples"])
    breaches = [f"{figures[name]} {words}: {examples}" for name, words in _BREACHES.items() if figures[name]]
    return replace(
        verdict, breaches=(*verdict.breaches, *breaches), figures={**verdict.figures, "money": dict(figures)}
    )  # fmt: skip


_BREACHES = {"missed": "errors with money that the hub did not find", "false": "findings about money that is right"}
_NONE: Mapping[str, int] = {"planted": 0, "found": 0, "missed": 0}


def _tally(
    errors: Iterable[Planted], missed: Iterable[Planted], name: Callable[[Planted], str]
) -> dict[str, Mapping[str, int]]:
    lost = Counter(map(name, missed))
    return {
        one: {"planted": count, "found": count - lost[one], "missed": lost[one]}
        for one, count in Counter(map(name, errors)).items()
    }


def _payout(error: Planted) -> str:
    return f"{error.subject.channel} {error.name} of {'statements' if error.subject.statement else 'orders'}"
