"""MISA AMIS CRM as a connector: the customer book, which also takes the marketplaces' buyers and orders."""

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
    Refused,
    Truth,
)
from integrations.connectors.misa_crm import calls, reading, signing, writing
from integrations.connectors.misa_crm.mapping import sales, states
from integrations.wire.errors import Rejected

# how many ids one look-up names: what an address can carry is not published
_BATCH = 50
# near the present our clock must not hide records from us
_PRESENT = timedelta(hours=2)
_YES_NO = (("yes", _("Yes")), ("no", _("No")))


class MisaCrmConnector(Connector):
    """One tenant of MISA AMIS CRM. Facts and their sources: README.md beside this file."""

    channel = "misa_crm"
    title = "MISA CRM"
    base_url = calls.BASE_URL
    consent = "credentials"
    deliveries = "none"
    takes_stock = False
    takes_price = False
    commands = frozenset({"crm_customer", "crm_order"})
    app_fields = (
        Field("client_id", _("AppID"), help_text=_("The name of the application on the connection page of the CRM.")),
        Field("client_secret", _("Client secret"), secret=True),
    )
    shop_fields = (
        Field(
            "states",
            _("States of sale orders"),
            required=False,
            default=states.DEFAULT,
            help_text=_(
                "Your CRM's own words and what they mean here: label = word, separated by semicolons. Words: on_hold, to_ship,"
                " packed, shipped, delivered, completed, cancelled, returned. The first label of a word is the one that is written."
            ),
        ),
        Field("form_layout", _("Form layout"), required=False, default=writing.LAYOUT),
        Field(
            "collective_customer",
            _("Customer code for masked buyers"),
            required=False,
            help_text=_("Empty: one customer for each marketplace shop, made by the hub."),
        ),
        Field(
            "date_form",
            _("Dates are written as"),
            required=False,
            default="dd/mm/yyyy",
            choices=tuple((form, form) for form in sales.DATES),
        ),
        Field("read_stock", _("Read the stock ledger"), required=False, default="yes", choices=_YES_NO),
        Field(
            "stock_quantity",
            _("Stock on hand is"),
            required=False,
            default="main_stock_quantity",
            choices=tuple((name, name) for name in ("main_stock_quantity", "amount_summary", "order_quantity")),
            help_text=_("Sources disagree: compare with the screen of your CRM."),
        ),
    )
    limits = calls.LIMITS
    kinds: ClassVar[Mapping[str, Kind]] = {kind: Kind(batch=_BATCH) for kind in reading.SOURCES}

    def __init__(self, access: Access) -> None:
        super().__init__(access)
        self.api = calls.Api(access)

    @classmethod
    def renew(cls, app: AppAccess, *, refresh_token: str, shop_id: str) -> Grant:
        """A token for the application's credentials; there is no refresh token. May be repeated."""
        return calls.token(app)

    @classmethod
    def open_delivery(cls, app: AppAccess, delivery: Delivery) -> list[Notice]:
        """Nothing that comes is believed: payload and signature of its webhooks are not known."""
        raise Refused("unknown_topic")

    @classmethod
    def sign(cls, entry: Mapping[str, Any]) -> str:
        """The Authorization header of a call: nothing is signed."""
        return signing.bearer(entry["secrets"]["access_token"])

    def check(self) -> Health:
        """One customer's page, and a look at the words for states. Raises Rejected for words that are none."""
        self._labels()
        self.api.get("/Customers", (("page", "0"), ("pageSize", "1")))
        return Health(self.access.shop_id)

    def register_webhooks(self, url: str) -> None:
        """Nothing to register: changes are found by asking."""

    def read(self, kind: str, ids: Sequence[str], *, since: datetime, asked_at: datetime) -> Truth:
        """See the contract. Ids are codes (order, listing), numbers (customer) or `contact-` and a number. Stock: by sweep only."""
        self._known(kind)
        return reading.read(self.api, kind, ids, reading.Gathered(asked_at, self._labels()))

    def changed(self, kind: str, *, since: datetime | None, until: datetime) -> Iterator[Page]:
        """See the contract. With the ledger every product is told each time: stock moves without a change of the product."""
        self._known(kind)
        labels, held = self._labels(), None
        if kind == "listing" and self.access.settings.get("read_stock", "yes") == "yes":
            held, since = reading.ledgers(self.api, self._quantity()), None
        bound = until if until < datetime.now(UTC) - _PRESENT and held is None else None
        # asked for at `until`, which is never later than the question
        return reading.changed(self.api, kind, lambda: reading.Gathered(until, labels, held), since=since, until=bound)

    def earliest(self, kind: str) -> datetime | None:
        """See the contract. By the last change of a record, as all lists are."""
        self._known(kind)
        return reading.earliest(self.api, kind)

    def perform(self, command: Command) -> CommandOutcome:
        """See the contract. `options`: see integrations/crm.py, which makes them."""
        self._known_command(command)
        return writing.perform(self.api, self.access.settings, command)

    def outcome_of(self, command: Command) -> CommandOutcome | None:
        """See the contract: looked up by code."""
        self._known_command(command)
        return writing.outcome_of(self.api, self.access.settings, command)

    def _quantity(self) -> str:
        return self.access.settings.get("stock_quantity") or "main_stock_quantity"

    def _labels(self) -> Mapping[str, str]:
        try:
            return states.read(self.access.settings.get("states") or states.DEFAULT)
        except ValueError as error:
            raise Rejected(
                f"the states of sale orders cannot be read at {error}: write label = word; ...", code="states"
            ) from None

    def _known(self, kind: str) -> None:
        if kind not in self.kinds:
            raise self._refusal(kind)

    def _known_command(self, command: Command) -> None:
        if command.kind not in self.commands:
            raise self._refusal(command.kind)


CONNECTOR = MisaCrmConnector
