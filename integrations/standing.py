"""Does a consent still stand? Asked when a channel says something about it, whatever it says."""

from __future__ import annotations

from integrations.connectors.base import Connector
from integrations.models import Authorisation, Connection
from integrations.wire.errors import NotAuthorised


def look(connection: Connection, connector: Connector) -> None:
    """Ask the channel by its cheapest call; note until when the consent holds, or that people must connect again.

    May be repeated. Calls the channel: not in a transaction. Raises TryLater, also while a refused token may still be
    renewed, and Rejected.
    """
    stored = Authorisation.objects.filter(pk=connection.authorisation_id)
    try:
        health = connector.check()
    except NotAuthorised as error:
        stored.exclude(state=Authorisation.State.RED).update(state=Authorisation.State.RED, reason=error.reason[:500])
        return
    if health.authorised_until is not None:
        stored.update(consent_ends_at=health.authorised_until)
