"""`manage.py explain_fees`: files in, entries with their working out, without a database or a setting."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from erpsync.environment import BASE_DIR

STARTING = BASE_DIR / "commissions" / "rules" / "starting" / "tiktok_shop.json"
GOLDEN = {
    "number": "580", "channel": "tiktok_shop", "shop": "s1", "shop_type": "mall", "created_at": "2026-05-20T23:59:59+07:00",
    "shipping": "25000", "seller_voucher": "15000",
    "lines": [{"key": "1", "quantity": 1, "price": "300000", "category": "beauty"}],
    "events": [{"kind": "delivered"}, {"kind": "returned", "lines": [{"key": "1", "quantity": 1, "refund": "285000"}]}],
}  # fmt: skip


def written(folder: Path, **found: Any) -> list[str]:
    """Write the files that are not there yet; return the command's options."""
    options = []
    for name, content in found.items():
        path = content if isinstance(content, Path) else folder / f"{name}.json"
        if not isinstance(content, Path):
            path.write_text(content if isinstance(content, str) else json.dumps(content))
        options += [f"--{name}", str(path)]
    return options


def explain(folder: Path, rules: Any, orders: Any, *more: str) -> dict[str, Any]:
    out = StringIO()
    call_command("explain_fees", *written(folder, rules=rules, orders=orders), *more, stdout=out)
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


def refused(folder: Path, rules: Any, orders: Any) -> str:
    with pytest.raises(CommandError) as raised:
        explain(folder, rules, orders)
    assert raised.value.returncode == 2
    return str(raised.value)


def test_it_runs_on_a_fresh_clone_without_any_setting(tmp_path: Path) -> None:
    options = written(tmp_path, rules=STARTING, orders={"orders": [GOLDEN]})
    done = subprocess.run(
        [sys.executable, "manage.py", "explain_fees", *options],
        env={"PATH": os.environ["PATH"], "RUN_DIR": str(tmp_path), "SECRET_KEY": ""},
        cwd=BASE_DIR, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["orders"][0]["total"] == "4500"


def test_an_order_is_explained_with_its_working(tmp_path: Path) -> None:
    found = explain(tmp_path, STARTING, {"orders": [GOLDEN]})
    (order,) = found["orders"]
    assert {entry["fee_kind"]: entry["amount"] for entry in order["entries"]} == {
        "commission": "50730", "payment_fee": "18600", "order_fee": "3000",
    }  # fmt: skip
    assert {one["fee_kind"]: one["amount"] for one in order["reversals"]} == {
        "commission": "-50730",
        "payment_fee": "-17100",
    }
    assert (order["total"], order["unknown"], found["months"], found["never_apply"]) == ("4500", [], [], [])
    payment = next(entry for entry in order["entries"] if entry["fee_kind"] == "payment_fee")
    assert payment["working"] == [
        {
            "step": "after_seller_discount", "text": "the price after the seller's discounts", "base": "300000", "rate": None,
            "result": "285000", "rounding": "",
        },
        {
            "step": "shipping", "text": "with shipping paid by the buyer", "base": "25000", "rate": None, "result": "310000",
            "rounding": "",
        },
        {"step": "rate", "text": "rate", "base": "310000", "rate": "6", "result": "18600", "rounding": ""},
        {
            "step": "rounding", "text": "rounding", "base": "18600", "rate": None, "result": "18600",
            "rounding": "half_up line",
        },
    ]  # fmt: skip
    said = found["rules"]["tiktok-transaction v3"]
    assert said.pop("text").startswith("TikTok Shop: payment fee for the marketplace of 6 % of the price")
    assert said.pop("source").endswith("check of three official PDFs, 15/09/2026")
    assert said == {
        "checked": "2026-11-20", "mark": "several sources",
        "note": "The formula was reworded on 01/04/2026; its wording is not known.",
    }  # fmt: skip


def test_the_words_are_vietnamese_when_asked_for(tmp_path: Path) -> None:
    found = explain(tmp_path, STARTING, {"orders": [GOLDEN]}, "--language", "vi")
    assert found["rules"]["tiktok-transaction v3"]["note"] == (
        "Công thức được viết lại ngày 01/04/2026; chưa biết nội dung."
    )
    assert found["rules"]["tiktok-order-processing v1"]["text"] == (
        "TikTok Shop: phí xử lý đơn hàng trả cho sàn là 3.000 ₫ mỗi đơn; thu khi giao thành công; không hoàn lại; đã gồm VAT;"
        " làm tròn 0,5 lên theo từng dòng; áp dụng cho đơn tạo từ 27/10/2025; hãy đối chiếu với hợp đồng của bạn."
    )


def test_months_and_what_is_unknown_are_said(tmp_path: Path) -> None:
    source = {"name": "contract", "date": "2026-01-01", "mark": "own"}
    common = {"version": 1, "channel": "pos", "starts": "2026-01-01", "source": source}
    tiers = [{"at_least": "0", "below": "150000", "rate": "1"}, {"at_least": "150000", "rate": "2"}]
    base = {"kind": "after_all_discounts"}
    rules = [
        {
            **common, "key": "agent", "fee_kind": "commission", "payee": "agent", "strategy": "TIERED",
            "rounding": {"level": "order"},
            "formula": {"base": base, "mode": "whole", "period": "shop_month", "tiers": tiers},
        },
        {
            **common, "key": "link", "fee_kind": "affiliate", "rate_from": "line", "strategy": "PERCENT",
            "formula": {"base": base},
        },
    ]  # fmt: skip
    line = {"key": "1", "quantity": 1, "price": "100000", "payees": {"agent": "Minh"}}
    order = {"channel": "pos", "created_at": "2026-06-30T23:59:59+07:00", "lines": [line]}
    orders = [{**order, "number": "A"}, {**order, "number": "B"}]
    found = explain(tmp_path, {"rules": rules}, {"orders": orders})
    (month,) = found["months"]
    assert (month["payee_id"], month["month"], month["base"], month["amount"]) == ("Minh", "2026-06", "200000", "4000")
    assert month["shares"] == {"A": "2000", "B": "2000"}
    assert [one["reason"] for one in found["orders"][0]["unknown"]] == ["The order line does not tell its rate."]


@pytest.mark.parametrize(
    ("rules", "orders", "said"),
    [
        ("{", {"orders": []}, "rules.json: This is no JSON: "),
        ({"rules": [{"colour": 1}]}, {"orders": []}, "rules.json: rules[0]: “colour” is not a key here."),
        (STARTING, {"orders": [{**GOLDEN, "parcels": -1}]}, "orders.json: orders[0].parcels: -1 is not between 0 and"),
        (STARTING, Path("/nowhere.json"), "/nowhere.json: The file cannot be read: "),
    ],
)
def test_a_file_that_cannot_be_taken_is_refused_with_its_place(
    tmp_path: Path, rules: Any, orders: Any, said: str
) -> None:
    assert said in refused(tmp_path, rules, orders)


def test_rules_that_tie_are_refused_with_an_order_that_shows_it(tmp_path: Path) -> None:
    content = json.loads(STARTING.read_text())
    for rule in content["rules"]:
        rule["active"] = True
    reason, example, *_others = refused(tmp_path, content, {"orders": [GOLDEN]}).split("\n")
    assert reason.endswith(
        "tiktok-voucher-xtra-plus v1 have equally many conditions, and both hold for the example order."
    )
    assert json.loads(example)["orders"][0]["created_at"] == "2026-05-01T00:00:00+07:00"
    # the example is itself an ORDERS.json
    assert explain(tmp_path, STARTING, example)["orders"][0]["number"] == "example"


def test_an_example_that_comes_to_another_amount_is_shown_and_ends_with_status_1(tmp_path: Path) -> None:
    content = json.loads(STARTING.read_text())
    content["examples"] = [{**content["examples"][0], "amount": "5044"}]
    out = StringIO()
    with pytest.raises(SystemExit) as raised:
        call_command("explain_fees", *written(tmp_path, rules=content, orders={"orders": []}), stdout=out)
    assert raised.value.code == 1
    assert json.loads(out.getvalue())["examples"] == [
        {"rule": "tiktok-transaction", "order": "T1", "expected": "5044", "amount": "5045", "holds": False}
    ]
