"""Check whether a consent still holds, after a notice of the channel about it."""

from __future__ import annotations

from django.db import transaction

from integrations.accounts.connections import Account
from integrations.accounts.events import emit_states
from integrations.contract.errors import NotAuthorised
from integrations.models import Authorisation


def check_consent(account: Account) -> None:
    """Ask the channel by its cheapest call; note until when the consent holds, or that people must connect again.

    May be repeated. Calls the channel: not in a transaction. Raises TryLater, also while a refused token may still be
    renewed, and Rejected.
    """
    stored = Authorisation.objects.filter(pk=account.connection.authorisation_id)
    try:
        health = account.connector.check(account.access)
    except NotAuthorised as error:
        with transaction.atomic():
            stored.exclude(state=Authorisation.State.RED).update(state=Authorisation.State.RED, reason=error.reason)
            emit_states(account.connection.authorisation_id)
        return
    if health.authorised_until is not None:
        stored.update(consent_ends_at=health.authorised_until)
