"""Order statuses, the same for all channels, and the table of their traits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_lazy as _


class Status(models.TextChoices):
    """Our status of an order or a line; each channel's own words map to it in the connector's `mapping`."""

    UNPAID = "unpaid", _("Unpaid")
    ON_HOLD = "on_hold", _("On hold")
    TO_SHIP = "to_ship", _("To ship")
    PACKED = "packed", _("Packed")
    SHIPPED = "shipped", _("Shipped")
    DELIVERED = "delivered", _("Delivered")
    COMPLETED = "completed", _("Completed")
    CANCELLING = "cancelling", _("Cancelling")
    CANCELLED = "cancelled", _("Cancelled")
    RETURNING = "returning", _("Returning")
    RETURNED = "returned", _("Returned")
    FAILED = "failed", _("Failed")


# these are no sales: neither counted nor waited for
NO_SALE = (Status.CANCELLED, Status.FAILED)


@dataclass(frozen=True, slots=True)
class Traits:
    """Traits of a status.

    `holds_stock`: its lines reserve. `has_left`: the goods are out of the warehouse, its lines deduct, until a receipt
    posts them back. `is_off`: the sale is off, its lines do nothing. Each status has exactly one of these three.
    `is_open`: something is still to be done here or at the channel before the goods leave. `sets_shipped_at`: an order
    that is first seen in it has been shipped by then; not a return, whose goods may have left long before.
    `may_ship`, `may_deliver`, `may_cancel`, `may_answer`, `may_print`: the channel may be asked for it (answer: to a buyer who
    wants to cancel; print: the label); whether it will is the channel's to say. `colour`: of the label that shows it.
    """

    holds_stock: bool = False
    has_left: bool = False
    is_off: bool = False
    sets_shipped_at: bool = False
    is_open: bool = False
    may_ship: bool = False
    may_deliver: bool = False
    may_cancel: bool = False
    may_answer: bool = False
    may_print: bool = False
    colour: str = "default"


TRAITS: Mapping[str, Traits] = {
    # a word of the channel that we do not know yet: it holds, so that nothing is sold twice while a person looks
    "": Traits(holds_stock=True, colour="danger"),
    Status.UNPAID: Traits(holds_stock=True, is_open=True, may_cancel=True),
    Status.ON_HOLD: Traits(holds_stock=True, is_open=True, may_cancel=True, colour="warning"),
    Status.TO_SHIP: Traits(holds_stock=True, is_open=True, may_ship=True, may_cancel=True, colour="info"),
    Status.PACKED: Traits(
        holds_stock=True, is_open=True, may_ship=True, may_deliver=True, may_cancel=True, may_print=True, colour="info"
    ),
    Status.SHIPPED: Traits(has_left=True, sets_shipped_at=True, may_deliver=True, may_print=True, colour="primary"),
    Status.DELIVERED: Traits(has_left=True, sets_shipped_at=True, colour="success"),
    Status.COMPLETED: Traits(has_left=True, sets_shipped_at=True, colour="success"),
    Status.CANCELLING: Traits(holds_stock=True, is_open=True, may_answer=True, colour="warning"),
    Status.CANCELLED: Traits(is_off=True),
    Status.RETURNING: Traits(has_left=True, colour="warning"),
    Status.RETURNED: Traits(has_left=True),
    Status.FAILED: Traits(has_left=True, colour="danger"),
}


def statuses(trait: str) -> frozenset[str]:
    """Return the statuses that have a trait: `statuses("may_ship")`. The unknown one, "", is among them where it has it."""
    return frozenset(str(status) for status, traits in TRAITS.items() if getattr(traits, trait))
