"""TikTok Shop as a connector: a marketplace that sells piece by piece, settles by statement and shows the stock we tell it."""

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
from integrations.connectors.tiktok_shop import (
    asking,
    calls,
    commands,
    consent,
    money,
    pushing,
    reading,
    signing,
    webhooks,
)
from integrations.connectors.tiktok_shop.commands import CANCEL_REASON, REJECT_REASON
from integrations.connectors.tiktok_shop.mapping import fields, products, shipping
from integrations.wire import answers
from inventory.snapshots import WarehouseSnapshot


class TikTokShopConnector(Connector):
    """One TikTok Shop. Facts and their sources: README.md beside this file."""

    channel = "tiktok_shop"
    title = "TikTok Shop"
    base_url = calls.BASE_URL
    items_per_push = 1
    rows_per_push = pushing.ROWS
    shares_consent = True
    takes_content = True
    has_labels = True
    limits = calls.LIMITS
    commands = commands.COMMANDS
    app_fields = (
        Field("app_key", _("App key")),
        Field("app_secret", _("App secret"), secret=True),
        Field(
            "service_id",
            _("Service ID"),
            required=False,
            help_text=_("Of the link on which sellers agree; it is not the app key. Empty: the older link."),
        ),
    )
    shop_fields = (
        Field("shop_cipher", _("Shop cipher"), required=False, help_text=_("Filled in when the shop is connected.")),
        Field(
            "warehouse_id",
            _("Warehouse ID"),
            required=False,
            help_text=_("Only for shops with several warehouses at TikTok Shop: the one whose stock is kept here."),
        ),
        Field(
            "ship_by",
            _("Parcels are"),
            required=False,
            default=shipping.PICKUP,
            choices=((shipping.PICKUP, _("Picked up")), (shipping.DROP_OFF, _("Dropped off"))),
            help_text=_("When TikTok Shop offers both and nobody chose."),
        ),
        Field("cancel_reason", _("Reason for cancelling"), required=False, default=CANCEL_REASON),
        Field("reject_reason", _("Reason for refusing a buyer"), required=False, default=REJECT_REASON),
    )
    kinds: ClassVar[Mapping[str, Kind]] = {
        "order": Kind(batch=reading.ORDER_BATCH),
        "listing": Kind(batch=reading.PRODUCT_BATCH),
        "return": Kind(batch=reading.RETURN_BATCH),
        # a statement is paid some days after it was made, and only its list says so
        "settlement": Kind(batch=money.BATCH, overlap=timedelta(days=7)),
    }
    # 200 with an empty body within three seconds; what we refuse comes again four times within fifteen hours
    acknowledgement: ClassVar[Reply] = Reply(200)
    refusals: ClassVar[Mapping[str, Reply]] = {"": Reply(401), "too_large": Reply(413), "unknown_app": Reply(404)}

    def __init__(self, access: Access) -> None:
        super().__init__(access)
        self.api = calls.Api(access)

    @classmethod
    def consent_url(cls, app: AppAccess, *, state: str, redirect_url: str) -> str:
        """See the contract. Where the seller returns to is registered in Partner Center."""
        return consent.url(app, state=state, redirect_url=redirect_url)

    @classmethod
    def exchange(cls, app: AppAccess, *, code: str, shop_id: str) -> Grant:
        """See the contract. `code` may be the whole address the seller came back to."""
        return consent.exchange(app, code=code, shop_id=shop_id)

    @classmethod
    def shops(cls, app: AppAccess, tokens: TokenSource, grant: Grant) -> tuple[ShopFound, ...]:
        """See the contract. Each shop brings its cipher."""
        return consent.shops(app, tokens)

    @classmethod
    def renew(cls, app: AppAccess, *, refresh_token: str, shop_id: str) -> Grant:
        """See the contract."""
        return consent.renew(app, refresh_token=refresh_token)

    @classmethod
    def open_delivery(cls, app: AppAccess, delivery: Delivery) -> list[Notice]:
        """See the contract."""
        return webhooks.open_delivery(app, delivery)

    @classmethod
    def sign(cls, entry: Mapping[str, Any]) -> str:
        """The `sign` of a call of any endpoint, or the Authorization header of a webhook."""
        return signing.of_entry(entry)

    def check(self) -> Health:
        """One GET of the consent's shops: is ours among them?"""
        row = self.api.shop()
        told = {name: row[name] for name in ("region", "seller_type", "code") if name in row}
        return Health(name=fields.text(row, "name") or self.access.shop_id, detail=answers.plain(told))

    def warehouses(self) -> tuple[WarehouseSnapshot, ...]:
        """The warehouses the shop sells from."""
        return products.warehouses(answers.rows(self.api.get("/logistics/202309/warehouses"), "warehouses"))

    def register_webhooks(self, url: str) -> None:
        """See the contract. TikTok Shop takes HTTPS with a domain name and no port of its own."""
        webhooks.register(self.api, url)

    def read(self, kind: str, ids: Sequence[str], *, since: datetime, asked_at: datetime) -> Truth:
        """See the contract. Numbers of orders, returns or statements, or product ids."""
        self._known(kind)
        if kind == "listing":
            return reading.read_products(self.api, ids, asked_at, warehouse=self._warehouse)
        read = {"order": reading.read_orders, "return": reading.read_returns, "settlement": money.read_statements}
        return read[kind](self.api, ids, asked_at)

    def changed(self, kind: str, *, since: datetime | None, until: datetime) -> Iterator[Page]:
        """See the contract. Orders and returns come whole."""
        self._known(kind)
        changed = {
            "order": reading.changed_orders,
            "listing": reading.changed_products,
            "return": reading.changed_returns,
            "settlement": money.changed_statements,
        }
        return changed[kind](self.api, since=since, until=until)

    def earliest(self, kind: str) -> datetime | None:
        """Of orders TikTok Shop tells; nothing else can be older."""
        return reading.earliest_order(self.api) if kind in ("order", "return", "settlement") else None

    def push_stock(self, pushes: Sequence[StockPush]) -> list[PushOutcome]:
        """See the contract: rows of one product."""
        return pushing.push_stock(self.api, pushes, warehouse=self._warehouse)

    def push_price(self, pushes: Sequence[PricePush]) -> list[PushOutcome]:
        """See the contract: rows of one product, which stand or fall together."""
        return pushing.push_price(self.api, pushes, currency=self.access.currency)

    def push_content(self, push: ContentPush) -> None:
        """See the contract. Title and description."""
        pushing.push_content(self.api, push)

    def label(self, order_number: str, parcel: str) -> Document:
        """See the contract."""
        return commands.label(self.api, order_number, parcel)

    def command_fields(self, command: Command) -> tuple[Field, ...]:
        """See the contract."""
        return asking.command_fields(self.api, command)

    def perform(self, command: Command) -> CommandOutcome:
        """See the contract. Options of ship: method, pickup_time_id, package_number, tracking_number and shipping_provider_id;
        of cancel and of refusals: reason, text; of returns: return_number."""
        self._known_command(command)
        return commands.perform(self.api, command)

    def outcome_of(self, command: Command) -> CommandOutcome | None:
        """See the contract. Raises TryLater until an unanswered write must be over."""
        self._known_command(command)
        return commands.outcome_of(self.api, command, settles=self.write_settles_after)

    @property
    def _warehouse(self) -> str:
        return self.access.settings.get("warehouse_id", "")

    def _known(self, kind: str) -> None:
        if kind not in self.kinds:
            raise self._refusal(kind)

    def _known_command(self, command: Command) -> None:
        if command.kind not in self.commands:
            raise self._refusal(command.kind)


CONNECTOR = TikTokShopConnector
