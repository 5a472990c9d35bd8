"""Bases of rates: the amounts of an order's lines, each computed once."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from commissions.rules import words
from commissions.rules.entry import Step
from commissions.rules.formula import Base
from commissions.rules.order import Line, Order
from commissions.rules.rounding import ZERO, shares
from core.money import smallest_step

Working = list[list[Step]]


class Amounts:
    """The amounts of an order's lines, by kind of base, in the order of its lines."""

    __slots__ = ("_bases", "_shipping", "fees", "listed", "order", "step", "value", "values")

    def __init__(self, order: Order) -> None:
        self.order = order
        self.step = smallest_step(order.currency)
        self.listed = [line.price * line.quantity for line in order.lines]
        self.values = [
            max(listed - line.seller_discount, ZERO) for listed, line in zip(self.listed, order.lines, strict=True)
        ]
        # of the whole order, after the seller's discounts: what conditions on the order's value look at
        self.value = sum(self.values, ZERO)
        self._bases = {"item": self.listed, "order": self.listed, "after_seller_discount": self.values}
        self._shipping: list[Decimal] | None = None
        # fees of the marketplace by kind, of each line, for those that are taken after them
        self.fees: dict[str, list[Decimal]] = {}

    def of(self, kind: str) -> list[Decimal]:
        """Return the amounts of a kind of base."""
        found = self._bases.get(kind)
        if found is None:
            found = self._bases[kind] = [
                self._paid(kind, line, value) for line, value in zip(self.order.lines, self.values, strict=True)
            ]
        return found

    @property
    def shipping(self) -> list[Decimal]:
        """Return what the buyer pays for shipping, shared over the lines by value."""
        if self._shipping is None:
            self._shipping = shares(self.order.shipping, self.values, self.step)
        return self._shipping

    def bases(self, base: Base, lines: Sequence[int], working: Working | None) -> list[Decimal]:
        """Return the base of each of these lines; never below zero."""
        found = self.of(base.kind)
        bases = [found[index] for index in lines]
        if working is not None:
            for place, index in enumerate(lines):
                working[place].append(Step(base.kind, self.listed[index], bases[place]))
        if base.shipping:
            _add(bases, [self.shipping[index] for index in lines], "shipping", working)
        if base.without_tax:
            _add(bases, [-self.order.lines[index].tax for index in lines], "tax_out", working)
        for kind in base.less_fees:
            if fees := self.fees.get(kind):
                _add(bases, [-fees[index] for index in lines], "less_fee", working, kind)
        return bases

    def _paid(self, kind: str, line: Line, value: Decimal) -> Decimal:
        if kind == "platform_voucher":
            return line.platform_voucher
        after = value - line.platform_discount - line.platform_voucher
        return max(after - line.coins if kind == words.PAID_BY_BUYER else after, ZERO)


def _add(bases: list[Decimal], parts: Sequence[Decimal], name: str, working: Working | None, about: str = "") -> None:
    """Add a part to each base, in place."""
    for place, part in enumerate(parts):
        before = bases[place]
        bases[place] = max(before + part, ZERO)
        if working is not None and part:
            working[place].append(Step(name, abs(part), bases[place], about=about))
