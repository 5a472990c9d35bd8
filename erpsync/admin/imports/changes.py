"""Changes that an imported file would make, and the kinds of such files."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db.models import Model
from django.http import HttpRequest
from django.utils.translation import gettext as _

from erpsync.admin.imports.reading import Line
from erpsync.admin.kit.log_texts import Money


class Wrong(Exception):
    """A row that cannot be taken, with what to do."""


class Change(NamedTuple):
    """Change of the hub's row `pk` by a row of a file. `before`, `after`: for people. `questions`: why a person should look again."""

    number: int
    pk: int
    subject: str
    before: str | Money
    after: str | Money
    new: tuple[Any, ...]
    questions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """Result of reading a file: changes, unchanged rows, and errors by row number."""

    changes: list[Change]
    same: int
    wrong: list[tuple[int, str]]

    @property
    def asks(self) -> list[Change]:
        return [change for change in self.changes if change.questions]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of import. `check` reads set-based and writes nothing; `store` takes the changes of one file in the caller's
    transaction, confirmed ones; it raises ChangedMeanwhile where something that they depend on moved since the check."""

    title: Any
    model: type[Model]
    columns: Mapping[str, Any]
    needed: Sequence[str]
    help_text: Any
    role: str
    check: Callable[[HttpRequest, Sequence[Line]], Outcome]
    store: Callable[[Sequence[Change]], None]


def checked(
    lines: Sequence[Line], find: Callable[[Line], Any], change: Callable[[Line, Any], Change | None]
) -> Outcome:
    """Return the outcome of rows that are looked at one by one: `find` and `change` raise Wrong. No row is named twice."""
    outcome = Outcome([], 0, [])
    same, first = 0, dict[int, int]()
    for line in lines:
        try:
            row = find(line)
            if row.pk in first:
                raise Wrong(_("Row %(n)s is about the same. Leave one of them out.") % {"n": first[row.pk]})
            first[row.pk] = line.number
            found = change(line, row)
        except Wrong as wrong:
            outcome.wrong.append((line.number, str(wrong)))
            continue
        if found is None:
            same += 1
        else:
            outcome.changes.append(found)
    return Outcome(outcome.changes, same, outcome.wrong)
