"""What Sendo's answers stand for: nothing about refusals is published but their shape, so every form must be understood."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.connectors.sendo.mapping import errors
from integrations.contract.errors import (
    ChannelError,
    NotAuthorised,
    Rejected,
    TryLater,
)
from integrations.wire.failures import UNREADABLE

from .conftest import bad, good
from .samples import raw


@pytest.mark.parametrize("name", ["login__ok", "order__detail", "orders__page", "update__done", "reasons__all"])
def test_a_success(name: str) -> None:
    assert errors.failure(200, raw(name)) is None


@pytest.mark.parametrize(
    ("status", "body", "kind", "code"),
    [
        (200, raw("error__token_expired"), NotAuthorised, "stale_token"),
        (401, raw("error__token_expired"), NotAuthorised, "stale_token"),
        (401, None, NotAuthorised, "stale_token"),
        (200, bad("no", code=401)[1], NotAuthorised, "stale_token"),
        (200, bad("Token is expired")[1], NotAuthorised, "stale_token"),
        (200, bad("Vui lòng đăng nhập lại")[1], NotAuthorised, "stale_token"),
        (400, raw("error__parameter"), Rejected, "INVALID"),
        (200, raw("error__parameter"), Rejected, "INVALID"),
        (200, bad("no", code=0)[1], Rejected, "refused"),
        (200, bad("no", code=409)[1], Rejected, "409"),
        (404, bad("no")[1], Rejected, "not_found"),
        (200, bad("no", code=404)[1], Rejected, "not_found"),
        (200, bad("x", "Đơn hàng không tồn tại")[1], Rejected, "not_found"),
        (200, bad("Sản phẩm không tồn tại")[1], Rejected, "not_found"),
        (200, bad("Order was not found")[1], Rejected, "not_found"),
        (200, bad("Biến thể không tồn tại")[1], Rejected, "no_variant"),
        (200, bad("Variant 602_1 does not exist")[1], Rejected, "no_variant"),
        (200, bad("The variant does not exist")[1], Rejected, "no_variant"),
        (200, bad("Thuộc tính không tồn tại")[1], Rejected, "400"),
        (200, bad("Hệ thống đang bận")[1], TryLater, "busy"),
        (200, bad("Too many requests")[1], TryLater, "rate_limited"),
        (200, bad("no", code=429)[1], TryLater, "rate_limited"),
        (429, None, TryLater, "rate_limited"),
        (200, bad("no", code=500)[1], TryLater, "busy"),
        (502, None, TryLater, "busy"),
        (500, good()[1], TryLater, "busy"),
        (403, None, TryLater, "forbidden"),
        (404, None, TryLater, "closed"),
        (404, {"message": "no Route matched with those values"}, TryLater, "closed"),
        (200, None, TryLater, UNREADABLE),
        (200, [], TryLater, UNREADABLE),
        (200, {}, TryLater, UNREADABLE),
        (200, {"success": "true"}, TryLater, UNREADABLE),
        (200, {"success": None}, TryLater, UNREADABLE),
        (400, good()[1], TryLater, UNREADABLE),
        (302, None, TryLater, UNREADABLE),
        (200, {"success": False, "error": ["x"], "status_code": "x"}, Rejected, "refused"),
    ],
)
def test_a_failure(status: int, body: Any, kind: type[ChannelError], code: str) -> None:
    found = errors.failure(status, body)
    assert found is not None
    assert (type(found), found.code) == (kind, code)
    assert str(found.reason)


def test_sendos_own_words_stand_in_the_reason() -> None:
    found = errors.failure(200, raw("error__parameter"))
    assert found is not None
    assert "Khoảng thời gian tối đa 3 ngày (order_status_date_from 2020/06/01)" in str(found.reason)


def test_a_write_that_was_answered_with_nonsense_may_have_been_done() -> None:
    for status, body in ((200, {}), (500, {}), (200, bad("Hệ thống đang bận")[1])):
        found = errors.failure(status, body)
        assert isinstance(found, TryLater)
        assert found.maybe_done
    refused = errors.failure(429, None)
    assert isinstance(refused, TryLater)
    assert not refused.maybe_done


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, raw("login__refused"), NotAuthorised),
        (401, {}, NotAuthorised),
        (400, raw("login__refused"), NotAuthorised),
        (429, None, TryLater),
        (503, None, TryLater),
        (404, None, TryLater),
        (200, {}, TryLater),
    ],
)
def test_what_is_refused_at_the_login_are_the_keys(status: int, body: Any, kind: type[ChannelError]) -> None:
    assert type(errors.login_failure(status, body)) is kind


def test_a_login_is_no_failure() -> None:
    assert errors.login_failure(200, raw("login__ok")) is None
