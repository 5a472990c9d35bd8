"""Lazada as a connector: a marketplace where each unit of an order has a status of its own, and stock goes by SKU."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar

# marked here, translated where it is shown
from django.utils.translation import gettext_noop as _

from integrations.connectors.base import (
    Access,
    AppAccess,
    Command,
    CommandOutcome,
    Connector,
    ContentPush,
    Delivery,
    Document,
    Field,
    Grant,
    Health,
    Kind,
    Notice,
    Page,
    PricePush,
    PushOutcome,
    Reply,
    ShopFound,
    StockPush,
    TokenSource,
    Truth,
)
from integrations.connectors.lazada import (
    asking,
    calls,
    changes,
    commands,
    consent,
    money,
    pushing,
    reading,
    signing,
    webhooks,
)
from integrations.connectors.lazada.mapping import fields
from integrations.wire import answers
from integrations.wire.errors import ChannelError
from inventory.snapshots import WarehouseSnapshot

_OPEN = "ACTIVE"


class LazadaConnector(Connector):
    """One Lazada shop. Facts and their sources: README.md beside this file."""

    channel = "lazada"
    title = "Lazada"
    base_url = calls.BASE_URL
    items_per_push = pushing.ROWS
    rows_per_push = pushing.ROWS
    takes_content = True
    has_labels = True
    limits = calls.LIMITS
    commands = commands.COMMANDS
    app_fields = (
        Field("app_key", _("App key")),
        Field("app_secret", _("App secret"), secret=True),
    )
    shop_fields = (
        Field(
            "warehouse_code",
            _("Warehouse code"),
            required=False,
            help_text=_("Only for shops with several warehouses at Lazada: the one whose stock is kept here."),
        ),
    )
    kinds: ClassVar[Mapping[str, Kind]] = {
        "order": Kind(batch=reading.BATCH),
        "listing": Kind(batch=20),
        "return": Kind(batch=20),
        "settlement": Kind(batch=money.BATCH, overlap=timedelta(days=1)),
    }
    # 200 within half a second; what we refuse comes again every half hour, twelve times
    acknowledgement: ClassVar[Reply] = Reply(200)
    refusals: ClassVar[Mapping[str, Reply]] = {"": Reply(401), "too_large": Reply(413), "unknown_app": Reply(404)}

    def __init__(self, access: Access) -> None:
        super().__init__(access)
        self.line = calls.shop_line(access)

    @classmethod
    def consent_url(cls, app: AppAccess, *, state: str, redirect_url: str) -> str:
        """See the contract."""
        return consent.url(app, state=state, redirect_url=redirect_url)

    @classmethod
    def exchange(cls, app: AppAccess, *, code: str, shop_id: str) -> Grant:
        """See the contract. `code` may be the whole address the seller came back to."""
        return consent.exchange(app, code=code, shop_id=shop_id)

    @classmethod
    def shops(cls, app: AppAccess, tokens: TokenSource, grant: Grant) -> tuple[ShopFound, ...]:
        """See the contract. A cross-border consent covers one seller per country; only that of this host tells its name."""
        found = []
        for seller in grant.shop_ids:
            try:
                name = cls(Access(app, seller, tokens)).check().name if len(grant.shop_ids) == 1 else seller
            except ChannelError:
                name = seller
            found.append(ShopFound(seller, name))
        return tuple(found)

    @classmethod
    def renew(cls, app: AppAccess, *, refresh_token: str, shop_id: str) -> Grant:
        """See the contract. When the refresh token's life is over, which no renewal lengthens, the seller must agree anew."""
        return consent.renew(app, refresh_token=refresh_token)

    @classmethod
    def open_delivery(cls, app: AppAccess, delivery: Delivery) -> list[Notice]:
        """See the contract. An old push counts: Lazada repeats it for hours."""
        return webhooks.open_delivery(app, delivery)

    @classmethod
    def sign(cls, entry: Mapping[str, Any]) -> str:
        """The `sign` of a call however its parameters travel, or the Authorization header of a push."""
        return signing.of_entry(entry)

    def check(self) -> Health:
        """One GET of the seller."""
        row = calls.told(calls.get(self.line, "/seller/get"))
        return Health(
            name=fields.text(row, "name") or self.access.shop_id,
            is_open=fields.text(row, "status") in ("", _OPEN),
            detail=answers.plain({name: row[name] for name in ("short_code", "status", "verified") if name in row}),
        )

    def warehouses(self) -> tuple[WarehouseSnapshot, ...]:
        """The seller's warehouses at Lazada."""
        return reading.warehouses(self.line)

    def read(self, kind: str, ids: Sequence[str], *, since: datetime, asked_at: datetime) -> Truth:
        """See the contract. Order ids, item ids, reverse order ids, or days of transactions."""
        self._known(kind)
        access = self.access
        if kind == "order":
            return reading.read_orders(self.line, ids, asked_at, since=since)
        if kind == "listing":
            return reading.read_products(
                self.line, ids, asked_at, warehouse=self._warehouse, currency=access.currency
            )  # fmt: skip
        if kind == "return":
            return reading.read_returns(self.line, ids, asked_at)
        return money.read(self.line, ids, asked_at, time_zone=access.time_zone, currency=access.currency)

    def changed(self, kind: str, *, since: datetime | None, until: datetime) -> Iterator[Page]:
        """See the contract. Pages of the past, of products and of returns carry whole objects."""
        self._known(kind)
        if kind == "order":
            return changes.orders(self.line, since=since, until=until)
        if kind == "listing":
            return changes.listings(
                self.line, since=since, until=until, warehouse=self._warehouse, currency=self.access.currency
            )
        if kind == "return":
            return changes.reverse_orders(self.line, since=since, until=until)
        return money.changed(self.line, since=since, until=until, time_zone=self.access.time_zone)

    def push_stock(self, pushes: Sequence[StockPush]) -> list[PushOutcome]:
        """See the contract: sellable numbers, 20 SKUs a call."""
        return pushing.push_stock(self.line, pushes, warehouse=self._warehouse)

    def push_price(self, pushes: Sequence[PricePush]) -> list[PushOutcome]:
        """See the contract: regular prices, 20 SKUs a call."""
        return pushing.push_price(self.line, pushes)

    def push_content(self, push: ContentPush) -> None:
        """See the contract. Images must lie on Lazada's own servers."""
        pushing.push_content(self.line, push)

    def label(self, order_number: str, parcel: str) -> Document:
        """See the contract: an HTML page."""
        return commands.label(self.line, parcel)

    def earliest(self, kind: str) -> datetime | None:
        """Told of orders only."""
        return changes.oldest_order(self.line) if kind == "order" else None

    def command_fields(self, command: Command) -> tuple[Field, ...]:
        """See the contract."""
        return asking.command_fields(self.line, command)

    def perform(self, command: Command) -> CommandOutcome:
        """See the contract. Options of cancel: reason; of returns: return_number, action, reason, comment, images."""
        self._known_command(command)
        return commands.perform(self.line, command)

    def outcome_of(self, command: Command) -> CommandOutcome | None:
        """See the contract. The order or the return tells; raises TryLater until an unanswered write must be over."""
        self._known_command(command)
        return commands.outcome_of(self.line, command, settles=self.write_settles_after)

    @property
    def _warehouse(self) -> str:
        return self.access.settings.get("warehouse_code", "")

    def _known(self, kind: str) -> None:
        if kind not in self.kinds:
            raise self._refusal(kind)

    def _known_command(self, command: Command) -> None:
        if command.kind not in self.commands:
            raise self._refusal(command.kind)


CONNECTOR = LazadaConnector
