"""Lazada: a marketplace where each unit of an order has a status of its own, and stock goes by SKU.

Facts and their sources: README.md beside this file.
"""

from __future__ import annotations

# marked here, translated where it is shown
from django.utils.translation import gettext_noop as _

from integrations.connectors.lazada import account, client, payouts, reads, returns, settlements, signing
from integrations.connectors.lazada.consent import CONSENT
from integrations.connectors.lazada.labels import LABELS
from integrations.connectors.lazada.mapping import errors
from integrations.connectors.lazada.publishing import PUBLISHER
from integrations.connectors.lazada.statement_files import STATEMENT_FILES
from integrations.connectors.lazada.terms import TERMS
from integrations.connectors.lazada.tracking import read_tracking
from integrations.connectors.lazada.webhooks import WEBHOOKS
from integrations.connectors.lazada.writes import WRITES
from integrations.contract.connector import Connector, Role
from integrations.contract.declarations import Field

CONNECTOR = Connector(
    channel="lazada",
    title="Lazada",
    roles=frozenset({Role.MARKETPLACE}),
    terms=TERMS,
    base_url=client.BASE_URL,
    account_fields=(
        Field("app_key", _("App key")),
        Field("app_secret", _("App secret"), secret=True),
    ),
    connection_fields=(
        Field(
            "warehouse_code",
            _("Warehouse code"),
            required=False,
            help_text=_("Only for shops with several warehouses at Lazada: the one whose stock is kept here."),
        ),
    ),
    limits=client.LIMITS,
    check=account.check,
    warehouses=account.warehouses,
    sign=signing.of_entry,
    refusal_form=errors.refusal_form,
    consent=CONSENT,
    webhooks=WEBHOOKS,
    reads={
        "order": reads.ORDERS,
        "listing": reads.LISTINGS,
        "return": returns.RETURNS,
        "settlement": settlements.SETTLEMENTS,
        "payout": payouts.PAYOUTS,
    },
    publisher=PUBLISHER,
    writes=WRITES,
    labels=LABELS,
    tracking=read_tracking,
    statement_files=STATEMENT_FILES,
)
