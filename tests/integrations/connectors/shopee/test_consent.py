"""Both pages to agree on, codes and renewals."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from integrations.connectors.shopee import consent, signing
from integrations.contract.access import AppAccess
from integrations.contract.consent import Grant
from integrations.contract.errors import NotAuthorised, Rejected, TryLater

from .conftest import KEY, PARTNER, SHOP, Shopee, Tokens, bad, good
from .samples import raw_text

GET, RENEW = "auth/token/get", "auth/access_token/get"
BACK = "https://hub.example.test/connected?from=shopee"
ACCESS, REFRESH = "FAKEACCESSTOKEN00000000000000001", "FAKEREFRESHTOKEN0000000000000001"


def asked_to(app: AppAccess, state: str = "s&1") -> tuple[str, dict[str, list[str]]]:
    parts = urlsplit(consent.consent_url(app, state=state, redirect_url=BACK))
    return f"{parts.scheme}://{parts.netloc}{parts.path}", parse_qs(parts.query)


@pytest.mark.parametrize(
    ("base_url", "page"),
    [
        ("", "https://open.shopee.com/auth"),
        ("https://partner.shopeemobile.com/", "https://open.shopee.com/auth"),
        ("https://openplatform.shopee.com.br", "https://open.shopee.com.br/auth"),
        ("https://openplatform.sandbox.test-stable.shopee.sg", "https://open.sandbox.test-stable.shopee.com/auth"),
        ("http://127.0.0.1:9101", "http://127.0.0.1:9101/auth"),
    ],
)
def test_the_newer_page(app: AppAccess, base_url: str, page: str) -> None:
    assert asked_to(replace(app, base_url=base_url)) == (
        page,
        {
            "partner_id": [PARTNER],
            "auth_type": ["seller"],
            "redirect_uri": [BACK],
            "response_type": ["code"],
            "state": ["s&1"],
        },
    )


def test_the_older_signed_page_keeps_the_state_in_the_redirect(app: AppAccess) -> None:
    chosen = replace(app, base_url="", settings={"consent_page": "signed"})
    page, query = asked_to(chosen)
    assert page == "https://partner.shopeemobile.com/api/v2/shop/auth_partner"
    at = int(query["timestamp"][0])
    assert query["sign"] == [signing.call_signature(KEY, PARTNER, "/api/v2/shop/auth_partner", at)]
    assert query["redirect"] == [f"{BACK}&state=s%261"]
    assert set(query) == {"partner_id", "timestamp", "sign", "redirect"}


def test_without_a_state_nothing_is_added(app: AppAccess) -> None:
    assert "state" not in asked_to(app, "")[1]
    signed = replace(app, settings={"consent_page": "signed"})
    assert asked_to(signed, "")[1]["redirect"] == [BACK]


@pytest.mark.parametrize("code", ["abc", f"{BACK}&code=abc&shop_id={SHOP}", f"?code=abc&shop_id={SHOP}"])
def test_a_code_or_the_address_it_came_with_becomes_tokens(code: str, shopee: Shopee, app: AppAccess) -> None:
    shopee.on(GET, (200, raw_text("token__of_a_shop")))
    assert consent.exchange(app, code=code, shop_id=SHOP) == Grant(ACCESS, 14400.0, REFRESH, 2592000.0, (SHOP,))
    assert shopee.asked[0].json() == {"code": "abc", "partner_id": 1000001, "shop_id": 900000001}
    assert {name for name, _ in shopee.asked[0].pairs} == {"partner_id", "timestamp", "sign"}


def test_a_main_accounts_code_serves_its_shops(shopee: Shopee, app: AppAccess) -> None:
    shopee.on(GET, (200, raw_text("token__of_a_main_account")))
    address = f"{BACK}&code=abc&main_account_id=55"
    assert consent.exchange(app, code=address, shop_id=SHOP).shop_ids == ("900000001", "900000002")
    assert shopee.asked[0].json() == {"code": "abc", "partner_id": 1000001, "main_account_id": 55}
    with pytest.raises(Rejected, match="900000001, 900000002"):
        consent.exchange(app, code=address, shop_id="7")


@pytest.mark.parametrize(
    ("address", "sent"),
    [
        (f"{BACK}&code=abc&shop_id={SHOP}", {"shop_id": 900000001}),
        (f"{BACK}&code=abc&main_account_id=55", {"main_account_id": 55}),
    ],
)
def test_the_address_alone_names_its_account(address: str, sent: Any, shopee: Shopee, app: AppAccess) -> None:
    shopee.on(GET, (200, raw_text("token__of_a_main_account")))
    assert consent.exchange(app, code=address, shop_id="").shop_ids == ("900000001", "900000002")
    assert shopee.asked[0].json() == {"code": "abc", "partner_id": 1000001} | sent


def test_the_shops_of_a_consent_have_names(shopee: Shopee, app: AppAccess, tokens: Tokens) -> None:
    names = {"900000001": good(shop_name="Nhà Mình"), "900000002": bad("error_server"), "900000003": good()}
    shopee.on("shop/get_shop_info", lambda asked: names[dict(asked.pairs)["shop_id"]])
    grant = Grant("a", 1.0, shop_ids=tuple(names))
    found = [(shop.external_id, shop.name) for shop in consent.find_shops(app, tokens, grant)]
    assert found == [("900000001", "Nhà Mình"), ("900000002", "900000002"), ("900000003", "900000003")]


@pytest.mark.parametrize(
    "answer",
    [
        bad("error_auth", "Invalid code", 403),
        bad("invalid_code"),
        bad("invalid_main_acount_id"),
        bad("invalid_shop_id"),
    ],
)
def test_a_refused_code_is_rejected_with_advice(answer: Any, shopee: Shopee, app: AppAccess) -> None:
    shopee.on(GET, answer)
    with pytest.raises(Rejected, match=r"open the link again"):
        consent.exchange(app, code="abc", shop_id=SHOP)
    assert len(shopee.asked) == 1


def test_a_code_of_another_shop_is_not_used_up(shopee: Shopee, app: AppAccess) -> None:
    with pytest.raises(Rejected, match="shop 7"):
        consent.exchange(app, code=f"{BACK}&code=abc&shop_id=7", shop_id=SHOP)
    assert shopee.asked == []


@pytest.mark.parametrize("shop_id", ["", "shop", "٣", "-1"])
def test_an_id_that_is_no_number_is_not_sent(shop_id: str, shopee: Shopee, app: AppAccess) -> None:
    with pytest.raises(Rejected, match="is no shop id of Shopee"):
        consent.exchange(app, code="abc", shop_id=shop_id)
    assert shopee.asked == []


def test_a_renewal(shopee: Shopee, app: AppAccess) -> None:
    shopee.on(RENEW, (200, raw_text("token__renewed")))
    assert consent.renew(app, refresh_token="old", shop_id=SHOP) == Grant(
        ACCESS[:-1] + "2", 14400.0, REFRESH[:-1] + "2", 2592000.0
    )
    assert shopee.asked[0].json() == {"refresh_token": "old", "partner_id": 1000001, "shop_id": 900000001}


@pytest.mark.parametrize(
    "code",
    [
        "error_auth",
        "refresh_token_expired",
        "error_shop_refresh_token",
        "shop_access_expired",
        "error_param",
        "no_such",
    ],
)
def test_a_refused_renewal_is_not_authorised_whatever_the_code(code: str, shopee: Shopee, app: AppAccess) -> None:
    shopee.on(RENEW, bad(code, "Invalid refresh_token."))
    with pytest.raises(NotAuthorised):
        consent.renew(app, refresh_token="old", shop_id=SHOP)


@pytest.mark.parametrize(
    ("answer", "maybe_done"),
    [(None, True), (bad("error_server"), True), (good(access_token="a"), True), (bad("error_sign", status=403), False)],
)
def test_a_renewal_without_an_answer_may_have_used_the_token_up(
    answer: Any, maybe_done: bool, shopee: Shopee, app: AppAccess
) -> None:
    shopee.on(RENEW, answer)
    with pytest.raises(TryLater) as caught:
        consent.renew(app, refresh_token="old", shop_id=SHOP)
    assert caught.value.maybe_done is maybe_done
    assert len(shopee.asked) == 1


@pytest.mark.parametrize(("seconds", "life"), [(14400, 14400.0), (1766200000, 14400.0), (0, 14400.0), (60, 60.0)])
def test_a_life_that_is_an_epoch_time_by_mistake_is_four_hours(
    seconds: int, life: float, shopee: Shopee, app: AppAccess
) -> None:
    shopee.on(RENEW, good(access_token="a", refresh_token="r", expire_in=seconds))
    assert consent.renew(app, refresh_token="old", shop_id=SHOP).expires_in == life


def test_nothing_secret_is_in_an_error(shopee: Shopee, app: AppAccess) -> None:
    shopee.on(RENEW, None)
    with pytest.raises(TryLater) as caught:
        consent.renew(app, refresh_token="hidden-token", shop_id=SHOP)
    assert "hidden" not in str(caught.value)
    assert KEY not in str(caught.value)
    assert "sign" not in str(caught.value)
