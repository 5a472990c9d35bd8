"""States of sale orders: the tenant's own labels, as its connection maps them: `Chưa thực hiện = to_ship; ...`."""

from __future__ import annotations

import re
from collections.abc import Mapping

from integrations.connectors.misa_crm.mapping import errors
from integrations.connectors.misa_crm.mapping.fields import folded
from integrations.contract.errors import Rejected
from orders.snapshots import STATUSES

# the one label that was seen; every other is the tenant's
DEFAULT = "Chưa thực hiện = to_ship"
DELETED = "is_deleted"


def read(setting: str) -> Mapping[str, str]:
    """Parse {label as typed: our word}, in the order given. Raises ValueError with the part that is malformed."""
    found: dict[str, str] = {}
    for part in re.split(r"[;\n]", setting):
        if not part.strip():
            continue
        label, sign, word = (piece.strip() for piece in part.rpartition("="))
        if not sign or not label or not word or word not in STATUSES:
            raise ValueError(part.strip())
        found[label] = word
    return found


def of_settings(settings: Mapping[str, str]) -> Mapping[str, str]:
    """Return the labels of a connection. Raises Rejected, with advice, for a setting that cannot be parsed."""
    try:
        return read(settings.get("states") or DEFAULT)
    except ValueError as error:
        raise Rejected(errors.ODD_STATES(place=error), code="states") from None


def word_of(states: Mapping[str, str], label: str) -> str:
    """Return our word for a label, "" for an unmapped one: never guessed."""
    return next((word for known, word in states.items() if folded(known) == folded(label)), "")


def label_of(states: Mapping[str, str], word: str) -> str:
    """Return the first label with this word, "" where there is none: then the state is left as it is."""
    return next((label for label, known in states.items() if known == word), "")
