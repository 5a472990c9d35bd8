"""Examples that rules carry: orders with what a rule is to come to on them."""

from __future__ import annotations

from decimal import Decimal, localcontext
from typing import NamedTuple

from commissions.rules.index import RuleIndex
from commissions.rules.periods import period_entries
from commissions.rules.reading import story_of
from commissions.rules.rounding import EXACT, ZERO
from commissions.rules.rule_file import Example
from commissions.rules.rule_set import RuleSet
from commissions.rules.story import Story, tell


class Outcome(NamedTuple):
    """An example with the amount it came to."""

    example: Example
    amount: Decimal

    @property
    def holds(self) -> bool:
        return self.amount == self.example.amount


def outcomes(rules: RuleSet) -> list[Outcome]:
    """Compute the examples of a rule set by its active rules; see `rule_set.with_active` for one that is not active yet."""
    index = RuleIndex(rules)
    return [Outcome(one, _amount(tell(index, *story_of(one.order)), one.rule)) for one in rules.examples]


def _amount(story: Story, key: str) -> Decimal:
    with localcontext(EXACT):
        accrued = sum((entry.amount for entry in story.entries if entry.rule.key == key), ZERO)
        given_back = sum((found.amount for _event, found in story.reversals if found.entry.rule.key == key), ZERO)
        months = period_entries(one for one in story.monthly if one.rule.key == key)
        return accrued + given_back + sum((entry.amount for entry in months), ZERO)
