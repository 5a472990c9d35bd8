"""Entry of the fees that the simulated platforms publish, as a person enters a rate file and activates its rules."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

from commissions.rules.reading import read_rules
from commissions.services import activation
from commissions.services.rule_storage import add_rules
from inventory.models import Shop
from inventory.services.shops import set_legal_form

# the platforms withhold the taxes of one
_LEGAL_FORM = Shop.LegalForm.HOUSEHOLD
_BUDGET_SECONDS = 60.0


def enter_fees(published: Mapping[str, Any], shop_ids: Collection[int]) -> None:
    """Enter and activate what platforms publish, by channel, and accrue the orders that are here by it. May be repeated."""
    set_legal_form(shop_ids, _LEGAL_FORM)
    for channel, document in sorted(published.items()):
        for row in add_rules(channel, read_rules(json.dumps(document)), actor_id=None):
            activation.activate(row.pk, actor_id=None)
    while not activation.reaccrue(budget_seconds=_BUDGET_SECONDS):
        pass
