"""Tags of the house as such: renamed, merged and deleted. `desk` puts them on orders."""

from __future__ import annotations

from django.db import IntegrityError, transaction

from core.db import execute, fetch
from core.transactions import in_transaction
from orders.services.desk import TagTaken, checked_name

_RENAME = "UPDATE orders_ordertag SET name = %(name)s, colour = %(colour)s WHERE id = %(tag)s"
# before anything else: whoever puts one of them on an order waits
_LOCK = "SELECT id FROM orders_ordertag WHERE id = ANY(%s) ORDER BY id FOR UPDATE"
_MOVE = """
INSERT INTO orders_ordertag_orders (order_id, ordertag_id)
SELECT order_id, %(into)s FROM orders_ordertag_orders WHERE ordertag_id = %(tag)s ORDER BY order_id
ON CONFLICT DO NOTHING
"""


@in_transaction
def rename_tag(tag_id: int, name: str, colour: str) -> None:
    """Give a tag a name and a colour. Raises ValueError for a name that is none, and TagTaken for that of another. May be repeated."""
    name = checked_name(name)
    try:
        with transaction.atomic():
            execute(_RENAME, tag=tag_id, name=name, colour=colour)
    except IntegrityError as error:
        raise TagTaken(name) from error.__cause__


@in_transaction
def merge_tags(tag_id: int, into: int) -> int:
    """Put a tag on all orders that have another, and delete that one; return how many orders got it anew. May be repeated."""
    if tag_id == into or len(fetch(_LOCK, sorted({tag_id, into}))) < 2:
        return 0
    moved = execute(_MOVE, tag=tag_id, into=into)
    _delete(tag_id)
    return moved


@in_transaction
def delete_tag(tag_id: int) -> None:
    """Delete a tag, and take it off its orders. May be repeated."""
    fetch(_LOCK, [tag_id])
    _delete(tag_id)


def _delete(tag_id: int) -> None:
    execute("DELETE FROM orders_ordertag_orders WHERE ordertag_id = %s", tag_id)
    execute("DELETE FROM orders_ordertag WHERE id = %s", tag_id)
