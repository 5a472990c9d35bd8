"""A rule as the values of its form, and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from commissions.rules import words as terms
from commissions.rules.formula import Base, Bound, Fixed, Percent, Tiered
from commissions.rules.rule import Rule

Values = dict[str, Any]
SETS = ("category", "sku", "campaign", "payment_method", "legal_form")
TABLE = "table"
# place of a problem -> field; the longest that fits
FIELDS: Mapping[str, str] = {
    "formula.tiers": "tiers", "formula.base.less_fees": "less_fees", "formula.base": "base_kind", "formula.rate": "rate",
    "formula.table": "table", "formula.floor": "floor_amount", "formula.cap": "cap_amount", "formula.amount": "amount",
    "formula.period": "tier_period", "formula": "rate", "vat": "vat_rate", "rate_from": "rate_from",
    "rounding": "rounding_level", "starts": "starts", "conditions.order_value": "order_below", "title": "title",
    "payee_id": "payee_id", "charged_when": "charged_when", "source.name": "source_name", "source.note": "source_note",
    "source.date": "source_date", "source.mark": "source_mark", **{f"conditions.{name}": name for name in SETS},
}  # fmt: skip


def field_of(path: str) -> str | None:
    """Return the field that a problem's place belongs to."""
    fits = [place for place in FIELDS if path == place or path.startswith((f"{place}.", f"{place}["))]
    return FIELDS[max(fits, key=len)] if fits else None


def document_of(found: Values, key: str, version: int = 1) -> Values:
    """Return the rule of a filled-in form as RULES.json holds it."""
    strategy, vat = found["strategy"], found["vat_rate"]
    is_told = strategy == terms.PERCENT and found["rate_from"] == terms.FROM_LINE
    level = terms.ORDER if strategy == terms.TIERED else found["rounding_level"]
    return {
        "key": key,
        "version": version,
        "title": found["title"],
        "channel": found["channel"],
        "shop": found["shop"],
        "shop_type": found["shop_type"],
        "payee": found["payee"],
        "payee_id": found["payee_id"],
        "fee_kind": found["fee_kind"],
        "strategy": strategy,
        "formula": _FORMULAS[strategy](found),
        "conditions": _conditions(found),
        "charged_when": found["charged_when"] or [terms.DELIVERED],
        "given_back": found["given_back"],
        "vat": {"mode": terms.ADDED, "rate": vat} if vat.strip("0.") else {"mode": terms.INSIDE},
        "rate_from": terms.FROM_LINE if is_told else terms.FROM_RULE,
        "rounding": {"mode": found["rounding_mode"], "level": level},
        "starts": found["starts"].isoformat(),
        "source": {
            "name": found["source_name"],
            "date": found["source_date"].isoformat(),
            "mark": found["source_mark"],
            "check_contract": found["check_contract"],
            "note": found["source_note"],
        },
    }


def values_of(rule: Rule) -> Values:
    """Return the values with which the form of a rule begins."""
    formula, conditions = rule.formula, rule.conditions
    span = conditions.order_value
    return {
        "title": rule.title,
        "scope": f"shop:{rule.shop}" if rule.shop else f"channel:{rule.channel}",
        "shop_type": rule.shop_type,
        "payee": rule.payee,
        "payee_id": rule.payee_id,
        "fee_kind": rule.fee_kind,
        "strategy": rule.strategy,
        **_of_formula(formula, rule.rate_from),
        **{name: "\n".join(sorted(getattr(conditions, name))) for name in SETS if name != "legal_form"},
        "legal_form": sorted(conditions.legal_form),
        "order_from": span.at_least if span else None,
        "order_below": span.below if span else None,
        "charged_when": list(rule.charged_when),
        "given_back": rule.given_back,
        "vat_rate": rule.vat.rate or None,
        "rounding_mode": rule.rounding.mode,
        "rounding_level": rule.rounding.level,
        "starts": rule.starts,
        "source_name": rule.source.name,
        "source_date": rule.source.date,
        "source_mark": rule.source.mark,
        "check_contract": rule.source.check_contract,
        "source_note": rule.source.note,
    }


def _percent(found: Values) -> Values:
    chosen = {
        terms.FROM_RULE: {"rate": found["rate"]} if found["rate"] else {},
        TABLE: {"table": found["table"]} if found["table"] else {},
        terms.FROM_LINE: {},
    }[found["rate_from"]]
    bounds = {
        name: {"amount": str(found[f"{name}_amount"]), "per": found[f"{name}_per"]}
        for name in ("floor", "cap")
        if found[f"{name}_amount"] is not None
    }
    return {"base": _base(found), **chosen, **bounds}


def _fixed(found: Values) -> Values:
    return {"per": found["per"], **({} if found["amount"] is None else {"amount": str(found["amount"])})}


def _tiered(found: Values) -> Values:
    return {
        "base": _base(found), "mode": found["tier_mode"], "period": found["tier_period"], "tiers": found["tiers"],
    }  # fmt: skip


def _nothing(found: Values) -> Values:
    return {}


_FORMULAS: Mapping[str, Callable[[Values], Values]] = {
    terms.PERCENT: _percent, terms.FIXED: _fixed, terms.TIERED: _tiered, terms.NONE: _nothing,
}  # fmt: skip


def _base(found: Values) -> Values:
    return {
        "kind": found["base_kind"], "shipping": found["shipping"], "without_tax": found["without_tax"],
        "less_fees": found["less_fees"],
    }  # fmt: skip


def _conditions(found: Values) -> Values:
    made: Values = {name: found[name] for name in SETS if found[name]}
    start, below = found["order_from"], found["order_below"]
    if start or below is not None:
        made["order_value"] = {"at_least": str(start or 0)} | ({} if below is None else {"below": str(below)})
    return made


def _of_formula(formula: Any, rate_from: str) -> Values:
    if isinstance(formula, Fixed):
        return {"amount": formula.amount, "per": formula.per}
    if isinstance(formula, Percent):
        chosen = TABLE if formula.table else rate_from
        bounds = {**_of_bound("floor", formula.floor), **_of_bound("cap", formula.cap)}
        return {**_of_base(formula.base), "rate_from": chosen, "rate": formula.rate, "table": formula.table, **bounds}
    if isinstance(formula, Tiered):
        tiers: list[tuple[Decimal, Decimal]] = [(tier.at_least, tier.rate) for tier in formula.tiers]
        return {**_of_base(formula.base), "tiers": tiers, "tier_mode": formula.mode, "tier_period": formula.period}
    return {}


def _of_base(base: Base) -> Values:
    return {
        "base_kind": base.kind, "shipping": base.shipping, "without_tax": base.without_tax, "less_fees": list(base.less_fees),
    }  # fmt: skip


def _of_bound(name: str, bound: Bound | None) -> Values:
    return {f"{name}_amount": bound.amount, f"{name}_per": bound.per} if bound else {}
