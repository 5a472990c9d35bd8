"""Storing rule versions and rate tables: drafts are written, active versions are only added to."""

from __future__ import annotations

from typing import Any

from commissions.models import CommissionRule
from commissions.rules.reading import rule_as_json
from commissions.rules.rule import Rule
from commissions.rules.rule_set import RuleSet
from commissions.rules.starting import starting_rules
from commissions.services import rate_tables
from core.db import fetch
from core.transactions import in_transaction

_LOCK = "SELECT pg_advisory_xact_lock(hashtext('commission rule ' || %s))"


@in_transaction
def save_draft(rule: Rule, *, actor_id: int | None) -> CommissionRule:
    """Store a rule as the next version of its key, as a draft. Its own version number and `active` do not count."""
    fetch(_LOCK, rule.key)
    last = CommissionRule.objects.filter(key=rule.key).order_by("-version").values_list("version", flat=True).first()
    return CommissionRule.objects.create(**_columns(rule), version=(last or 0) + 1, created_by_id=actor_id)


@in_transaction
def change_draft(rule_id: int, rule: Rule) -> None:
    """Replace a draft. Raises CommissionRule.DoesNotExist where it is one no longer: what was active is never edited."""
    row = CommissionRule.objects.select_for_update().get(pk=rule_id, state=CommissionRule.State.DRAFT)
    CommissionRule.objects.filter(pk=row.pk).update(**_columns(rule) | {"key": row.key})


@in_transaction
def withdraw(rule_id: int) -> None:
    """End a draft or a trial. Raises CommissionRule.DoesNotExist for any other version: an active one is ended by the next."""
    states = (CommissionRule.State.DRAFT, CommissionRule.State.SHADOW)
    row = CommissionRule.objects.select_for_update().get(pk=rule_id, state__in=states)
    CommissionRule.objects.filter(pk=row.pk).update(state=CommissionRule.State.RETIRED)


@in_transaction
def add_starting_rules(channel: str, *, actor_id: int | None) -> int:
    """Store a channel's starting rules that are not here yet, as drafts; return how many. May be repeated."""
    return len(add_rules(channel, starting_rules(channel), actor_id=actor_id))


@in_transaction
def add_rules(channel: str, found: RuleSet, *, actor_id: int | None) -> list[CommissionRule]:
    """Store those rules of a file that are not here yet, as drafts, with their tables and categories; return them.

    May be repeated. Raises rate_tables.NameTaken where a table of another channel has a name of the file's.
    """
    fetch(_LOCK, f"starting {channel}")
    rate_tables.name_parents(channel, found.categories.get(channel, {}))
    references = {
        table.name: rate_tables.first_version(
            channel, table.name, {row.category: row.rate for row in table.rows}, table.default, actor_id=actor_id
        ).reference
        for table in found.tables
    }
    known = set(CommissionRule.objects.filter(channel=channel).values_list("key", "starts"))
    new = [rule for rule in found.rules if (rule.key, rule.starts) not in known]
    rows = [save_draft(rule, actor_id=actor_id) for rule in sorted(new, key=lambda rule: (rule.key, rule.starts))]
    for row in rows:
        _refer(row, references)
    return rows


def _refer(row: CommissionRule, references: dict[str, str]) -> None:
    """Let a formula name its table with the version."""
    if name := row.formula_json.get("table"):
        row.formula_json["table"] = references[name]
        row.save(update_fields=["formula_json"])


def _columns(rule: Rule) -> dict[str, Any]:
    """Return the columns of a rule's row but its version."""
    found = rule_as_json(rule)
    return {
        "key": rule.key,
        "title": rule.title,
        "starts": rule.starts,
        "channel": rule.channel,
        "shop_id": int(rule.shop) if rule.shop else None,
        "shop_type": rule.shop_type,
        "payee": rule.payee,
        "payee_id": rule.payee_id,
        "fee_kind": rule.fee_kind,
        "strategy": rule.strategy,
        "formula_json": _without_empty(found["formula"]),
        "conditions_json": _without_empty(found["conditions"]),
        "charged_when": list(rule.charged_when),
        "given_back": rule.given_back,
        "vat_json": found["vat"],
        "rate_from": rule.rate_from,
        "rounding_json": found["rounding"],
        "source_json": found["source"],
    }


def _without_empty(found: dict[str, Any]) -> dict[str, Any]:
    """Return a part of a document as people would write it: what is not said is left out."""
    return {key: value for key, value in found.items() if value not in (None, "", [], {})}
