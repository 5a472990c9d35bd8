"""Returns: goods that buyers send back."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.widths import ID_LENGTH
from inventory.models import Shop, Warehouse
from orders.models.order import TRACKING_LENGTH, Order, OrderLine


class Return(models.Model):
    """One return of one order, as last reported by its channel. Goods are never put back on sale by a status, only by a person."""

    class Status(models.TextChoices):
        REQUESTED = "requested", _("Requested")
        APPROVED = "approved", _("Approved")
        IN_TRANSIT = "in_transit", _("On its way back")
        RECEIVED = "received", _("Received")
        REFUNDED = "refunded", _("Refunded")
        REFUSED = "refused", _("Refused")
        WITHDRAWN = "withdrawn", _("Withdrawn by the buyer")

    shop = models.ForeignKey(Shop, models.PROTECT, related_name="returns", verbose_name=_("shop"))
    number = models.CharField(_("return number"), max_length=ID_LENGTH)
    order = models.ForeignKey(
        Order, models.PROTECT, null=True, blank=True, related_name="returns", verbose_name=_("order")
    )
    order_number = models.CharField(_("order number"), max_length=ID_LENGTH, db_default="")
    status = models.CharField(_("status"), max_length=16, choices=Status.choices, blank=True, db_default="")
    channel_status = models.CharField(_("channel's status"), max_length=64, db_default="")
    goods_come_back = models.BooleanField(_("goods come back"), default=True, db_default=True)
    reason = models.CharField(_("reason"), max_length=300, blank=True, default="", db_default="")
    note = models.TextField(_("note"), blank=True, default="", db_default="")
    refund = models.DecimalField(_("refund"), max_digits=18, decimal_places=4, null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3, default="VND", db_default="VND")
    tracking_number = models.CharField(
        _("tracking number"), max_length=TRACKING_LENGTH, blank=True, default="", db_default=""
    )
    requested_at = models.DateTimeField(_("requested"), null=True, blank=True)
    answer_by = models.DateTimeField(_("answer by"), null=True, blank=True)
    received_at = models.DateTimeField(_("goods received"), null=True, blank=True)
    received_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("received by"),
    )
    problems = models.JSONField(_("problems"), default=list, db_default=[], blank=True)
    version = models.DateTimeField(_("changed at the channel"), null=True, blank=True)
    asked_at = models.DateTimeField(_("read"))
    raw = models.JSONField(_("raw answer"), default=dict, db_default={}, blank=True)
    created_at = models.DateTimeField(_("first heard of"), db_default=models.functions.Now())

    class Meta:
        verbose_name = _("return")
        verbose_name_plural = _("returns")
        ordering = ("-requested_at", "-id")
        constraints = (models.UniqueConstraint(fields=("shop", "number"), name="one_return_per_shop_and_number"),)
        indexes = (
            models.Index(fields=("-requested_at", "-id"), name="return_requested"),
            models.Index(fields=("shop", "order_number"), name="return_order_number"),
            models.Index(fields=("shop", "answer_by"), condition=models.Q(status="requested"), name="return_to_answer"),
        )

    def __str__(self) -> str:
        return self.number


class ReturnLine(models.Model):
    """One line of a return. What a person found when the goods were back: `condition`, and of a mixed line the pieces of each."""

    class Condition(models.TextChoices):
        SELLABLE = "sellable", _("Sellable")
        DAMAGED = "damaged", _("Damaged")
        MISSING = "missing", _("Missing")
        MIXED = "mixed", _("Some of each")

    ret = models.ForeignKey(Return, models.CASCADE, related_name="lines", verbose_name=_("return"))
    key = models.CharField(max_length=ID_LENGTH + 8)
    order_line = models.ForeignKey(
        OrderLine, models.SET_NULL, null=True, blank=True, related_name="return_lines", verbose_name=_("order line")
    )
    item_id = models.CharField(max_length=ID_LENGTH)
    variation_id = models.CharField(max_length=ID_LENGTH, blank=True, default="")
    sku = models.CharField(_("SKU"), max_length=ID_LENGTH, blank=True, default="")
    quantity = models.PositiveIntegerField(_("quantity"))
    refund = models.DecimalField(_("refund"), max_digits=18, decimal_places=4, null=True, blank=True)
    condition = models.CharField(
        _("condition"), max_length=16, choices=Condition.choices, blank=True, default="", db_default=""
    )
    # of a line in one condition, all of its pieces; of those before this was counted, nothing
    sellable_quantity = models.PositiveIntegerField(_("sellable pieces"), default=0, db_default=0)
    damaged_quantity = models.PositiveIntegerField(_("damaged pieces"), default=0, db_default=0)
    missing_quantity = models.PositiveIntegerField(_("missing pieces"), default=0, db_default=0)
    restock = models.CharField(
        _("put back"), max_length=16, blank=True, default="", db_default="",
        choices=(("here", _("Put back on the shelf here")), ("at_pos", _("To be put back at the POS")),
                 ("posted", _("Put back at the POS")), ("no", _("Not put back"))),
    )  # fmt: skip
    warehouse = models.ForeignKey(Warehouse, models.PROTECT, null=True, blank=True, verbose_name=_("received at"))

    class Meta:
        verbose_name = _("return line")
        verbose_name_plural = _("return lines")
        ordering = ("id",)
        constraints = (models.UniqueConstraint(fields=("ret", "key"), name="one_line_per_return_and_key"),)
        indexes = (
            # the worklist of people at the POS
            models.Index(
                fields=("restock", "-id"),
                condition=models.Q(restock__in=("at_pos", "posted")),
                name="return_line_at_pos",
            ),
        )

    def __str__(self) -> str:
        return f"{self.quantity} x {self.sku or self.item_id}"

    @property
    def pieces_to_sell(self) -> int:
        """Number of pieces that a person found sellable, whatever quantity the channel tells since."""
        is_uncounted = self.condition == self.Condition.SELLABLE and not self.sellable_quantity
        return self.quantity if is_uncounted else self.sellable_quantity


class ReturnChange(models.Model):
    """One step of a return's history. Append-only."""

    ret = models.ForeignKey(Return, models.CASCADE, related_name="changes", verbose_name=_("return"))
    before = models.CharField(_("from"), max_length=16, choices=Return.Status.choices, blank=True, default="")
    after = models.CharField(_("to"), max_length=16, choices=Return.Status.choices, blank=True, default="")
    channel_status = models.CharField(_("channel's status"), max_length=64, blank=True, default="")
    source = models.CharField(_("brought by"), max_length=32)
    created_at = models.DateTimeField(_("when"), db_default=models.functions.Now())

    class Meta:
        verbose_name = _("step of a return")
        verbose_name_plural = _("steps of returns")
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.before} -> {self.after}"
