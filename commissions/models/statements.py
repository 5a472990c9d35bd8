"""Statement lines: what channels settled, and the files that people bring."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.widths import ID_LENGTH
from inventory.models import Shop
from orders.models import Order


class StatementFile(models.Model):
    """A statement file that a person uploaded for a shop. Files of one `upload` are imported together, or not at all.

    `content` is kept until the file is imported, a day at most. `problems` and `warnings`: reasons as `core.reasons` stores them;
    `totals`: the file's own sums by name; `payouts`: [{"reference", "amount", "at"}], transfers to the bank that it names.
    """

    class State(models.TextChoices):
        CHECKED = "checked", _("Checked, not imported")
        IMPORTED = "imported", _("Imported")
        REFUSED = "refused", _("Refused")

    shop = models.ForeignKey(Shop, models.PROTECT, related_name="statement_files", verbose_name=_("shop"))
    upload = models.UUIDField(_("upload"), default=uuid.uuid4, db_index=True, editable=False)
    name = models.CharField(_("file"), max_length=255)
    sha256 = models.CharField("SHA-256", max_length=64)
    size = models.PositiveIntegerField(_("size"))
    content = models.BinaryField(null=True, editable=False)
    channel = models.SlugField(_("channel"), max_length=32, blank=True, default="")
    kind = models.CharField(_("kind"), max_length=32, blank=True, default="")
    state = models.CharField(_("state"), max_length=16, choices=State.choices)
    shop_confirmed = models.BooleanField(_("shop checked by a person"), default=False)
    shop_name = models.CharField(_("shop named in the file"), max_length=200, blank=True, default="")
    tax_codes = models.JSONField(_("tax codes"), default=list, blank=True)
    first_day = models.DateField(_("from"), null=True, blank=True)
    last_day = models.DateField(_("to"), null=True, blank=True)
    totals = models.JSONField(_("totals"), default=dict, blank=True)
    payouts = models.JSONField(_("transfers to the bank"), default=list, blank=True)
    problems = models.JSONField(_("problems"), default=list, blank=True)
    warnings = models.JSONField(_("warnings"), default=list, blank=True)
    rows = models.PositiveIntegerField(_("rows"), default=0)
    new_lines = models.PositiveIntegerField(_("new lines"), default=0)
    same_lines = models.PositiveIntegerField(_("lines that were here"), default=0)
    changed_lines = models.PositiveIntegerField(_("changed lines"), default=0)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("uploaded by"),
    )
    uploaded_at = models.DateTimeField(_("uploaded"), db_default=models.functions.Now())
    imported_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("imported by"),
    )
    imported_at = models.DateTimeField(_("imported"), null=True, blank=True)

    class Meta:
        verbose_name = _("statement file")
        verbose_name_plural = _("statement files")
        ordering = ("-id",)
        indexes = (
            models.Index(fields=("shop", "sha256"), name="statement_file_content"),
            models.Index(
                fields=("uploaded_at",), condition=models.Q(content__isnull=False), name="statement_file_kept"
            ),
        )

    def __str__(self) -> str:
        return self.name


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

    shop = models.ForeignKey(
        Shop, models.PROTECT, related_name="statement_lines", verbose_name=_("shop"),
        db_index=False,  # statement_line_newest
    )  # fmt: skip
    external_id = models.CharField(_("id at the channel"), max_length=ID_LENGTH)
    order = models.ForeignKey(
        Order, models.PROTECT, null=True, blank=True, related_name="statement_lines", verbose_name=_("order"),
        db_index=False,  # statement_line_order
    )  # fmt: skip
    order_number = models.CharField(_("order number"), max_length=ID_LENGTH, blank=True, default="")
    line_key = models.CharField(max_length=ID_LENGTH, blank=True, default="")
    scope = models.CharField(max_length=ID_LENGTH, blank=True, default="", db_default="")
    file = models.ForeignKey(
        StatementFile, models.PROTECT, null=True, blank=True, db_index=False, related_name="lines",
        verbose_name=_("statement file"), help_text=_("Empty: the channel itself told us."),
    )  # fmt: skip
    corrects = models.ForeignKey(
        "commissions.FeeMatch", models.PROTECT, null=True, blank=True, db_index=False, related_name="corrections",
        verbose_name=_("corrects"), help_text=_("The fee check that an adjustment puts right."),
    )  # fmt: skip
    kind = models.CharField(_("kind"), max_length=16, choices=Kind.choices)
    fee = models.CharField(_("channel's name"), max_length=100)
    amount = models.DecimalField(_("amount"), max_digits=18, decimal_places=4)
    currency = models.CharField(_("currency"), max_length=3, default="VND")
    statement = models.CharField(_("statement"), max_length=ID_LENGTH, blank=True, default="")
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
            models.Index(fields=("-happened_at", "-id"), name="statement_line_happened"),
            models.Index(fields=("shop", "-happened_at", "-id"), name="statement_line_newest"),
            # lists of what is rare: a list of one of the other kinds finds its page on the way through the newest
            models.Index(
                fields=("kind", "-happened_at", "-id"),
                condition=~models.Q(kind__in=("sale", "commission", "payment_fee")),
                name="statement_line_kind",
            ),
            models.Index(
                fields=("-happened_at", "-id"), condition=models.Q(is_paid=False), name="statement_line_unpaid"
            ),
            models.Index(fields=("shop", "scope"), condition=~models.Q(scope=""), name="statement_line_scope"),
            models.Index(fields=("file",), condition=models.Q(file__isnull=False), name="statement_line_file"),
            models.Index(
                fields=("corrects",), condition=models.Q(corrects__isnull=False), name="statement_line_corrects"
            ),
            models.Index(
                fields=("shop", "statement"), condition=~models.Q(statement=""), name="statement_line_statement"
            ),
            models.Index(
                fields=("shop", "order_number"), condition=models.Q(order=None), name="statement_line_unassigned"
            ),
        )

    def __str__(self) -> str:
        return self.fee
