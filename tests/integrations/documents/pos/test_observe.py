"""Documents observed at the POS, while others store the orders they are about."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future

from django.db import transaction
from django.utils import timezone

from core.db import fetch
from integrations.documents.commands.perform import perform_due
from integrations.documents.pos.observe import observe
from integrations.models import Command
from orders.snapshots import PosDocumentSnapshot
from tests.integrations.documents.commands.conftest import House, house  # noqa: F401

WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


def test_an_invoice_made_by_hand_holds_nothing_while_it_waits_for_the_order(
    house: House,  # noqa: F811
    threads: Callable[..., Future[None]],
) -> None:
    """Whoever stores the order locks its levels and commands next: each would wait for the other."""
    house.receive("to_ship")
    perform_due(house.pos.pk, budget_seconds=30)
    order = house.receive("shipped")
    reference = Command.objects.get(kind="pos_order").reference
    invoice = PosDocumentSnapshot("pos_invoice", "9", "HD1", timezone.now(), reference)

    def look() -> None:
        with transaction.atomic():
            observe(house.pos, [invoice])

    with transaction.atomic():
        fetch("SELECT id FROM orders_order WHERE id = %s FOR UPDATE", order.pk)
        looking = threads(look)
        until = time.monotonic() + 10
        while fetch(WAITING) == [(0,)] and time.monotonic() < until:
            time.sleep(0.05)
        fetch("SELECT id FROM inventory_stocklevel FOR UPDATE NOWAIT")
        fetch("SELECT id FROM integrations_command FOR UPDATE NOWAIT")
    looking.result(timeout=10)
    assert ("pos_invoice", "done") in house.commands()
