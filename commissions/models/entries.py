"""Commission entries, the ledger of accruals: append-only, a trigger refuses UPDATE and DELETE. Bases of months."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from commissions.models.rules import CommissionRule
from commissions.rules import words
from core.widths import ID_LENGTH
from inventory.models import Shop
from orders.models import Order


class CommissionEntry(models.Model):
    """Amount that one rule version accrued for one line, positive: the payee gets it; or, with `reverses`, a part taken back.

    A reversal's amount is negative; one that is itself undone (a return that was withdrawn) has a positive row with the same
    `reverses`. `effective_at`: when the order was created; `recorded_at`: when this row was. `base` and `units`: what it was
    taken of; `working`: the steps, as `commissions.rules.entry.Step`.

    An entry of a rule by shop and month has no order and no line, but `month` (its first day); `units` counts its orders, and
    `effective_at` is the month's first moment. Of a rule, payee, shop and month one entry at most is not taken back.
    """

    class Cause(models.TextChoices):
        ACCRUED = "accrued", _("Accrued")
        CHANGED = "changed", _("The order changed")
        MONTH = "month", _("The month's sum changed")
        RULE = "rule", _("Another rule version applies")
        CANCELLED = "cancelled", _("Cancelled")
        RETURNED = "returned", _("Returned")
        REFUNDED = "refunded", _("Refunded, goods kept")
        UNDONE = "undone", _("The reversal was undone")

    order = models.ForeignKey(
        Order, models.PROTECT, null=True, blank=True, related_name="commission_entries", verbose_name=_("order"),
        db_index=False,  # entry_order
    )  # fmt: skip
    month = models.DateField(_("month"), null=True, blank=True)
    shop = models.ForeignKey(
        Shop, models.PROTECT, related_name="+", verbose_name=_("shop"),
        db_index=False,  # entry_shop
    )  # fmt: skip
    line_key = models.CharField(_("line"), max_length=ID_LENGTH)
    sku = models.CharField(_("SKU"), max_length=ID_LENGTH, blank=True, default="", db_default="")
    rule = models.ForeignKey(CommissionRule, models.PROTECT, related_name="entries", verbose_name=_("rule"))
    fee_kind = models.CharField(_("fee"), max_length=32)
    payee = models.CharField(_("paid to"), max_length=16)
    payee_id = models.CharField(_("who"), max_length=200, blank=True, default="", db_default="")
    cause = models.CharField(_("why"), max_length=16, choices=Cause.choices)
    reverses = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="reversals", verbose_name=_("takes back")
    )
    units = models.PositiveIntegerField(_("units"))
    base = models.DecimalField(_("base"), max_digits=18, decimal_places=4)
    rate = models.DecimalField(_("rate (%)"), max_digits=24, decimal_places=20, null=True, blank=True)
    amount = models.DecimalField(_("amount"), max_digits=18, decimal_places=4)
    currency = models.CharField(_("currency"), max_length=3, default="VND")
    rounding = models.CharField(_("rounding"), max_length=32, blank=True)
    working = models.JSONField(_("working"), default=list)
    effective_at = models.DateTimeField(_("order created"))
    recorded_at = models.DateTimeField(_("recorded"), db_default=models.functions.Now())

    class Meta:
        verbose_name = _("commission entry")
        verbose_name_plural = _("commission entries")
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(reverses__isnull=False) | models.Q(amount__gte=0), name="an_accrual_is_not_negative"
            ),
            models.CheckConstraint(
                condition=models.Q(order__isnull=False, month__isnull=True)
                | models.Q(order__isnull=True, month__isnull=False),
                name="an_entry_is_of_an_order_or_a_month",
            ),
        )
        indexes = (
            models.Index(fields=("order", "id"), name="entry_order"),
            models.Index(fields=("shop", "-id"), name="entry_shop"),
            models.Index(fields=("shop", "-effective_at"), name="entry_shop_effective"),
            # nearly all are accrued: the other causes are few
            models.Index(fields=("cause", "-id"), condition=~models.Q(cause="accrued"), name="entry_cause"),
            models.Index(fields=("rule", "shop", "month"), condition=models.Q(month__isnull=False), name="entry_month"),
        )

    def __str__(self) -> str:
        return str(words.FEE_KINDS.get(self.fee_kind, self.fee_kind))


class MonthBase(models.Model):
    """Base that an order adds to a rule by shop and month: the difference to what its earlier rows added.

    Rows are only added, by accruals, so that those of one month never wait for each other. `is_settled`: the month's entry was
    compared with the sum since.
    """

    order = models.ForeignKey(Order, models.PROTECT, related_name="month_bases", verbose_name=_("order"))
    shop = models.ForeignKey(Shop, models.PROTECT, related_name="+", verbose_name=_("shop"))
    rule = models.ForeignKey(CommissionRule, models.PROTECT, related_name="month_bases", verbose_name=_("rule"))
    payee_id = models.CharField(_("who"), max_length=200, blank=True, default="", db_default="")
    month = models.DateField(_("month"))
    currency = models.CharField(_("currency"), max_length=3, default="VND")
    base = models.DecimalField(_("base"), max_digits=18, decimal_places=4)
    recorded_at = models.DateTimeField(_("recorded"), db_default=models.functions.Now())
    is_settled = models.BooleanField(_("settled"), default=False, db_default=False)

    class Meta:
        verbose_name = _("base of a month")
        verbose_name_plural = _("bases of months")
        ordering = ("-id",)
        indexes = (
            models.Index(fields=("order", "rule"), name="month_base_order"),
            models.Index(fields=("rule", "shop", "month"), name="month_base_month"),
            models.Index(fields=("id",), condition=models.Q(is_settled=False), name="month_base_due"),
        )

    def __str__(self) -> str:
        return f"{self.month:%Y-%m} {self.base:+f}"
