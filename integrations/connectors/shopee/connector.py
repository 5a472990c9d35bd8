"""Shopee, a marketplace. The facts and their sources: README.md beside this file."""

from __future__ import annotations

# marked here, translated where it is shown
from django.utils.translation import gettext_noop as _

from integrations.connectors.shopee import account, client, consent, reads, settlements, signing, webhooks
from integrations.connectors.shopee.consent import CONSENT
from integrations.connectors.shopee.labels import LABELS
from integrations.connectors.shopee.mapping import errors, orders, shipping
from integrations.connectors.shopee.publishing import PUBLISHER
from integrations.connectors.shopee.queue import QUEUE
from integrations.connectors.shopee.returns import RETURNS
from integrations.connectors.shopee.statement_files import STATEMENT_FILES
from integrations.connectors.shopee.terms import TERMS
from integrations.connectors.shopee.tracking import read_tracking
from integrations.connectors.shopee.webhooks import WEBHOOKS
from integrations.connectors.shopee.writes import WRITES
from integrations.contract.connector import Connector, Role
from integrations.contract.declarations import Field

CREDENTIALS = (
    Field("partner_id", _("Partner ID")),
    Field("partner_key", _("Partner key"), secret=True),
    Field(
        "push_partner_key",
        _("Push partner key"),
        secret=True,
        required=False,
        help_text=_("The console's separate key for pushes, if it shows one."),
    ),
)
APP_SETTINGS = (
    Field(
        "push_key",
        _("Pushes are signed with"),
        required=False,
        choices=(
            ("", _("Either key")),
            (webhooks.PUSH_KEY, _("The push partner key")),
            (webhooks.PARTNER_KEY, _("The partner key")),
        ),
    ),
    Field(
        "consent_page",
        _("Page where sellers agree"),
        required=False,
        choices=(("", _("The newer one")), (consent.SIGNED_PAGE, _("The older, signed one"))),
    ),
    Field(
        "escrow_method",
        _("Settlements are asked for by"),
        required=False,
        choices=(("", settlements.GET), (settlements.POST, settlements.POST)),
        help_text=_("Shopee's reference says GET. Choose POST if Shopee refuses that."),
    ),
)
SHOP_SETTINGS = (
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
        default=orders.PER_UNIT,
        choices=((orders.PER_UNIT, _("Per piece")), (orders.PER_LINE, _("Per line"))),
    ),
)

CONNECTOR = Connector(
    channel=client.CHANNEL,
    title=client.TITLE,
    roles=frozenset({Role.MARKETPLACE}),
    terms=TERMS,
    base_url=client.BASE_URL,
    account_fields=CREDENTIALS,
    account_settings=APP_SETTINGS,
    connection_fields=SHOP_SETTINGS,
    limits=client.LIMITS,
    check=account.check,
    consent=CONSENT,
    webhooks=WEBHOOKS,
    queue=QUEUE,
    reads={
        "order": reads.ORDERS,
        "listing": reads.LISTINGS,
        "return": RETURNS,
        "settlement": settlements.SETTLEMENTS,
    },
    publisher=PUBLISHER,
    writes=WRITES,
    labels=LABELS,
    tracking=read_tracking,
    warehouses=account.warehouses,
    sign=signing.of_entry,
    refusal_form=errors.refusal_form,
    statement_files=STATEMENT_FILES,
)
