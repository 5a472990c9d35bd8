"""KiotViet Retail as a connector: the POS that keeps the stock and takes in the marketplaces' orders and invoices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

# marked here, translated where it is shown
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
    Reply,
    Truth,
)
from integrations.connectors.kiotviet import calls, reading, signing, webhooks, writing
from integrations.connectors.kiotviet.mapping import fields, products
from integrations.wire import answers
from inventory.snapshots import WarehouseSnapshot

# `toDate` is only sent for windows that ended this long ago: near the present our clock must not hide rows from us
_PRESENT = timedelta(hours=2)
_YES_NO = (("yes", _("Yes")), ("no", _("No")))


class KiotVietConnector(Connector):
    """One KiotViet shop ("retailer"). Facts and their sources: README.md beside this file."""

    channel = "kiotviet"
    title = "KiotViet"
    base_url = calls.BASE_URL
    consent = "credentials"
    keeps_stock = True
    takes_stock = False
    takes_price = False
    write_settles_after = timedelta(seconds=writing.SETTLES_AFTER)
    commands = frozenset({"pos_order", "pos_invoice", "pos_void"})
    app_fields = (
        Field("client_id", _("Client ID")),
        Field("client_secret", _("Client secret"), secret=True),
        Field(
            "webhook_secret",
            _("Webhook secret"),
            secret=True,
            help_text=_("A random text of 8 characters or more. KiotViet signs its webhooks with it."),
        ),
    )
    shop_fields = (
        Field(
            "imports_marketplaces",
            _("Shops that KiotViet imports itself"),
            required=False,
            help_text=_("Names of marketplace shops, separated by commas. Their orders are never written to KiotViet."),
        ),
        Field("sale_channel_id", _("Sale channel ID"), required=False, help_text=_("Shown on documents we write.")),
        Field("sold_by_id", _("Seller's user ID"), required=False, help_text=_("Shown on documents we write.")),
        Field(
            "customer_id",
            _("Customer ID"),
            required=False,
            help_text=_("The one customer of all marketplace orders. Empty: KiotViet gets a new one per order."),
        ),
        Field(
            "payment_method",
            _("Invoices are paid by"),
            required=False,
            choices=(("", _("Not paid yet")), ("Cash", _("Cash")), ("Card", _("Card")), ("Transfer", _("Transfer"))),
        ),
        Field("payment_account_id", _("Bank account ID"), required=False),
        Field(
            "order_status",
            _("Status of orders we write"),
            required=False,
            default=writing.CONFIRMED,
            choices=((writing.CONFIRMED, _("Confirmed")), ("", _("Draft"))),
        ),
        Field(
            "settles_after",
            _("Seconds until an unanswered write is over"),
            required=False,
            default=str(int(writing.SETTLES_AFTER)),
        ),
        Field(
            "stock_list",
            _("Stock sweep reads"),
            required=False,
            default="whole",
            choices=(("whole", _("All products")), ("changed", _("Changed products only"))),
            help_text=_("KiotViet does not mark a product as changed when its stock moves, so all are read."),
        ),
        Field("noecho", _("Register webhooks with ?noecho"), required=False, default="yes", choices=_YES_NO),
        Field(
            "replace_webhooks",
            _("Replace other systems' webhooks"),
            required=False,
            default="no",
            choices=_YES_NO,
            help_text=_("Needed when KiotViet refuses ours because it keeps one webhook per type."),
        ),
    )
    limits = calls.LIMITS
    kinds: ClassVar[Mapping[str, Kind]] = {kind: Kind(batch=calls.PAGE_SIZE) for kind in reading.SOURCES}
    # 400, 401, 403, 404 and 405 switch the hook off for good; what others do is not known. A dropped delivery is
    # counted by the caller and its change found by the sweep, so nothing is worth the risk.
    refusals: ClassVar[Mapping[str, Reply]] = {"": Reply()}

    def __init__(self, access: Access) -> None:
        super().__init__(access)
        self.api = calls.Api(access)

    @classmethod
    def renew(cls, app: AppAccess, *, refresh_token: str, shop_id: str) -> Grant:
        """A token for the client credentials; there is no refresh token. May be repeated."""
        return calls.token(app)

    @classmethod
    def open_delivery(cls, app: AppAccess, delivery: Delivery) -> list[Notice]:
        """See the contract. The shop is not named reliably: `shop_id` is None, its inferred number in the body."""
        return webhooks.open_delivery(delivery, app.credentials.get("webhook_secret", ""))

    @classmethod
    def sign(cls, entry: Mapping[str, Any]) -> str:
        """A webhook's X-Hub-Signature; for a call its Authorization header, since KiotViet does not sign calls."""
        secrets = entry["secrets"]
        if entry["kind"] == "webhook":
            return signing.webhook_signature((entry["body"] or "").encode(), secrets["webhook_secret"])
        return signing.bearer(secrets["access_token"])

    def check(self) -> Health:
        """One GET of the shop's settings, which also say what it will refuse."""
        settings = self.api.get("/settings")
        return Health(self.access.shop_id, detail=answers.plain(settings) if isinstance(settings, dict) else {})

    def warehouses(self) -> tuple[WarehouseSnapshot, ...]:
        """The branches; one that appears twice while the list moves comes once."""
        found = {fields.text(row, "id"): row for page in self.api.pages("/branches") for row in page.rows}
        return tuple(products.warehouse(row) for row in found.values())

    def register_webhooks(self, url: str) -> None:
        """One hook per type, each at an address of its own below `url`."""
        webhooks.register(
            self.api,
            url,
            secret=self.access.app.credentials["webhook_secret"],
            no_echo=self.access.settings.get("noecho", "yes") == "yes",
            replace=self.access.settings.get("replace_webhooks") == "yes",
        )

    def read(self, kind: str, ids: Sequence[str], *, since: datetime, asked_at: datetime) -> Truth:
        """See the contract. Ids are codes (order, invoice), product ids (product, stock) or customer ids."""
        self._known(kind)
        return reading.read(self.api, kind, ids, since=self._since(kind, since), asked_at=asked_at)

    def changed(self, kind: str, *, since: datetime | None, until: datetime) -> Iterator[Page]:
        """See the contract. `truth` leaves out invoices whose order the list does not tell: those are read."""
        self._known(kind)
        bounded = until < datetime.now(UTC) - _PRESENT
        return reading.changed(self.api, kind, since=self._since(kind, since), until=until, bounded=bounded)

    def perform(self, command: Command) -> CommandOutcome:
        """See the contract. pos_void takes `options["document"]`: "pos_order" (default) or "pos_invoice"."""
        self._known_command(command)
        return writing.perform(self.api, self.access.settings, command)

    def outcome_of(self, command: Command) -> CommandOutcome | None:
        """See the contract. Raises TryLater until `settles_after` is over and the document has not shown up."""
        self._known_command(command)
        return writing.outcome_of(self.api, self.access.settings, command)

    def _since(self, kind: str, since: datetime | None) -> datetime | None:
        whole = kind == "stock" and self.access.settings.get("stock_list", "whole") == "whole"
        return None if whole else since

    def _known(self, kind: str) -> None:
        if kind not in self.kinds:
            raise self._refusal(kind)

    def _known_command(self, command: Command) -> None:
        if command.kind not in self.commands:
            raise self._refusal(command.kind)


CONNECTOR = KiotVietConnector
