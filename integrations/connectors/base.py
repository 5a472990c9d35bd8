"""The contract of a connector: facts it declares, and the few verbs it answers.

A connector talks to one channel and knows nothing of our models: it is given plain values (`AppAccess`, `Access`) and
hands back snapshots. It keeps no state between calls. A channel that cannot do a thing leaves the verb out of its tables.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar, Protocol

from commissions.snapshots import StatementLineSnapshot
from integrations.wire.errors import Rejected
from inventory.snapshots import ListingSnapshot, StockReading, WarehouseSnapshot
from orders.snapshots import CustomerSnapshot, HandOverSnapshot, OrderSnapshot, ReturnSnapshot

# --------------------------------------------------------------------------------------------------------------------
# Facts
# --------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Field:
    """One value a person enters in the admin: a credential, a setting, an option of a command.

    Secret ones are stored encrypted and never shown again. `several`: one value per line.
    """

    name: str
    label: str
    secret: bool = False
    required: bool = True
    help_text: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    default: str = ""
    several: bool = False


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `calls` per `seconds`, counted per `scope`: "app", "shop" or "endpoint" (shop and endpoint together)."""

    name: str
    calls: int
    seconds: float
    scope: str = "shop"


@dataclass(frozen=True, slots=True)
class Kind:
    """How one kind of thing is read. `batch`: most ids per read. `window`: longest span of one changed-since list.

    `swept`: the sweep asks for its changes. `overlap`: how far below the watermark a sweep starts again.
    """

    batch: int
    window: timedelta | None = None
    swept: bool = True
    overlap: timedelta = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer to a webhook delivery, exactly as the channel wants it."""

    status: int = 200
    body: bytes = b""
    content_type: str = "text/plain"


# --------------------------------------------------------------------------------------------------------------------
# What a connector is given
# --------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AppAccess:
    """Our registration at the channel: credentials by the names the connector declared, and the registered callback."""

    key: str
    credentials: Mapping[str, str]
    base_url: str = ""
    callback_url: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)
    # where the seller came back to from the channel's page, while the code is exchanged: some want it named again
    redirect_url: str = ""


class TokenSource(Protocol):
    """Where a connector gets its access token. Both calls may be repeated; both raise NotAuthorised when there is none."""

    def current(self) -> str:
        """The stored access token."""

    def renewed(self, stale: str) -> str:
        """A token other than `stale`: what another worker stored meanwhile, else the fruit of one renewal."""


@dataclass(frozen=True, slots=True)
class Access:
    """One shop as reached through an authorisation. `lane` is orders, pushes or bulk: lanes do not starve each other."""

    app: AppAccess
    shop_id: str
    tokens: TokenSource
    settings: Mapping[str, str] = field(default_factory=dict)
    time_zone: str = "Asia/Ho_Chi_Minh"
    currency: str = "VND"
    lane: str = "orders"


# --------------------------------------------------------------------------------------------------------------------
# What a connector hands back
# --------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Grant:
    """Tokens as a consent or renewal gave them. Lives are seconds from now, None where the channel tells none.

    `shop_ids` are the shops the consent covers (one authorisation may cover several), empty when unknown.
    """

    access_token: str
    expires_in: float | None
    refresh_token: str = ""
    refresh_expires_in: float | None = None
    shop_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing a channel says has changed. `shop_id` None: it concerns the app. `version`: the time the channel gave it.

    `delivery_id` is the channel's own id of the delivery (unique per notice), "" where it has none. `body` is kept for people.
    """

    kind: str
    external_id: str
    shop_id: str | None = None
    version: datetime | None = None
    delivery_id: str = ""
    body: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Delivery:
    """A webhook as it came: raw bytes, headers in lower case, and the topic part of the address ("" for none)."""

    body: bytes
    headers: Mapping[str, str]
    topic: str = ""
    received_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """A row of a changed-since list. `version` None where the list does not tell it; `state`: the channel's own word, if told.

    Where the state is told, it must be the word that the snapshot carries as `channel_status`.
    """

    external_id: str
    version: datetime | None = None
    state: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of changes; `truth` when the list already carries whole objects."""

    changes: tuple[Change, ...]
    truth: Truth | None = None


@dataclass(frozen=True, slots=True)
class Truth:
    """What the channel says now. `gone`: ids it no longer knows. `ignored`: ids that are none of our business, with why."""

    orders: tuple[OrderSnapshot, ...] = ()
    listings: tuple[ListingSnapshot, ...] = ()
    readings: tuple[StockReading, ...] = ()
    hand_overs: tuple[HandOverSnapshot, ...] = ()
    returns: tuple[ReturnSnapshot, ...] = ()
    customers: tuple[CustomerSnapshot, ...] = ()
    # by event id: the lines of one settlement event (an order's escrow, a statement)
    statements: Mapping[str, tuple[StatementLineSnapshot, ...]] = field(default_factory=dict)
    gone: tuple[str, ...] = ()
    ignored: Mapping[str, str] = field(default_factory=dict)
    # per event id: a reason why this one could not be mapped; the others of the batch stand
    unreadable: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StockPush:
    """Show `quantity` units of one listing (absolute). `open_units`: the channel's own open units, for a total basis."""

    item_id: str
    variation_id: str
    quantity: int
    outlet_item_id: str = ""
    sku: str = ""
    warehouse: str = ""
    open_units: int = 0


@dataclass(frozen=True, slots=True)
class PricePush:
    """Sell one listing at `price`."""

    item_id: str
    variation_id: str
    price: Decimal
    sku: str = ""


@dataclass(frozen=True, slots=True)
class ContentPush:
    """Describe one item as here; None leaves a part as it is. `images` are addresses the channel can fetch, main one first."""

    item_id: str
    title: str | None = None
    description: str | None = None
    images: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """A file from a channel: a shipping label."""

    content: bytes
    content_type: str
    name: str


@dataclass(frozen=True, slots=True)
class ShopFound:
    """One shop that a consent covers, to be chosen from. `settings` are stored with its connection (a shop cipher)."""

    external_id: str
    name: str
    settings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PushOutcome:
    """What became of one pushed row. `floor`: the least number the channel will take now (a campaign holds so many)."""

    item_id: str
    variation_id: str
    warehouse: str = ""
    accepted: bool = True
    code: str = ""
    reason: str = ""
    floor: int | None = None


@dataclass(frozen=True, slots=True)
class CommandLine:
    """A line of a command, by the ids of the shop it is sent to."""

    item_id: str
    variation_id: str
    sku: str
    quantity: int
    price: Decimal


@dataclass(frozen=True, slots=True)
class Command:
    """Something to be done at a channel once: ship, deliver, cancel, accept_cancellation, reject_cancellation, accept_return,
    reject_return, pos_order, pos_invoice, pos_void, crm_customer, crm_order.

    `reference` is ours, unique per command, written into the POS document so that it can be found again. `external_id`
    is the document an earlier command made (the POS order that an invoice fulfils). `sent_at`: when it was first sent.
    A command about a return names it in `options["return_number"]`. `options` may hold what `command_fields` asked for.
    """

    kind: str
    order_number: str
    reference: str
    lines: tuple[CommandLine, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    warehouse: str = ""
    external_id: str = ""
    sent_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CommandOutcome:
    """A command was done: the channel's id and code of what it made (a POS document, a tracking number), if any."""

    external_id: str = ""
    code: str = ""
    raw: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pulled:
    """One pull from a queue that belongs to an app. `ack` confirms everything up to here; send it only after the commit."""

    notices: tuple[Notice, ...]
    ack: str | None
    more: bool = False


@dataclass(frozen=True, slots=True)
class Health:
    """Answer of the cheapest is-the-link-alive call."""

    name: str
    is_open: bool = True
    authorised_until: datetime | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)


class Refused(Exception):
    """A delivery must not be believed. `reason` is one of bad_signature, missing_signature, stale, too_large, unknown_app, unknown_topic."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Unreadable(Exception):
    """A delivery is signed but makes no sense. It is kept, whole, as an inbox event of kind `unreadable`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


# --------------------------------------------------------------------------------------------------------------------
# The contract
# --------------------------------------------------------------------------------------------------------------------


class Connector:
    """One channel. Subclasses declare the facts, then override the verbs their tables name; the rest is refused by name."""

    # --- facts: yours to write ---
    channel: ClassVar[str]
    title: ClassVar[str]
    app_fields: ClassVar[tuple[Field, ...]] = ()
    shop_fields: ClassVar[tuple[Field, ...]] = ()
    base_url: ClassVar[str] = ""
    limits: ClassVar[tuple[Limit, ...]] = ()
    kinds: ClassVar[Mapping[str, Kind]] = {}
    commands: ClassVar[frozenset[str]] = frozenset()
    # what a person types to connect: "code" (exchange), "tokens" (pasted), "credentials" (client credentials, nothing to paste)
    consent: ClassVar[str] = "code"
    # one pair of tokens serves every shop that the consent covers: they share an authorisation
    shares_consent: ClassVar[bool] = False
    # the shop is the stock master: its listings are the product book, its warehouses are branches
    keeps_stock: ClassVar[bool] = False
    takes_stock: ClassVar[bool] = True
    takes_price: ClassVar[bool] = True
    takes_content: ClassVar[bool] = False
    has_labels: ClassVar[bool] = False
    items_per_push: ClassVar[int] = 1
    rows_per_push: ClassVar[int] = 50
    # pushes of lower numbers that one shop may have under way at once: a channel that takes long still hears of a rush in time
    calls_at_once: ClassVar[int] = 4
    stock_basis: ClassVar[str] = "sellable"  # or "total": then the mapping adds open_units
    min_stock: ClassVar[int] = 0
    # how long an unanswered write may still be running at the channel (its server's time-out)
    write_settles_after: ClassVar[timedelta] = timedelta(seconds=30)
    has_app_queue: ClassVar[bool] = False
    # how often the app's queue is read
    queue_pace: ClassVar[timedelta] = timedelta(seconds=15)
    # the app itself has a token, got with its credentials alone (`renew` without a refresh token): its queue is read with it
    has_app_tokens: ClassVar[bool] = False
    # webhooks: "signed"; "unsigned" (a hint at an unguessable address: what it tells is always asked for); "none"
    deliveries: ClassVar[str] = "signed"
    acknowledgement: ClassVar[Reply] = Reply()
    # answers to refused deliveries by reason; the "" entry is for all others
    refusals: ClassVar[Mapping[str, Reply]] = {"": Reply(status=401)}

    def __init__(self, access: Access) -> None:
        self.access = access

    # --- consent and webhooks: no shop is known yet ---

    @classmethod
    def consent_for(cls, app: AppAccess) -> str:
        """How the shops of this registration agree: `consent`, unless the registration itself decides."""
        return cls.consent

    @classmethod
    def consent_url(cls, app: AppAccess, *, state: str, redirect_url: str) -> str:
        """The page where the seller agrees. The seller comes back to `redirect_url` with a code."""
        raise cls._refusal("consent_url")

    @classmethod
    def returned(cls, query: Mapping[str, str]) -> str:
        """What `exchange` takes as its code, from the address a seller came back to; "" when they did not agree."""
        return query.get("code", "")

    @classmethod
    def exchange(cls, app: AppAccess, *, code: str, shop_id: str) -> Grant:
        """Turn a code into tokens. Never repeat it: a code works once. Raises Rejected when it is refused.

        `shop_id` may be empty after the channel's own page: then the consent itself says which shops it covers.
        """
        raise cls._refusal("exchange")

    @classmethod
    def shops(cls, app: AppAccess, tokens: TokenSource, grant: Grant) -> tuple[ShopFound, ...]:
        """The shops a consent covers, to be chosen from. Where the grant names the only one, asking is not needed."""
        return tuple(ShopFound(shop_id, shop_id) for shop_id in grant.shop_ids)

    @classmethod
    def renew(cls, app: AppAccess, *, refresh_token: str, shop_id: str) -> Grant:
        """New tokens. A refresh token may be single-use: the caller serialises. Raises NotAuthorised when refused.

        Without a refresh token: what the app's credentials are good for, where `consent_for` or `has_app_tokens` say so.
        """
        raise cls._refusal("renew")

    @classmethod
    def open_delivery(cls, app: AppAccess, delivery: Delivery) -> list[Notice]:
        """Check a webhook's signature on the raw bytes in constant time and read its notices; no I/O.

        Raises Refused when it must not be believed, Unreadable when it is signed and senseless. An empty list is a probe.
        """
        raise cls._refusal("open_delivery")

    @classmethod
    def pull_notices(cls, app: AppAccess, tokens: TokenSource | None, *, ack: str | None) -> Pulled:
        """The next notices of the app's own queue. May be repeated."""
        raise cls._refusal("pull_notices")

    @classmethod
    def confirm_notices(cls, app: AppAccess, tokens: TokenSource | None, *, ack: str) -> None:
        """Tell the channel that everything up to `ack` is stored. May be repeated."""
        raise cls._refusal("confirm_notices")

    @classmethod
    def sign(cls, entry: Mapping[str, Any]) -> str:
        """The signature of one entry of a vector file, by the same code that signs calls and checks webhooks."""
        raise cls._refusal("sign")

    # --- one shop ---

    def check(self) -> Health:
        """Is the link alive? The cheapest call the channel has."""
        raise self._refusal("check")

    def warehouses(self) -> tuple[WarehouseSnapshot, ...]:
        """Branches of a POS, or the channel's warehouses; empty where it has none."""
        return ()

    def register_webhooks(self, url: str) -> None:
        """Ask the channel to send its changes to `url`. May be repeated. Nothing to do where the console does it."""

    def read(self, kind: str, ids: Sequence[str], *, since: datetime, asked_at: datetime) -> Truth:
        """The truth of up to `kinds[kind].batch` things. `since`: none of them changed before, for lists instead of reads.

        `asked_at` goes into each snapshot. An id that is neither in the answer nor in `gone` is asked for again later.
        """
        raise self._refusal("read")

    def changed(self, kind: str, *, since: datetime | None, until: datetime) -> Iterator[Page]:
        """Pages of what changed in [since, until]; `since` None: everything there is. Windows are the connector's business.

        Rows may move between pages while being read: pages overlap and repeat rows rather than miss one.
        """
        raise self._refusal("changed")

    def push_stock(self, pushes: Sequence[StockPush]) -> list[PushOutcome]:
        """One call: at most `items_per_push` items and `rows_per_push` rows. One outcome per row. Threads may call it at once.

        Absolute numbers, so it may be repeated; TryLater.maybe_done says that the numbers may have been taken.
        """
        raise self._refusal("push_stock")

    def push_price(self, pushes: Sequence[PricePush]) -> list[PushOutcome]:
        """As push_stock, for prices."""
        raise self._refusal("push_price")

    def push_content(self, push: ContentPush) -> None:
        """Title, description, images of one item. May be repeated. Raises Rejected with the channel's reason."""
        raise self._refusal("push_content")

    def label(self, order_number: str, parcel: str) -> Document:
        """The shipping label of a parcel whose shipment was arranged. May be repeated; TryLater while it is being made."""
        raise self._refusal("label")

    def earliest(self, kind: str) -> datetime | None:
        """When the shop's oldest thing of a kind was made; None where the channel does not tell (it is then searched for)."""
        return None

    def command_fields(self, command: Command) -> tuple[Field, ...]:
        """What a person may tell with a command before it is sent: options of it, with what the channel lets choose from now.

        What is left empty, the shop's settings decide. May be repeated; raises Rejected when the channel forbids the command.
        """
        return ()

    def perform(self, command: Command) -> CommandOutcome:
        """Do it, once. Raises Rejected with the channel's reason; TryLater.maybe_done when nobody knows."""
        raise self._refusal(command.kind)

    def outcome_of(self, command: Command) -> CommandOutcome | None:
        """Was a command whose answer was lost done? None: it was not, and may be sent again. May be repeated."""
        raise self._refusal(command.kind)

    @classmethod
    def _refusal(cls, verb: str) -> Rejected:
        return Rejected(f"{cls.title} cannot do this: {verb}", code="unsupported")
