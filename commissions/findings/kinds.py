"""Kinds of findings: one row each, with whether the money is missing, and what a person does about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Kind(models.TextChoices):
    """Kind of a finding: the cause that its differences have in common."""

    WRONG_RATE = "wrong_rate", _("Another rate than the rule's")
    WRONG_CATEGORY = "wrong_category", _("Charged as another category")
    DOUBLE_CHARGE = "double_charge", _("Charged twice")
    CANCELLED_FEE = "cancelled_fee", _("Fee on a cancelled order")
    UNEXPECTED_FEE = "unexpected_fee", _("Fee that no rule expects of the order")
    UNKNOWN_FEE = "unknown_fee", _("Fee without a rule")
    OVERCHARGED = "overcharged", _("Charged too much")
    UNDERCHARGED = "undercharged", _("Charged too little")
    AMBIGUOUS = "ambiguous", _("Correction that may be of several fees")
    TOLERANCE = "tolerance", _("Rounding to one side")
    MONTH_FEE = "month_fee", _("Fee of a month that differs")
    LATE_MONEY = "late_money", _("Order not paid out in time")
    MISSING_PAYOUT = "missing_payout", _("Transfer missing")
    SHORT_PAYOUT = "short_payout", _("Too little transferred")
    OVER_PAYOUT = "over_payout", _("Too much transferred")


class About(NamedTuple):
    """`is_missing`: the seller lacks money. `advice`: what a person does next."""

    is_missing: bool
    advice: Promise


ABOUT: Mapping[str, About] = {
    Kind.WRONG_RATE: About(True, _("Has the channel announced another fee? Then take the proposal over. If not, dispute it.")),
    Kind.WRONG_CATEGORY: About(True, _("Look at the listing's category at the channel, and ask for the difference.")),
    Kind.DOUBLE_CHARGE: About(True, _("Wait for the channel to give it back; ask for what stays open.")),
    Kind.CANCELLED_FEE: About(True, _("Ask the channel to give the fee back.")),
    Kind.UNEXPECTED_FEE: About(True, _("Look at the orders: a condition of a rule may be too narrow. Else ask the channel.")),
    Kind.UNKNOWN_FEE: About(False, _("Add a rule for this fee, or ask the channel what it is for.")),
    Kind.OVERCHARGED: About(True, _("Ask the channel for the difference, with the evidence.")),
    Kind.UNDERCHARGED: About(False, _("The rest may come with a later statement.")),
    Kind.AMBIGUOUS: About(True, _("Look at the orders: decide what the correction is for.")),
    Kind.TOLERANCE: About(True, _("Each difference is small, and all go one way: look at the rounding of the rule.")),
    Kind.MONTH_FEE: About(True, _("Compare the month's orders with the channel's tiers, and ask for the difference. A charge without an"
        " order, dated up to the 15th, counts here for the month before: the hub's choice, as channels name no month.")),
    Kind.LATE_MONEY: About(True, _("Ask the channel when the orders are paid out, with the evidence.")),
    Kind.MISSING_PAYOUT: About(True, _("Look at the bank account; then ask the channel for the transfer.")),
    Kind.SHORT_PAYOUT: About(True, _("Ask the channel for the rest, with the evidence.")),
    Kind.OVER_PAYOUT: About(False, _("The channel may take it back with a later statement.")),
}  # fmt: skip
