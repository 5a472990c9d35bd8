"""Our registration at a channel, as a connector sees it."""

from __future__ import annotations

from integrations.connectors.base import AppAccess
from integrations.models import AppRegistration


def app_access(app: AppRegistration) -> AppAccess:
    """The plain values of a registration's row."""
    return AppAccess(app.key, app.credentials, app.base_url, app.callback_url, app.settings)
