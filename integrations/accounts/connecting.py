"""Connect an account: turn form input into an authorisation, a connection and, where it sells, a shop."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from functools import partial

from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.reasons import Reason
from integrations.accounts import token_journal
from integrations.accounts.events import emit_states
from integrations.accounts.links import IMPORTS_ITSELF, link
from integrations.accounts.registrations import app_access, check_fields
from integrations.accounts.tokens import stored_pair
from integrations.connectors import connector_of
from integrations.contract.access import Access, AppAccess
from integrations.contract.connector import Connector, Health, Role
from integrations.contract.consent import Consent, ConsentKind, Grant, ShopFound
from integrations.contract.errors import ChannelError, NotAuthorised
from integrations.contract.reasons import GIVES_NO_TOKENS, NO_REFRESH_TOKEN
from integrations.models import AppRegistration, Authorisation, Connection
from inventory.models import Shop
from inventory.services.shops import let_in, open_shop, rename_shop, sell_from, sync_branches


class NewTokens:
    """Token source of a consent that is not stored yet; renews a stale access token if the channel can."""

    def __init__(self, consent: Consent | None, app: AppAccess, shop_id: str, grant: Grant) -> None:
        self._consent, self._app, self._shop_id = consent, app, shop_id
        self.grant = grant

    def current(self) -> str:
        return self.grant.access_token

    def renewed(self, stale: str) -> str:
        consent = self._consent
        if consent is None or (not self.grant.refresh_token and consent.kind_for(self._app) != ConsentKind.CREDENTIALS):
            raise NotAuthorised(NO_REFRESH_TOKEN)
        self.grant = consent.renew(self._app, refresh_token=self.grant.refresh_token, shop_id=self._shop_id)
        return self.grant.access_token


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
    serves: Iterable[Connection] = (),
) -> Connection:
    """Connect one account by a code, by tokens, or with nothing where the channel takes client credentials.

    The link is tried before anything is stored, except after a code: it works once, so its tokens are kept and the
    trouble is noted on the connection. `user` becomes the shop's manager. A shop that sells gets the branches of `pos` to
    sell from. An account without a shop becomes the ledger, carrier, ... of the connections that it `serves`. May be repeated
    for the same shop id, with a new code or tokens. Calls the channel: not in a transaction.
    Raises ValidationError, by field, for form input, and ChannelError with the channel's reason.
    """
    connector = connector_of(app.channel)
    options = check_fields(connector.connection_fields, dict(settings or {}))
    if not shop_id.strip():
        raise ValidationError({"shop_id": _("Enter the shop's id at the channel.")})
    shop_id = shop_id.strip()
    access, consent = app_access(app), connector.consent
    grant = _grant(consent, access, shop_id, code, access_token, refresh_token)
    tokens = NewTokens(consent, access, shop_id, grant)
    covered = _covered(consent, access, tokens)
    return connect_granted(
        app, tokens, ShopFound(shop_id, shop_name, covered.get(shop_id, {})), settings=options, user=user, pos=pos,
        pos_imports_itself=pos_imports_itself, serves=serves, forgive=bool(code),
        shared_with=covered if shop_id in covered else (),
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
    serves: Iterable[Connection] = (),
    forgive: bool = True,
    shared_with: Collection[str] = (),
) -> Connection:
    """Connect one account whose tokens are there; `forgive` notes a failed check on the connection.

    `shared_with`: the ids of all shops of the consent. As `connect_shop`.
    """
    connector = connector_of(app.channel)
    options = check_fields(connector.connection_fields, {**settings, **found.settings}) | dict(found.settings)
    access = Access(app_access(app), found.external_id, tokens, options)
    health, trouble = _checked(connector, access, forgive=forgive)
    # a channel that tells no name gives the id instead
    given_name = found.name if found.name != found.external_id else ""
    name = given_name or (health.name if health else "") or found.external_id
    with transaction.atomic():
        connection = _store(app, found.external_id, name, tokens.grant, options, shared_with)
        if health and health.authorised_until:
            _authorised_until(connection, health)
        if user is not None and connection.shop is not None:
            let_in(connection.shop, user.pk)
        if pos is not None:
            link(connection, Role.POS, pos, {IMPORTS_ITSELF: True} if pos_imports_itself else {})
        for served in serves:
            for role in sorted(connector.roles):
                link(served, role, connection)
    _complete(connection, connector, access, app.callback_url, trouble)
    if pos is not None and connection.shop is not None and not connection.shop.sells_from.exists():
        with transaction.atomic():
            sell_from(connection.shop, list(pos.own_shop.branches.filter(is_active=True)))
    return connection


def reconnect(connection: Connection, *, code: str = "", access_token: str = "", refresh_token: str = "") -> Connection:
    """Give a connection that turned red a new consent; its settings stay. As `connect_shop`."""
    return connect_shop(
        connection.authorisation.app,
        shop_id=connection.external_id,
        shop_name=str(connection),
        code=code,
        access_token=access_token,
        refresh_token=refresh_token,
        settings=connection.settings,
    )


def consent_of(channel: str) -> Consent:
    """Return how accounts of a channel are authorised. Raises NotAuthorised for a channel without tokens."""
    consent = connector_of(channel).consent
    if consent is None:
        raise NotAuthorised(GIVES_NO_TOKENS)
    return consent


def _grant(
    consent: Consent | None, app: AppAccess, shop_id: str, code: str, access_token: str, refresh_token: str
) -> Grant:
    if consent is None:
        return Grant("", None)
    if consent.kind_for(app) == ConsentKind.CREDENTIALS:
        return consent.renew(app, refresh_token="", shop_id=shop_id)
    if code.strip() and consent.exchange is not None:
        return consent.exchange(app, code=code.strip(), shop_id=shop_id)
    if access_token.strip():
        return Grant(access_token.strip(), None, refresh_token.strip())
    if refresh_token.strip():
        return consent.renew(app, refresh_token=refresh_token.strip(), shop_id=shop_id)
    raise ValidationError({"code": _("Enter the code the channel sent you back with, or an access token.")})


def _checked(connector: Connector, access: Access, *, forgive: bool) -> tuple[Health | None, Reason]:
    try:
        return connector.check(access), Reason()
    except ChannelError as error:
        if not forgive:
            raise
        return None, error.reason


def _covered(consent: Consent | None, app: AppAccess, tokens: NewTokens) -> dict[str, Mapping[str, str]]:
    """Return the shops of a consent with the settings that each is called by; empty where the channel is not or cannot be asked."""
    if consent is None or consent.shops is None:
        return {}
    try:
        return {shop.external_id: shop.settings for shop in consent.shops(app, tokens, tokens.grant)}
    except ChannelError:
        # the check that follows reports the same trouble, or there is none any more
        return {}


def _store(
    app: AppRegistration,
    shop_id: str,
    name: str,
    grant: Grant,
    options: dict[str, str],
    shared_with: Collection[str],
) -> Connection:
    known = Connection.objects.filter(authorisation__app=app, external_id=shop_id).select_related(
        "authorisation", "shop"
    )
    connection = known.select_for_update(of=("self",), no_key=True).first()
    if connection is None:
        authorisation = _shared(app, shared_with) or Authorisation(app=app, external_id=shop_id)
        connection = Connection(shop=_new_shop(app.channel, name), external_id=shop_id)
    else:
        authorisation = connection.authorisation
        if connection.shop is not None and connection.shop.name != name:
            rename_shop(connection.shop.pk, name)
            connection.shop.name = name
    connection.name = name[:200]
    _take(authorisation, grant)
    connection.authorisation, connection.settings, connection.is_active = authorisation, options, True
    connection.save()
    emit_states(authorisation.pk)
    return connection


def _new_shop(channel: str, name: str) -> Shop | None:
    connector = connector_of(channel)
    return open_shop(channel, name, keeps_stock=connector.keeps_stock) if connector.has_shop else None


def _shared(app: AppRegistration, shop_ids: Collection[str]) -> Authorisation | None:
    """Return the authorisation of another shop of the same consent, where one pair of tokens serves them all."""
    consent = connector_of(app.channel).consent
    if consent is None or not consent.shares_one_token:
        return None
    return Authorisation.objects.filter(app=app, connections__external_id__in=shop_ids).order_by("pk").first()


def _take(authorisation: Authorisation, grant: Grant) -> None:
    """Replace the stored pair by that of a fresh consent."""
    cleared = {"refresh_token": "", "refresh_fingerprint": "", "refresh_expires_at": None}
    columns = cleared | stored_pair(grant, timezone.now())
    for name, value in columns.items():
        setattr(authorisation, name, value)
    authorisation.save()
    transaction.on_commit(partial(token_journal.append, authorisation, columns))


def _authorised_until(connection: Connection, health: Health) -> None:
    connection.authorisation.consent_ends_at = health.authorised_until
    connection.authorisation.save(update_fields=["consent_ends_at"])


def _complete(connection: Connection, connector: Connector, access: Access, callback_url: str, trouble: Reason) -> None:
    """Read branches and register webhooks. A failure is noted as trouble: it must not cost another code."""
    try:
        if connection.shop is not None and connection.shop.keeps_stock and connector.warehouses is not None:
            branches = connector.warehouses(access)
            with transaction.atomic():
                sync_branches(connection.shop, branches)
        if connector.webhooks is not None and connector.webhooks.register is not None:
            connector.webhooks.register(access, callback_url)
        if connector.queue is not None and connector.queue.subscribe is not None:
            connector.queue.subscribe(access)
    except ChannelError as error:
        trouble = trouble or error.reason
    connection.trouble = trouble
    connection.trouble_since = timezone.now() if trouble else None
    connection.save(update_fields=["trouble", "trouble_since"])
