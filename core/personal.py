"""The registry of personal columns: which columns may hold a person, how the rows about one are found, what an erasure does.

Each app declares its tables in its `personal.py`; `erpsync/subjects` finds, exports and erases by them. A test fails when a text or
JSON column of a model is neither declared personal nor impersonal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Action(StrEnum):
    """What an erasure does with a column of a row about the person."""

    WIPE = "wipe"
    # an id gives way to its keyed hash, so that what belongs together stays together; an id that is not the person's, to nothing
    PSEUDONYM = "pseudonym"
    # words of other systems or of our people: wiped where they name the person
    SEARCH = "search"
    # said of the person and kept, because the law or somebody's claim asks for it
    KEEP = "keep"


@dataclass(frozen=True, slots=True)
class PersonalTable:
    """A table that holds people. `about`: SQL, true for rows about the person, with the parameters of `subjects.find.Found`.

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
        """Whether rows are looked through for the person's words, whoever they are about."""
        return "%(" not in self.about


def searched(
    table: str, holds: object, *columns: str, about: str = "true", shop: str = "NULL::bigint", by_name: bool = False
) -> PersonalTable:
    """Return the declaration of a table in which only words tell whether a row names the person."""
    return PersonalTable(table, holds, about, dict.fromkeys(columns, Action.SEARCH), shop=shop, by_name=by_name)
