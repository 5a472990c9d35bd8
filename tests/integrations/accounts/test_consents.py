"""Consent by the channel's own page, against simulated pages over real HTTP, and a scripted channel for what goes wrong."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
import requests
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.core import signing
from django.utils import timezone

from integrations.accounts import consents
from integrations.accounts.consents import (
    ConsentFailed,
    begin,
    bring_back,
    came_back,
    found_shops,
    take,
)
from integrations.accounts.registrations import register_app
from integrations.connectors import channels, connector_of
from integrations.contract.consent import ConsentKind
from integrations.models import AppRegistration, Authorisation, Connection, Consent
from integrations.simulator.discovery import find_platforms
from integrations.simulator.simulation import Simulation

pytestmark = pytest.mark.django_db(transaction=True)

RETURN = "http://127.0.0.1:9/connect/shopee/"
CHANNEL = "shopee"


@pytest.fixture(scope="module")
def simulation() -> Iterator[Simulation]:
    found = Simulation({CHANNEL: find_platforms()[CHANNEL]}, products=20, seed="consent")
    found.start()
    yield found
    found.stop()


@pytest.fixture
def user() -> AbstractBaseUser:
    return get_user_model().objects.create_user("lan", is_staff=True)


@pytest.fixture
def app(simulation: Simulation) -> AppRegistration:
    account = requests.get(simulation.url + "/accounts", timeout=10).json()[CHANNEL]
    issued = {name: str(value) for name, value in account["app"].items() if value}
    return register_app(CHANNEL, "Consent", issued, settings=issued, base_url=account["base_url"])


def agreed(url: str, seller: str) -> dict[str, str]:
    """What the seller's browser brings back after a press on the page."""
    answer = requests.post(url, data={"seller": seller}, allow_redirects=False, timeout=10)
    assert answer.status_code in (302, 303), answer.text
    return dict(parse_qsl(urlsplit(answer.headers["Location"]).query))


def seller_of(url: str, position: int) -> str:
    """The value of a button on the page: the shops in their order, the main account last."""
    page = requests.get(url, timeout=10).text
    return page.split('name="seller" value="')[position + 1 if position >= 0 else position].split('"')[0]


def chosen(consent: Consent, user: AbstractBaseUser) -> list[Connection]:
    return take(consent, found_shops(consent), user=user, settings={}, pos=None, pos_imports_itself=False)


def test_one_shop_is_found_with_its_name_and_connected(app: AppRegistration, user: AbstractBaseUser) -> None:
    url = begin(app, user, redirect_url=RETURN)
    seller = seller_of(url, 0)
    consent = came_back(CHANNEL, user, agreed(url, seller))
    [shop] = found_shops(consent)
    assert shop.external_id == seller
    [connection] = chosen(consent, user)
    assert (connection.external_id, str(connection.trouble)) == (seller, "")
    assert connection.own_shop.name not in ("", seller)
    assert connection.own_shop.memberships.get().user_id == user.pk
    assert connection.authorisation.access_token
    assert connection.authorisation.consent_ends_at is not None
    assert not Consent.objects.exists()


def test_a_main_account_brings_all_its_shops_each_with_a_pair_of_its_own(
    app: AppRegistration, user: AbstractBaseUser
) -> None:
    url = begin(app, user, redirect_url=RETURN)
    consent = came_back(CHANNEL, user, agreed(url, "main"))
    assert len(found_shops(consent)) == 2
    first, second = chosen(consent, user)
    assert first.authorisation_id != second.authorisation_id
    assert (str(first.trouble), str(second.trouble)) == ("", "")


def test_a_code_is_exchanged_once_and_coming_back_again_shows_the_same_shops(
    app: AppRegistration, user: AbstractBaseUser
) -> None:
    url = begin(app, user, redirect_url=RETURN)
    query = agreed(url, seller_of(url, 0))
    first = came_back(CHANNEL, user, query)
    assert found_shops(came_back(CHANNEL, user, query)) == found_shops(first)
    chosen(first, user)
    with pytest.raises(ConsentFailed, match="used already"):
        came_back(CHANNEL, user, query)


def test_a_red_connection_comes_back_with_its_settings_and_only_by_its_own_shop(
    app: AppRegistration, user: AbstractBaseUser
) -> None:
    url = begin(app, user, redirect_url=RETURN)
    [connection] = chosen(came_back(CHANNEL, user, agreed(url, seller_of(url, 0))), user)
    Connection.objects.filter(pk=connection.pk).update(settings={"ship_by": "dropoff"}, is_active=False)
    Authorisation.objects.filter(pk=connection.authorisation_id).update(state="red", reason="gone", access_token="x")
    connection.refresh_from_db()
    url = begin(app, user, redirect_url=RETURN, connection=connection)
    wrong = came_back(CHANNEL, user, agreed(url, seller_of(url, 1)))
    with pytest.raises(ConsentFailed, match="but this connection is"):
        bring_back(wrong)
    url = begin(app, user, redirect_url=RETURN, connection=connection)
    back = bring_back(came_back(CHANNEL, user, agreed(url, connection.external_id)))
    assert (back.pk, back.is_active, back.authorisation.state) == (connection.pk, True, "ok")
    assert back.settings["ship_by"] == "dropoff"
    assert Authorisation.objects.get().access_token not in ("", "x")


def test_a_state_is_good_for_its_user_its_app_and_half_an_hour(
    app: AppRegistration, user: AbstractBaseUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = begin(app, user, redirect_url=RETURN)
    query = agreed(url, seller_of(url, 0))
    other = get_user_model().objects.create_user("minh")
    with pytest.raises(ConsentFailed, match="Somebody else"):
        came_back(CHANNEL, other, query)
    for state in ("", "x", query["state"] + "x", signing.dumps([1, 2, user.pk], salt="another")):
        with pytest.raises(ConsentFailed, match="not opened from here"):
            came_back(CHANNEL, user, query | {"state": state})
    with pytest.raises(ConsentFailed, match="used already"):
        came_back("lazada", user, query)
    monkeypatch.setattr(consents, "STATE_SECONDS", -1)
    with pytest.raises(ConsentFailed, match="half an hour"):
        came_back(CHANNEL, user, query)
    assert Consent.objects.get().redeemed_at is None


def test_a_seller_who_says_no_connects_nothing(app: AppRegistration, user: AbstractBaseUser) -> None:
    url = begin(app, user, redirect_url=RETURN)
    query = {"state": parse_qs(urlsplit(url).query)["state"][0], "error_description": "User denied"}
    with pytest.raises(ConsentFailed, match="User denied"):
        came_back(CHANNEL, user, query)
    with pytest.raises(ConsentFailed, match="did not accept the consent"):
        came_back(CHANNEL, user, query | {"code": "forged", "shop_id": "1"})
    assert not Authorisation.objects.exists()


def test_a_visit_is_forgotten_after_an_hour(app: AppRegistration, user: AbstractBaseUser) -> None:
    begin(app, user, redirect_url=RETURN)
    Consent.objects.update(created_at=timezone.now() - consents.KEPT * 2)
    begin(app, user, redirect_url=RETURN)
    assert Consent.objects.count() == 1


def test_accounts_of_an_app_agree_on_the_page_only_where_a_code_is_what_they_give() -> None:
    known = ("shopee", "kiotviet", "tiki", "no longer a channel")
    found = {channel: consents.has_page(AppRegistration(channel=channel)) for channel in known}
    assert found == {"shopee": True, "kiotviet": False, "tiki": True, "no longer a channel": False}
    kind = {"app_kind": "in_house"}
    assert not consents.has_page(AppRegistration(channel="tiki", credentials=kind, settings=kind))
    pages = [
        connector.consent for connector in map(connector_of, channels()) if connector.consent and connector.consent.page
    ]
    assert pages
    assert {consent.kind for consent in pages} == {ConsentKind.CODE}
