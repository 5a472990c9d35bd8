"""Consent on the channel's own page: out with a signed state, back with a code, then the shops to choose from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.core import signing
from django.utils import timezone
from django.utils.translation import gettext as _

from core.reasons import sentence
from integrations.accounts.connecting import NewTokens, connect_granted, consent_of
from integrations.accounts.registrations import app_access
from integrations.connectors import channels, connector_of
from integrations.contract.connector import Connector
from integrations.contract.consent import ConsentKind, Grant, ShopFound
from integrations.contract.errors import ChannelError
from integrations.models import AppRegistration, Connection, Consent

# long enough to sign in at the channel and to find the right account
STATE_SECONDS = 30 * 60
KEPT = timedelta(hours=1)
_SALT = "integrations.accounts.consents"


class ConsentFailed(Exception):
    """A consent that failed; the message says why and what to do, in the user's language."""


def consent_kind(app: AppRegistration) -> ConsentKind:
    """Return what a person gives to connect an account of this registration; nothing where there are no tokens at all."""
    consent = connector_of(app.channel).consent
    return ConsentKind.CREDENTIALS if consent is None else consent.kind_for(app_access(app))


def has_page(app: AppRegistration) -> bool:
    """Return whether accounts of this registration are authorised on a page of the channel's."""
    consent = connector_of(app.channel).consent if app.channel in channels() else None
    return consent is not None and consent.page is not None and consent_kind(app) == ConsentKind.CODE


def begin(
    app: AppRegistration, user: AbstractBaseUser, *, redirect_url: str, connection: Connection | None = None
) -> str:
    """Return the address of the channel's page for this user and app, valid for half an hour. `connection`: the one to renew."""
    Consent.objects.filter(created_at__lt=timezone.now() - KEPT).delete()
    consent = Consent.objects.create(app=app, user_id=user.pk, connection=connection)
    state = signing.dumps([consent.pk, app.pk, user.pk], salt=_SALT)
    page = consent_of(app.channel).page
    assert page is not None, "offered where the channel has a page"
    return page.url(app_access(app), state=state, redirect_url=redirect_url)


def came_back(channel: str, user: AbstractBaseUser, query: Mapping[str, str], *, redirect_url: str = "") -> Consent:
    """Return the consent that a seller came back with: exchange its code once, keep its tokens and shops. May be repeated.

    `redirect_url` as it was given to `begin`: some channels take a code only together with it.
    Calls the channel: not in a transaction. Raises ConsentFailed.
    """
    consent = _expected(channel, user, query.get("state", ""))
    if consent.granted_at is not None:
        return consent
    connector = connector_of(channel)
    page = consent_of(channel).page
    assert page is not None, "offered where the channel has a page"
    code = page.returned(query)
    if not code:
        reason = query.get("error_description") or query.get("message") or query.get("error") or ""
        raise ConsentFailed(" ".join(filter(None, (
            _("%(channel)s sent you back without a consent: nothing was connected.") % {"channel": connector.title},
            reason[:200],
        ))))  # fmt: skip
    if not Consent.objects.filter(pk=consent.pk, redeemed_at=None).update(redeemed_at=timezone.now()):
        raise ConsentFailed(_("This consent was used already. Start again: it takes a minute."))
    _redeem(consent, connector, code, query.get("shop_id", ""), redirect_url)
    return consent


def found_shops(consent: Consent) -> list[ShopFound]:
    """Return the shops that the consent covers; empty when the channel does not list them."""
    return [ShopFound(**row) for row in consent.shops]


def bring_back(consent: Consent) -> Connection:
    """Give a connection the fresh tokens; its settings stay. Calls the channel. Raises ConsentFailed, ValidationError."""
    known = consent.connection
    assert known is not None, "a consent for a connection"
    shops = {shop.external_id: shop for shop in found_shops(consent)}
    if shops and known.external_id not in shops:
        names = ", ".join(shop.name for shop in shops.values())
        text = _(
            "You agreed for %(found)s, but this connection is %(shop)s (%(id)s). Start again, and choose that shop."
        )
        raise ConsentFailed(text % {"found": names, "shop": known, "id": known.external_id})
    found = shops.get(known.external_id, ShopFound(known.external_id, ""))
    found = replace(found, name=str(known))
    return connect_granted(consent.app, _tokens(consent, known.external_id), found, settings=known.settings)


def take(
    consent: Consent, shops: Sequence[ShopFound], *, user: AbstractBaseUser, settings: Mapping[str, str],
    pos: Connection | None, pos_imports_itself: bool, serves: Sequence[Connection] = (),
) -> list[Connection]:  # fmt: skip
    """Connect the chosen shops; one authorisation for all of them where one pair serves them all. As `connect_shop`."""
    connections: list[Connection] = []
    shares = consent_of(consent.app.channel).shares_one_token
    tokens = _tokens(consent, shops[0].external_id)
    for shop in shops:
        if not shares:
            tokens = _tokens(consent, shop.external_id)
        connections.append(connect_granted(
            consent.app, tokens, shop, settings=settings, user=user, pos=pos, pos_imports_itself=pos_imports_itself,
            serves=serves, shared_with=[found.external_id for found in found_shops(consent)],
        ))  # fmt: skip
    Consent.objects.filter(pk=consent.pk).delete()
    return connections


def _expected(channel: str, user: AbstractBaseUser, state: str) -> Consent:
    """Return the consent in progress that a signed state belongs to. Raises ConsentFailed for a stale or foreign one."""
    again = _("Start again from Connections: it takes a minute.")
    try:
        signed: Any = signing.loads(state, salt=_SALT, max_age=STATE_SECONDS)
    except signing.SignatureExpired:
        raise ConsentFailed(_("This consent took longer than half an hour.") + f" {again}") from None
    except signing.BadSignature:
        raise ConsentFailed(_("This page was not opened from here, so nothing was connected.") + f" {again}") from None
    pk, app, of_user = signed
    if of_user != user.pk:
        raise ConsentFailed(_("Somebody else began to connect this shop.") + f" {again}")
    known = Consent.objects.select_related("app", "connection__shop", "connection__authorisation__app")
    consent = known.filter(pk=pk, app=app, app__channel=channel).first()
    if consent is None:
        raise ConsentFailed(_("This consent was used already.") + f" {again}")
    return consent


def _redeem(consent: Consent, connector: Connector, code: str, shop_id: str, redirect_url: str) -> None:
    try:
        app = replace(app_access(consent.app), redirect_url=redirect_url)
        exchange = consent_of(connector.channel).exchange
        assert exchange is not None, "a page gives a code"
        grant = exchange(app, code=code, shop_id=shop_id)
    except ChannelError as error:
        text = _("%(channel)s did not accept the consent: %(reason)s Start again from Connections.")
        raise ConsentFailed(text % {"channel": connector.title, "reason": sentence(error.reason)}) from error
    consent.grant, consent.granted_at = asdict(grant), timezone.now()
    # first of all: the code is used up
    consent.save(update_fields=["grant", "granted_at"])
    consent.shops = [asdict(shop) for shop in _looked_up(consent, connector, grant)]
    consent.save(update_fields=["shops"])


def _looked_up(consent: Consent, connector: Connector, grant: Grant) -> tuple[ShopFound, ...]:
    """Return the shops; by their ids alone where the channel cannot be asked now."""
    access = app_access(consent.app)
    try:
        return consent_of(connector.channel).shops_of(
            access, NewTokens(consent_of(connector.channel), access, "", grant), grant
        )
    except ChannelError:
        return tuple(ShopFound(shop_id, shop_id) for shop_id in grant.shop_ids)


def _tokens(consent: Consent, shop_id: str) -> NewTokens:
    """Return the stored pair with its remaining lives: they have run on while the person chose."""
    assert consent.granted_at is not None, "the code was exchanged"
    passed = (timezone.now() - consent.granted_at).total_seconds()
    grant = dict(consent.grant) | {"shop_ids": tuple(consent.grant["shop_ids"])}
    for name in ("expires_in", "refresh_expires_in"):
        if grant[name] is not None:
            grant[name] -= passed
    return NewTokens(consent_of(consent.app.channel), app_access(consent.app), shop_id, Grant(**grant))
