"""Consent at the simulated Lazada over real HTTP: the page, codes, renewals, and every documented shape of a grant."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from integrations.connectors.lazada import client, consent
from integrations.contract.access import AppAccess
from integrations.contract.errors import NotAuthorised, Rejected
from tests.integrations.connectors.lazada.still_world import Market
from tests.integrations.connectors.played import Pair

from .samples import raw


def test_from_the_page_to_tokens_that_work_and_are_renewed(place: Market, app: AppAccess) -> None:
    url = consent.consent_url(app, state="s 1", redirect_url="https://hub.example/back?x=1")
    seller = place.shops[0].id
    pressed = requests.post(url, data={"seller": seller}, timeout=5, allow_redirects=False)
    back = pressed.headers["Location"]
    assert parse_qs(urlsplit(back).query)["state"] == ["s 1"]
    grant = consent.exchange(app, code=back, shop_id="")
    assert (grant.shop_ids, grant.expires_in, grant.refresh_expires_in) == ((seller,), 864_000, 4_320_000)
    [found] = consent.find_shops(app, Pair(grant.access_token), grant)
    assert (found.external_id, found.name) == (seller, place.shops[0].name)
    again = consent.renew(app, refresh_token=grant.refresh_token, shop_id=seller)
    assert again.access_token != grant.access_token
    assert (again.refresh_expires_in or 0) <= 4_320_000
    with pytest.raises(Rejected, match="works once"):
        consent.exchange(app, code=back, shop_id="")
    with pytest.raises(NotAuthorised):
        consent.renew(app, refresh_token="50001x", shop_id=seller)


def test_a_code_of_another_shop_is_refused(place: Market, app: AppAccess) -> None:
    code = place.account["shops"][0]["code"]
    with pytest.raises(Rejected):
        consent.exchange(app, code=code, shop_id=place.shops[1].id)


def test_hosts_of_lazada_and_of_others() -> None:
    keys = {"app_key": "1", "app_secret": "s"}
    assert client.auth_url(AppAccess("k", keys)) == "https://auth.lazada.com"
    assert client.auth_url(AppAccess("k", keys, "https://api.lazada.sg/rest")) == "https://auth.lazada.com"
    assert client.auth_url(AppAccess("k", keys, "http://127.0.0.1:1")) == "http://127.0.0.1:1"


def test_answers_of_a_consent_by_all_their_shapes() -> None:
    assert consent._grant(raw("token__created")).shop_ids == ("200123456789",)
    assert consent._grant(raw("token__renewed")).refresh_expires_in == 4_233_600
    assert consent._grant(raw("token__cross_border")).shop_ids == ("300253340001", "300253340002")
    renewed = raw("token__renewed")
    by_map = {name: value for name, value in renewed.items() if name != "country_user_info"}
    by_map["country_user_info_list"] = {"vn": renewed["country_user_info"][0]}
    assert consent._grant(by_map).shop_ids == ("200123456789",)
    odd = consent._grant({"access_token": "a", "expires_in": "soon", "refresh_expires_in": -1})
    assert (odd.expires_in, odd.refresh_expires_in) == (604_800.0, None)
