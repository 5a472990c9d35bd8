"""Notes and tags that people put on orders: the only writers of their tables."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from django.db import IntegrityError

from core.db import columns, execute, fetch
from core.transactions import in_transaction
from orders.models.desk import NOTE_LENGTH, TAG_LENGTH

# most tags of the house: a list that a person looks through
MOST_TAGS = 100


class TooManyTags(ValueError):
    """The house has `MOST_TAGS` tags already."""


class TagTaken(IntegrityError):
    """Another tag has this name. Its cause is the database's refusal, by which a form that was overtaken says so."""


class Mark(NamedTuple):
    """A tag on an order."""

    order_id: int
    tag_id: int


_NOTE = "INSERT INTO orders_ordernote (order_id, author_id, text) VALUES (%(order)s, %(author)s, %(text)s) RETURNING id"
# locked: a tag that is being put on orders is not deleted before they have it
_KNOWN = """
SELECT asked.name, t.id FROM unnest(%(names)s::text[]) AS asked(name)
JOIN orders_ordertag t ON lower(t.name) = lower(asked.name) ORDER BY t.id FOR KEY SHARE OF t
"""
# an update that changes nothing returns the row that is there
_TAG = """
INSERT INTO orders_ordertag (name, colour) VALUES (%(name)s, %(colour)s)
ON CONFLICT (lower(name)) DO UPDATE SET name = orders_ordertag.name RETURNING id
"""
_STILL_THERE = "SELECT id FROM orders_ordertag WHERE id = ANY(%s) ORDER BY id FOR KEY SHARE"
# sorted: two people who tag the same orders wait for each other in the same order
_ADD = """
INSERT INTO orders_ordertag_orders (order_id, ordertag_id)
SELECT o, t FROM unnest(%s::bigint[], %s::bigint[]) AS n(o, t) ORDER BY 1, 2
ON CONFLICT DO NOTHING
"""
_REMOVE = """
DELETE FROM orders_ordertag_orders mark USING unnest(%s::bigint[], %s::bigint[]) AS n(o, t)
WHERE mark.order_id = n.o AND mark.ordertag_id = n.t
"""
_REMOVE_OTHERS = """
DELETE FROM orders_ordertag_orders mark WHERE mark.order_id = ANY(%(orders)s) AND NOT EXISTS (
    SELECT FROM unnest(%(kept_on)s::bigint[], %(kept)s::bigint[]) AS n(o, t) WHERE n.o = mark.order_id AND n.t = mark.ordertag_id)
"""


def add_note(order_id: int, author_id: int | None, text: str) -> int:
    """Add a note of a person to an order and return its id. Raises ValueError for an empty or too long one."""
    text = text.strip()
    if not text or len(text) > NOTE_LENGTH:
        raise ValueError(f"a note has 1 to {NOTE_LENGTH} characters")
    [(made,)] = fetch(_NOTE, order=order_id, author=author_id, text=text)
    return int(made)


def checked_name(name: str) -> str:
    """Return a tag's name as it is stored. Raises ValueError for a name that is none."""
    name = " ".join(name.split())
    if not name or len(name) > TAG_LENGTH:
        raise ValueError(f"a tag has 1 to {TAG_LENGTH} characters")
    return name


def tag_named(name: str, colour: str = "default") -> int:
    """Return the id of the tag of this name, made if there is none. Raises ValueError for a name that is none, TooManyTags."""
    name = checked_name(name)
    found = tags_named([name], colour=colour)
    if name not in found:
        raise TooManyTags(MOST_TAGS)
    return found[name]


@in_transaction
def tags_named(names: Iterable[str], *, colour: str = "default", make: bool = True) -> dict[str, int]:
    """Return the ids of tags by name; in a transaction none of them is deleted before its end.

    `make`: missing ones are made, while the house has fewer than `MOST_TAGS`; what is left out did not fit.
    """
    asked = list(dict.fromkeys(names))
    found = {name: int(tag) for name, tag in fetch(_KNOWN, names=asked)}
    missing = [name for name in asked if name not in found] if make else []
    if missing:
        [(tags,)] = fetch("SELECT count(*) FROM orders_ordertag")
        for name in missing[: max(MOST_TAGS - tags, 0)]:
            [(made,)] = fetch(_TAG, name=checked_name(name), colour=colour)
            found[name] = int(made)
    return found


def tag_orders(order_ids: Collection[int], *, add: Sequence[int] = (), remove: Sequence[int] = ()) -> int:
    """Put these tags on orders and take those off; return how many marks changed. May be repeated."""
    return change_tags(*([Mark(order, tag) for order in order_ids for tag in tags] for tags in (add, remove)))


@in_transaction
def change_tags(add: Collection[Mark], remove: Collection[Mark], *, only_these: Collection[int] = ()) -> int:
    """Put tags on orders and take others off; return how many marks changed. May be repeated.

    `only_these`: orders that keep no other tag than those that are put on them. A tag that is gone is left out.
    """
    there = {tag for (tag,) in fetch(_STILL_THERE, sorted({mark.tag_id for mark in add}))}
    kept_on, kept = columns([mark for mark in add if mark.tag_id in there], 2)
    changed = execute(_REMOVE, *columns(sorted(remove), 2)) if remove else 0
    if only_these:
        changed += execute(_REMOVE_OTHERS, orders=list(only_these), kept_on=kept_on, kept=kept)
    return changed + (execute(_ADD, kept_on, kept) if kept else 0)
