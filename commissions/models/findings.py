"""Findings: what is wrong with money at a channel, grouped so that one row is one piece of work for a person."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from commissions.findings import kinds
from commissions.models.matches import FeeMatch, MonthMatch
from commissions.models.payouts import PayoutMatch
from commissions.models.rules import CommissionRule
from commissions.models.statements import StatementLine
from inventory.models import Shop
from orders.models import Order


class Finding(models.Model):
    """Differences of one cause at one shop. Kept up by `commissions.services.findings.refresh`; closes itself when all is right.

    `amount` is what is still open, `total` all of it, both positive where the seller has too little. `orders` and `open_orders`
    count the items. `family`: findings of one family may be one another's continuation. `proposal`: {"before", "after"} of a rule
    whose rate or amount at the channel is another one, with the "item" where that is so of one listing only. A decision stands while
    `amount` is what was decided.
    """

    class State(models.TextChoices):
        OPEN = "open", pgettext_lazy("finding", "Open")
        DISPUTED = "disputed", _("Disputed")
        WRITTEN_OFF = "written_off", _("Written off")
        CLOSED = "closed", pgettext_lazy("finding", "Put right")

    class Severity(models.IntegerChoices):
        LOW = 1, _("low")
        MEDIUM = 2, _("medium")
        HIGH = 3, _("high")
        URGENT = 4, _("urgent")

    Kind = kinds.Kind
    ACTIVE = (State.OPEN, State.DISPUTED)
    DECISIONS = (State.DISPUTED, State.WRITTEN_OFF)

    shop = models.ForeignKey(Shop, models.PROTECT, related_name="findings", verbose_name=_("shop"))
    kind = models.CharField(_("finding"), max_length=24, choices=kinds.Kind.choices)
    family = models.CharField(max_length=120, editable=False)
    rule = models.ForeignKey(
        CommissionRule, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("rule")
    )
    fee_kind = models.CharField(_("fee"), max_length=16, choices=StatementLine.Kind.choices, blank=True, default="")
    since = models.DateField(_("since"), help_text=_("Day of the first order, in Vietnam's time."))
    until = models.DateField(_("until"), null=True, blank=True, help_text=_("Empty: it goes on."))
    orders = models.PositiveIntegerField(_("orders"), default=0)
    open_orders = models.PositiveIntegerField(_("open orders"), default=0)
    amount = models.DecimalField(_("open amount"), max_digits=18, decimal_places=4, default=0)
    total = models.DecimalField(_("whole amount"), max_digits=18, decimal_places=4, default=0)
    currency = models.CharField(_("currency"), max_length=3, default="VND")
    proposal = models.JSONField(_("proposal"), default=dict, blank=True)
    state = models.CharField(_("state"), max_length=16, choices=State.choices, default=State.OPEN)
    severity = models.PositiveSmallIntegerField(_("severity"), choices=Severity.choices, default=Severity.LOW)
    due_at = models.DateTimeField(_("due"), null=True, blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("owner")
    )
    decided_amount = models.DecimalField(max_digits=18, decimal_places=4, null=True, blank=True, editable=False)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    note = models.CharField(_("why"), max_length=300, blank=True, default="")
    opened_at = models.DateTimeField(_("found on"), db_default=models.functions.Now())
    closed_at = models.DateTimeField(_("put right on"), null=True, blank=True)

    class Meta:
        verbose_name = _("finding")
        verbose_name_plural = _("findings")
        ordering = ("-severity", "-id")
        indexes = (
            models.Index(fields=("shop", "family"), name="finding_family"),
            models.Index(
                fields=("shop", "-severity"), condition=models.Q(state__in=("open", "disputed")), name="finding_active"
            ),
        )

    def __str__(self) -> str:
        return self.get_kind_display()


class FindingItem(models.Model):
    """One order's, or one payout's, part of a finding: of a fee check, a payout check, a monthly fee check, or an order
    that was not paid out.

    Each is an item of at most one finding. `open_amount`: what of `amount` is still to be put right.
    """

    finding = models.ForeignKey(Finding, models.CASCADE, related_name="items", verbose_name=_("finding"))
    fee_match = models.OneToOneField(
        FeeMatch, models.PROTECT, null=True, blank=True, related_name="finding_item", verbose_name=_("fee check")
    )
    payout_match = models.OneToOneField(
        PayoutMatch, models.PROTECT, null=True, blank=True, related_name="finding_item", verbose_name=_("payout check")
    )
    month_match = models.OneToOneField(
        MonthMatch,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="finding_item",
        verbose_name=_("monthly fee check"),
    )
    order = models.OneToOneField(
        Order, models.PROTECT, null=True, blank=True, related_name="late_money", verbose_name=_("order")
    )
    amount = models.DecimalField(_("amount"), max_digits=18, decimal_places=4)
    open_amount = models.DecimalField(_("open amount"), max_digits=18, decimal_places=4)
    since = models.DateTimeField(_("since"))

    class Meta:
        verbose_name = _("item of a finding")
        verbose_name_plural = _("items of findings")
        ordering = ("since", "id")
        constraints = (
            models.CheckConstraint(
                condition=models.Q(fee_match__isnull=False)
                | models.Q(payout_match__isnull=False)
                | models.Q(month_match__isnull=False)
                | models.Q(order__isnull=False),
                name="an_item_is_of_something",
            ),
        )

    def __str__(self) -> str:
        return f"{self.amount:+f}"


class FindingComment(models.Model):
    """A person's word about a finding. Never changed."""

    finding = models.ForeignKey(Finding, models.CASCADE, related_name="comments", verbose_name=_("finding"))
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("by")
    )
    text = models.CharField(_("comment"), max_length=1000)
    written_at = models.DateTimeField(_("written"), db_default=models.functions.Now())

    class Meta:
        verbose_name = _("comment")
        verbose_name_plural = _("comments")
        ordering = ("id",)

    def __str__(self) -> str:
        return self.text[:80]
