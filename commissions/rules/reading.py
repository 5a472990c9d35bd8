"""RULES.json, ORDERS.json and single formulas, checked whole and turned into the frozen types. Raises Malformed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import localcontext
from functools import cache
from typing import Any, NamedTuple

import msgspec

from commissions.rules import problems as p
from commissions.rules import schema
from commissions.rules.checking import breaches, parse
from commissions.rules.formula import FORMULAS, Formula
from commissions.rules.order import Back, Line, Order
from commissions.rules.order_file import FileEvent, FileOrder, OrderFile
from commissions.rules.problems import Malformed, Problem
from commissions.rules.rounding import EXACT, shares
from commissions.rules.rule import Rule, Terms
from commissions.rules.rule_file import RuleFile
from commissions.rules.rule_set import RuleSet, at_odds
from commissions.rules.soundness import unsound
from commissions.rules.words import BACK_KINDS, DELIVERED
from core.money import smallest_step


class OrderStory(NamedTuple):
    """An order and what happened to it, in the order in which it happened: codes of charging events, and Backs."""

    order: Order
    events: tuple[str | Back, ...]


def read_rules(text: str) -> RuleSet:
    """Read RULES.json. Rules that tie are not refused here: see `conflicts`."""
    found = parse(text)
    published = _published(schema.RULES)
    if wrong := list(breaches(found, published, published["$defs"])):
        # where the rest is sound, formulas are looked at too, so that all mistakes are told at once
        raise Malformed([*wrong, *_formula_breaches(found)])
    if wrong := list(_formula_breaches(found)):
        raise Malformed(wrong)
    file = msgspec.convert({key: value for key, value in found.items() if key != "rules"}, RuleFile)
    rules = RuleSet(tuple(rule_of(one) for one in found["rules"]), file.tables, file.categories, file.examples)
    wrong = [
        Problem(f"rules[{index}].{where}", reason)
        for index, rule in enumerate(rules.rules)
        for where, reason in unsound(rule)
    ]
    for index, example in enumerate(rules.examples):
        wrong += _order_at_odds(example.order, f"examples[{index}].order")
    if wrong := [*wrong, *at_odds(rules)]:
        raise Malformed(wrong)
    return rules


def read_formula(strategy: str, found: Any) -> Formula:
    """Read a formula of a strategy from parsed JSON."""
    if wrong := list(_formula_wrong(strategy, found, "formula")):
        raise Malformed(wrong)
    return msgspec.convert(found, FORMULAS[strategy])


def read_rule(found: Any) -> Rule:
    """Read one rule from parsed JSON, as RULES.json holds it; places are relative to it."""
    published = _published(schema.RULES)
    wrong = list(breaches(found, published["$defs"]["Rule"], published["$defs"]))
    wrong += [Problem(one.path.removeprefix("rules[0]."), one.reason) for one in _formula_breaches({"rules": [found]})]
    if wrong:
        raise Malformed(wrong)
    rule = rule_of(found)
    if wrong := list(unsound(rule)):
        raise Malformed(wrong)
    return rule


def rule_as_json(rule: Rule) -> dict[str, Any]:
    """Return a rule as RULES.json holds it."""
    found: dict[str, Any] = msgspec.to_builtins(rule)
    return found


def read_orders(text: str) -> tuple[OrderStory, ...]:
    """Read ORDERS.json."""
    found = parse(text)
    published = _published(schema.ORDERS)
    if wrong := list(breaches(found, published, published["$defs"])):
        raise Malformed(wrong)
    file = msgspec.convert(found, OrderFile)
    if wrong := list(_orders_at_odds(file)):
        raise Malformed(wrong)
    return tuple(story_of(one) for one in file.orders)


def story_of(file: FileOrder) -> OrderStory:
    """Return an order of a file and its events, vouchers and coins of the whole order spread over its lines by value."""
    with localcontext(EXACT):
        return OrderStory(_order(file), _events(file))


def _order(file: FileOrder) -> Order:
    values = [line.price * line.quantity - line.seller_discount - line.seller_voucher for line in file.lines]
    step = smallest_step(file.currency)
    seller, platform, coins = (
        shares(whole, values, step) for whole in (file.seller_voucher, file.platform_voucher, file.coins)
    )
    lines = tuple(
        Line(
            line.key, line.quantity, line.price, line.sku, line.category, line.campaigns,
            line.seller_discount + line.seller_voucher + seller[index], line.platform_discount,
            line.platform_voucher + platform[index], line.coins + coins[index], line.tax, line.rates, line.payees,
        )
        for index, line in enumerate(file.lines)
    )  # fmt: skip
    return Order(
        file.number, file.channel, file.shop, file.created_at, lines, file.shop_type, file.legal_form,
        file.payment_method, file.shipping, file.parcels, file.currency,
    )  # fmt: skip


def _events(file: FileOrder) -> tuple[str | Back, ...]:
    return (DELIVERED,) if file.events is None else tuple(_event(event, file) for event in file.events)


def _event(event: FileEvent, file: FileOrder) -> str | Back:
    if event.kind not in BACK_KINDS:
        return event.kind
    if not event.lines:
        return Back(event.kind, {line.key: line.quantity for line in file.lines})
    refund = {part.key: part.refund for part in event.lines if part.refund is not None}
    return Back(event.kind, {part.key: part.quantity for part in event.lines}, refund)


def _orders_at_odds(file: OrderFile) -> Iterator[Problem]:
    numbers: set[tuple[str, str, str]] = set()
    for index, order in enumerate(file.orders):
        if (identity := (order.channel, order.shop, order.number)) in numbers:
            yield Problem(f"orders[{index}]", p.ORDER_TWICE(order=order.number))
        numbers.add(identity)
        yield from _order_at_odds(order, f"orders[{index}]")


def _order_at_odds(order: FileOrder, where: str) -> Iterator[Problem]:
    lines: set[str] = set()
    for place, line in enumerate(order.lines):
        if line.key in lines:
            yield Problem(f"{where}.lines[{place}]", p.LINE_TWICE(line=line.key))
        lines.add(line.key)
    for place, event in enumerate(order.events or ()):
        for part in event.lines:
            if part.key not in lines:
                yield Problem(f"{where}.events[{place}]", p.LINE_UNKNOWN(line=part.key))


def rule_of(found: Mapping[str, Any]) -> Rule:
    """Return a rule of a checked document, as RULES.json holds it."""
    terms = msgspec.convert({key: value for key, value in found.items() if key != "formula"}, Terms)
    formula = msgspec.convert(found["formula"], FORMULAS[terms.strategy])
    return Rule(**{name: getattr(terms, name) for name in Terms.__dataclass_fields__}, formula=formula)


def _formula_breaches(found: Any) -> Iterator[Problem]:
    rules = found.get("rules") if isinstance(found, dict) else None
    for index, rule in enumerate(rules if isinstance(rules, list) else ()):
        strategy = rule.get("strategy") if isinstance(rule, dict) else None
        if isinstance(strategy, str) and strategy in FORMULAS and isinstance(rule.get("formula"), dict):
            yield from _formula_wrong(strategy, rule["formula"], f"rules[{index}].formula")


def _formula_wrong(strategy: str, found: Any, path: str) -> Iterator[Problem]:
    defs = _published(schema.FORMULA)["$defs"]
    return breaches(found, defs[FORMULAS[strategy].__name__], defs, path)


@cache
def _published(name: str) -> dict[str, Any]:
    return schema.PUBLISHED[name]()
