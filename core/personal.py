"""Declarations of personal data: the columns that may hold it, the condition for rows about a person, the treatment on erasure.

Each app declares its tables in its `personal.py`; `erpsync/subjects` finds, exports and erases by them. A test fails when a text or
JSON column of a model is neither declared personal nor impersonal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Action(StrEnum):
    """Treatment of a personal column by an erasure."""

    WIPE = "wipe"
    # an id is replaced by its keyed hash, so that rows of one buyer stay related; ids of others are left
    PSEUDONYM = "pseudonym"
    # free text of other systems or of staff: wiped where it names the person
    SEARCH = "search"
    # kept after an erasure: required by law, or for claims
    KEEP = "keep"


@dataclass(frozen=True, slots=True)
class PersonalTable:
    """Declaration of a table with personal data. `about`: SQL, true for rows about the person, with the parameters of `subjects.find.Found`.

    `about` takes no parameter where nothing but their words tells whether rows name the person: then all columns are of SEARCH.
    `shop`: SQL for the id of the row's shop, "NULL" where rows have none. `alias` of the row in both: t.
    `by_name`: rows are also looked through for the bare name, which others may have, too: where little is lost.
    `holds`: what a row is, for people. `why_kept`: the reason of what is kept.
    """

    table: str
    holds: object
    about: str
    columns: Mapping[str, Action]
    shop: str = "t.shop_id"
    why_kept: object = ""
    by_name: bool = False
    # values that JSON columns are wiped to, where another than the column's default
    wiped: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_searched(self) -> bool:
        """Return whether rows are found by full-text match of the person's identifiers, and not by a key."""
        return "%(" not in self.about


def searched(
    table: str, holds: object, *columns: str, about: str = "true", shop: str = "NULL::bigint", by_name: bool = False
) -> PersonalTable:
    """Return the declaration of a table in which only words tell whether a row names the person."""
    return PersonalTable(table, holds, about, dict.fromkeys(columns, Action.SEARCH), shop=shop, by_name=by_name)
