"""Rules in words: the sentence with names for codes, states and how sure a source is, with their colours."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from commissions.models import CommissionRule
from commissions.rules import words as terms
from commissions.rules.rule import Rule
from commissions.rules.rule_set import ZONE
from commissions.rules.sentences import money, rate_text, sentence
from commissions.services.rule_book import as_rule
from core.money import BOOK_CURRENCY
from erpsync.admin.kit import words
from inventory.models import Shop

__all__ = ["rate_text"]

State = CommissionRule.State
STATE_COLOURS = {State.DRAFT: "info", State.SHADOW: "primary", State.ACTIVE: "success", State.RETIRED: "default"}
MARK_COLOURS = {"official": "success", "verified": "success", "own": "success", "conflict": "danger"}


def today() -> date:
    """Return the day in Vietnam, by which rules start."""
    return timezone.now().astimezone(ZONE).date()


def says(rule: Rule, shop: Shop | None) -> str:
    """Return a rule's sentence with the names of channel and shop."""
    named = replace(rule, shop=f"“{shop.name}”" if shop else "")
    return sentence(named, words.channel_title(rule.channel), currency_of(shop))


def sentence_of(row: CommissionRule) -> str:
    """Return the sentence of a stored version."""
    return says(as_rule(row), row.shop)


def currency_of(shop: Shop | None) -> str:
    """Return the currency in which a rule of this shop, or of a whole channel, has its amounts."""
    return shop.currency if shop else BOOK_CURRENCY


def payee_text(payee: str, payee_id: str) -> str:
    """Return who is paid, in words."""
    return f"{terms.PAYEES[payee]} {payee_id}".strip()


def fee_of(kind: str) -> Any:
    """Return a kind of fee in words."""
    return terms.FEE_KINDS.get(kind, kind)


def amount_text(text: str) -> str:
    """Return an amount of an example order."""
    return money(Decimal(text), BOOK_CURRENCY)


def state(row: CommissionRule, ends: date | None) -> SafeString:
    """Return the label of a version's state; an active one that is over, or has not begun, says so."""
    if row.state == State.ACTIVE and ends is not None and ends <= today():
        return words.label(_("Replaced"), "default")
    if row.state == State.ACTIVE and row.starts > today():
        return words.label(_("Active, not yet begun"), "info")
    return words.label(row.get_state_display(), STATE_COLOURS[State(row.state)])


def source(row: CommissionRule) -> SafeString:
    """Return where a version was read, how sure that is, and when."""
    found = row.source_json
    mark = found.get("mark", "")
    label = words.label(terms.MARKS.get(mark, mark), MARK_COLOURS.get(mark, "warning"))
    read = date.fromisoformat(found["date"]) if found.get("date") else None
    text = found.get("name", "")
    when = date_format(read, "SHORT_DATE_FORMAT") if read else ""
    return format_html('{} <span class="block mt-1 text-xs">{} {}</span>', label, text, when)
