"""Consent: tokens are renewed once for all workers, codes are exchanged, refusals are errors of the channel."""

from __future__ import annotations

import sys
import threading
from dataclasses import replace

import pytest
from redis import Redis

from integrations import connectors
from integrations.accounts.connections import account_of
from integrations.contract.access import AppAccess
from integrations.contract.consent import Grant
from integrations.contract.errors import ChannelError, TryLater
from integrations.models import AppRegistration, Authorisation, Connection
from integrations.simulator.simulation import Simulation
from inventory.models import Shop
from tests.conftest import Start
from tests.integrations.connectors.played import Played

from .conftest import MALFORMED, STATUSES, TRANSIENT, answering, error_of
from .facts import check_consent
from .ports import CONNECTORS, assert_runs_over_all, each

EACH = each("consent")


@EACH
def test_its_facts_are_sane(channel: str) -> None:
    consent = CONNECTORS[channel].consent
    assert consent
    check_consent(consent)


@EACH
def test_the_page_carries_our_state_and_an_empty_return_is_no_code(channel: str, world: Simulation) -> None:
    consent = CONNECTORS[channel].consent
    assert consent
    if consent.page is None:
        return
    url = consent.page.url(Played(world, channel).app(), state="s7a7e", redirect_url="https://hub.example/back/")
    assert url.startswith(("https://", "http://"))
    assert "s7a7e" in url
    assert consent.page.returned({}) == ""


@EACH
def test_a_code_that_was_never_given_is_refused(channel: str, world: Simulation) -> None:
    consent = CONNECTORS[channel].consent
    assert consent
    if consent.exchange is None:
        return
    played = Played(world, channel)
    shop_id, _ = played.shop()
    with pytest.raises(ChannelError) as caught:
        consent.exchange(played.app(), code="never-given", shop_id=shop_id)
    assert not isinstance(caught.value, TryLater)


@EACH
@pytest.mark.parametrize("status", STATUSES)
def test_a_malformed_answer_to_a_renewal_is_a_token_or_an_error_of_the_channel(
    channel: str, status: int, world: Simulation, redis: Redis
) -> None:
    consent = CONNECTORS[channel].consent
    assert consent
    answers: list[bytes] = []
    with answering(status, answers) as url:
        app = Played(world, channel).app(base_url=url)
        for malformed in MALFORMED:
            answers[:] = [malformed]
            redis.flushdb()
            error = error_of(lambda: consent.renew(app, refresh_token="x", shop_id="7"))
            assert status not in TRANSIENT or isinstance(error, TryLater), malformed
            assert status == 200 or error, malformed


@EACH
@pytest.mark.django_db(transaction=True)
def test_a_spoilt_token_is_renewed_once_for_many_workers(
    channel: str, world: Simulation, threads: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    played = Played(world, channel)
    shop_id, row = played.shop()
    access, connector = played.app(), CONNECTORS[channel]
    consent = connector.consent
    assert consent
    renewals: list[str] = []

    def counted(app: AppAccess, *, refresh_token: str, shop_id: str) -> Grant:
        renewals.append(refresh_token)
        return consent.renew(app, refresh_token=refresh_token, shop_id=shop_id)

    counting = replace(connector, consent=replace(consent, renew=counted))
    monkeypatch.setattr(connectors, "_loaded", lambda name: {channel: counting}[name])
    app = AppRegistration.objects.create(
        channel=channel, name="App", credentials=dict(access.credentials), base_url=access.base_url,
        settings=dict(access.settings),
    )  # fmt: skip
    authorisation = Authorisation.objects.create(
        app=app, external_id=shop_id, access_token="spoilt", refresh_token=row.get("refresh_token", "")
    )
    connection = Connection.objects.create(
        authorisation=authorisation, external_id=shop_id, shop=Shop.objects.create(channel=channel, name="Shop")
    )
    together = threading.Barrier(6)

    def worker() -> str:
        mine = Connection.objects.select_related("authorisation__app", "shop").get(pk=connection.pk)
        together.wait()
        account = account_of(mine)
        return account.connector.check(account.access).name

    assert len({work.result() for work in [threads(worker) for _ in range(6)]}) == 1
    assert len(renewals) == 1
    authorisation.refresh_from_db()
    assert (authorisation.state, authorisation.access_token != "spoilt") == ("ok", True)


def test_it_runs_over_every_connector_with_the_port() -> None:
    assert_runs_over_all(sys.modules[__name__], "consent")
