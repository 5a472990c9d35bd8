"""The three strategies: what a fee is, line by line. To be called under EXACT."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from commissions.rules import words
from commissions.rules.bases import Amounts, Working
from commissions.rules.entry import Step
from commissions.rules.formula import Fixed, Percent, Tier, Tiered
from commissions.rules.rounding import ZERO, shares
from commissions.rules.rule import Rule

CENT = Decimal("0.01")


def percent(
    rule: Rule, formula: Percent, rates: Sequence[Decimal], bases: list[Decimal], amounts: Amounts, lines: Sequence[int],
    working: Working | None,
) -> list[Decimal]:  # fmt: skip
    """Return a percent of each base within floor and cap, rounded. A line of base 0 is not raised to a floor."""
    fees = [base * rate * CENT for base, rate in zip(bases, rates, strict=True)]
    if working is not None:
        for place, base in enumerate(bases):
            working[place].append(Step("rate", base, fees[place], rates[place]))
    if formula.floor is None and formula.cap is None:
        return _finished(rule, fees, amounts, lines, working)
    units = [amounts.order.lines[index].quantity for index in lines]
    bounds = [(name, bound) for name, bound in (("floor", formula.floor), ("cap", formula.cap)) if bound is not None]
    for per in (words.ITEM, words.LINE):
        for name, bound in bounds:
            if bound.per == per:
                limits = [bound.amount * count if per == words.ITEM else bound.amount for count in units]
                _bound(name, fees, bases, limits, working)
    of_order = [(name, bound.amount) for name, bound in bounds if bound.per == words.ORDER]
    if not of_order:
        return _finished(rule, fees, amounts, lines, working)
    whole = _order_bound(of_order, sum(fees, ZERO), any(bases), working)
    return _spread(rule, whole, fees if any(fees) else bases, amounts, working)


def fixed(rule: Rule, formula: Fixed, amounts: Amounts, lines: Sequence[int], working: Working | None) -> list[Decimal]:
    """Return a fixed amount for each line or unit; that of an order or its parcels is shared over the lines by value."""
    if formula.per in (words.ORDER, "parcel"):
        count = amounts.order.parcels if formula.per == "parcel" else 1
        _note(working, Step("fixed", Decimal(count), formula.amount * count, formula.amount))
        return _spread(rule, formula.amount * count, [amounts.values[index] for index in lines], amounts, working)
    units = [amounts.order.lines[index].quantity if formula.per == "unit" else 1 for index in lines]
    fees = [formula.amount * count for count in units]
    if working is not None:
        for steps, count, fee in zip(working, units, fees, strict=True):
            steps.append(Step("fixed", Decimal(count), fee, formula.amount))
    return _finished(rule, fees, amounts, lines, working)


def tiered(
    rule: Rule, formula: Tiered, bases: Sequence[Decimal], amounts: Amounts, working: Working | None
) -> list[Decimal]:
    """Return a percent by tiers of the sum of the bases, shared over the lines by base."""
    whole = sum(bases, ZERO)
    steps = tier_steps(formula, whole)
    if working is not None:
        for noted in working:
            noted += [Step("order", whole, whole), *steps]
    return _spread(rule, sum((step.result for step in steps), ZERO), bases, amounts, working)


def tier_steps(formula: Tiered, whole: Decimal) -> list[Step]:
    """Return what each tier takes of a sum: of its own part, or of the whole at the tier that it reaches."""
    if formula.mode == words.WHOLE:
        tier = next(one for one in reversed(formula.tiers) if whole >= one.at_least)
        return [Step("tier", whole, whole * tier.rate * CENT, tier.rate)]
    parts = [(tier, _part(tier, whole)) for tier in formula.tiers]
    return [Step("tier", part, part * tier.rate * CENT, tier.rate) for tier, part in parts if part > 0]


def vat_and_round(rule: Rule, amount: Decimal, step: Decimal) -> Decimal:
    """Return a sum with VAT where it is added, rounded."""
    return (amount * _vat(rule)).quantize(step, words.ROUNDING_MODES[rule.rounding.mode])


def _part(tier: Tier, whole: Decimal) -> Decimal:
    return (whole if tier.below is None else min(whole, tier.below)) - tier.at_least


def _vat(rule: Rule) -> Decimal:
    return 1 + rule.vat.rate * CENT


def _bound(
    name: str, fees: list[Decimal], bases: Sequence[Decimal], limits: Sequence[Decimal], working: Working | None
) -> None:
    """Raise fees to a floor or cut them to a cap, in place."""
    for place, limit in enumerate(limits):
        fee = fees[place]
        within = max(fee, limit) if name == "floor" else min(fee, limit)
        if within != fee and bases[place]:
            fees[place] = within
            if working is not None:
                working[place].append(Step(name, fee, within, limit))


def _order_bound(
    bounds: Sequence[tuple[str, Decimal]], whole: Decimal, is_sold: bool, working: Working | None
) -> Decimal:
    """Return the sum of an order within the bounds that are of an order; one of free items is not raised."""
    _note(working, Step("order", whole, whole))
    for name, limit in bounds:
        within = max(whole, limit) if name == "floor" else min(whole, limit)
        if within != whole and is_sold:
            _note(working, Step(name, whole, within, limit))
            whole = within
    return whole


def _note(working: Working | None, step: Step) -> None:
    """Add a step of the whole order to the working of each line."""
    for steps in working or ():
        steps.append(step)


def _finished(
    rule: Rule, fees: list[Decimal], amounts: Amounts, lines: Sequence[int], working: Working | None
) -> list[Decimal]:
    """Return fees with VAT where it is added, rounded at the rule's level."""
    if rule.rounding.level == words.ORDER:
        whole = sum(fees, ZERO)
        _note(working, Step("order", whole, whole))
        return _spread(rule, whole, fees, amounts, working)
    if rule.vat.rate:
        factor = _vat(rule)
        if working is not None:
            for place, fee in enumerate(fees):
                working[place].append(Step("vat", fee, fee * factor, rule.vat.rate))
        fees = [fee * factor for fee in fees]
    mode, step = words.ROUNDING_MODES[rule.rounding.mode], amounts.step
    if rule.rounding.level == words.ITEM:
        units = [amounts.order.lines[index].quantity for index in lines]
        results = [(fee / count).quantize(step, mode) * count for fee, count in zip(fees, units, strict=True)]
    else:
        results = [fee.quantize(step, mode) for fee in fees]
    if working is not None:
        for place, fee in enumerate(fees):
            working[place].append(Step("rounding", fee, results[place], rounding=_rounding(rule)))
    return results


def _spread(
    rule: Rule, whole: Decimal, weights: Sequence[Decimal], amounts: Amounts, working: Working | None
) -> list[Decimal]:
    """Return the shares of the order's fee, rounded once: no dong is lost between them."""
    result = vat_and_round(rule, whole, amounts.step)
    results = shares(result, weights, amounts.step)
    if rule.vat.rate:
        _note(working, Step("vat", whole, whole * _vat(rule), rule.vat.rate))
    _note(working, Step("rounding", whole * _vat(rule), result, rounding=_rounding(rule)))
    for steps, share in zip(working or (), results, strict=False):
        steps.append(Step("share", result, share))
    return results


def _rounding(rule: Rule) -> str:
    return f"{rule.rounding.mode} {rule.rounding.level}"
