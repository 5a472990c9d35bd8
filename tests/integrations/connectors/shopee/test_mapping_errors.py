"""Shopee's error codes and words -> one of our three errors."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.connectors.shopee.mapping import errors
from integrations.contract.errors import (
    ChannelError,
    NotAuthorised,
    Rejected,
    TryLater,
)
from integrations.wire.failures import UNREADABLE

from .samples import raw

# case of the sample file -> (error, code)
SAMPLES = {
    "bad code at token/get": (NotAuthorised, "error_auth"),
    "bad refresh token": (NotAuthorised, "error_auth"),
    "access token not valid (documented sample)": (NotAuthorised, "error_auth"),
    "access token not valid (error list entry; the code really is spelled with three e-c pairs)": (
        NotAuthorised,
        "invalid_acceess_token",
    ),
    "partner_id or shop_id not valid": (NotAuthorised, "error_auth"),
    "wrong sign (push API form)": (TryLater, "error_auth"),
    "wrong sign": (TryLater, "error_sign"),
    "timestamp outside window": (TryLater, "error_param"),
    "partner id unknown": (TryLater, "invalid_partner_id"),
    "path unknown": (Rejected, "error_not_found"),
    "too many requests": (TryLater, "error_rate_limit"),
    "parameter missing": (Rejected, "error_param"),
    "parameter type wrong": (Rejected, "error_param"),
    "order list window over 15 days": (Rejected, "order_list_invalid_time"),
    "order not found": (Rejected, "error_not_found"),
    "ship_order parameter": (Rejected, "ship_order_need_sender_real_name"),
    "batch: all failed": None,
    "discount start time": (Rejected, "discount_start_time_smaller_than_now"),
    "redirect domain not registered (legacy authorize link)": (Rejected, "error_param"),
}


def failed(error: str, message: str = "", status: int = 200) -> ChannelError:
    found = errors.failure(status, {"error": error, "message": message, "request_id": "x"})
    assert found is not None
    return found


@pytest.mark.parametrize("sample", raw("errors__all"), ids=lambda sample: sample["case"])
def test_the_documented_errors(sample: dict[str, Any]) -> None:
    found = errors.failure(sample["http_status"] or 200, sample["body"])
    assert (found and (type(found), found.code)) == SAMPLES[sample["case"]]


@pytest.mark.parametrize("code", sorted(errors.ERRORS.codes))
@pytest.mark.parametrize("prefix", ["", "common.", "logistics."])
def test_every_code_of_the_table_with_and_without_its_module(code: str, prefix: str) -> None:
    found, meaning = failed(prefix + code), errors.ERRORS.codes[code]
    assert (type(found), found.code) == (meaning.kind, code)
    assert str(found.reason) == str(meaning.advice)
    if isinstance(found, TryLater):
        assert (found.after, found.maybe_done) == (meaning.after, meaning.done)


@pytest.mark.parametrize("body", [{"error": ""}, {"error": "-"}, {"error": " "}, {}, {"error": None, "response": 1}])
def test_a_success(body: dict[str, Any]) -> None:
    assert errors.failure(200, body) is None


@pytest.mark.parametrize("code", sorted(errors.ROWS_FAILED))
def test_where_rows_failed_the_rows_are_read(code: str) -> None:
    assert errors.failure(200, {"error": f"common.{code}", "response": {"result_list": []}}) is None


@pytest.mark.parametrize(
    ("code", "message", "kind", "after"),
    [
        ("error_limit", "The app reached its daily limit.", TryLater, 1800.0),
        ("error_limit", "The order status does not support it.", Rejected, None),
        ("error_auth", "Invalid access_token.", NotAuthorised, None),
        ("error_auth", "No permission to call it.", Rejected, None),
        ("error_param", "Stock should be larger than reserved stock 4", Rejected, None),
        ("error_param", "The item is not found.", Rejected, None),
        ("error_server", "System error, try again later.", TryLater, 5.0),
        ("error_inner", "Please wait until the package is being allocated", TryLater, 60.0),
        ("error_param", "Timestamp is expired.", TryLater, 60.0),
    ],
)
def test_words_decide_where_a_code_means_several_things(
    code: str, message: str, kind: type[ChannelError], after: float | None
) -> None:
    found = failed(code, message)
    assert type(found) is kind
    assert getattr(found, "after", None) == after
    assert str(found.reason).endswith(message)


def test_a_code_nobody_knows_is_refused_with_its_own_words() -> None:
    found = failed("product.error_brand_new", "Something new.")
    assert (type(found), found.code) == (Rejected, "error_brand_new")
    assert "Something new." in str(found.reason)
    assert type(failed("error_brand_new", status=429)) is TryLater
    assert type(failed("error_brand_new", status=502)) is TryLater


@pytest.mark.parametrize(
    ("status", "body", "code", "maybe_done"),
    [
        (200, None, UNREADABLE, True),
        (200, [], UNREADABLE, True),
        (502, None, UNREADABLE, True),
        (502, {}, UNREADABLE, True),
        (403, None, "403", False),
        (429, None, "429", False),
    ],
)
def test_an_answer_without_envelope(status: int, body: Any, code: str, maybe_done: bool) -> None:
    found = errors.failure(status, body)
    assert isinstance(found, TryLater)
    assert (found.code, found.maybe_done) == (code, maybe_done)
