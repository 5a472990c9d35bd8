"""The hub with Tiki: connected on its page, told by its queue, and stock shown again as a total."""

from __future__ import annotations

import time
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from django.contrib.auth import get_user_model
from django.utils import timezone
from redis import Redis

from integrations.accounts import tokens
from integrations.accounts.connecting import connect_shop
from integrations.accounts.consents import (
    begin,
    came_back,
    found_shops,
    take,
)
from integrations.accounts.registrations import register_app
from integrations.contract.errors import NotAuthorised
from integrations.inbox import pull
from integrations.ingest import drain
from integrations.models import AppRegistration, Authorisation, Connection, InboxEvent
from orders.models import Order

from .market import CHANNEL, Market

pytestmark = pytest.mark.django_db(transaction=True)

RETURN = "https://hub.test/connect/tiki/"


@pytest.fixture
def app(market: Market, redis: Redis) -> AppRegistration:
    account = market.account
    keys = {name: value for name, value in account["app"].items() if name != "redirect_uri"}
    return register_app(CHANNEL, "Nhà Mình", keys, base_url=account["base_url"])


def agreed(app: AppRegistration, market: Market, shop: int) -> Connection:
    """By way of the consent page."""
    user, _ = get_user_model().objects.get_or_create(username="lan")
    link = begin(app, user, redirect_url=RETURN)
    sid = market.account["shops"][shop]["shop_id"]
    back = requests.post(link, data={"seller": sid}, allow_redirects=False, timeout=10).headers["Location"]
    consent = came_back(CHANNEL, user, dict(parse_qsl(urlsplit(back).query)), redirect_url=RETURN)
    [found] = found_shops(consent)
    assert found.external_id == sid
    [connection] = take(consent, [found], user=user, settings={}, pos=None, pos_imports_itself=False)
    assert (str(connection.trouble), connection.shop.name) == ("", market.account["shops"][shop]["name"])
    return connection


def test_two_shops_of_one_app_are_told_by_one_queue_read_with_the_apps_own_token(
    app: AppRegistration, market: Market
) -> None:
    connections = [agreed(app, market, shop) for shop in (0, 1)]
    market.ask("POST", "/advance", seconds=6)
    pull.pull(app.pk)
    codes = {market.order(shop=shop, unpaid=False): shop for shop in (0, 1)}
    # the app's token dies, and is renewed by its credentials
    Authorisation.objects.filter(app=app, external_id=tokens.APP_ITSELF).update(access_token="spoilt")
    pull.pull(app.pk)
    assert set(InboxEvent.objects.values_list("source", "kind")) == {("queue", "order")}
    assert not InboxEvent.objects.filter(connection=None).exists()
    for connection in connections:
        drain.drain(connection.pk)
    assert not InboxEvent.objects.filter(state__in=("pending", "dead")).exists()
    for code, shop in codes.items():
        order = Order.objects.get(number=code)
        assert (order.shop_id, order.status) == (connections[shop].shop_id, "to_ship")
    # nothing is told twice: the stored cursor confirmed it
    told = InboxEvent.objects.count()
    pull.pull(app.pk)
    assert InboxEvent.objects.count() == told
    assert Authorisation.objects.filter(app=app).count() == 3


def test_what_was_stored_and_not_confirmed_comes_again_and_is_known(app: AppRegistration, market: Market) -> None:
    connection = agreed(app, market, 0)
    market.ask("POST", "/advance", seconds=6)
    pull.pull(app.pk)
    app.refresh_from_db()
    before = app.queue_ack
    market.order(unpaid=False)
    pull.pull(app.pk)
    drain.drain(connection.pk)
    orders, events = Order.objects.count(), InboxEvent.objects.count()
    # as if the hub had died between its commit and the next pull, with the cursor of before: the queue has moved on
    AppRegistration.objects.update(queue_ack=before)
    pull.pull(app.pk)
    drain.drain(connection.pk)
    assert (Order.objects.count(), InboxEvent.objects.exclude(state="duplicate").count()) == (orders, events)


def test_an_in_house_apps_token_comes_of_its_credentials(app: AppRegistration, market: Market) -> None:
    """The simulated app is public: its credentials are no seller's, and Tiki says so."""
    app.settings |= {"app_kind": "in_house"}
    app.save()
    with pytest.raises(NotAuthorised):
        connect_shop(app, shop_id=market.account["shops"][0]["shop_id"])
    row = Authorisation.objects.create(app=app, external_id="S", access_token="old", expires_at=timezone.now())
    assert tokens.renew_due() == 1
    row.refresh_from_db()
    assert (row.access_token == "old", row.state) == (False, "ok")


def test_pulling_an_empty_queue_is_one_call(app: AppRegistration, market: Market) -> None:
    agreed(app, market, 0)
    pull.pull(app.pk)
    before = market.ask("GET", "/calls")["made"]
    began = time.monotonic()
    pull.pull(app.pk)
    assert market.ask("GET", "/calls")["made"] - before == 1
    assert time.monotonic() - began < 1
