"""Short ways to rules and orders of tests."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from commissions.rules.charging import charge
from commissions.rules.entry import Charges
from commissions.rules.formula import Base, Bound, Fixed, Percent, Tier, Tiered
from commissions.rules.index import RuleIndex
from commissions.rules.order import Line, Order
from commissions.rules.rule import Rounding, Rule, Source
from commissions.rules.rule_set import RuleSet

D = Decimal
SOURCE = Source(name="hợp đồng", date=date(2026, 1, 1), mark="own")
AFTER_SELLER = Base(kind="after_seller_discount")
PER_ORDER = Rounding(level="order")
NOON = datetime.fromisoformat("2026-06-01T12:00:00+07:00")


def percent(rate: str | None = "5", base: Base = AFTER_SELLER, **more: Any) -> Percent:
    return Percent(base=base, rate=None if rate is None else D(rate), **more)


def bound(amount: str, per: str = "item") -> Bound:
    return Bound(amount=D(amount), per=per)


def fixed(amount: str = "3000", per: str = "order") -> Fixed:
    return Fixed(amount=D(amount), per=per)


def tiered(*tiers: tuple[str, str], mode: str = "marginal", period: str = "order", base: Base = AFTER_SELLER) -> Tiered:
    """Tiers as (beginning, rate)."""
    ends = [*(D(start) for start, _rate in tiers[1:]), None]
    made = tuple(
        Tier(at_least=D(start), rate=D(rate), below=end) for (start, rate), end in zip(tiers, ends, strict=True)
    )
    return Tiered(base=base, mode=mode, tiers=made, period=period)


STRATEGY = {Percent: "PERCENT", Fixed: "FIXED", Tiered: "TIERED"}


def rule(formula: Any = None, key: str = "r", **more: Any) -> Rule:
    formula = percent() if formula is None else formula
    more = {"version": 1, "channel": "bazaar", "fee_kind": "commission", "starts": date(2026, 1, 1), **more}
    if isinstance(formula, Tiered):
        more.setdefault("rounding", PER_ORDER)
    return Rule(key=key, strategy=STRATEGY.get(type(formula), "NONE"), formula=formula, source=SOURCE, **more)


def line(price: str = "100000", quantity: int = 1, key: str = "1", **more: Any) -> Line:
    return Line(key, quantity, D(price), **more)


def order(*lines: Line, **more: Any) -> Order:
    more = {"number": "A1", "channel": "bazaar", "shop": "s1", "created_at": NOON, **more}
    return Order(lines=lines or (line(),), **more)


def charges(rules: Rule | list[Rule], what: Order, **more: Any) -> Charges:
    found = rules if isinstance(rules, list) else [rules]
    tables, categories = more.pop("tables", ()), more.pop("categories", {})
    return charge(RuleIndex(RuleSet(tuple(found), tables, categories)), what, **more)


def amounts(rules: Rule | list[Rule], what: Order, **more: Any) -> list[int | Decimal]:
    return [entry.amount for entry in charges(rules, what, **more).entries]
