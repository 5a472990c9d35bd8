"""App registrations: create and update them, and give them to connectors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings as django_settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from integrations.connectors import channels, connector_of
from integrations.contract.access import AppAccess
from integrations.contract.connector import Connector
from integrations.contract.declarations import Field
from integrations.models import AppRegistration


def app_access(app: AppRegistration) -> AppAccess:
    """Return the plain values of a registration's row."""
    return AppAccess(app.key, app.credentials, app.base_url, app.callback_url, app.settings)


def register_app(
    channel: str,
    name: str,
    credentials: Mapping[str, str],
    base_url: str | None = None,
    callback_url: str = "",
    settings: Mapping[str, str] | None = None,
    *,
    is_active: bool | None = None,
) -> AppRegistration:
    """Create or update a registration at a channel, known by (channel, name); both kinds of values by their declared names.

    May be repeated: an empty credential, and whatever is not given, keep the stored value; an empty `base_url` is the
    channel's own. An empty `callback_url` becomes the webhook address of this installation. Raises ValidationError, by
    field, for an unknown channel and for credentials and settings that are missing or wrong.
    """
    if channel not in channels():
        raise ValidationError({"channel": _("There is no connector for this channel.")})
    app = AppRegistration.objects.filter(channel=channel, name=name).first() or AppRegistration(
        channel=channel, name=name
    )
    given = {key: value.strip() for key, value in credentials.items() if value.strip()}
    stored: dict[str, str] = app.credentials
    connector = connector_of(channel)
    app.credentials, checked = check_registration(connector, stored | given, app.settings | dict(settings or {}))
    app.settings = app.settings | {name: value for name, value in (settings or {}).items() if _is_limit(name)} | checked
    app.base_url = app.base_url if base_url is None else base_url
    app.is_active = app.is_active if is_active is None else is_active
    app.callback_url = callback_url or app.callback_url or webhook_address(app)
    app.save()
    return app


def check_registration(
    connector: Connector, credentials: Mapping[str, Any], settings: Mapping[str, Any]
) -> tuple[dict[str, str], dict[str, str]]:
    """Return the declared credentials and settings with their defaults. Raises one ValidationError by field for both."""
    checked: list[dict[str, str]] = []
    errors: dict[str, Any] = {}
    for fields, given in ((connector.account_fields, credentials), (connector.account_settings, settings)):
        try:
            checked.append(check_fields(fields, given))
        except ValidationError as refused:
            errors |= refused.error_dict
    if errors:
        raise ValidationError(errors)
    return checked[0], checked[1]


def _is_limit(name: str) -> bool:
    """Return whether a setting overrides one of the channel's call limits."""
    return name.startswith("limit_")


def webhook_address(app: AppRegistration) -> str:
    """Return the address at which this installation takes an app's webhooks."""
    base = django_settings.WEBHOOKS_URL or django_settings.PUBLIC_URL
    return f"{base}/webhooks/{app.channel}/{app.key}/"


def with_stored(fields: Sequence[Field], given: Mapping[str, Any], stored: Mapping[str, Any]) -> dict[str, Any]:
    """Return the given values beside the stored ones that were not given. An empty secret leaves the stored one."""
    secret = {field.name for field in fields if field.secret}
    return dict(stored) | {name: value for name, value in given.items() if value or name not in secret}


def split_secrets(fields: Sequence[Field], values: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Return checked values as they are stored: settings, and the secrets that are set, which are encrypted."""
    secret = [field.name for field in fields if field.secret]
    settings = {name: value for name, value in values.items() if name not in secret}
    return settings, {name: values[name] for name in secret if values.get(name)}


def check_fields(fields: Sequence[Field], given: Mapping[str, Any]) -> dict[str, str]:
    """Return the declared fields with the given values or their defaults; others are dropped. Raises ValidationError by field."""
    errors: dict[str, Any] = {}
    values = {}
    for field in fields:
        value = str(given.get(field.name) or field.default).strip()
        if field.required and not value:
            errors[field.name] = _("This value is needed: ask the channel's developer console for it.")
        elif field.choices and value not in {choice for choice, _label in field.choices}:
            errors[field.name] = _("Choose one of the values offered.")
        else:
            values[field.name] = value
    if errors:
        raise ValidationError(errors)
    return values
