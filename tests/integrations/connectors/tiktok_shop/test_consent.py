"""Connecting: pages, codes, tokens, the shops of one consent, and what is never shown."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from integrations.accounts.connecting import connect_shop
from integrations.accounts.connections import account_of
from integrations.accounts.registrations import register_app
from integrations.connectors.tiktok_shop import consent
from integrations.connectors.tiktok_shop.connector import CONNECTOR
from integrations.contract.access import Access, AppAccess
from integrations.contract.errors import NotAuthorised, Rejected, TryLater
from integrations.models import Authorisation
from tests.integrations.connectors.bound import Bound
from tests.integrations.connectors.tiktok_shop.conftest import Renewing
from tests.integrations.connectors.tiktok_shop.simulator.still_world import Market

REAL = AppAccess("key", {"app_key": "k1", "app_secret": "s1", "service_id": "77"})


def test_the_page_is_found_by_service_id_or_in_its_older_form_by_app_key() -> None:
    address = consent.consent_url(REAL, state="a b", redirect_url="https://hub.test/back")
    assert address == "https://services.tiktokshop.com/open/authorize?service_id=77&state=a+b"
    older = replace(REAL, credentials={"app_key": "k1", "app_secret": "s1"})
    address = consent.consent_url(older, state="", redirect_url="https://hub.test/back")
    assert address == "https://auth.tiktok-shops.com/oauth/authorize?app_key=k1"


def test_one_consent_brings_both_shops_with_their_ciphers(place: Market, app: AppAccess) -> None:
    page = consent.consent_url(app, state="s1", redirect_url="http://hub.test/back?x=1")
    back = requests.post(page, data={"answer": "yes"}, timeout=5, allow_redirects=False).headers["Location"]
    query = dict(parse_qsl(urlsplit(back).query))
    assert (query["x"], query["state"]) == ("1", "s1")
    grant = consent.exchange(app, code=back, shop_id=place.other.shop_id)
    assert set(grant.shop_ids) == {place.client.shop_id, place.other.shop_id}
    # epochs on the wire, lives here
    assert 6.9 * 86_400 < (grant.expires_in or 0) <= 7 * 86_400
    assert 364 * 86_400 < (grant.refresh_expires_in or 0) <= 365 * 86_400
    found = consent.find_shops(app, Renewing(app, grant.access_token, ""), grant)
    assert [(shop.external_id, shop.name, shop.settings) for shop in found] == [
        (place.client.shop_id, "Nhà Mình Official", {"shop_cipher": place.client.cipher}),
        (place.other.shop_id, "Nhà Mình Sống Xanh", {"shop_cipher": place.other.cipher}),
    ]


def test_a_used_code_and_another_sellers_shop_are_refused(place: Market, app: AppAccess) -> None:
    consent.exchange(app, code=place.client.code, shop_id=place.client.shop_id)
    with pytest.raises(Rejected) as caught:
        consent.exchange(app, code=place.client.code, shop_id=place.client.shop_id)
    assert caught.value.code == "36004004"
    with pytest.raises(Rejected) as caught:
        consent.exchange(app, code=place.other.code, shop_id="7494000000000000000")
    assert caught.value.code == "101000"


def test_a_refresh_gives_a_pair_and_a_dead_one_needs_a_person(place: Market, app: AppAccess) -> None:
    grant = consent.renew(app, refresh_token=place.client.refresh_token, shop_id="")
    assert grant.refresh_token not in ("", place.client.refresh_token)
    with pytest.raises(NotAuthorised):
        consent.renew(app, refresh_token=place.client.refresh_token, shop_id="")
    wrong = replace(app, credentials={**app.credentials, "app_secret": "x"})
    with pytest.raises(TryLater):
        consent.renew(wrong, refresh_token=grant.refresh_token, shop_id="")


def test_without_a_cipher_in_its_settings_a_connection_looks_it_up_once(
    place: Market, app: AppAccess, tokens: Renewing
) -> None:
    asked: list[str] = []
    served = place.platform.answer
    place.context.platform.answer = lambda method, target, *rest: asked.append(target) or served(method, target, *rest)  # type: ignore[method-assign,func-returns-value]
    ports = Bound(CONNECTOR, Access(app, place.client.shop_id, tokens))
    ports.warehouses()
    ports.warehouses()
    assert [target.split("?")[0] for target in asked] == [
        "/authorization/202309/shops", "/logistics/202309/warehouses", "/logistics/202309/warehouses",
    ]  # fmt: skip
    assert ports.check().name == "Nhà Mình Official"
    stranger = Bound(CONNECTOR, Access(app, "7494000000000000000", tokens))
    with pytest.raises(NotAuthorised):
        stranger.warehouses()


def test_a_dead_token_is_renewed_once_and_the_call_goes_through(place: Market, ports: Bound, tokens: Renewing) -> None:
    place.context.pass_time(7 * 86_400)
    assert ports.check().name == "Nhà Mình Official"
    assert len(tokens.renewals) == 1


@pytest.mark.parametrize("skew", [-150, 150])
def test_a_clock_that_is_two_minutes_off_refuses_nothing(place: Market, ports: Bound, skew: int) -> None:
    place.context.skew = skew
    assert ports.check().name


def test_no_secret_is_in_logs_or_errors(
    place: Market, app: AppAccess, caplog: pytest.LogCaptureFixture, connect: Callable[..., Bound]
) -> None:
    with caplog.at_level(logging.DEBUG, logger="integrations"):
        grant = consent.renew(app, refresh_token=place.client.refresh_token, shop_id="")
        gone = replace(app, base_url="http://127.0.0.1:9")
        with pytest.raises(TryLater) as caught:
            consent.renew(gone, refresh_token=grant.refresh_token, shop_id="")
    output = caplog.text + str(caught.value)
    assert "GET /api/v2/token/refresh" in output
    for secret in (app.credentials["app_secret"], place.client.refresh_token, grant.refresh_token, grant.access_token):
        assert secret not in output


@pytest.mark.django_db(transaction=True)
def test_the_hub_connects_both_shops_on_one_consent(place: Market, app: AppAccess) -> None:
    registered = register_app("tiktok_shop", "App", dict(app.credentials), base_url=place.base)
    shops = [
        connect_shop(registered, shop_id=client.shop_id, code=client.code) for client in (place.client, place.other)
    ]
    assert [shop.settings["shop_cipher"] for shop in shops] == [place.client.cipher, place.other.cipher]
    assert [shop.shop.name for shop in shops] == ["Nhà Mình Official", "Nhà Mình Sống Xanh"]
    assert Authorisation.objects.count() == 1
    assert [account.connector.check(account.access).name for account in map(account_of, shops)] == [
        "Nhà Mình Official", "Nhà Mình Sống Xanh",
    ]  # fmt: skip
    assert {shop for shop, _ in place.platform.backend.state.hooks.own} == {place.client.shop_id, place.other.shop_id}
