"""Error codes and words -> the three channel errors, by tables."""

from __future__ import annotations

import pytest

from integrations.contract.errors import ChannelError, NotAuthorised, Rejected, TryLater
from integrations.wire.calls import Response
from integrations.wire.failures import UNREADABLE
from integrations.wire.meanings import (
    Meanings,
    by_words,
    judged_by,
    not_authorised,
    rejected,
    try_later,
    without_envelope,
)

ERRORS = Meanings(
    codes={
        "auth": not_authorised("Connect again."),
        "limit": try_later("Too often.", 2.0),
        "inner": try_later("Busy.", done=True),
        "param": rejected("A value is refused."),
    },
    words=by_words((r"promotion|campaign", rejected("A campaign holds it.")), (r"try again", try_later("Busy.", 9.0))),
    ambiguous=frozenset({"auth"}),
    unlisted=by_words((r"try again", try_later("Busy.", 9.0))),
    families={"12": rejected("A product is refused.")},
    unknown=rejected("Refused."),
)


@pytest.mark.parametrize(
    ("code", "words", "kind", "reason"),
    [
        ("param", "price", Rejected, "A value is refused. price"),
        ("param", "a promotion", Rejected, "A value is refused. a promotion"),
        ("auth", "", NotAuthorised, "Connect again."),
        ("auth", "no such token", NotAuthorised, "Connect again. no such token"),
        ("auth", "In a PROMOTION", Rejected, "A campaign holds it. In a PROMOTION"),
        ("auth", "campaign: try again", Rejected, "A campaign holds it. campaign: try again"),
        ("new", "please try again", TryLater, "Busy. please try again"),
        ("new", "a promotion", Rejected, "Refused. a promotion"),
        ("new", "", Rejected, "Refused."),
        ("1205", "x", Rejected, "A product is refused. x"),
    ],
)
def test_a_code_and_its_words_have_one_meaning(code: str, words: str, kind: type[ChannelError], reason: str) -> None:
    error = ERRORS.error(code, words)
    assert (type(error), error.code, str(error.reason)) == (kind, code, reason)


@pytest.mark.parametrize(("code", "after", "done"), [("limit", 2.0, False), ("inner", 5.0, True)])
def test_what_may_be_asked_again_says_when_and_whether_it_may_be_done(code: str, after: float, *, done: bool) -> None:
    error = ERRORS.error(code)
    assert isinstance(error, TryLater)
    assert (error.after, error.maybe_done) == (after, done)


def test_passing_errors_and_our_own_refusals_come_from_the_same_table() -> None:
    assert [code for code in ("auth", "limit", "inner", "param", "new") if ERRORS.is_passing(code)] == [
        "limit",
        "inner",
    ]
    refused = ERRORS.refusal("param", "stock")
    assert (refused.code, str(refused.reason)) == ("param", "A value is refused. stock")


@pytest.mark.parametrize(
    ("status", "code", "after", "done"),
    [(429, "429", 2.0, False), (404, "404", 5.0, False), (502, UNREADABLE, 5.0, True), (200, UNREADABLE, 5.0, True)],
)
def test_an_answer_without_envelope_is_asked_for_again(status: int, code: str, after: float, *, done: bool) -> None:
    error = without_envelope(status, busy="Busy.", rate="Too often.", rate_pause=2.0)
    assert (error.code, error.after, error.maybe_done) == (code, after, done)
    assert str(error.reason) == ("Too often." if status == 429 else "Busy.")


def test_an_answer_is_its_body_unless_it_stands_for_an_error() -> None:
    judge = judged_by(lambda status, body: ERRORS.error(body["code"]) if status >= 400 else None)
    assert judge(Response(200, {}, b"", {"code": "inner"})) == {"code": "inner"}
    with pytest.raises(Rejected, match="A value is refused"):
        judge(Response(400, {}, b"", {"code": "param"}))
