"""Webhooks: deliveries, the notices in them, and the replies."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol
from urllib.parse import urlencode

from integrations.contract.access import Access, AppAccess


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer to a webhook delivery, exactly as the channel wants it."""

    status: int = 200
    body: bytes = b""
    content_type: str = "text/plain"


@dataclass(frozen=True, slots=True)
class SaidStock:
    """Units at one branch of a POS, as a notice says they are."""

    warehouse: str
    on_hand: Decimal
    reserved: Decimal


@dataclass(frozen=True, slots=True)
class SaidNumber:
    """The number that a listing shows, as a notice says it does."""

    sellable: int
    warehouse: str = ""


@dataclass(frozen=True, slots=True)
class SaidDocument:
    """A POS document that carries a reference of ours, as a notice says it stands. `kind`: pos_order or pos_invoice."""

    kind: str
    reference: str
    is_void: bool


Said = SaidStock | SaidNumber | SaidDocument


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing a channel says has changed. `shop_id` None: it concerns the app. `version`: the time the channel gave it.

    `delivery_id` is the channel's own id of the delivery (unique per notice), "" where it has none. `body` is kept for people.
    `snapshot`: a notice that is the fact itself (a payment) carries it; it is stored before the delivery is answered.
    `said`: what the channel says the thing is now. Never stored: it only shows that a notice is the echo of our own write, and
    the channel need not be asked. Only of deliveries whose signature was checked.
    """

    kind: str
    external_id: str
    shop_id: str | None = None
    version: datetime | None = None
    delivery_id: str = ""
    body: Mapping[str, Any] = field(default_factory=dict)
    snapshot: object | None = None
    said: Said | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """A webhook as it came: raw bytes, headers in lower case, the topic part of the address ("" for none), method and query.

    `query` holds the pairs of the address in their order, decoded: some channels notify by GET and sign them.
    """

    body: bytes
    headers: Mapping[str, str]
    topic: str = ""
    received_at: datetime | None = None
    method: str = "POST"
    query: tuple[tuple[str, str], ...] = ()

    @property
    def content(self) -> bytes:
        """Return the message as bytes: the body, or the query of a delivery that has none."""
        return self.body or urlencode(self.query).encode()


class Refused(Exception):
    """Refusal of a delivery that must not be believed.

    `reason`: bad_signature, missing_signature, not_understood, stale, too_large, unknown_app or unknown_topic.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Unreadable(Exception):
    """Malformed content of a signed delivery. It is kept, whole, as an inbox event of kind `unreadable`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Applied:
    """Outcome of a notice that carried its snapshot.

    `state`: processed; duplicate (this delivery was applied before); stale (a newer state is stored); or dead, with a code:
    unknown_shop, unreadable, or the error that storing met.
    """

    notice: Notice
    state: str
    code: str = ""


class OpenDelivery(Protocol):
    def __call__(self, app: AppAccess, delivery: Delivery) -> list[Notice]:
        """Check the signature on the raw bytes in constant time and return the notices; no I/O.

        Raises Refused when it must not be believed, Unreadable when it is signed and malformed. An empty list is a probe.
        """


class CheckDelivery(Protocol):
    def __call__(self, app: AppAccess, delivery: Delivery) -> None:
        """Return when the delivery is genuine, and raise Refused when it is not; reads no more of it than that takes."""


class Register(Protocol):
    def __call__(self, access: Access, url: str) -> None:
        """Ask the channel to send an account's changes to `url`. May be repeated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhooks:
    """Webhooks of a channel. `is_signed` False: a hint at an unguessable address, always asked for.

    `methods`: POST, GET or both; every other one is 405. `refusals`: replies to refused deliveries by reason, the "" entry for
    all others. `answer`: the reply where it depends on what was stored of the notices' snapshots; it is given one `Applied` per
    such notice, or a single dead one with the code `unreadable`. All other deliveries get the `acknowledgement`.
    `register` None: done in the channel's console. `shows_key`: the key itself stands in the body, so none is ever kept.
    `check` None: that of `open`, where it has one (`SignedDeliveries`).
    """

    open: OpenDelivery
    is_signed: bool = True
    shows_key: bool = False
    check: CheckDelivery | None = None
    methods: frozenset[str] = frozenset({"POST"})
    acknowledgement: Reply = Reply()
    refusals: Mapping[str, Reply] = field(default_factory=lambda: {"": Reply(status=401)})
    answer: Callable[[Sequence[Applied]], Reply] | None = None
    register: Register | None = None

    def prove(self, app: AppAccess, delivery: Delivery) -> None:
        """Raise Refused unless the delivery is genuine: asked when `open` stumbled, before anything of it is kept.

        Without a check nothing is proved: what a stranger sent must not be taken for the channel's.
        """
        check: CheckDelivery | None = self.check or getattr(self.open, "check", None)
        if check is None:
            raise Refused("not_understood")
        check(app, delivery)

    def refusal(self, reason: str) -> Reply:
        """Return the reply to a delivery that is refused for `reason`."""
        return self.refusals.get(reason, self.refusals[""])
