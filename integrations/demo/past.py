"""The demo's past: a month of orders that the platforms made up and settled, read by the hub's own backfill.

Workers read it while people already look around, as they would after connecting a shop of several years.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from itertools import chain

from django.utils import timezone

from integrations.connectors import connector_of
from integrations.demo.fees import enter_fees
from integrations.demo.history import history_kinds, history_request
from integrations.demo.shops import Say, ask
from integrations.ingest.backfill import planning
from integrations.models import Connection

# of each shop: enough for a chart by day and hour, read within a minute or two
ORDERS, DAYS = 120, 30.0
# so many orders of a shop are settled wrongly, and statements paid out wrongly, in each class of errors
ERRORS = 1
# the oldest order was placed a little before the month began
_SLACK = timedelta(days=2)


def begin_past(connections: Sequence[Connection], simulator_url: str, say: Say) -> None:
    """Let the marketplaces of these shops have a past, enter the fees that they publish, and start reading.

    Raises DemoFailed when the simulator does not answer.
    """
    shops = [connection for connection in connections if connector_of(connection.channel).sells]
    classes: Mapping[str, Mapping[str, Sequence[str]]] = ask(simulator_url, "GET", "/money_errors")["classes"]
    for connection in shops:
        errors = dict.fromkeys(chain.from_iterable(classes.get(connection.channel, {}).values()), ERRORS)
        asked = history_request(connection, orders=ORDERS, days=DAYS, ended=0.0, errors=errors)
        ask(simulator_url, "POST", "/history", asked)
    published = ask(simulator_url, "GET", "/fees")
    enter_fees(published, [connection.own_shop.pk for connection in shops if connection.channel in published])
    since = timezone.now() - timedelta(days=DAYS) - _SLACK
    for connection in shops:
        for kind in history_kinds(connection):
            planning.start(connection, kind, since=since)
    say(f"{len(shops) * ORDERS} orders of the last {DAYS:.0f} days are read in the background")
