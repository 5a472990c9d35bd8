"""Costs and proceeds of sales. Rows are written by `services` only."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from inventory.models import Shop
from orders.models import Order


class StatementLine(models.Model):
    """One amount of a channel's settlement, signed: positive is money for the seller."""

    class Kind(models.TextChoices):
        SALE = "sale", _("Sale")
        COMMISSION = "commission", _("Commission")
        PAYMENT_FEE = "payment_fee", _("Payment fee")
        SERVICE_FEE = "service_fee", _("Service fee")
        SHIPPING = "shipping", _("Shipping")
        VOUCHER = "voucher", _("Voucher")
        TAX = "tax", _("Tax")
        AFFILIATE = "affiliate", _("Affiliate")
        REFUND = "refund", _("Refund")
        PENALTY = "penalty", _("Penalty")
        ADJUSTMENT = "adjustment", _("Adjustment")
        OTHER = "other", _("Other")

    shop = models.ForeignKey(Shop, models.PROTECT, related_name="statement_lines", verbose_name=_("shop"))
    external_id = models.CharField(_("id at the channel"), max_length=160)
    order = models.ForeignKey(
        Order, models.PROTECT, null=True, blank=True, related_name="statement_lines", verbose_name=_("order")
    )
    order_number = models.CharField(_("order number"), max_length=64, blank=True, default="")
    line_key = models.CharField(max_length=120, blank=True, default="")
    kind = models.CharField(_("kind"), max_length=16, choices=Kind.choices)
    fee = models.CharField(_("channel's name"), max_length=100)
    amount = models.DecimalField(_("amount"), max_digits=18, decimal_places=4)
    currency = models.CharField(_("currency"), max_length=3, default="VND")
    statement = models.CharField(_("statement"), max_length=100, blank=True, default="")
    happened_at = models.DateTimeField(_("when"), null=True, blank=True)
    is_paid = models.BooleanField(_("paid out"), default=False)
    paid_at = models.DateTimeField(_("paid out on"), null=True, blank=True)
    asked_at = models.DateTimeField(_("read"))
    raw = models.JSONField(_("raw answer"), default=dict, blank=True)

    class Meta:
        verbose_name = _("statement line")
        verbose_name_plural = _("statement lines")
        ordering = ("-happened_at", "-id")
        constraints = (models.UniqueConstraint(fields=("shop", "external_id"), name="one_statement_line_per_id"),)
        indexes = (
            models.Index(fields=("order",), name="statement_line_order"),
            models.Index(fields=("shop", "-happened_at"), name="statement_line_shop"),
            models.Index(
                fields=("shop", "order_number"), condition=models.Q(order=None), name="statement_line_unassigned"
            ),
        )

    def __str__(self) -> str:
        return f"{self.fee} {self.amount:+f}"
