"""A compiled rule, and the rules of one fee from which a line takes the one with most conditions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from operator import attrgetter

from commissions.rules.formula import Nothing, Percent
from commissions.rules.order import Line, Order
from commissions.rules.rule import Conditions, Rule
from commissions.rules.words import FROM_LINE, MARKETPLACE

# conditions that a rule is filed under, the most telling first; one without any is filed under ""
_FILED_BY = ("sku", "category", "campaign", "payment_method")
Values = Mapping[str, Sequence[str]]


class Compiled:
    """A rule with what its computation needs at hand."""

    __slots__ = (
        "base",
        "conditions",
        "fee_kind",
        "is_flat",
        "is_monthly",
        "is_nothing",
        "is_unconditional",
        "payee_id",
        "rate",
        "rates",
        "rule",
        "table",
        "told",
    )

    def __init__(self, rule: Rule, rates: Mapping[str, Decimal], default: Decimal | None) -> None:
        formula = rule.formula
        self.rule = rule
        self.fee_kind, self.payee_id = rule.fee_kind, rule.payee_id
        self.conditions: Conditions = rule.conditions
        self.is_unconditional = not rule.conditions.count
        self.told = rule.rate_from == FROM_LINE
        self.table = formula.table if isinstance(formula, Percent) else ""
        self.rate = formula.rate if isinstance(formula, Percent) and not self.table else default
        self.rates = rates
        self.base, self.is_monthly, self.is_nothing = rule.base, rule.is_monthly, isinstance(formula, Nothing)
        # one rate for all lines
        self.is_flat = not self.told and not rates and self.rate is not None

    def rate_of(self, line: Line, chain: Sequence[str]) -> Decimal | None:
        """Return the rate for a line: told by it, of the nearest category in the table, the default, or the rule's own."""
        if self.told:
            return line.rates.get(self.fee_kind)
        for category in chain if self.rates else ():
            if category in self.rates:
                return self.rates[category]
        return self.rate

    def holds(self, line: Line, chain: Sequence[str], order: Order, value: Decimal) -> bool:
        """Return whether all conditions hold but those of the shop, which the index has looked at."""
        wanted = self.conditions
        return (
            (not wanted.sku or line.sku in wanted.sku)
            and (not wanted.category or not wanted.category.isdisjoint(chain))
            and (not wanted.campaign or not wanted.campaign.isdisjoint(line.campaigns))
            and (not wanted.payment_method or order.payment_method in wanted.payment_method)
            and (wanted.order_value is None or wanted.order_value.holds(value))
        )


class Slot:
    """The rules of one fee (payee, kind) that may win for a shop at a time."""

    __slots__ = ("is_marketplace", "kind", "levels", "only", "payee")

    def __init__(self, fee: tuple[str, str], rules: Sequence[Compiled]) -> None:
        self.payee, self.kind = fee
        self.is_marketplace = self.payee == MARKETPLACE
        counts = sorted({one.rule.condition_count for one in rules}, reverse=True)
        self.levels = [_filed([one for one in rules if one.rule.condition_count == count]) for count in counts]
        is_plain = len(rules) == 1 and rules[0].is_unconditional and not rules[0].payee_id
        self.only = rules[0] if is_plain else None

    def winner(self, line: Line, chain: Sequence[str], order: Order, value: Decimal) -> Compiled | None:
        """Return the rule with most conditions of those that hold. `conflicts` keeps it from being two."""
        payee_id = "" if self.is_marketplace else line.payees.get(self.payee, "")
        if not payee_id and not self.is_marketplace:
            return None
        if self.only is not None:
            return self.only
        values: Values = {
            "": ("",), "sku": (line.sku,), "category": chain, "campaign": line.campaigns,
            "payment_method": (order.payment_method,),
        }  # fmt: skip
        for level in self.levels:
            for filed_by, drawer in level:
                for name in values[filed_by]:
                    for one in drawer.get(name, ()):
                        if (not one.payee_id or one.payee_id == payee_id) and (
                            one.is_unconditional or one.holds(line, chain, order, value)
                        ):
                            return one
        return None


def _filed(rules: Sequence[Compiled]) -> list[tuple[str, dict[str, list[Compiled]]]]:
    """Put rules of equally many conditions into drawers, by the values of their most telling condition."""
    found: dict[str, dict[str, list[Compiled]]] = {}
    for one in sorted(rules, key=attrgetter("rule.key")):
        filed_by, names = _place(one.conditions)
        for name in names:
            found.setdefault(filed_by, {}).setdefault(name, []).append(one)
    return list(found.items())


def _place(conditions: Conditions) -> tuple[str, Iterator[str]]:
    for name in _FILED_BY:
        if values := getattr(conditions, name):
            return name, iter(sorted(values))
    return "", iter(("",))
