"""What an item is called and says of itself, changed at its channel on a person's wish."""

from __future__ import annotations

from integrations.access import connection_of, connector_for
from integrations.connectors import channels, connector_class
from integrations.connectors.base import ContentPush
from integrations.wire.errors import told_to_people
from inventory.models import Listing


def may_be_described(listing: Listing) -> bool:
    """Does its channel take titles, descriptions or pictures from us?"""
    channel = listing.shop.channel
    return channel in channels() and connector_class(channel).takes_content


def describe(listing: Listing, push: ContentPush) -> None:
    """Tell the channel, now. May be repeated. What the channel made of it is read like any other change.

    Raises NotPossible for a shop that is not connected, ChannelError with the channel's reason.
    """
    connection = connection_of(listing.shop)
    with told_to_people():
        connector_for(connection, lane="pushes").push_content(push)
