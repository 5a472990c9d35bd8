"""Commission rules, entries, fee checks and statement files; decisions about fees, through the services of the admin."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from commissions.models import CommissionEntry, CommissionRule, FeeMatch, Finding, StatementFile
from tests.erpsync.admin.worlds import World
from tests.erpsync.api.conftest import Api, MakeKey

pytestmark = pytest.mark.django_db


@pytest.fixture
def check(own: World) -> FeeMatch:
    """A fee that was charged too high, of a channel with an active rule."""
    CommissionRule.objects.update(state="active")
    return FeeMatch.objects.get(shop=own.shop)


def state(check: FeeMatch) -> tuple[str, str, int | None]:
    return FeeMatch.objects.values_list("state", "note", "decided_by").get(pk=check.pk)


def seen(check: FeeMatch) -> dict[str, str]:
    """What a caller read."""
    row = FeeMatch.objects.get(pk=check.pk)
    return {"state": row.state, "amount": f"{row.difference.normalize():f}"}


def test_a_difference_is_disputed_written_off_and_opened_again(own: World, api: Api, check: FeeMatch) -> None:
    body = {"note": "asked them", "seen": seen(check)}
    answer = api.post(f"/fee-checks/{check.pk}/dispute", body, Idempotency_Key="once")
    assert (answer.status_code, answer.json()) == (200, {"fee_check": check.pk, "state": "disputed"})
    assert state(check) == ("disputed", "asked them", None)
    again = api.post(f"/fee-checks/{check.pk}/dispute", body, Idempotency_Key="once")
    assert (again.json(), again["Idempotent-Replayed"]) == (answer.json(), "true")
    assert (
        api.post(f"/fee-checks/{check.pk}/write-off", {"note": "small", "seen": seen(check)}).json()["state"]
        == "written_off"
    )
    refused = api.post(f"/fee-checks/{check.pk}/dispute", {"note": "late", "seen": seen(check)})
    assert (refused.status_code, refused.json()["code"]) == (409, "not_possible")
    assert state(check)[:2] == ("written_off", "small")
    # 5,000 were accrued and 5,000 settled: the world's row said otherwise
    assert api.post(f"/fee-checks/{check.pk}/reopen").json()["state"] == "matched"
    assert state(check) == ("matched", "", None)


@pytest.mark.parametrize("verb", ["dispute", "write-off"])
def test_what_changed_since_it_was_read_is_not_decided(own: World, api: Api, check: FeeMatch, verb: str) -> None:
    read = seen(check)
    FeeMatch.objects.filter(pk=check.pk).update(difference=2_000)
    finding = Finding.objects.get(shop=own.shop)
    old = {"state": finding.state, "amount": "1"}
    for place, said in ((f"/fee-checks/{check.pk}", read), (f"/findings/{finding.pk}", old)):
        answer = api.post(f"{place}/{verb}", {"note": "small", "seen": said}, Accept_Language="en")
        assert (answer.status_code, answer.json()["code"]) == (409, "changed")
        assert answer.json()["detail"] == "It changed meanwhile, so nothing is stored. Read it again, then decide."
    assert state(check) == ("over", "OWNSHOP note", None)
    assert Finding.objects.values_list("state", "note").get(pk=finding.pk) == (finding.state, finding.note)


def test_a_decision_needs_its_scope_an_operator_and_a_reason(
    own: World, key_of: MakeKey, api: Api, check: FeeMatch
) -> None:
    before = state(check)
    reader = key_of(own, "commissions:read")
    assert reader.post(f"/fee-checks/{check.pk}/dispute", {"note": "x"}).json()["scope"] == "commissions:write"
    good = seen(check)
    bad: tuple[dict[str, Any], ...] = (
        {}, {"note": "x"}, {"note": "", "seen": good}, {"note": "x" * 301, "seen": good}, {"note": "x", "seen": good, "by": "me"},
        {"note": "x", "seen": {"state": "over"}}, {"note": "x", "seen": {**good, "amount": "NaN"}}, {"note": "x", "seen": "over"},
    )  # fmt: skip
    for body in bad:
        assert api.post(f"/fee-checks/{check.pk}/dispute", body).status_code == 400
    assert state(check) == before


def test_rules_of_a_whole_channel_are_seen_by_those_who_have_a_shop_in_it(own: World, key_of: MakeKey) -> None:
    values: dict[str, Any] = {
        "version": 1, "fee_kind": "commission", "strategy": "PERCENT", "charged_when": [], "given_back": "never",
        "starts": date(2026, 1, 1),
    }  # fmt: skip
    for channel in ("kiotviet", "lazada"):
        CommissionRule.objects.create(key=f"all-of-{channel}", channel=channel, **values)
    page = key_of(own, "commissions:read").get("/commission-rules", {"sort": "id"}).json()
    assert [row["key"] for row in page["items"]] == ["ownshop-phi", "all-of-kiotviet"]
    assert page["items"][0]["formula_json"] == {"base": {"kind": "item"}, "rate": "4"}


def test_what_rows_say(own: World, api: Api) -> None:
    entry, check, file = (model.objects.get(shop=own.shop) for model in (CommissionEntry, FeeMatch, StatementFile))
    said = api.get(f"/commission-entries/{entry.pk}").json()
    assert (said["amount"], said["base"], said["rate"], said["reverses"]) == ("5000", "50000", "10", None)
    said = api.get("/fee-checks", {"is_open": "true", "order": own.order.pk}).json()["items"]
    assert [(row["id"], row["difference"], row["state"]) for row in said] == [(check.pk, "1000", "over")]
    said = api.get(f"/statement-files/{file.pk}").json()
    assert (said["name"], said["state"]) == ("OWNSHOP statement.xlsx", "imported")
    assert "content" not in said


def test_the_report_sums_own_shops_and_knows_what_was_known(own: World, api: Api) -> None:
    row = {"currency": "VND", "orders": 1, "accrued": "5000", "given_back": "0", "net": "5000"}
    shop = {"shop": str(own.shop.pk), "shop_name": own.shop.name}
    named = {
        "channel": own.shop.channel,
        **shop,
        "payee": "marketplace",
        "payee_id": "",
        "sku": "",
        "fee_kind": "commission",
    }
    by = "channel,shop,payee,sku,fee_kind"
    assert api.get("/commission-report", {"by": by}).json() == {"items": [named | row], "has_more": False}
    assert api.get("/commission-report", {"by": "sku", "shop": own.shop.pk}).json()["items"] == [{"sku": ""} | row]
    for nothing in (
        {"shop": 987_654},
        {"as_known_on": "2026-01-31"},
        {"payee": "staff"},
        {"effective_before": "2026-01-01T00:00:00Z"},
    ):
        assert api.get("/commission-report", nothing).json()["items"] == []
    for refused in (
        {"by": "weather"},
        {"as_known_on": "2999-01-01"},
        {"payee": "me"},
        {"shop": "x"},
        {"colour": "red"},
    ):
        assert api.get("/commission-report", refused).status_code == 400
    assert api.get("/commission-entries", {"as_known_on": "2026-01-31"}).json()["items"] == []
    assert api.get("/commission-entries", {"as_known_on": "2999-01-01"}).json()["code"] == "as_known_on"
