"""Logins with answers that no simulator gives: each costs a retry or a clear word."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from integrations.connectors.sendo.consent import renew
from integrations.connectors.sendo.simulator.wire import jwt
from integrations.contract.access import AppAccess
from integrations.contract.errors import NotAuthorised, TryLater
from tests.integrations.connectors.bound import Bound

from .conftest import KEYS, SHOP, Sendo, Tokens, bad, good, listed
from .reading import PRODUCTS
from .samples import content


def login(app: AppAccess, shop_id: str = SHOP) -> Any:
    return renew(app, refresh_token="", shop_id=shop_id)


def test_a_login_sends_the_keys_and_nothing_else(sendo: Sendo, app: AppAccess) -> None:
    sendo.on("POST /login", good({"token": "opaque", "expires": "2026-01-10T22:00:00+07:00"}))
    grant = login(app)
    assert (grant.access_token, grant.expires_in, grant.shop_ids) == ("opaque", 28_800.0, ())
    [asked] = sendo.asked
    assert (asked.body, asked.authorization) == (KEYS, "")


@pytest.mark.parametrize(("left", "life"), [(3600, 3600), (99 * 3600, 28_800), (-5, 28_800), (100, 28_800)])
def test_the_token_may_shorten_its_life_and_never_stretch_it(
    left: int, life: int, sendo: Sendo, app: AppAccess
) -> None:
    claims = {"StoreId": SHOP, "exp": int(datetime.now(UTC).timestamp()) + left}
    sendo.on("POST /login", good({"token": jwt(claims, "k")}))
    grant = login(app)
    assert grant.shop_ids == (SHOP,)
    assert grant.expires_in == pytest.approx(life, abs=3)


@pytest.mark.parametrize(
    "answer", [good(None), good({}), good({"token": 5.5}), good([]), (200, "<html>"), (404, "gone")]
)
def test_a_login_without_a_token_is_tried_later(answer: Any, sendo: Sendo, app: AppAccess) -> None:
    sendo.on("POST /login", answer)
    with pytest.raises(TryLater):
        login(app)


def test_refused_keys_are_reported_with_sendos_words(sendo: Sendo, app: AppAccess) -> None:
    sendo.on("POST /login", bad("shop_key or secret_key is invalid"))
    with pytest.raises(NotAuthorised, match=r"Copy both.*is invalid"):
        login(app)


@pytest.mark.parametrize("answer", [(200, {"exp": "token expired"}), (401, "")])
def test_a_dead_token_is_replaced_once(answer: Any, sendo: Sendo, account: Bound, tokens: Tokens) -> None:
    sendo.on(PRODUCTS, answer, listed())
    assert account.check().name == SHOP
    assert tokens.renewals == ["token-1"]
    assert [asked.authorization for asked in sendo.asked] == ["bearer token-1", "bearer token-2"]


def test_the_published_login(sendo: Sendo, app: AppAccess) -> None:
    sendo.on("POST /login", (200, content("login__ok").decode()))
    assert login(app).access_token == "FAKE.jwt.token"
