"""Orders with their lines, parcels and history."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from inventory.models import Listing, Product, Shop
from orders.models.customer import Customer
from orders.statuses import Status


class Order(models.Model):
    """One order of one shop, as last reported by its channel. `asked_at` and `version` guard against older truth."""

    shop = models.ForeignKey(Shop, models.PROTECT, related_name="orders", verbose_name=_("shop"))
    number = models.CharField(_("order number"), max_length=64)
    status = models.CharField(
        _("status"), max_length=16, choices=Status.choices, blank=True,
        help_text=_("Empty: the channel's status is not known to us yet; nothing was guessed."),
    )  # fmt: skip
    channel_status = models.CharField(_("channel's status"), max_length=64)
    currency = models.CharField(_("currency"), max_length=3, default="VND")
    total = models.DecimalField(_("total"), max_digits=18, decimal_places=4, null=True, blank=True)
    placed_at = models.DateTimeField(_("placed"))
    paid_at = models.DateTimeField(_("paid"), null=True, blank=True)
    ship_by = models.DateTimeField(_("ship by"), null=True, blank=True)
    shipped_at = models.DateTimeField(_("shipped"), null=True, blank=True)
    customer = models.ForeignKey(
        Customer, models.SET_NULL, null=True, blank=True, related_name="orders", verbose_name=_("customer")
    )
    buyer_id = models.CharField(_("buyer's id at the channel"), max_length=100, blank=True, default="")
    buyer_name = models.CharField(_("buyer"), max_length=200, blank=True, default="")
    recipient = models.JSONField(_("recipient"), default=dict, blank=True)
    cash_on_delivery = models.BooleanField(_("cash on delivery"), default=False)
    payment_method = models.CharField(_("payment"), max_length=100, blank=True, default="")
    carrier = models.CharField(_("carrier"), max_length=100, blank=True, default="")
    cancel_reason = models.CharField(_("cancel reason"), max_length=300, blank=True, default="")
    note = models.TextField(_("note"), blank=True, default="")
    problems = models.JSONField(
        _("problems"), default=list, blank=True, help_text=_("What about this order needs a person's eye.")
    )
    has_problem = models.BooleanField(_("needs attention"), default=False)
    version = models.DateTimeField(_("changed at the channel"), null=True, blank=True)
    asked_at = models.DateTimeField(_("read"))
    raw = models.JSONField(_("raw answer"), default=dict, blank=True)
    created_at = models.DateTimeField(_("received"), db_default=models.functions.Now())

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        ordering = ("-placed_at", "-id")
        constraints = (models.UniqueConstraint(fields=("shop", "number"), name="one_order_per_shop_and_number"),)
        indexes = (
            models.Index(fields=("-placed_at", "-id"), name="order_placed"),
            models.Index(fields=("shop", "-placed_at"), name="order_shop_placed"),
            models.Index(fields=("status", "-placed_at"), name="order_status_placed"),
            models.Index(fields=("number",), name="order_number"),
            models.Index(fields=("-placed_at",), condition=models.Q(has_problem=True), name="order_needs_attention"),
        )

    def __str__(self) -> str:
        return self.number


class OrderLine(models.Model):
    """One line of an order. It keeps the product it was first mapped to, and the parts that product was made of then.

    `parts`: {product id: units of it in ONE sold piece} as text, empty while the listing is not mapped.
    """

    order = models.ForeignKey(Order, models.CASCADE, related_name="lines", verbose_name=_("order"))
    key = models.CharField(max_length=120)
    listing = models.ForeignKey(Listing, models.SET_NULL, null=True, blank=True, verbose_name=_("listing"))
    product = models.ForeignKey(Product, models.PROTECT, null=True, blank=True, verbose_name=_("product"))
    parts = models.JSONField(default=dict, blank=True)
    item_id = models.CharField(max_length=64)
    variation_id = models.CharField(max_length=64, blank=True, default="")
    sku = models.CharField(_("SKU"), max_length=100, blank=True, default="")
    title = models.CharField(_("title"), max_length=500, blank=True, default="")
    variation_name = models.CharField(_("variation"), max_length=300, blank=True, default="")
    quantity = models.PositiveIntegerField(_("quantity"))
    price = models.DecimalField(_("list price"), max_digits=18, decimal_places=4, default=0)
    paid_price = models.DecimalField(_("price paid"), max_digits=18, decimal_places=4, default=0)
    status = models.CharField(_("status"), max_length=16, choices=Status.choices, blank=True, default="")
    channel_status = models.CharField(_("channel's status"), max_length=64, blank=True, default="")
    parcel = models.CharField(_("parcel"), max_length=64, blank=True, default="")

    class Meta:
        verbose_name = _("order line")
        verbose_name_plural = _("order lines")
        ordering = ("id",)
        constraints = (models.UniqueConstraint(fields=("order", "key"), name="one_line_per_key"),)
        indexes = (
            models.Index(
                fields=("item_id", "variation_id"), condition=models.Q(product__isnull=True), name="line_unmapped"
            ),
        )

    def __str__(self) -> str:
        return f"{self.quantity} x {self.title}"


class StatusChange(models.Model):
    """One step of an order's history: what, when, and who or what brought it. Append-only."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="status_changes", verbose_name=_("order"))
    before = models.CharField(_("from"), max_length=16, choices=Status.choices, blank=True, default="")
    after = models.CharField(_("to"), max_length=16, choices=Status.choices, blank=True, default="")
    channel_status = models.CharField(_("channel's status"), max_length=64, blank=True, default="")
    source = models.CharField(_("brought by"), max_length=32)
    version = models.DateTimeField(_("changed at the channel"), null=True, blank=True)
    created_at = models.DateTimeField(_("when"), db_default=models.functions.Now())

    class Meta:
        verbose_name = _("status change")
        verbose_name_plural = _("status changes")
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.before} -> {self.after}"


class Parcel(models.Model):
    """One parcel of an order."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="parcels", verbose_name=_("order"))
    number = models.CharField(_("parcel number"), max_length=64)
    tracking_number = models.CharField(_("tracking number"), max_length=64, blank=True, default="", db_index=True)
    carrier = models.CharField(_("carrier"), max_length=100, blank=True, default="")
    channel_status = models.CharField(_("channel's status"), max_length=64, blank=True, default="")

    class Meta:
        verbose_name = _("parcel")
        verbose_name_plural = _("parcels")
        ordering = ("id",)
        constraints = (models.UniqueConstraint(fields=("order", "number"), name="one_parcel_per_number"),)

    def __str__(self) -> str:
        return self.number
