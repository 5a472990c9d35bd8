"""Gate for everything that is sent: closed while a restored hub makes sure of the world."""

from __future__ import annotations

from django.utils.translation import gettext as _

from core.db import fetch
from integrations.accounts.connections import NotPossible
from integrations.models import IS_HELD


def is_held() -> bool:
    """Return whether nothing may leave the hub now."""
    [(held,)] = fetch(f"SELECT {IS_HELD}")
    return bool(held)


def refuse_while_held() -> None:
    """Refuse a person's request that would leave at once. Raises NotPossible while nothing may leave."""
    if is_held():
        raise NotPossible(_("The hub was restored from a backup and reads what it missed: nothing is sent until then."))
