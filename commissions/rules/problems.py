"""Problems of rules, rate tables and orders: a place in the file and a reason in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from django.utils.translation import gettext_lazy as _

from core.reasons import Reason, declare

# shape
UNKNOWN_KEY = declare("fees.unknown_key", _("“%(key)s” is not a key here. The keys are: %(keys)s."))
KEY_TWICE = declare("fees.key_twice", _("The key “%(key)s” stands here twice."))
MISSING_KEY = declare("fees.missing_key", _("“%(key)s” is missing."))
NOT_OBJECT = declare("fees.not_object", _("An object in braces is expected here."))
NOT_LIST = declare("fees.not_list", _("A list in brackets is expected here."))
NOT_TEXT = declare("fees.not_text", _("A text in quotes is expected here."))
NOT_WHOLE = declare("fees.not_whole", _("A whole number is expected here."))
NOT_YES_NO = declare("fees.not_yes_no", _("true or false is expected here."))
NOT_ONE_OF = declare("fees.not_one_of", _("“%(value)s” is none of: %(words)s."))
OUT_OF_RANGE = declare("fees.out_of_range", _("%(value)s is not between %(least)s and %(most)s."))
TOO_LONG = declare("fees.too_long", _("This is longer than %(most)s characters."))
EMPTY = declare("fees.empty", _("This must not be empty."))
TOO_MANY = declare("fees.too_many", _("There are more than %(most)s of these."))
TWICE = declare("fees.twice", _("“%(value)s” stands here twice."))
# numbers and times
NUMBER_NO_TEXT = declare("fees.number_no_text", _('A number is written as text, like "12.5".'))
EXPONENT = declare("fees.exponent", _("“%(value)s”: a number is written without an exponent."))
TOO_MANY_DIGITS = declare("fees.too_many_digits", _("A number has at most %(most)s digits."))
NEGATIVE = declare("fees.negative", _("%(value)s is below zero."))
NOT_A_NUMBER = declare("fees.not_a_number", _("“%(value)s” is not a number like 12.5."))
NOT_A_RATE = declare("fees.not_a_rate", _("A rate is from 0 %% to 100 %%, and this is %(value)s %%."))
NOT_A_DAY = declare("fees.not_a_day", _("“%(value)s” is not a day like 2026-05-09."))
NOT_A_TIME = declare("fees.not_a_time", _("“%(value)s” is not a time with its zone, like 2026-05-09T23:59:59+07:00."))
NOT_A_KEY = declare("fees.not_a_key", _("“%(value)s” is no key: small letters, digits, dots, hyphens, at most 80."))
NOT_A_CURRENCY = declare("fees.not_a_currency", _("“%(value)s” is not a currency like VND."))
NOT_JSON = declare("fees.not_json", _("This is no JSON: %(why)s"))
NOT_READ = declare("fees.not_read", _("The file cannot be read: %(why)s"))
# one rule
RATE_MISSING = declare("fees.rate_missing", _("Give a rate or a rate table, or let the order line tell the rate."))
RATE_TWICE = declare(
    "fees.rate_twice", _("Give a rate, or a rate table, or let the order line tell it: only one of them.")
)
RATE_FROM_LINE = declare("fees.rate_from_line", _("Only a percent can be told by the order line."))
FLOOR_ABOVE_CAP = declare("fees.floor_above_cap", _("The floor of %(floor)s is above the cap of %(cap)s."))
TIERS_NOT_FROM_ZERO = declare("fees.tiers_not_from_zero", _("The first tier begins at %(value)s: tiers begin at 0."))
TIERS_OVERLAP = declare(
    "fees.tiers_overlap", _("This tier begins at %(value)s, and the one before it ends at %(end)s: they overlap.")
)
TIERS_GAP = declare(
    "fees.tiers_gap",
    _("This tier begins at %(value)s, and the one before it ends at %(end)s: nothing is said between."),
)
TIER_EMPTY = declare("fees.tier_empty", _("It ends at %(end)s, which is not above its beginning, %(value)s."))
TIER_OPEN = declare("fees.tier_open", _("Only the last tier is open: say where this one ends."))
TIER_CLOSED = declare("fees.tier_closed", _("The last tier is open: it has no end."))
TIERED_LEVEL = declare("fees.tiered_level", _("A fee in tiers is rounded per order."))
NOT_FIRST_OF_MONTH = declare("fees.not_first_of_month", _("A rule by shop and month starts on the first of a month."))
MONTHLY_LEFT_AFTER = declare(
    "fees.monthly_left_after", _("What is left after a fee by shop and month is not known order by order.")
)
VAT_RATE = declare("fees.vat_rate", _("Give VAT a rate where it is added, and none where it is inside."))
# several
VERSION_TWICE = declare("fees.version_twice", _("%(rule)s stands here twice."))
START_TWICE = declare("fees.start_twice", _("%(rule)s starts on %(start)s, as %(other)s does."))
VERSION_ORDER = declare("fees.version_order", _("%(rule)s starts before %(other)s: a later version starts later."))
KEY_MOVED = declare(
    "fees.key_moved", _("%(rule)s is of another channel, payee or fee than %(other)s: give it a key of its own.")
)
TABLE_TWICE = declare("fees.table_twice", _("The rate table “%(table)s” stands here twice."))
TABLE_UNKNOWN = declare("fees.table_unknown", _("There is no rate table “%(table)s”."))
TABLE_EMPTY = declare("fees.table_empty", _("A rate table has at least one row, or a default."))
RULE_UNKNOWN = declare("fees.rule_unknown", _("There is no rule “%(rule)s”."))
CATEGORY_TWICE = declare(
    "fees.category_twice", _("The category “%(category)s” has two rows: %(first)s and %(second)s.")
)
CATEGORY_CIRCLE = declare("fees.category_circle", _("The category “%(category)s” is above itself."))
FEE_CIRCLE = declare("fees.fee_circle", _("These fees are each what is left after the other: %(fees)s."))
AMBIGUOUS = declare(
    "fees.ambiguous", _("%(first)s and %(second)s have equally many conditions, and both hold for the example order.")
)
EXAMPLE_FAILS = declare("fees.example_fails", _("Example %(order)s comes to %(amount)s, and %(expected)s is expected."))
# orders
LINE_TWICE = declare("fees.line_twice", _("The line “%(line)s” stands here twice."))
LINE_UNKNOWN = declare("fees.line_unknown", _("The order has no line “%(line)s”."))
ORDER_TWICE = declare("fees.order_twice", _("The order “%(order)s” stands here twice."))
# inputs that the computation lacks
RATE_NOT_TOLD = declare("fees.rate_not_told", _("The order line does not tell its rate."))
RATE_NOT_IN_TABLE = declare(
    "fees.rate_not_in_table", _("The rate table “%(table)s” has no rate for the category “%(category)s”.")
)


class Problem(NamedTuple):
    """A reason and its place, a path like `rules[3].formula.cap.amount`; "" is the whole file."""

    path: str
    reason: Reason

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}" if self.path else str(self.reason)


class Malformed(ValueError):
    """A file or rule that cannot be taken, with everything that is wrong with it."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = tuple(problems)
