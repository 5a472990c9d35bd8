"""Sendo: a half-closed marketplace, so optional, doubted in every fact, and quiet when it fails.

Facts, and what could not be verified: README.md beside this file.
"""

from __future__ import annotations

# marked here, translated where it is shown
from django.utils.translation import gettext_noop as _

from integrations.connectors.sendo import account, client, reads, signing
from integrations.connectors.sendo.consent import CONSENT
from integrations.connectors.sendo.mapping import errors
from integrations.connectors.sendo.publishing import PUBLISHER
from integrations.connectors.sendo.terms import TERMS
from integrations.connectors.sendo.webhooks import WEBHOOKS
from integrations.connectors.sendo.writes import WRITES
from integrations.contract.connector import Connector, Role
from integrations.contract.declarations import Field

CONNECTOR = Connector(
    channel="sendo",
    title="Sendo",
    roles=frozenset({Role.MARKETPLACE}),
    terms=TERMS,
    base_url=client.BASE_URL,
    # each shop has keys of its own: one registration per shop
    account_fields=(
        Field("shop_key", _("Shop key"), secret=True, help_text=_("Seller Centre, Kết nối API.")),
        Field("secret_key", _("Secret key"), secret=True, help_text=_("Seller Centre, Kết nối API.")),
    ),
    connection_fields=(
        Field(
            "allow_check",
            _("Buyers may look into the parcel"),
            required=False,
            choices=(("", _("As Sendo has it")), ("1", _("Yes")), ("0", _("No"))),
            help_text=_("Told to Sendo with every order that is accepted."),
        ),
    ),
    limits=client.LIMITS,
    check=account.check,
    sign=signing.of_entry,
    refusal_form=errors.refusal_form,
    consent=CONSENT,
    webhooks=WEBHOOKS,
    reads={"order": reads.ORDERS, "listing": reads.LISTINGS},
    publisher=PUBLISHER,
    writes=WRITES,
)
