"""Notes and tags that people put on orders: the only writers of their tables."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from core.db import execute, fetch
from core.transactions import in_transaction
from orders.models.desk import NOTE_LENGTH, TAG_LENGTH

# most tags of the house: a list that a person looks through
MOST_TAGS = 100


class TooManyTags(ValueError):
    """The house has `MOST_TAGS` tags already."""


_NOTE = "INSERT INTO orders_ordernote (order_id, author_id, text) VALUES (%(order)s, %(author)s, %(text)s) RETURNING id"
# an update that changes nothing returns the row that is there
_TAG = """
INSERT INTO orders_ordertag (name, colour) VALUES (%(name)s, %(colour)s)
ON CONFLICT (lower(name)) DO UPDATE SET name = orders_ordertag.name RETURNING id
"""
# sorted: two people who tag the same orders wait for each other in the same order
_ADD = """
INSERT INTO orders_ordertag_orders (ordertag_id, order_id)
SELECT t.id, o.id FROM unnest(%(tags)s::bigint[]) AS t(id) CROSS JOIN unnest(%(orders)s::bigint[]) AS o(id) ORDER BY 2, 1
ON CONFLICT DO NOTHING
"""
_REMOVE = "DELETE FROM orders_ordertag_orders WHERE order_id = ANY(%(orders)s) AND ordertag_id = ANY(%(tags)s)"


def add_note(order_id: int, author_id: int | None, text: str) -> int:
    """Add a note of a person to an order and return its id. Raises ValueError for an empty or too long one."""
    text = text.strip()
    if not text or len(text) > NOTE_LENGTH:
        raise ValueError(f"a note has 1 to {NOTE_LENGTH} characters")
    [(made,)] = fetch(_NOTE, order=order_id, author=author_id, text=text)
    return int(made)


@in_transaction
def tag_named(name: str, colour: str = "default") -> int:
    """Return the id of the tag of this name, made if there is none. Raises ValueError for a name that is none, TooManyTags."""
    name = " ".join(name.split())
    if not name or len(name) > TAG_LENGTH:
        raise ValueError(f"a tag has 1 to {TAG_LENGTH} characters")
    known = fetch("SELECT id FROM orders_ordertag WHERE lower(name) = lower(%s)", name)
    if known:
        return int(known[0][0])
    [(tags,)] = fetch("SELECT count(*) FROM orders_ordertag")
    if tags >= MOST_TAGS:
        raise TooManyTags(MOST_TAGS)
    [(made,)] = fetch(_TAG, name=name, colour=colour)
    return int(made)


@in_transaction
def tag_orders(order_ids: Collection[int], *, add: Sequence[int] = (), remove: Sequence[int] = ()) -> int:
    """Put these tags on orders and take those off; return how many marks changed. May be repeated."""
    orders = sorted(order_ids)
    changed = execute(_REMOVE, orders=orders, tags=list(remove)) if remove else 0
    return changed + (execute(_ADD, orders=orders, tags=list(add)) if add else 0)
