"""Opening signed webhook deliveries: a declaration per channel, and the check of the signature in one place.

A connector declares where the signature stands, with which keys and how it is computed, and how a message reads; `SignedDeliveries`
is the `open` of its `Webhooks`. The reader is given nothing before a signature has fitted, so the check cannot be forgotten:

    OPEN = SignedDeliveries(
        signature=in_header("x-hub-signature", prefixes=("sha1=", "sha256=")),
        keys=from_credentials("webhook_secret"),
        sign=lambda key, app, delivery: hmac.new(key, delivery.body, hashlib.sha256).hexdigest(),
        read=read,
    )

What channels differ in, and where it goes:

- several keys (an old and a new one, a text that may be Base64): `keys` yields all of them, each is tried;
- the address, the app's key or the topic is signed along: `sign` sees the app's access and the whole delivery;
- the signature stands in the query (GET) or in the body: `signature` sees the whole delivery, `parse` may be `query_object`;
- it is Base64 and letter case counts: `in_header(..., is_hex=False)`;
- a key sent as it is, instead of a signature: `sign` returns the key;
- an old timestamp is refused: `read` raises Refused("stale"). Most channels sign once and repeat for hours: theirs is let be, a
  replayed delivery has the same id.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import structlog

from integrations.contract.access import AppAccess
from integrations.contract.errors import UNEXPECTED_ERRORS
from integrations.contract.webhooks import Delivery, Notice, Refused, Unreadable
from integrations.wire import lossless
from integrations.wire.answers import Row

log = structlog.get_logger(__name__)

Signature = Callable[[Delivery], str]
Keys = Callable[[AppAccess], Iterable[bytes]]
Sign = Callable[[bytes, AppAccess, Delivery], str]
Parse = Callable[[Delivery], Row]
Read = Callable[[AppAccess, Delivery, Row], Iterable[Notice]]


def in_header(name: str, *, prefixes: Sequence[str] = (), is_hex: bool = True) -> Signature:
    """Return how a signature is taken from a header (lower-case name), without the first prefix that fits; hex in lower case."""

    def signature(delivery: Delivery) -> str:
        sent = delivery.headers.get(name, "").strip()
        sent = sent.lower() if is_hex else sent
        return next((sent.removeprefix(prefix) for prefix in prefixes if sent.startswith(prefix)), sent) or sent

    return signature


def in_query(name: str) -> Signature:
    """Return how a signature in hex is taken from the query."""
    return lambda delivery: dict(delivery.query).get(name, "").strip().lower()


def from_credentials(*names: str) -> Keys:
    """Return the keys under these names of an app's credentials."""
    return lambda app: [app.credentials.get(name, "").encode() for name in names]


def json_object(delivery: Delivery) -> Row:
    """Parse the body as a JSON object. Raises Unreadable."""
    try:
        found = lossless.parse(delivery.body)
    except ValueError as error:
        raise Unreadable(f"no JSON: {error}") from None
    if not isinstance(found, dict):
        raise Unreadable("no JSON object")
    return found


def query_object(delivery: Delivery) -> Row:
    """Return the pairs of the query as an object."""
    return dict(delivery.query)


def content_id(content: bytes) -> str:
    """Return the identity of a message without an id of its own: a digest of its bytes."""
    return hashlib.sha256(content).hexdigest()[:32]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedDeliveries:
    """Build a channel's `OpenDelivery`, which verifies and opens signed deliveries.

    `signature`: as sent, "" when missing. `keys`: those that may have signed; empty ones never fit. `sign`: what the channel
    would send for this delivery with a key, in the form that `signature` gives. `parse`: the message of a believed delivery.
    `read`: its notices; may raise Unreadable, and a ValueError of a field reader counts as one.
    """

    signature: Signature
    keys: Keys
    sign: Sign
    read: Read
    parse: Parse = json_object

    def __call__(self, app: AppAccess, delivery: Delivery) -> list[Notice]:
        """Check the signature, then return the notices. Raises Refused and Unreadable."""
        self.check(app, delivery)
        message = self.parse(delivery)
        try:
            return list(self.read(app, delivery, message))
        except ValueError as error:
            raise Unreadable(str(error)) from None

    def check(self, app: AppAccess, delivery: Delivery) -> None:
        """Raise Refused unless the signature fits with one of the keys; in constant time over each.

        What the connector's own functions stumble over is refused as well: nothing is proved yet.
        """
        try:
            refusal = self._refusal(app, delivery)
        except (Unreadable, RecursionError, *UNEXPECTED_ERRORS) as error:
            log.warning("signature_not_understood", error=repr(error))
            refusal = "not_understood"
        if refusal:
            raise Refused(refusal)

    def _refusal(self, app: AppAccess, delivery: Delivery) -> str:
        sent = self.signature(delivery).encode("utf-8", "replace")
        if not sent:
            return "missing_signature"
        fits = False
        for key in self.keys(app):
            fits |= bool(key) and hmac.compare_digest(self.sign(key, app, delivery).encode(), sent)
        return "" if fits else "bad_signature"
