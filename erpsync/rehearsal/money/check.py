"""The money check of a rehearsal: fees entered, a history read, what was found beside what was planted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils import timezone

from commissions.services.findings.refresh import refresh
from erpsync.rehearsal.money.figures import FOUND_AS, money_figures, planted
from erpsync.rehearsal.money.history import History, make_history, read_history
from erpsync.rehearsal.money.verdicts import found_items, matched
from erpsync.rehearsal.simulator import SimulatorClient
from integrations.demo.fees import enter_fees
from integrations.models import Connection


def check_money(simulator: SimulatorClient, connections: Sequence[Connection], wanted: History) -> dict[str, Any]:
    """Let the shops whose channel publishes its fees have a past, read it, and return the figures. Raises HistoryNotRead."""
    published = simulator.get("/fees")
    shops = [connection for connection in connections if connection.channel in published]
    ids = [shop.own_shop.pk for shop in shops]
    enter_fees(published, ids)
    make_history(simulator, shops, wanted, FOUND_AS)
    read_history(shops)
    for shop_id in ids:
        refresh(shop_id, now=timezone.now())
    return money_figures(planted(simulator.get("/money_errors")["errors"]), found_items(ids), matched(ids))
