"""What an item is called and says of itself, changed at its channel on a person's wish."""

from __future__ import annotations

from django.utils.translation import gettext as _

from integrations.access import connector_for
from integrations.connectors import channels, connector_class
from integrations.connectors.base import ContentPush
from integrations.models import Connection
from inventory.models import Listing


class NotPossible(Exception):
    """Nothing can be changed there; `reason` says why, in the user's language."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def may_be_described(listing: Listing) -> bool:
    """Does its channel take titles, descriptions or pictures from us?"""
    channel = listing.shop.channel
    return channel in channels() and connector_class(channel).takes_content


def describe(listing: Listing, push: ContentPush) -> None:
    """Tell the channel, now. May be repeated. What the channel made of it is read like any other change.

    Raises NotPossible, or the channel's refusal or silence as a ChannelError.
    """
    known = Connection.objects.select_related("authorisation__app", "shop")
    connection = known.filter(shop=listing.shop_id, is_active=True).first()
    if connection is None:
        raise NotPossible(_("%(shop)s is not connected: connect it again first.") % {"shop": listing.shop})
    connector_for(connection, lane="pushes").push_content(push)
