"""TikTok Shop, a marketplace. The facts and their sources: README.md beside this file."""

from __future__ import annotations

# marked here, translated where it is shown
from django.utils.translation import gettext_noop as _

from integrations.connectors.tiktok_shop import account, client, reads, signing
from integrations.connectors.tiktok_shop.buyer_requests import REJECT_REASON
from integrations.connectors.tiktok_shop.command_fields import CANCEL_REASON
from integrations.connectors.tiktok_shop.consent import CONSENT
from integrations.connectors.tiktok_shop.labels import LABELS
from integrations.connectors.tiktok_shop.mapping import errors, shipping
from integrations.connectors.tiktok_shop.payouts import PAYOUTS
from integrations.connectors.tiktok_shop.publishing import PUBLISHER
from integrations.connectors.tiktok_shop.returns import RETURNS
from integrations.connectors.tiktok_shop.settlements import SETTLEMENTS
from integrations.connectors.tiktok_shop.statement_files import STATEMENT_FILES
from integrations.connectors.tiktok_shop.terms import TERMS
from integrations.connectors.tiktok_shop.tracking import read_tracking
from integrations.connectors.tiktok_shop.webhooks import WEBHOOKS
from integrations.connectors.tiktok_shop.writes import WRITES
from integrations.contract.connector import Connector, Role
from integrations.contract.declarations import Field

CREDENTIALS = (
    Field("app_key", _("App key")),
    Field("app_secret", _("App secret"), secret=True),
    Field(
        "service_id",
        _("Service ID"),
        required=False,
        help_text=_("Of the link on which sellers agree; it is not the app key. Empty: the older link."),
    ),
)
SHOP_SETTINGS = (
    Field(
        "shop_cipher",
        _("Shop cipher"),
        required=False,
        from_channel=True,
        help_text=_("Filled in when the shop is connected."),
    ),
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

CONNECTOR = Connector(
    channel=client.CHANNEL,
    title=client.TITLE,
    roles=frozenset({Role.MARKETPLACE}),
    terms=TERMS,
    base_url=client.BASE_URL,
    account_fields=CREDENTIALS,
    connection_fields=SHOP_SETTINGS,
    limits=client.LIMITS,
    check=account.check,
    consent=CONSENT,
    webhooks=WEBHOOKS,
    reads={
        "order": reads.ORDERS,
        "listing": reads.LISTINGS,
        "return": RETURNS,
        "settlement": SETTLEMENTS,
        "payout": PAYOUTS,
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
