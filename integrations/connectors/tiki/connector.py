"""Tiki as a connector: orders to confirm, stock as a total per warehouse, changes in a queue that belongs to the app."""

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
    Pulled,
    PushOutcome,
    Reply,
    ShopFound,
    StockPush,
    TokenSource,
    Truth,
)
from integrations.connectors.tiki import calls, commands, consent, events, pushing, reading, signing, webhooks
from integrations.connectors.tiki.mapping import fields, products
from integrations.wire import answers
from integrations.wire.errors import NotAuthorised
from inventory.snapshots import WarehouseSnapshot

_HOLD, _IGNORE = "hold", "ignore"


class TikiConnector(Connector):
    """One seller at Tiki. Facts and their sources: README.md beside this file."""

    channel = "tiki"
    title = "Tiki"
    base_url = calls.BASE_URL
    limits = calls.LIMITS
    commands = frozenset({commands.SHIP, commands.CANCEL})
    items_per_push = 1
    rows_per_push = 1
    stock_basis = "total"
    takes_content = True
    has_labels = True
    has_app_queue = True
    has_app_tokens = True
    queue_pace = timedelta(seconds=2)
    app_fields = (
        Field("client_id", _("Client ID")),
        Field("client_secret", _("Client secret"), secret=True),
        Field(
            "app_kind",
            _("Kind of app"),
            required=False,
            choices=(("", _("Public: each shop agrees")), (consent.IN_HOUSE, _("In-house: for one shop"))),
        ),
        Field(
            "redirect_uri",
            _("Redirect URI"),
            required=False,
            help_text=_("Exactly as registered at Tiki: a code is taken only together with it."),
        ),
        Field(
            "client_auth",
            _("Client ID and secret are sent"),
            required=False,
            choices=(("", _("In the Authorization header")), ("form", _("In the form"))),
            help_text=_("As the app is registered at Tiki."),
        ),
        Field(
            "webhook_secret",
            _("Secret of TikiNOW's webhooks"),
            secret=True,
            required=False,
            help_text=_(
                "Only with a TikiNOW contract of your own: 32 characters, given when the webhook is registered."
            ),
        ),
        Field(
            "queue_code",
            _("Code of the event queue"),
            required=False,
            help_text=_("Empty: the queue is found by its name, or made."),
        ),
    )
    shop_fields = (
        Field(
            "warehouse_id",
            _("Warehouse ID"),
            required=False,
            help_text=_("Only for shops with several warehouses at Tiki: the one whose stock is kept here."),
        ),
        Field(
            "unpaid_orders",
            _("Orders that wait for payment"),
            required=False,
            default=_HOLD,
            choices=((_HOLD, _("Hold stock")), (_IGNORE, _("Are left alone"))),
            help_text=_("Tiki confirms them later or calls them off; until then they are not the shop's to pack."),
        ),
    )
    kinds: ClassVar[Mapping[str, Kind]] = {
        "order": Kind(batch=reading.BATCH),
        "listing": Kind(batch=20),
    }
    acknowledgement: ClassVar[Reply] = Reply(200, b'{"success":true}', "application/json")
    refusals: ClassVar[Mapping[str, Reply]] = {"": Reply(401), "too_large": Reply(413), "unknown_app": Reply(404)}

    def __init__(self, access: Access) -> None:
        super().__init__(access)
        self.line = calls.seller_line(access)

    @classmethod
    def consent_for(cls, app: AppAccess) -> str:
        """An in-house app needs nobody's consent."""
        return "credentials" if consent.is_in_house(app) else cls.consent

    @classmethod
    def consent_url(cls, app: AppAccess, *, state: str, redirect_url: str) -> str:
        """See the contract. `redirect_url` must be one of those registered at Tiki."""
        return consent.url(app, state=state, redirect_url=redirect_url)

    @classmethod
    def exchange(cls, app: AppAccess, *, code: str, shop_id: str) -> Grant:
        """See the contract. `code` may be the whole address the seller came back to."""
        return consent.exchange(app, code=code, shop_id=shop_id)

    @classmethod
    def shops(cls, app: AppAccess, tokens: TokenSource, grant: Grant) -> tuple[ShopFound, ...]:
        """The one shop, by the `sid` that events name it by."""
        return consent.shops(app, tokens)

    @classmethod
    def renew(cls, app: AppAccess, *, refresh_token: str, shop_id: str) -> Grant:
        """See the contract. Without a refresh token: the app's own token, or an in-house app's."""
        return consent.renew(app, refresh_token=refresh_token)

    @classmethod
    def open_delivery(cls, app: AppAccess, delivery: Delivery) -> list[Notice]:
        """TikiNOW's webhooks about parcels; the marketplace sends none."""
        return webhooks.open_delivery(app, delivery)

    @classmethod
    def pull_notices(cls, app: AppAccess, tokens: TokenSource | None, *, ack: str | None) -> Pulled:
        """See the contract. `tokens` are the app's own; pulling with an `ack` confirms everything up to it."""
        if tokens is None:
            raise NotAuthorised("the app has no token of its own", code="no_token")
        return events.pulled(app, tokens, ack)

    @classmethod
    def confirm_notices(cls, app: AppAccess, tokens: TokenSource | None, *, ack: str) -> None:
        """Nothing to send: the next pull carries the stored `ack`, and that is the confirmation."""

    @classmethod
    def sign(cls, entry: Mapping[str, Any]) -> str:
        """The `x-signature` of a parcel's webhook; calls are not signed."""
        return signing.of_entry(entry)

    def check(self) -> Health:
        """One GET of the seller. Raises NotAuthorised when the token is another seller's."""
        row = calls.get(self.line, "v2/sellers/me")
        if (found := consent.seller_id(row)) != self.access.shop_id:
            raise NotAuthorised(f"the token is that of another shop: {found}", code="other_shop")
        return Health(
            name=fields.text(row, "name") or self.access.shop_id,
            is_open=fields.is_on(row, "active"),
            detail=answers.plain({k: row[k] for k in ("id", "operation_models", "registration_status") if k in row}),
        )

    def warehouses(self) -> tuple[WarehouseSnapshot, ...]:
        """Where Tiki collects the seller's goods."""
        return products.warehouses(fields.listed(calls.get(self.line, "v2/sellers/me/warehouses")))

    def register_webhooks(self, url: str) -> None:
        """Have this seller's changes put into the app's queue. TikiNOW's webhooks are registered by hand."""
        events.subscribe(self.line, self.access.app)

    def read(self, kind: str, ids: Sequence[str], *, since: datetime, asked_at: datetime) -> Truth:
        """See the contract. Orders bring their fees along; one flagged as a return is told as a return."""
        self._known(kind)
        if kind == "order":
            return reading.read_orders(self.line, ids, since=since, asked_at=asked_at, holds=self._holds)
        return reading.read_products(self.line, ids, asked_at, self._warehouse)

    def changed(self, kind: str, *, since: datetime | None, until: datetime) -> Iterator[Page]:
        """See the contract. Lists tell whole objects. Of products only new ones are listed when little is asked for."""
        self._known(kind)
        if kind == "order":
            return reading.changed_orders(self.line, since=since, until=until, holds=self._holds)
        return reading.changed_products(self.line, since=since, until=until, warehouse=self._warehouse)

    def push_stock(self, pushes: Sequence[StockPush]) -> list[PushOutcome]:
        """See the contract: one product."""
        return pushing.push_stock(self.line, pushes, warehouse=self._warehouse)

    def push_price(self, pushes: Sequence[PricePush]) -> list[PushOutcome]:
        """See the contract: one product."""
        return pushing.push_price(self.line, pushes)

    def push_content(self, push: ContentPush) -> None:
        """See the contract. Tiki's people look at it: accepted for looking at, not yet shown."""
        pushing.push_content(self.line, push)

    def label(self, order_number: str, parcel: str) -> Document:
        """See the contract. An order has one label; printing it tells Tiki that picking begins."""
        return commands.label(self.line, calls.seller_line(self.access, calls.PAGES), order_number)

    def command_fields(self, command: Command) -> tuple[Field, ...]:
        """See the contract."""
        return commands.command_fields(self.line, command)

    def perform(self, command: Command) -> CommandOutcome:
        """See the contract. Options of ship: seller_inventory_id, expected_pickup_time. `cancel` is a refusal."""
        self._known_command(command)
        return commands.perform(self.line, self._warehouse, command)

    def outcome_of(self, command: Command) -> CommandOutcome | None:
        """See the contract. The order tells; raises TryLater until an unanswered write must be over."""
        self._known_command(command)
        return commands.outcome_of(self.line, command, settles=self.write_settles_after)

    @property
    def _warehouse(self) -> str:
        return self.access.settings.get("warehouse_id", "")

    @property
    def _holds(self) -> bool:
        return self.access.settings.get("unpaid_orders", _HOLD) != _IGNORE

    def _known(self, kind: str) -> None:
        if kind not in self.kinds:
            raise self._refusal(kind)

    def _known_command(self, command: Command) -> None:
        if command.kind not in self.commands:
            raise self._refusal(command.kind)


CONNECTOR = TikiConnector
