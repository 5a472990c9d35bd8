"""Tiki: orders to confirm, stock as a total per warehouse, changes in a queue that belongs to the app.

Facts and their sources: README.md beside this file.
"""

from __future__ import annotations

# marked here, translated where it is shown
from django.utils.translation import gettext_noop as _

from integrations.connectors.tiki import account, client, reads, signing
from integrations.connectors.tiki.consent import CONSENT, IN_HOUSE
from integrations.connectors.tiki.labels import LABELS
from integrations.connectors.tiki.mapping import errors
from integrations.connectors.tiki.publishing import PUBLISHER
from integrations.connectors.tiki.queue import QUEUE
from integrations.connectors.tiki.terms import TERMS
from integrations.connectors.tiki.webhooks import WEBHOOKS
from integrations.connectors.tiki.writes import WRITES
from integrations.contract.connector import Connector, Role
from integrations.contract.declarations import Field

CONNECTOR = Connector(
    channel="tiki",
    title="Tiki",
    roles=frozenset({Role.MARKETPLACE}),
    terms=TERMS,
    base_url=client.BASE_URL,
    account_fields=(
        Field("client_id", _("Client ID")),
        Field("client_secret", _("Client secret"), secret=True),
        Field(
            "webhook_secret",
            _("Secret of TikiNOW's webhooks"),
            secret=True,
            required=False,
            help_text=_(
                "Only with a TikiNOW contract of your own: 32 characters, given when the webhook is registered."
            ),
        ),
    ),
    account_settings=(
        Field(
            "app_kind",
            _("Kind of app"),
            required=False,
            choices=(("", _("Public: each shop agrees")), (IN_HOUSE, _("In-house: for one shop"))),
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
            "queue_code",
            _("Code of the event queue"),
            required=False,
            help_text=_("Empty: the queue is found by its name, or made."),
        ),
    ),
    connection_fields=(
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
            default=reads.HOLD,
            choices=((reads.HOLD, _("Hold stock")), (reads.IGNORE, _("Are left alone"))),
            help_text=_("Tiki confirms them later or calls them off; until then they are not the shop's to pack."),
        ),
        Field(
            "rma_orders",
            _("Orders that Tiki marks as RMA"),
            required=False,
            default=reads.RMA_FLAG,
            choices=(
                (reads.RMA_FLAG, _("Show them as returns to be looked at; move nothing")),
                (reads.RMA_RETURN, _("Goods come back: a return")),
                (reads.RMA_REPLACEMENT, _("Goods go out in exchange: an order")),
            ),
            help_text=_("Tiki does not say which it is. Look at one such order in Tiki's seller centre, then choose."),
        ),
    ),
    limits=client.LIMITS,
    check=account.check,
    warehouses=account.warehouses,
    sign=signing.of_entry,
    refusal_form=errors.refusal_form,
    consent=CONSENT,
    webhooks=WEBHOOKS,
    queue=QUEUE,
    reads={"order": reads.ORDERS, "listing": reads.LISTINGS},
    publisher=PUBLISHER,
    writes=WRITES,
    labels=LABELS,
)
