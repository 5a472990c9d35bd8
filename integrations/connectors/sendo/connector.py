"""Sendo as a connector: a half-closed marketplace, so optional, doubted in every fact, and quiet when it fails."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

# marked here, translated where it is shown
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from integrations.connectors.base import (
    Access,
    AppAccess,
    Command,
    CommandOutcome,
    Connector,
    Delivery,
    Field,
    Grant,
    Health,
    Kind,
    Notice,
    Page,
    PricePush,
    PushOutcome,
    Reply,
    StockPush,
    Truth,
)
from integrations.connectors.sendo import calls, commands, pushing, reading, signing, webhooks
from integrations.connectors.sendo.mapping import errors
from integrations.wire import answers


class SendoConnector(Connector):
    """One Sendo shop. Facts, and what nobody could verify: README.md beside this file."""

    channel = "sendo"
    title = "Sendo"
    base_url = calls.BASE_URL
    consent = "credentials"
    deliveries = "unsigned"
    items_per_push = pushing.ITEMS
    rows_per_push = pushing.ROWS
    # nobody knows how Sendo bears several, and one call carries many items
    calls_at_once = 1
    limits = calls.LIMITS
    commands = frozenset(commands.DEEDS)
    # each shop has keys of its own: one registration per shop
    app_fields = (
        Field("shop_key", _("Shop key"), secret=True, help_text=_("Seller Centre, Kết nối API.")),
        Field("secret_key", _("Secret key"), secret=True, help_text=_("Seller Centre, Kết nối API.")),
    )
    shop_fields = (
        Field(
            "allow_check",
            _("Buyers may look into the parcel"),
            required=False,
            choices=(("", _("As Sendo has it")), ("1", _("Yes")), ("0", _("No"))),
            help_text=_("Told to Sendo with every order that is accepted."),
        ),
    )
    kinds: ClassVar[Mapping[str, Kind]] = {
        "order": Kind(batch=reading.BATCH, window=reading.WINDOW),
        "listing": Kind(batch=reading.PRODUCT_BATCH),
    }
    # Nobody knows what a refusal does to the address at Sendo, and polling finds whatever is dropped.
    refusals: ClassVar[Mapping[str, Reply]] = {"": Reply(200)}

    def __init__(self, access: Access) -> None:
        super().__init__(access)
        self.line = calls.shop_line(access)

    @classmethod
    def renew(cls, app: AppAccess, *, refresh_token: str, shop_id: str) -> Grant:
        """A login with the shop's keys. It kills the token before it: never beside another one of the same shop.

        Raises Rejected when the keys are those of another shop.
        """
        grant = calls.login(app)
        if shop_id and grant.shop_ids and shop_id not in grant.shop_ids:
            words = gettext("These keys belong to Sendo shop %(theirs)s, not to %(ours)s.")
            raise errors.refusal(words % {"theirs": grant.shop_ids[0], "ours": shop_id}, "other_shop")
        return grant

    @classmethod
    def open_delivery(cls, app: AppAccess, delivery: Delivery) -> list[Notice]:
        """See the contract. Not signed: the address nobody can guess and the shop's key are all there is, so it is only a hint."""
        return webhooks.open_delivery(app, delivery)

    @classmethod
    def sign(cls, entry: Mapping[str, Any]) -> str:
        """The Authorization header of a call, or the shop_key of a webhook: Sendo signs neither."""
        secrets = entry["secrets"]
        return str(secrets["shop_key"]) if entry["kind"] == "webhook" else signing.bearer(secrets["access_token"])

    def check(self) -> Health:
        """One product of the shop's list, and what the token says of its shop."""
        reading.knock(self.line)
        told = signing.claims(self.access.tokens.current())
        names = ("StoreId", "StoreStatus", "ShopType", "StoreLevel")
        return Health(
            name=self.access.shop_id, detail={name: answers.plain(told[name]) for name in names if name in told}
        )

    def read(self, kind: str, ids: Sequence[str], *, since: datetime, asked_at: datetime) -> Truth:
        """See the contract. Order numbers, or product ids. Silence about a thing never makes it gone."""
        self._known(kind)
        if kind == "order":
            return reading.read_orders(self.line, ids, since=since, asked_at=asked_at)
        return reading.read_products(self.line, ids, asked_at)

    def changed(self, kind: str, *, since: datetime | None, until: datetime) -> Iterator[Page]:
        """See the contract. Orders by the day of their status, with whole truth; "everything there is" means a year."""
        self._known(kind)
        read = reading.changed_orders if kind == "order" else reading.changed_products
        return read(self.line, since=since, until=until)

    def push_stock(self, pushes: Sequence[StockPush]) -> list[PushOutcome]:
        """See the contract. A product with variants is read first: its total over all variants must be told."""
        return pushing.push_stock(self.line, pushes)

    def push_price(self, pushes: Sequence[PricePush]) -> list[PushOutcome]:
        """See the contract: regular prices."""
        return pushing.push_price(self.line, pushes)

    def command_fields(self, command: Command) -> tuple[Field, ...]:
        """See the contract."""
        return commands.command_fields(self.line, self.access.settings, command)

    def perform(self, command: Command) -> CommandOutcome:
        """See the contract. ship accepts the order (option allow_check), deliver is for shops with their own couriers,
        cancel takes the option reason: CBS1 or CBS100.
        """
        self._known_command(command)
        return commands.perform(self.line, self.access.settings, command)

    def outcome_of(self, command: Command) -> CommandOutcome | None:
        """See the contract. The order tells; raises TryLater until an unanswered write must be over."""
        self._known_command(command)
        return commands.outcome_of(self.line, command, settles=self.write_settles_after)

    def _known(self, kind: str) -> None:
        if kind not in self.kinds:
            raise self._refusal(kind)

    def _known_command(self, command: Command) -> None:
        if command.kind not in self.commands:
            raise self._refusal(command.kind)


CONNECTOR = SendoConnector
