"""Rules in the database: what is stored reads back as the same rule, starting rules are added once."""

from __future__ import annotations

from decimal import Decimal

import pytest

from commissions.models import CommissionRule, FeeCategory, RateTable
from commissions.rules.rule import RateRow
from commissions.rules.rule import RateTable as Rates
from commissions.rules.rule_set import RuleSet
from commissions.rules.starting import covered, starting_rules
from commissions.services import rule_book
from commissions.services.activation import activate
from commissions.services.rate_tables import NameTaken, Outdated, Row, add_version
from commissions.services.rule_storage import add_rules, add_starting_rules, change_draft, save_draft, withdraw
from inventory.models import Listing, Shop
from tests.commissions.ledger import percent, rows, rule, store_order

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("channel", covered())
def test_starting_rules_are_added_once_and_read_back_as_they_are(channel: str) -> None:
    found = starting_rules(channel).rules
    assert add_starting_rules(channel, actor_id=None) == len(found) > 0
    assert add_starting_rules(channel, actor_id=None) == 0
    stored = {(row.key, row.starts): rule_book.as_rule(row) for row in CommissionRule.objects.filter(channel=channel)}
    for one in found:
        kept = stored[one.key, one.starts]
        assert (kept.conditions, kept.charged_when, kept.vat, kept.rounding, kept.source) == (
            one.conditions, one.charged_when, one.vat, one.rounding, one.source,
        )  # fmt: skip
        assert type(kept.formula) is type(one.formula)
    assert set(CommissionRule.objects.values_list("state", flat=True)) == {"draft"}


@pytest.mark.parametrize("channel", covered())
def test_starting_rules_can_be_activated(channel: str) -> None:
    add_starting_rules(channel, actor_id=None)
    wanted = {(one.key, one.starts) for one in starting_rules(channel).rules if one.active}
    for row in CommissionRule.objects.order_by("key", "version"):
        if (row.key, row.starts) in wanted:
            activate(row.pk, actor_id=None)
    book = rule_book.active()
    assert len(book.ids) == len(wanted)
    tables = {table.reference for table in RateTable.objects.all()}
    named = {getattr(one.formula, "table", "") for one in book.rules.rules.rules} - {""}
    assert named <= tables


def test_a_version_is_numbered_after_the_last_one() -> None:
    first = rule()
    again = save_draft(rule_book.as_rule(first), actor_id=None)
    assert (again.key, again.version, again.state) == (first.key, 2, "draft")


def test_only_a_draft_is_changed_or_withdrawn() -> None:
    active, draft = rule(), rule("other", state="draft")
    changed = rule_book.as_rule(draft)
    change_draft(draft.pk, changed)
    withdraw(draft.pk)
    draft.refresh_from_db()
    assert draft.state == "retired"
    for attempt in (lambda: change_draft(active.pk, changed), lambda: withdraw(active.pk), lambda: withdraw(draft.pk)):
        with pytest.raises(CommissionRule.DoesNotExist):
            attempt()


def test_the_tree_of_a_rule_file_is_stored_and_rates_fall_back_along_it() -> None:
    found = RuleSet(
        (rule_book.as_rule(rule("file", state="draft", formula_json=percent("1") | {"rate": None, "table": "t"})),),
        (Rates(name="t", rows=(RateRow(category="1", rate=Decimal(8)),), default=Decimal(10)),),
        {"shopee": {"12": "1", "123": "12"}},
    )
    CommissionRule.objects.all().delete()
    FeeCategory.objects.create(channel="shopee", code="12", title="Áo")
    [row] = add_rules("shopee", found, actor_id=None)
    assert list(FeeCategory.objects.order_by("code").values_list("code", "parent", "title")) == [
        ("12", "1", "Áo"), ("123", "12", ""),
    ]  # fmt: skip
    activate(row.pk, actor_id=None)
    shop = Shop.objects.create(name="Gian hàng", channel="shopee")
    Listing.objects.create(shop=shop, item_id="i", variation_id="v", category_id="123")
    store_order(shop, "delivered", price=100_000, quantity=1)
    assert rows() == [("accrued", 8_000)]


def test_a_table_of_another_channel_is_not_taken_for_one_of_the_file() -> None:
    first = starting_rules("shopee").tables[0]
    RateTable.objects.create(channel="lazada", name=first.name, version=1, rates={}, default=Decimal(99))
    with pytest.raises(NameTaken):
        add_starting_rules("shopee", actor_id=None)
    assert not CommissionRule.objects.exists()
    assert RateTable.objects.count() == 1


def test_a_version_that_was_compared_with_an_older_one_is_refused() -> None:
    rows, source = [Row("1", Decimal(8))], {"name": "test"}
    first = add_version("shopee", "t", rows, None, after=None, source=source, actor_id=None)
    add_version("shopee", "t", rows, None, after=first.pk, source=source, actor_id=None)
    for after in (None, first.pk):
        with pytest.raises(Outdated):
            add_version("shopee", "t", rows, None, after=after, source=source, actor_id=None)
    assert RateTable.objects.count() == 2
