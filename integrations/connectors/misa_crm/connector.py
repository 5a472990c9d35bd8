"""MISA AMIS CRM: the customer book, which also takes the marketplaces' buyers and orders.

An account is one tenant. Facts and their sources: README.md beside this file.
"""

from __future__ import annotations

# marked here, translated where it is shown
from django.utils.translation import gettext_noop as _

from integrations.connectors.misa_crm import account, client, signing
from integrations.connectors.misa_crm.consent import CONSENT
from integrations.connectors.misa_crm.mapping import errors, states
from integrations.connectors.misa_crm.reads import QUANTITIES, READS
from integrations.connectors.misa_crm.writes import LAYOUT, WRITES
from integrations.contract.connector import Connector, Role
from integrations.contract.declarations import Field

_YES_NO = (("yes", _("Yes")), ("no", _("No")))

_CREDENTIALS = (
    Field("client_id", _("AppID"), help_text=_("The name of the application on the connection page of the CRM.")),
    Field("client_secret", _("Client secret"), secret=True),
)
_DATE_FORMS = (
    ("dd/mm/yyyy", _("day/month/year")),
    ("yyyy-mm-dd", _("year-month-day")),
    ("iso", _("year-month-day with the time")),
)
# columns of the stock ledger
_QUANTITIES = (
    ("main_stock_quantity", _("Quantity in the main unit")),
    ("amount_summary", _("Total quantity")),
    ("order_quantity", _("Quantity ordered")),
)
_SETTINGS = (
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
    Field("form_layout", _("Form layout"), required=False, default=LAYOUT),
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
        choices=_DATE_FORMS,
    ),
    Field("read_stock", _("Read the stock ledger"), required=False, default="yes", choices=_YES_NO),
    Field(
        "stock_quantity",
        _("Stock on hand is"),
        required=False,
        default=QUANTITIES[0],
        choices=_QUANTITIES,
        help_text=_("Sources disagree: compare with the screen of your CRM."),
    ),
)

CONNECTOR = Connector(
    channel="misa_crm",
    title="MISA CRM",
    roles=frozenset({Role.CRM}),
    base_url=client.BASE_URL,
    account_fields=_CREDENTIALS,
    connection_fields=_SETTINGS,
    limits=client.LIMITS,
    check=account.check,
    sign=signing.of_entry,
    refusal_form=errors.refusal_form,
    consent=CONSENT,
    # payload and signature of its webhooks are not known: none is believed, changes are found by asking
    webhooks=None,
    reads=READS,
    writes=WRITES,
)
