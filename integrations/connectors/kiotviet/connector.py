"""KiotViet Retail: the POS that keeps the stock and takes in the marketplaces' orders and invoices.

An account is one shop ("retailer"). Facts and their sources: README.md beside this file.
"""

from __future__ import annotations

# marked here, translated where it is shown
from django.utils.translation import gettext_noop as _

from integrations.connectors.kiotviet import account, client, signing
from integrations.connectors.kiotviet.consent import CONSENT
from integrations.connectors.kiotviet.mapping import errors
from integrations.connectors.kiotviet.reads import READS
from integrations.connectors.kiotviet.statement_files import STATEMENT_FILES
from integrations.connectors.kiotviet.terms import TERMS
from integrations.connectors.kiotviet.webhooks import WEBHOOKS
from integrations.connectors.kiotviet.writes import CONFIRMED, SETTLES_AFTER, WRITES
from integrations.contract.connector import Connector, Role
from integrations.contract.declarations import Field

_YES_NO = (("yes", _("Yes")), ("no", _("No")))

_CREDENTIALS = (
    Field("client_id", _("Client ID")),
    Field("client_secret", _("Client secret"), secret=True),
    Field(
        "webhook_secret",
        _("Webhook secret"),
        secret=True,
        help_text=_("A random text of 8 characters or more. KiotViet signs its webhooks with it."),
    ),
)
_SETTINGS = (
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
        default=CONFIRMED,
        choices=((CONFIRMED, _("Confirmed")), ("", _("Draft"))),
    ),
    Field(
        "settles_after",
        _("Seconds until an unanswered write is over"),
        required=False,
        default=str(int(SETTLES_AFTER.total_seconds())),
    ),
    Field(
        "inactive_products",
        _("Products that KiotViet no longer trades"),
        required=False,
        default="stop",
        choices=(("stop", _("Stop selling them everywhere")), ("sell", _("Go on selling them"))),
        help_text=_("Counts for each product when it is read next."),
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

CONNECTOR = Connector(
    channel="kiotviet",
    title="KiotViet",
    roles=frozenset({Role.POS}),
    terms=TERMS,
    base_url=client.BASE_URL,
    account_fields=_CREDENTIALS,
    account_settings=(Field("token_url", _("Address of the token server"), required=False),),
    connection_fields=_SETTINGS,
    limits=client.LIMITS,
    check=account.check,
    warehouses=account.warehouses,
    sign=signing.of_entry,
    refusal_form=errors.refusal_form,
    consent=CONSENT,
    webhooks=WEBHOOKS,
    reads=READS,
    writes=WRITES,
    statement_files=STATEMENT_FILES,
)
