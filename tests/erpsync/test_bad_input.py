"""Bad input of money, a row each: refused with a message that says what is wrong, in both languages, and nothing is written."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any, NamedTuple

import pytest
from django.utils import translation

from commissions.models import CommissionRule, RateTable, StatementFile, StatementLine
from commissions.rules.formula import Percent
from commissions.rules.problems import Malformed
from commissions.rules.reading import read_rules
from core.reasons import Reason
from erpsync.admin.money.rate_files import read_rates
from integrations.statements.examining import Upload
from inventory.models import Shop
from tests.commissions.rules.test_reading import bounds, formula, tiers
from tests.integrations.statements.books import Book, changed
from tests.integrations.statements.conftest import imported
from tests.integrations.statements.samples import content

pytestmark = pytest.mark.django_db
INCOME, SETTLED = "shopee_income_vn.xlsx", "tiktok_income_vi.xlsx"
Said = Iterable[object]


def rules(text: str) -> Callable[[], Said]:
    """Read RULES.json, as the command, the pasted rule and the starting rules do."""

    def read() -> Said:
        with pytest.raises(Malformed) as refused:
            read_rules(text)
        return refused.value.problems

    return read


def rates(*rows: str) -> Callable[[], Said]:
    """Read a rate file."""
    return lambda: read_rates("\n".join(("category,rate", *rows)).encode()).problems


def statement(shop_name: str, channel: str, upload: Callable[[], Upload], **of_shop: Any) -> Callable[[], Said]:
    """Upload a statement file of a shop, check it and try to import it."""

    def read() -> Said:
        shop = Shop.objects.create(name=shop_name, channel=channel, **of_shop)
        [file] = imported(shop, upload())
        assert file.state == StatementFile.State.REFUSED
        return [Reason.from_json(problem) for problem in file.problems]

    return read


def sample(name: str, change: Callable[[Book], None] | None = None) -> Callable[[], Upload]:
    return lambda: changed(name, change) if change else Upload(name, content(name))


class Row(NamedTuple):
    """A bad input, and what is said of it in English and Vietnamese."""

    read: Callable[[], Said]
    english: str
    vietnamese: str


ROWS = {
    "an unknown key": Row(
        rules(formula(rabatt="5")), "“rabatt” is not a key here. The keys are:", "Ở đây không có khóa “rabatt”."
    ),
    "overlapping tiers": Row(
        rules(tiers(("0", "500000"), ("400000", None))),
        "This tier begins at 400000, and the one before it ends at 500000: they overlap.", "hai bậc chồng lên nhau",
    ),
    "a rate of 120 %": Row(
        rules(formula(rate="120")), "A rate is from 0 % to 100 %, and this is 120 %.", "từ 0 % đến 100 %",
    ),
    "1E999999": Row(
        rules(formula(rate="1E999999")), "“1E999999”: a number is written without an exponent.", "“1E999999”",
    ),
    "a rate of a file of 120 %": Row(rates("a,120"), "A rate is from 0 % to 100 %, and this is 120 %.", "từ 0 % đến 100 %"),
    "two rows for one category": Row(
        rates("a,5", "b,6", "a,7"), "The category “a” has two rows: 5 % and 7 %.", "Ngành hàng “a” có hai dòng",
    ),
    "a floor above its cap": Row(
        rules(bounds(("5000", "line"), ("4000", "line"))), "The floor of 5000 is above the cap of 4000.", "5000",
    ),
    "a negative cap": Row(
        rules(formula(cap={"amount": "-1", "per": "line"})), "-1 is below zero.", "-1",
    ),
    "a statement of another shop": Row(
        statement("Tiệm Mẫu Hoa Sen", "shopee", sample("shopee_income_vn_other_shop.xlsx")), "Tiệm Mẫu Hoa Sen", "gian hàng",
    ),
    "a statement of another channel": Row(
        statement("Hoa Sen", "shopee", sample(SETTLED)), "TikTok Shop", "TikTok Shop",
    ),
    "a statement with a changed column": Row(
        statement("Tiệm Mẫu Hoa Sen", "shopee", sample("shopee_income_vn_renamed.xlsx")),
        "Tổng tiền đã thanh toán", "Tổng tiền đã thanh toán",
    ),
    "an amount in another currency": Row(
        statement("Tiệm Mẫu Hoa Sen", "shopee", sample(INCOME, lambda book: book.put("Summary", "B5", "THB"))), "THB", "THB",
    ),
    "a shop with another currency": Row(
        statement("Tiệm Mẫu Hoa Sen", "shopee", sample(INCOME), currency="THB"), "THB", "THB",
    ),
}  # fmt: skip


@pytest.mark.parametrize("language", ["en", "vi"])
@pytest.mark.parametrize("name", ROWS)
def test_bad_input_is_refused_in_words_and_writes_nothing(name: str, language: str) -> None:
    row = ROWS[name]
    with translation.override(language):
        said = "\n".join(map(str, row.read()))
    assert (row.english if language == "en" else row.vietnamese) in said
    assert not any((CommissionRule.objects.exists(), RateTable.objects.exists(), StatementLine.objects.exists()))


def test_exactly_100_percent_is_accepted() -> None:
    [rule] = read_rules(formula(rate="100")).rules
    assert isinstance(rule.formula, Percent)
    assert rule.formula.rate == Decimal(100)
    assert read_rates(b"category,rate\na,100").rows[0].rate == 100
