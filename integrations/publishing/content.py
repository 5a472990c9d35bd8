"""Changing the title, description and images of an item at its channel, on a person's request."""

from __future__ import annotations

from integrations.accounts.connections import account_of, connection_of
from integrations.accounts.restorations import refuse_while_held
from integrations.connectors import channels, connector_of
from integrations.contract.errors import explained_to_people
from integrations.contract.publisher import ContentPush
from inventory.models import Listing


def may_be_described(listing: Listing) -> bool:
    """Return whether the listing's channel takes titles, descriptions or images from us."""
    channel = listing.shop.channel
    publisher = connector_of(channel).publisher if channel in channels() else None
    return publisher is not None and publisher.content is not None


def describe(listing: Listing, push: ContentPush) -> None:
    """Push content now. May be repeated. The channel's version of it is read like any other change.

    Raises NotPossible for a shop that is not connected, and while nothing may leave; ChannelError with the channel's reason.
    """
    refuse_while_held()
    account = account_of(connection_of(listing.shop), lane="pushes")
    publisher = account.connector.publisher
    assert publisher is not None, "the page is offered where content is taken"
    assert publisher.content is not None, "the page is offered where content is taken"
    with explained_to_people():
        publisher.content(account.access, push)
