"""Fee matches: what the rules expect of an order beside what the channel settled."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from commissions.models.rules import CommissionRule
from commissions.models.statements import StatementLine
from inventory.models import Shop
from orders.models import Order


def _amount(label: Any) -> models.DecimalField[Any, Any]:
    return models.DecimalField(label, max_digits=18, decimal_places=4, default=0, db_default=0)


class FeeMatch(models.Model):
    """The fees of one kind of one order: expected by entries, settled by statement lines.

    Each entry and each line belongs to exactly one match: that of its order and kind. Both amounts are positive where the seller
    pays; `difference` is settled less expected. `accrued` is what was expected before anything came back; `charged` and `given_back`
    are the two sides of `settled`. `doubled`: a fee of this kind that was charged once more, also when it was given back since;
    `corrected`: the adjustments that are tied to this match. A decision of a person stands until one of the two sides changes.
    """

    class State(models.TextChoices):
        DUE = "due", _("Not settled yet")
        MATCHED = "matched", _("Matched")
        TOLERATED = "tolerated", _("Within tolerance")
        UNDER = "under", _("Charged too little")
        OVER = "over", _("Charged too much")
        DOUBLE = "double", _("Charged twice")
        UNEXPECTED = "unexpected", _("Not expected")
        UNKNOWN = "unknown", _("No rule for this fee")
        CORRECTED = "corrected", _("Corrected later")
        AMBIGUOUS = "ambiguous", _("Corrected, unclear what")
        DISPUTED = "disputed", _("Disputed")
        WRITTEN_OFF = "written_off", _("Written off")

    DECISIONS = (State.DISPUTED, State.WRITTEN_OFF)
    OPEN = (
        State.UNDER, State.OVER, State.DOUBLE, State.UNEXPECTED, State.UNKNOWN, State.AMBIGUOUS, State.DISPUTED,
    )  # fmt: skip

    order = models.ForeignKey(
        Order, models.PROTECT, related_name="fee_matches", verbose_name=_("order"),
        db_index=False,  # one_match_per_order_and_kind
    )  # fmt: skip
    shop = models.ForeignKey(
        Shop, models.PROTECT, related_name="+", verbose_name=_("shop"),
        db_index=False,  # match_shop
    )  # fmt: skip
    kind = models.CharField(_("kind"), max_length=16, choices=StatementLine.Kind.choices)
    rule = models.ForeignKey(
        CommissionRule, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("rule")
    )
    expected = models.DecimalField(_("expected"), max_digits=18, decimal_places=4)
    settled = models.DecimalField(_("settled"), max_digits=18, decimal_places=4)
    difference = models.DecimalField(_("difference"), max_digits=18, decimal_places=4)
    accrued = _amount(_("expected at first"))
    charged = _amount(_("charged"))
    given_back = _amount(_("given back"))
    doubled = _amount(_("charged once more"))
    corrected = _amount(_("corrected"))
    currency = models.CharField(_("currency"), max_length=3, default="VND")
    state = models.CharField(_("state"), max_length=16, choices=State.choices)
    placed_at = models.DateTimeField(_("order created"))
    settled_at = models.DateTimeField(_("settled on"), null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    note = models.CharField(_("why"), max_length=300, blank=True, default="", db_default="")

    class Meta:
        verbose_name = _("fee check")
        verbose_name_plural = _("fee checks")
        ordering = ("-placed_at", "-id")
        constraints = (models.UniqueConstraint(fields=("order", "kind"), name="one_match_per_order_and_kind"),)
        indexes = (
            models.Index(fields=("-placed_at", "-id"), name="match_placed"),
            models.Index(fields=("shop", "-placed_at", "-id"), name="match_shop"),
            models.Index(fields=("-settled_at", "-id"), name="match_settled"),
            # lists of what is rare: a list of another state or kind finds its page on the way through the newest
            models.Index(
                fields=("state", "-placed_at", "-id"),
                condition=~models.Q(state__in=("matched", "tolerated")),
                name="match_state",
            ),
            models.Index(
                fields=("kind", "-placed_at", "-id"),
                condition=~models.Q(kind__in=("commission", "payment_fee")),
                name="match_kind",
            ),
            models.Index(
                fields=("shop", "-placed_at"),
                condition=models.Q(
                    state__in=("under", "over", "double", "unexpected", "unknown", "ambiguous", "disputed")
                ),
                name="match_open",
            ),
            models.Index(fields=("shop", "placed_at"), condition=models.Q(doubled__gt=0), name="match_doubled"),
            models.Index(fields=("shop", "placed_at"), condition=models.Q(state="tolerated"), name="match_tolerated"),
        )

    def __str__(self) -> str:
        return self.get_kind_display()


class MonthMatch(models.Model):
    """The fee of one kind of a shop's month: expected by entries of rules by the month, settled by lines without an order.

    Both amounts are positive where the seller pays; `difference` is settled less expected.
    """

    class State(models.TextChoices):
        DUE = "due", _("Not settled yet")
        MATCHED = "matched", _("Matched")
        TOLERATED = "tolerated", _("Within tolerance")
        UNDER = "under", _("Charged too little")
        OVER = "over", _("Charged too much")

    shop = models.ForeignKey(Shop, models.PROTECT, related_name="+", verbose_name=_("shop"))
    kind = models.CharField(_("kind"), max_length=16, choices=StatementLine.Kind.choices)
    month = models.DateField(_("month"))
    currency = models.CharField(_("currency"), max_length=3, default="VND")
    rule = models.ForeignKey(
        CommissionRule, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("rule")
    )
    expected = models.DecimalField(_("expected"), max_digits=18, decimal_places=4)
    settled = models.DecimalField(_("settled"), max_digits=18, decimal_places=4)
    difference = models.DecimalField(_("difference"), max_digits=18, decimal_places=4)
    state = models.CharField(_("state"), max_length=16, choices=State.choices)
    settled_at = models.DateTimeField(_("settled on"), null=True, blank=True)

    class Meta:
        verbose_name = _("monthly fee check")
        verbose_name_plural = _("monthly fee checks")
        ordering = ("-month", "-id")
        constraints = (
            models.UniqueConstraint(fields=("shop", "kind", "month", "currency"), name="one_match_per_kind_and_month"),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.month:%Y-%m}"
