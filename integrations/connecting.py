"""Connecting a shop: from what a person typed to an app registration, an authorisation, a shop and a connection."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.conf import settings as django_settings
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from integrations.connectors import channels, connector_class
from integrations.connectors.base import Access, AppAccess, Connector, Field, Grant, Health, ShopFound
from integrations.models import AppRegistration, Authorisation, Connection
from integrations.registrations import app_access
from integrations.wire.errors import ChannelError, NotAuthorised
from integrations.wire.tokens import stored_pair
from inventory.models import Shop
from inventory.services.shops import let_in, open_shop, sell_from, sync_branches


class NewTokens:
    """The tokens of a consent that is not stored yet; a stale access token is renewed once if the channel can."""

    def __init__(self, connector: type[Connector], app: AppAccess, shop_id: str, grant: Grant) -> None:
        self._connector, self._app, self._shop_id = connector, app, shop_id
        self.grant = grant

    def current(self) -> str:
        return self.grant.access_token

    def renewed(self, stale: str) -> str:
        if not self.grant.refresh_token and self._connector.consent != "credentials":
            raise NotAuthorised(gettext("The channel refused the access token, and there is no refresh token."))
        self.grant = self._connector.renew(self._app, refresh_token=self.grant.refresh_token, shop_id=self._shop_id)
        return self.grant.access_token


def register_app(
    channel: str,
    name: str,
    credentials: Mapping[str, str],
    base_url: str = "",
    callback_url: str = "",
    settings: Mapping[str, str] | None = None,
) -> AppRegistration:
    """Our registration at a channel, known by (channel, name); credentials by the names the connector declares.

    May be repeated: an empty value keeps the stored one. An empty `callback_url` becomes the webhook address of this
    installation. Raises ValidationError, by field, for an unknown channel and for missing credentials.
    """
    if channel not in channels():
        raise ValidationError({"channel": _("There is no connector for this channel.")})
    app = AppRegistration.objects.filter(channel=channel, name=name).first() or AppRegistration(
        channel=channel, name=name
    )
    given = {key: value.strip() for key, value in credentials.items() if value.strip()}
    stored: dict[str, str] = app.credentials
    app.credentials = check_fields(connector_class(channel).app_fields, stored | given)
    app.settings = app.settings | dict(settings or {})
    app.base_url = base_url or app.base_url
    app.callback_url = callback_url or app.callback_url or webhook_address(app)
    app.save()
    return app


def webhook_address(app: AppRegistration) -> str:
    """Where this installation takes an app's webhooks."""
    return f"{django_settings.PUBLIC_URL}/webhooks/{app.channel}/{app.key}/"


def connect_shop(
    app: AppRegistration,
    *,
    shop_id: str,
    shop_name: str = "",
    user: AbstractBaseUser | None = None,
    code: str = "",
    access_token: str = "",
    refresh_token: str = "",
    settings: Mapping[str, str] | None = None,
    pos: Connection | None = None,
    pos_imports_itself: bool = False,
) -> Connection:
    """Connect one shop by a code, by tokens, or with nothing where the channel takes client credentials.

    The link is tried before anything is stored, except after a code: it works once, so its tokens are kept and the
    trouble is noted on the connection. `user` becomes the shop's manager. A shop that sells gets the branches of `pos` to
    sell from. May be repeated for the same shop id, with a new code or tokens. Calls the channel: not in a transaction.
    Raises ValidationError, by field, for what was typed, and ChannelError with the channel's reason.
    """
    connector = connector_class(app.channel)
    options = check_fields(connector.shop_fields, dict(settings or {}))
    if not shop_id.strip():
        raise ValidationError({"shop_id": _("Enter the shop's id at the channel.")})
    shop_id = shop_id.strip()
    access = app_access(app)
    tokens = NewTokens(
        connector, access, shop_id, _grant(connector, access, shop_id, code, access_token, refresh_token)
    )
    covered = _covered(connector, access, tokens)
    return connect_granted(
        app, tokens, ShopFound(shop_id, shop_name, covered.get(shop_id, {})), settings=options, user=user, pos=pos,
        pos_imports_itself=pos_imports_itself, forgive=bool(code), shared_with=covered if shop_id in covered else (),
    )  # fmt: skip


def connect_granted(
    app: AppRegistration,
    tokens: NewTokens,
    found: ShopFound,
    *,
    settings: Mapping[str, str],
    user: AbstractBaseUser | None = None,
    pos: Connection | None = None,
    pos_imports_itself: bool = False,
    forgive: bool = True,
    shared_with: Collection[str] = (),
) -> Connection:
    """Connect one shop whose tokens are there; `forgive` notes a link that does not work on the connection.

    `shared_with`: the ids of all shops of the consent. As `connect_shop`.
    """
    connector = connector_class(app.channel)
    options = check_fields(connector.shop_fields, {**settings, **found.settings}) | dict(found.settings)
    link = connector(Access(app_access(app), found.external_id, tokens, options))
    health, trouble = _checked(link, forgive=forgive)
    # a channel that tells no name gives the id instead
    told = found.name if found.name != found.external_id else ""
    name = told or (health.name if health else "") or found.external_id
    with transaction.atomic():
        connection = _store(app, found.external_id, name, tokens.grant, options, shared_with)
        if health and health.authorised_until:
            _authorised_until(connection, health)
        if user is not None:
            let_in(connection.shop, user.pk)
        if pos is not None:
            connection.pos, connection.pos_imports_itself = pos, pos_imports_itself
    _complete(connection, link, app.callback_url, trouble)
    if pos is not None and not connection.shop.sells_from.exists():
        with transaction.atomic():
            sell_from(connection.shop, list(pos.shop.branches.filter(is_active=True)))
    return connection


def reconnect(connection: Connection, *, code: str = "", access_token: str = "", refresh_token: str = "") -> Connection:
    """A new consent for a connection that turned red, with the settings it has. As `connect_shop`."""
    return connect_shop(
        connection.authorisation.app,
        shop_id=connection.external_id,
        shop_name=connection.shop.name,
        code=code,
        access_token=access_token,
        refresh_token=refresh_token,
        settings=connection.settings,
    )


def check_fields(fields: Sequence[Field], given: Mapping[str, Any]) -> dict[str, str]:
    """The declared fields with what was given or their defaults; others are dropped. Raises ValidationError by field."""
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


def _grant(
    connector: type[Connector], app: AppAccess, shop_id: str, code: str, access_token: str, refresh_token: str
) -> Grant:
    if connector.consent_for(app) == "credentials":
        return connector.renew(app, refresh_token="", shop_id=shop_id)
    if code.strip():
        return connector.exchange(app, code=code.strip(), shop_id=shop_id)
    if access_token.strip():
        return Grant(access_token.strip(), None, refresh_token.strip())
    if refresh_token.strip():
        return connector.renew(app, refresh_token=refresh_token.strip(), shop_id=shop_id)
    raise ValidationError({"code": _("Enter the code the channel sent you back with, or an access token.")})


def _checked(link: Connector, *, forgive: bool) -> tuple[Health | None, str]:
    try:
        return link.check(), ""
    except ChannelError as error:
        if not forgive:
            raise
        return None, error.reason


def _covered(connector: type[Connector], app: AppAccess, tokens: NewTokens) -> dict[str, Mapping[str, str]]:
    """The shops of a consent and what each needs to be called; nothing where the connector need not ask, or cannot now."""
    if connector.shops.__func__ is Connector.shops.__func__:  # type: ignore[attr-defined]
        return {}
    try:
        return {shop.external_id: shop.settings for shop in connector.shops(app, tokens, tokens.grant)}
    except ChannelError:
        # the check that follows tells the same trouble, or there is none any more
        return {}


def _store(
    app: AppRegistration,
    shop_id: str,
    shop_name: str,
    grant: Grant,
    options: dict[str, str],
    shared_with: Collection[str],
) -> Connection:
    known = Connection.objects.filter(authorisation__app=app, external_id=shop_id).select_related(
        "authorisation", "shop"
    )
    connection = known.select_for_update(of=("self",)).first()
    if connection is None:
        authorisation = _shared(app, shared_with) or Authorisation(app=app, external_id=shop_id)
        shop = open_shop(app.channel, shop_name, keeps_stock=connector_class(app.channel).keeps_stock)
        connection = Connection(shop=shop, external_id=shop_id)
    else:
        authorisation = connection.authorisation
        if connection.shop.name != shop_name:
            Shop.objects.filter(pk=connection.shop_id).update(name=shop_name)
            connection.shop.name = shop_name
    _take(authorisation, grant)
    connection.authorisation, connection.settings, connection.is_active = authorisation, options, True
    connection.save()
    return connection


def _shared(app: AppRegistration, shop_ids: Collection[str]) -> Authorisation | None:
    """The authorisation of another shop of the same consent, where one pair of tokens serves them all."""
    if not connector_class(app.channel).shares_consent:
        return None
    return Authorisation.objects.filter(app=app, connections__external_id__in=shop_ids).order_by("pk").first()


def _take(authorisation: Authorisation, grant: Grant) -> None:
    """A person's fresh consent replaces whatever pair was stored."""
    cleared = {"refresh_token": "", "refresh_fingerprint": "", "refresh_expires_at": None}
    for name, value in (cleared | stored_pair(grant, timezone.now())).items():
        setattr(authorisation, name, value)
    authorisation.save()


def _authorised_until(connection: Connection, health: Health) -> None:
    connection.authorisation.consent_ends_at = health.authorised_until
    connection.authorisation.save(update_fields=["consent_ends_at"])


def _complete(connection: Connection, link: Connector, callback_url: str, trouble: str) -> None:
    """Branches and webhooks: what fails here is trouble to show, not a reason to ask for another code."""
    try:
        if connection.shop.keeps_stock:
            branches = link.warehouses()
            with transaction.atomic():
                sync_branches(connection.shop, branches)
        link.register_webhooks(callback_url)
    except ChannelError as error:
        trouble = trouble or error.reason
    connection.trouble = trouble[:300]
    connection.trouble_since = timezone.now() if trouble else None
    connection.save(update_fields=["trouble", "trouble_since", "pos", "pos_imports_itself"])
