"""Connecting shops on the channels' own pages, in headless Chromium against the simulated pages. SCREENSHOTS=<folder> keeps pictures."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests
from redis import Redis

from erpsync.admin.channels import consent_page
from integrations.accounts.registrations import register_app
from integrations.connectors import channels, connector_of
from integrations.models import AppRegistration, BackfillRun, Connection
from integrations.simulator.discovery import find_platforms
from integrations.simulator.simulation import Simulation
from tests.erpsync.admin.conftest import IN_CHROMIUM, keep, speak

pytestmark = IN_CHROMIUM

WITH_PAGE = sorted(
    channel
    for channel in channels()
    if (consent := connector_of(channel).consent) and consent.page and channel in find_platforms()
)
CONNECT = {"en": "Connect", "vi": "Kết nối"}


@pytest.fixture(scope="module")
def simulation() -> Iterator[Simulation]:
    platforms = find_platforms()
    found = Simulation({channel: platforms[channel] for channel in WITH_PAGE}, products=20, seed="browser")
    found.start()
    yield found
    found.stop()


def registered(simulation: Simulation, channel: str) -> AppRegistration:
    account = requests.get(simulation.url + "/accounts", timeout=10).json()[channel]
    issued = {name: str(value) for name, value in account["app"].items() if value}
    required = [field.name for field in connector_of(channel).account_fields if field.required]
    values = dict.fromkeys(required, "ours") | issued
    return register_app(channel, "Consent", values, settings=values, base_url=account["base_url"])


@pytest.mark.parametrize(
    ("channel", "language"), [(channel, "vi") for channel in WITH_PAGE] + [("shopee", "en")],
)  # fmt: skip
def test_a_shop_is_connected_on_the_channels_own_page(
    page: Any, live_server: Any, settings: Any, redis: Redis, simulation: Simulation, channel: str, language: str
) -> None:
    settings.PUBLIC_URL = live_server.url
    app = registered(simulation, channel)
    speak(page, live_server.url, language)
    before = set(Connection.objects.values_list("pk", flat=True))
    page.goto(f"{live_server.url}/admin/integrations/connection/add/?app={app.pk}")
    keep(page, f"consent-start-{channel}-{language}")
    with page.expect_navigation():
        page.locator(f'form[action="/connect/{app.pk}/"] button').click()
    assert page.url.startswith(app.base_url)
    keep(page, f"consent-page-{channel}-{language}")
    with page.expect_navigation():
        page.locator("form button, form input[type=submit]").first.click()
    assert page.url.startswith(f"{live_server.url}/connect/{channel}/"), page.content()
    keep(page, f"consent-shops-{channel}-{language}")
    assert page.locator("input[name=shops]").count() >= 1 or page.locator("input[name=shop_id]").count() == 1
    with page.expect_navigation():
        page.get_by_role("button", name=CONNECT[language], exact=True).click()
    keep(page, f"consent-done-{channel}-{language}")
    made = Connection.objects.exclude(pk__in=before).order_by("pk")
    assert [str(connection.trouble) for connection in made] == [""] * len(made)
    assert made
    first = made[0]
    assert first.shop.name != first.external_id
    assert page.url.endswith(consent_page.offer_of(first))
    with page.expect_navigation():
        page.locator("form button[type=submit]").last.click()
    assert BackfillRun.objects.filter(connection=first).exists()
    run = BackfillRun.objects.filter(connection=first)[0]
    page.goto(f"{live_server.url}/admin/integrations/backfillrun/{run.pk}/change/")
    page.locator("[role=progressbar]").wait_for()
    keep(page, f"history-{channel}-{language}")
