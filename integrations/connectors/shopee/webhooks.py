"""Webhooks of Shopee, which calls them pushes: how they are signed, and the replies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from integrations.connectors.shopee import signing
from integrations.connectors.shopee.mapping.notices import notices
from integrations.contract.access import AppAccess
from integrations.contract.webhooks import Delivery, Notice, Reply, Webhooks
from integrations.wire.answers import Row
from integrations.wire.deliveries import SignedDeliveries, from_credentials, in_header

# values of the registration's setting `push_key`
PUSH_KEY, PARTNER_KEY = "push", "partner"
_KEYS = {PUSH_KEY: ("push_partner_key",), PARTNER_KEY: ("partner_key",)}
_EITHER = ("push_partner_key", "partner_key")


def _keys(app: AppAccess) -> Iterable[bytes]:
    return from_credentials(*_KEYS.get(app.settings.get("push_key", ""), _EITHER))(app)


def _sign(key: bytes, app: AppAccess, delivery: Delivery) -> str:
    return signing.push_signature(key.decode(), app.callback_url, delivery.body)


def _read(app: AppAccess, delivery: Delivery, message: Row) -> Iterator[Notice]:
    """Yield the notices of a signed push; the console's probe has none. Raises Unreadable.

    An old timestamp is no reason to refuse: a push comes again for hours, signed once. A replayed one has the same id.
    """
    return notices(message, delivery.body)


# Only a 2xx with an empty body counts. What we refuse comes again for hours and then waits in the lost queue for
# three days, so a key that was entered wrong loses nothing.
WEBHOOKS = Webhooks(
    open=SignedDeliveries(signature=in_header(signing.HEADER), keys=_keys, sign=_sign, read=_read),
    acknowledgement=Reply(200),
    refusals={"": Reply(401), "too_large": Reply(413), "unknown_app": Reply(404)},
)
