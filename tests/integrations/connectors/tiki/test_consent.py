"""Consent: our connector and the simulated Tiki, each written from the facts alone, meet over real HTTP."""

from __future__ import annotations

from dataclasses import replace

import pytest
import requests

from integrations.connectors.tiki import consent
from integrations.connectors.tiki.connector import CONNECTOR
from integrations.contract.consent import ConsentKind
from integrations.contract.errors import NotAuthorised, Rejected, TryLater
from tests.integrations.connectors.bound import Bound

from .connected import Renewing, app_of, connect
from .market import Market


def test_a_code_works_once_and_says_whose_it_is(market: Market) -> None:
    app, row = app_of(market), market.account["shops"][1]
    grant = consent.exchange(app, code=row["code"], shop_id="")
    assert (grant.shop_ids, grant.expires_in) == ((row["shop_id"],), 86_399)
    assert grant.refresh_token
    with pytest.raises(Rejected, match="works once"):
        consent.exchange(app, code=row["code"], shop_id="")
    [found] = consent.find_shops(app, Renewing(app, grant.access_token), grant)
    assert (found.external_id, found.name) == (row["shop_id"], "Nhà Mình Giao Nhanh")


def test_a_code_of_another_shop_is_refused(market: Market) -> None:
    rows = market.account["shops"]
    with pytest.raises(Rejected, match="another shop"):
        consent.exchange(app_of(market), code=rows[0]["code"], shop_id=rows[1]["shop_id"])


def test_the_whole_way_through_the_consent_page(market: Market) -> None:
    app = app_of(market)
    link = consent.consent_url(app, state="abcdefgh", redirect_url="https://hub.test/back/?x=1")
    sid = market.account["shops"][0]["shop_id"]
    back = requests.post(link, data={"seller": sid}, allow_redirects=False, timeout=10).headers["Location"]
    assert consent.exchange(app, code=back, shop_id=sid).shop_ids == (sid,)


def test_a_wrong_secret_is_the_apps_fault_and_waits(market: Market) -> None:
    wrong = app_of(market, client_secret="wrong")
    with pytest.raises(TryLater, match="client secret"):
        consent.renew(wrong, refresh_token="", shop_id="")
    with pytest.raises(TryLater, match="client secret"):
        consent.renew(app_of(market, client_auth="form"), refresh_token="", shop_id="")


def test_a_dead_token_is_renewed_and_a_used_refresh_token_is_not_authorised(market: Market) -> None:
    account = connect(market)
    used = account.access.tokens.refresh  # type: ignore[attr-defined]
    market.ask("POST", "/advance", seconds=90_000)
    assert account.check().name == "Nhà Mình Chính Hãng"
    with pytest.raises(NotAuthorised):
        consent.renew(app_of(market), refresh_token=used, shop_id="")


def test_a_token_of_another_shop_is_found_out(market: Market) -> None:
    mine, other = connect(market), market.account["shops"][1]
    with pytest.raises(NotAuthorised, match="another shop"):
        Bound(CONNECTOR, replace(mine.access, shop_id=other["shop_id"])).check()


def test_an_in_house_app_needs_nobody(market: Market) -> None:
    assert consent.CONSENT.kind_for(app_of(market, app_kind="in_house")) == ConsentKind.CREDENTIALS
    assert consent.CONSENT.kind_for(app_of(market)) == ConsentKind.CODE
