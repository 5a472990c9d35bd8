"""Shopee as a connector: a marketplace that sells, holds parcels and buyers' wishes, and shows the stock we tell it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import urlencode

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
from integrations.connectors.shopee import (
    asking,
    calls,
    commands,
    consent,
    contents,
    labels,
    paging,
    pushing,
    reading,
    returns,
    settlements,
    signing,
    webhooks,
)
from integrations.connectors.shopee.commands import COMMANDS
from integrations.connectors.shopee.mapping import fields, shipping
from integrations.wire import answers
from inventory.snapshots import WarehouseSnapshot

_OPEN = "NORMAL"


class ShopeeConnector(Connector):
    """One Shopee shop. Facts and their sources: README.md beside this file."""

    channel = "shopee"
    title = "Shopee"
    base_url = calls.BASE_URL
    items_per_push = 1
    rows_per_push = pushing.ROWS
    has_app_queue = True
    takes_content = True
    has_labels = True
    limits = calls.LIMITS
    commands = COMMANDS
    app_fields = (
        Field("partner_id", _("Partner ID")),
        Field("partner_key", _("Partner key"), secret=True),
        Field(
            "push_partner_key",
            _("Push partner key"),
            secret=True,
            required=False,
            help_text=_("The console's separate key for pushes, if it shows one."),
        ),
        Field(
            "push_key",
            _("Pushes are signed with"),
            required=False,
            choices=(("", _("Either key")), ("push", _("The push partner key")), ("partner", _("The partner key"))),
        ),
        Field(
            "consent_page",
            _("Page where sellers agree"),
            required=False,
            choices=(("", _("The newer one")), ("signed", _("The older, signed one"))),
        ),
        Field(
            "escrow_method",
            _("Settlements are asked for by"),
            required=False,
            choices=(("", "GET"), (settlements.POST, "POST")),
            help_text=_("Shopee's reference says GET. Choose POST if Shopee refuses that."),
        ),
    )
    shop_fields = (
        Field(
            "location_id",
            _("Location ID"),
            required=False,
            help_text=_("Only for shops with several warehouses at Shopee: the one whose stock is kept here."),
        ),
        Field(
            "ship_by",
            _("Parcels are"),
            required=False,
            default=shipping.PICKUP,
            choices=((shipping.PICKUP, _("Picked up")), (shipping.DROPOFF, _("Dropped off"))),
            help_text=_("When Shopee offers both and nobody chose."),
        ),
        Field("sender_real_name", _("Sender's name for drop-off"), required=False),
        Field(
            "dispute_email",
            _("E-mail for disputes"),
            required=False,
            help_text=_("Shopee writes to it when a return is objected to."),
        ),
        Field(
            "label_type",
            _("Labels are"),
            required=False,
            choices=(
                ("", _("As Shopee prints them")),
                ("NORMAL_AIR_WAYBILL", _("For a sheet printer")),
                ("THERMAL_AIR_WAYBILL", _("For a label printer")),
            ),
        ),
        Field(
            "item_prices",
            _("Item prices in orders are"),
            required=False,
            default="unit",
            choices=(("unit", _("Per piece")), ("line", _("Per line"))),
        ),
    )
    kinds: ClassVar[Mapping[str, Kind]] = {
        "order": Kind(batch=reading.BATCH, window=paging.WINDOW),
        "listing": Kind(batch=reading.BATCH),
        "return": Kind(batch=returns.BATCH, window=paging.WINDOW),
        "settlement": Kind(batch=settlements.BATCH, window=paging.WINDOW, overlap=timedelta(minutes=10)),
    }
    # Only a 2xx with an empty body counts. What we refuse comes again for hours and then waits in the lost queue for
    # three days, so a key that was entered wrong loses nothing.
    acknowledgement: ClassVar[Reply] = Reply(200)
    refusals: ClassVar[Mapping[str, Reply]] = {"": Reply(401), "too_large": Reply(413), "unknown_app": Reply(404)}

    def __init__(self, access: Access) -> None:
        super().__init__(access)
        self.line = calls.shop_line(access)

    @classmethod
    def consent_url(cls, app: AppAccess, *, state: str, redirect_url: str) -> str:
        """The newer page or the older signed one, as the app's `consent_page` says."""
        return consent.url(app, state=state, redirect_url=redirect_url)

    @classmethod
    def returned(cls, query: Mapping[str, str]) -> str:
        """See the contract. The whole query: besides the code it names the shop or the main account."""
        return urlencode(query) if query.get("code") else ""

    @classmethod
    def exchange(cls, app: AppAccess, *, code: str, shop_id: str) -> Grant:
        """See the contract. `code` may be the whole address the seller came back to, of a main account too."""
        return consent.exchange(app, code=code, shop_id=shop_id)

    @classmethod
    def shops(cls, app: AppAccess, tokens: TokenSource, grant: Grant) -> tuple[ShopFound, ...]:
        """The shops of the consent with their names: several for a main account. One call each."""
        return consent.shops(app, tokens, grant)

    @classmethod
    def renew(cls, app: AppAccess, *, refresh_token: str, shop_id: str) -> Grant:
        """See the contract. The refresh token works once."""
        return consent.renew(app, refresh_token=refresh_token, shop_id=shop_id)

    @classmethod
    def open_delivery(cls, app: AppAccess, delivery: Delivery) -> list[Notice]:
        """See the contract. A very old push counts: Shopee repeats it for hours. A replayed one has the same id."""
        return webhooks.open_delivery(app, delivery)

    @classmethod
    def pull_notices(cls, app: AppAccess, tokens: TokenSource | None, *, ack: str | None) -> Pulled:
        """The oldest lost pushes that are not confirmed, up to a hundred. `more` are told only after a confirmation."""
        return webhooks.pulled(calls.get(calls.app_line(app), "push/get_lost_push_message"))

    @classmethod
    def confirm_notices(cls, app: AppAccess, tokens: TokenSource | None, *, ack: str) -> None:
        """See the contract: a watermark."""
        body = {"last_message_id": calls.whole(ack, "message id")}
        calls.post(calls.app_line(app), "push/confirm_consumed_lost_push_message", body)

    @classmethod
    def sign(cls, entry: Mapping[str, Any]) -> str:
        """The `sign` of a call of any endpoint and form, or the Authorization header of a push."""
        return signing.of_entry(entry)

    def check(self) -> Health:
        """One GET of the shop's info, which also tells until when the seller agreed."""
        body = calls.get(self.line, "shop/get_shop_info")
        return Health(
            name=fields.text(body, "shop_name") or self.access.shop_id,
            is_open=fields.text(body, "status") in ("", _OPEN),
            authorised_until=fields.moment(body, "expire_time"),
            detail=answers.plain({name: body[name] for name in ("region", "status", "is_cb") if name in body}),
        )

    def warehouses(self) -> tuple[WarehouseSnapshot, ...]:
        """The seller's warehouses at Shopee; most shops have none."""
        return reading.warehouses(self.line)

    def read(self, kind: str, ids: Sequence[str], *, since: datetime, asked_at: datetime) -> Truth:
        """See the contract. Ids are order numbers (of settlements too), item ids, or return numbers."""
        self._known(kind)
        return _READ[kind](self, ids, asked_at)

    def changed(self, kind: str, *, since: datetime | None, until: datetime) -> Iterator[Page]:
        """See the contract. "Everything there is" means a year of what has a time; changes of orders carry no version.

        Settlements come with their lines, since only the list tells when the money was released.
        """
        self._known(kind)
        return _CHANGED[kind](self, since, until)

    def push_stock(self, pushes: Sequence[StockPush]) -> list[PushOutcome]:
        """See the contract: rows of one item."""
        return pushing.push_stock(self.line, pushes, location=self.location)

    def push_price(self, pushes: Sequence[PricePush]) -> list[PushOutcome]:
        """See the contract: rows of one item, original prices."""
        return pushing.push_price(self.line, pushes)

    def push_content(self, push: ContentPush) -> None:
        """See the contract. Pictures must be kept by Shopee already: addresses as its items tell them."""
        contents.push(self.line, push)

    def label(self, order_number: str, parcel: str) -> Document:
        """See the contract. The first question has it printed; it is ready seconds later, also told by push 15."""
        files = calls.shop_line(self.access, calls.FILES)
        return labels.label(self.line, files, self.access.settings, order_number, parcel)

    def command_fields(self, command: Command) -> tuple[Field, ...]:
        """See the contract."""
        return asking.command_fields(self.line, self.access.settings, self.access.time_zone, command)

    def perform(self, command: Command) -> CommandOutcome:
        """See the contract. Options of ship: handover (one of those offered), or method, address_id, pickup_time_id, branch_id;
        package_number; of cancel: reason; of the answers to a return: return_number, and to object email, reason, text.
        """
        self._known_command(command)
        return commands.perform(self.line, self.access.settings, command)

    def outcome_of(self, command: Command) -> CommandOutcome | None:
        """See the contract. The order tells; raises TryLater until an unanswered write must be over."""
        self._known_command(command)
        return commands.outcome_of(self.line, command, settles=self.write_settles_after)

    @property
    def escrow(self) -> settlements.Escrow:
        """How this shop's settlements are asked for."""
        method = self.access.app.credentials.get("escrow_method") or settlements.GET
        return settlements.Escrow(self.access.currency, method)

    @property
    def has_line_prices(self) -> bool:
        """Are item prices those of the whole line?"""
        return self.access.settings.get("item_prices") == "line"

    @property
    def location(self) -> str:
        """The warehouse at Shopee whose stock is kept here, "" for the only one."""
        return self.access.settings.get("location_id", "")

    def _known(self, kind: str) -> None:
        if kind not in self.kinds:
            raise self._refusal(kind)

    def _known_command(self, command: Command) -> None:
        if command.kind not in self.commands:
            raise self._refusal(command.kind)


_READ: Mapping[str, Callable[[ShopeeConnector, Sequence[str], datetime], Truth]] = {
    "order": lambda me, ids, at: reading.read_orders(me.line, ids, at, line_prices=me.has_line_prices),
    "listing": lambda me, ids, at: reading.read_items(me.line, ids, at, location=me.location),
    "return": lambda me, ids, at: returns.read(me.line, ids, at),
    "settlement": lambda me, ids, at: settlements.read(me.line, ids, at, me.escrow),
}
_CHANGED: Mapping[str, Callable[[ShopeeConnector, datetime | None, datetime], Iterator[Page]]] = {
    "order": lambda me, since, until: reading.changed_orders(me.line, since=since, until=until),
    "listing": lambda me, since, until: reading.changed_items(me.line, since=since, until=until),
    "return": lambda me, since, until: returns.changed(me.line, since=since, until=until),
    "settlement": lambda me, since, until: settlements.changed(me.line, me.escrow, since=since, until=until),
}
CONNECTOR = ShopeeConnector
