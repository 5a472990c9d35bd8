"""Commands that people give about orders, returns or items: build the request, and read the order again afterwards."""

from __future__ import annotations

from integrations.contract import reasons
from integrations.contract.errors import Rejected
from integrations.contract.pictures import Picture
from integrations.contract.writes import WriteLine, WriteRequest
from integrations.documents.commands import pictures
from integrations.documents.commands.store import Claimed
from integrations.inbox.refetch import ReadAgain
from integrations.models import Connection
from orders.queries import own_lines, raw_answer


def build(connection: Connection, claimed: Claimed) -> WriteRequest:
    """Return the command with the order's lines as its own shop knows them; without an order, with its options alone."""
    return WriteRequest(
        kind=claimed.kind,
        order_number=claimed.order_number,
        reference=claimed.reference,
        lines=lines_of(claimed.order_id) if claimed.order_id else (),
        options=claimed.options,
        subject=claimed.subject,
        # a lost one is looked up: what was known before it says nothing
        known=raw_answer(claimed.order_id) if claimed.order_id and not claimed.was_sent else {},
        pictures=_pictures(claimed) if not claimed.was_sent else (),
    )


def _pictures(claimed: Claimed) -> tuple[Picture, ...]:
    count = claimed.options.get(pictures.OPTION)
    found = pictures.of(claimed.id) if count else ()
    if count and len(found) != count:
        raise Rejected(reasons.PICTURES_GONE)
    return found


def lines_of(order_id: int) -> tuple[WriteLine, ...]:
    """Return the lines that are left of an order, as its own shop knows them."""
    return tuple(WriteLine(*row) for row in own_lines(order_id))


def ask_for_order(connection: Connection, claimed: Claimed) -> ReadAgain:
    """Have the order read again, and the return that was answered: a command never writes a status itself.

    Asked only where the order came from: a payment that was refunded elsewhere says nothing about it, and a command may be
    about no order at all.
    """
    if claimed.order_id is None or claimed.order_shop_id != connection.shop_id:
        return {}
    number = str(claimed.options.get("return_number") or "")
    return {"order": [claimed.order_number], "return": [number] if number else []}
