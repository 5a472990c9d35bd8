"""A tenant's own words for the state of a sale order, as its connection maps them: `Chưa thực hiện = to_ship; ...`."""

from __future__ import annotations

import re
from collections.abc import Mapping

from integrations.connectors.misa_crm.mapping.fields import folded
from orders.snapshots import STATUSES

# the one label that was seen; every other is the tenant's
DEFAULT = "Chưa thực hiện = to_ship"
DELETED = "is_deleted"


def read(setting: str) -> Mapping[str, str]:
    """{label as typed: our word}, in the order given. Raises ValueError, for people, for what is no such list."""
    found: dict[str, str] = {}
    for part in re.split(r"[;\n]", setting):
        if not part.strip():
            continue
        label, sign, word = (piece.strip() for piece in part.rpartition("="))
        if not sign or not label or not word or word not in STATUSES:
            raise ValueError(part.strip())
        found[label] = word
    return found


def word_of(states: Mapping[str, str], label: str) -> str:
    """Our word for a label, "" for one that nobody has mapped: never guessed."""
    return next((word for known, word in states.items() if folded(known) == folded(label)), "")


def label_of(states: Mapping[str, str], word: str) -> str:
    """The first label with this word, "" where there is none: then the state is left as it is."""
    return next((label for label, known in states.items() if known == word), "")
