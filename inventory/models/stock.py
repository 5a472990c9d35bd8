"""Stock by product and warehouse: levels, movements, reservations, and rules that they broke."""

from __future__ import annotations

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import F, Value
from django.db.models.functions import Greatest
from django.utils.translation import gettext_lazy as _

from core.tracing import TRACEPARENT_LENGTH
from core.widths import ID_LENGTH
from inventory.models.fields import quantity_field
from inventory.models.products import Product
from inventory.models.shops import Shop, Warehouse


class StockLevel(models.Model):
    """One product in one warehouse. on_hand = sum of movements; reserved = sum of reservations; available = units that are
    neither reserved here nor, by others, at the POS.

    On a POS-managed level on_hand follows the readings; `pos_reserved` and `pos_own` belong to the last one: what the
    POS had reserved then, and how much of that was our own open orders. Readings asked before `discard_before` (the
    answer to our last write on this product) describe a time that is over and are refused.
    """

    product = models.ForeignKey(Product, models.PROTECT, related_name="levels", verbose_name=_("product"))
    warehouse = models.ForeignKey(Warehouse, models.PROTECT, related_name="levels", verbose_name=_("warehouse"))
    on_hand = quantity_field(verbose_name=_("on hand"))
    reserved = quantity_field(verbose_name=_("reserved"))
    pos_reserved = quantity_field(verbose_name=_("reserved at the POS"))
    pos_own = quantity_field(verbose_name=_("of these our own orders"))
    available = models.GeneratedField(
        expression=F("on_hand") - Greatest(F("pos_reserved") - F("pos_own"), Value(Decimal(0))) - F("reserved"),
        output_field=models.DecimalField(max_digits=14, decimal_places=3), db_persist=True, verbose_name=_("left to sell"),
    )  # fmt: skip
    shelf = models.CharField(_("shelf"), max_length=40, blank=True, default="", db_default="")
    read_at = models.DateTimeField(_("last reading"), null=True, blank=True)
    discard_before = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("stock level")
        verbose_name_plural = _("stock levels")
        constraints = (
            models.UniqueConstraint(fields=("product", "warehouse"), name="one_level_per_product_and_warehouse"),
            models.CheckConstraint(condition=models.Q(reserved__gte=0), name="reserved_is_never_negative"),
        )

    def __str__(self) -> str:
        return f"{self.product} @ {self.warehouse}"


class StockMovement(models.Model):
    """An append-only change of a stock level, with its cause."""

    class Kind(models.TextChoices):
        OPENING = "opening", _("Opening stock")
        READING = "reading", _("POS reading")
        SALE = "sale", _("Sale shipped")
        RECEIPT = "receipt", _("Receipt")
        CORRECTION = "correction", _("Correction")

    level = models.ForeignKey(StockLevel, models.PROTECT, related_name="movements", verbose_name=_("stock level"))
    quantity = quantity_field(verbose_name=_("quantity"))
    kind = models.CharField(_("kind"), max_length=16, choices=Kind.choices)
    shop = models.ForeignKey(Shop, models.PROTECT, null=True, blank=True, verbose_name=_("shop"))
    order_number = models.CharField(_("order number"), max_length=ID_LENGTH, blank=True, default="", db_default="")
    line_key = models.CharField(max_length=ID_LENGTH, blank=True, default="", db_default="")
    note = models.CharField(_("note"), max_length=300, blank=True, default="", db_default="")
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("by")
    )
    created_at = models.DateTimeField(_("when"), db_default=models.functions.Now())

    class Meta:
        verbose_name = _("stock movement")
        verbose_name_plural = _("stock movements")
        ordering = ("-id",)
        indexes = (
            models.Index(fields=("level", "-id"), name="movement_level"),
            models.Index(fields=("created_at",), condition=models.Q(kind="correction"), name="movement_correction"),
        )

    def __str__(self) -> str:
        return f"{self.quantity:+g} {self.get_kind_display()}"


class Reservation(models.Model):
    """The effect of one order line on one stock level: units held, and units already deducted.

    Held units end when they are deducted here, or, at a POS, in the transaction that stores the first reading asked for
    after the invoice was known (`released`). `pos_quantity` units stand in our POS order from `pos_written_at` until
    `pos_closed_at` (its invoice or its void was known).
    """

    shop = models.ForeignKey(Shop, models.PROTECT, related_name="reservations", verbose_name=_("shop"))
    order_number = models.CharField(_("order number"), max_length=ID_LENGTH)
    line_key = models.CharField(max_length=ID_LENGTH)
    level = models.ForeignKey(StockLevel, models.PROTECT, related_name="reservations", verbose_name=_("stock level"))
    quantity = quantity_field(verbose_name=_("held"))
    deducted = quantity_field(verbose_name=_("deducted"))
    is_soft = models.BooleanField(
        _("soft hold"), default=False, db_default=False, help_text=_("Held on a guess: the listing is not mapped yet.")
    )
    released = models.BooleanField(_("released by a POS reading"), default=False, db_default=False)
    invoiced_at = models.DateTimeField(_("invoice known"), null=True, blank=True)
    pos_quantity = quantity_field(verbose_name=_("in our POS order"))
    pos_written_at = models.DateTimeField(_("POS order known"), null=True, blank=True)
    pos_closed_at = models.DateTimeField(_("POS order closed"), null=True, blank=True)
    created_at = models.DateTimeField(_("since"), db_default=models.functions.Now())

    class Meta:
        verbose_name = _("reservation")
        verbose_name_plural = _("reservations")
        constraints = (
            models.UniqueConstraint(
                fields=("shop", "order_number", "line_key", "level"), name="one_reservation_per_line_and_level"
            ),
            models.CheckConstraint(condition=models.Q(quantity__gte=0), name="held_is_never_negative"),
        )
        indexes = (
            models.Index(fields=("level",), condition=models.Q(quantity__gt=0), name="reservation_held"),
            models.Index(
                fields=("level",),
                condition=models.Q(pos_written_at__isnull=False, pos_closed_at__isnull=True),
                name="reservation_open_at_pos",
            ),
        )

    def __str__(self) -> str:
        return f"{self.order_number}: {self.quantity:g}"


class Breach(models.Model):
    """A breach of a rule that must always hold: what was expected, what was found, since when. Ended when it holds again."""

    check_code = models.CharField(_("rule"), max_length=40)
    subject_id = models.BigIntegerField(editable=False)
    subject = models.CharField(_("where"), max_length=200)
    expected = models.DecimalField(_("expected"), max_digits=18, decimal_places=3)
    found = models.DecimalField(_("found"), max_digits=18, decimal_places=3)
    first_seen_at = models.DateTimeField(_("first seen"), db_default=models.functions.Now())
    last_seen_at = models.DateTimeField(_("last seen"), db_default=models.functions.Now())
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    class Meta:
        verbose_name = _("breach")
        verbose_name_plural = _("breaches")
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("check_code", "subject_id"), condition=models.Q(ended_at=None), name="one_open_breach"
            ),
        )

    def __str__(self) -> str:
        return self.subject


class StockMark(models.Model):
    """A product whose stock has moved since its last event. Rows are only added and taken, so nobody waits for another."""

    product_id = models.BigIntegerField(_("product"))
    # of the span that moved it, "" where that was not traced
    traceparent = models.CharField(max_length=TRACEPARENT_LENGTH, blank=True, default="", db_default="", editable=False)

    class Meta:
        verbose_name = _("stock mark")
        verbose_name_plural = _("stock marks")

    def __str__(self) -> str:
        return str(self.product_id)
