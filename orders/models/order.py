"""Orders with their lines, parcels and history."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.search import search_columns
from core.widths import ID_LENGTH
from inventory.models import Listing, Product, Shop
from orders.models.customer import Customer
from orders.snapshots import PLATFORM, SELLER
from orders.statuses import Status, statuses

# several numbers may stand in one field: six of them take 106 characters
TRACKING_LENGTH = 500
_IS_OPEN = models.Q(status__in=sorted(statuses("is_open")))


class Order(models.Model):
    """One order of one shop, as last reported by its channel. `asked_at` and `version` guard against older truth."""

    shop = models.ForeignKey(
        Shop, models.PROTECT, related_name="orders", verbose_name=_("shop"),
        db_index=False,  # order_shop, order_shop_newest
    )  # fmt: skip
    number = models.CharField(_("order number"), max_length=ID_LENGTH)
    status = models.CharField(
        _("status"), max_length=16, choices=Status.choices, blank=True,
        help_text=_("Empty: the channel's status is not known to us yet; nothing was guessed."),
    )  # fmt: skip
    channel_status = models.CharField(_("channel's status"), max_length=64)
    currency = models.CharField(_("currency"), max_length=3, default="VND")
    total = models.DecimalField(_("total"), max_digits=18, decimal_places=4, null=True, blank=True)
    shipping_fee = models.DecimalField(
        _("shipping paid by the buyer"), max_digits=18, decimal_places=4, null=True, blank=True
    )
    seller_discount = models.DecimalField(
        _("seller's discounts"), max_digits=18, decimal_places=4, null=True, blank=True,
        help_text=_("Off the list prices of the whole order. Empty: the channel does not tell."),
    )  # fmt: skip
    platform_discount = models.DecimalField(
        _("platform's discounts"), max_digits=18, decimal_places=4, null=True, blank=True,
        help_text=_("What the platform pays of the list prices. Empty: the channel does not tell."),
    )  # fmt: skip
    seller_voucher = models.DecimalField(
        _("seller's vouchers"), max_digits=18, decimal_places=4, null=True, blank=True,
        help_text=_("Part of the seller's discounts. Empty: the channel does not tell."),
    )  # fmt: skip
    platform_voucher = models.DecimalField(
        _("platform's vouchers"), max_digits=18, decimal_places=4, null=True, blank=True,
        help_text=_("Part of the platform's discounts. Empty: the channel does not tell."),
    )  # fmt: skip
    coins = models.DecimalField(
        _("coins spent"), max_digits=18, decimal_places=4, null=True, blank=True,
        help_text=_("Part of the platform's discounts. Empty: the channel does not tell."),
    )  # fmt: skip
    seller_shipping = models.DecimalField(
        _("shipping borne by the seller"), max_digits=18, decimal_places=4, null=True, blank=True
    )
    tax = models.DecimalField(_("tax"), max_digits=18, decimal_places=4, null=True, blank=True)
    settled_facts = ArrayField(
        models.CharField(max_length=32),
        verbose_name=_("told by the settlement"),
        default=list,
        db_default=[],
        blank=True,
    )
    settled_asked_at = models.DateTimeField(_("settlement read"), null=True, blank=True)
    placed_at = models.DateTimeField(_("placed"))
    paid_at = models.DateTimeField(_("paid"), null=True, blank=True)
    ship_by = models.DateTimeField(_("ship by"), null=True, blank=True)
    shipped_at = models.DateTimeField(_("shipped"), null=True, blank=True)
    customer = models.ForeignKey(
        Customer, models.SET_NULL, null=True, blank=True, related_name="orders", verbose_name=_("customer"),
        db_index=False,  # order_customer
    )  # fmt: skip
    buyer_id = models.CharField(_("buyer's id at the channel"), max_length=ID_LENGTH, blank=True, default="")
    buyer_name = models.CharField(_("buyer"), max_length=200, blank=True, default="")
    recipient = models.JSONField(_("recipient"), default=dict, blank=True)
    cash_on_delivery = models.BooleanField(_("cash on delivery"), default=False)
    payment_method = models.CharField(_("payment"), max_length=100, blank=True, default="")
    staff_id = models.CharField(
        _("seller's id at the POS"), max_length=ID_LENGTH, blank=True, default="", db_default=""
    )
    staff_name = models.CharField(_("sold by"), max_length=200, blank=True, default="", db_default="")
    branch_id = models.CharField(_("branch's id"), max_length=ID_LENGTH, blank=True, default="", db_default="")
    branch_name = models.CharField(_("branch"), max_length=200, blank=True, default="", db_default="")
    carrier = models.CharField(_("carrier"), max_length=100, blank=True, default="")
    cancel_reason = models.CharField(_("cancel reason"), max_length=300, blank=True, default="")
    note = models.TextField(_("note"), blank=True, default="")
    problems = models.JSONField(
        _("problems"), default=list, blank=True, help_text=_("What about this order needs a person's eye.")
    )
    has_problem = models.BooleanField(_("needs attention"), default=False)
    held = models.BooleanField(
        _("held back"), default=False, db_default=False,
        help_text=_("Set by a person: it joins no wave, and its shipment is not arranged together with others."),
    )  # fmt: skip
    held_reason = models.CharField(_("why held back"), max_length=300, blank=True, default="", db_default="")
    version = models.DateTimeField(_("changed at the channel"), null=True, blank=True)
    asked_at = models.DateTimeField(_("read"))
    raw = models.JSONField(_("raw answer"), default=dict, blank=True)
    created_at = models.DateTimeField(_("received"), db_default=models.functions.Now())
    search_text, search_grams = search_columns()

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        ordering = ("-placed_at", "-id")
        constraints = (models.UniqueConstraint(fields=("shop", "number"), name="one_order_per_shop_and_number"),)
        indexes = (
            models.Index(fields=("-placed_at", "-id"), name="order_placed"),
            models.Index(fields=("shop", "-placed_at", "-id"), name="order_shop_newest"),
            # a member's list of one status, or of several
            models.Index(fields=("shop", "status", "-placed_at", "-id"), name="order_shop_status"),
            models.Index(fields=("shop", "id"), name="order_shop"),
            # a walk-in customer of a POS has a hundred thousand orders
            models.Index(fields=("customer", "-placed_at"), name="order_customer"),
            # the open ones are few and the newest: a list of some of them, oldest first, would walk all the others before
            models.Index(fields=("-placed_at", "-id"), condition=_IS_OPEN, name="order_open_placed"),
            models.Index(fields=("id",), condition=_IS_OPEN, name="order_open"),
            models.Index(fields=("status", "-placed_at", "-id"), name="order_status_newest"),
            models.Index(fields=("number",), name="order_number"),
            models.Index(fields=("total",), name="order_total"),
            GinIndex(fields=("search_grams",), name="order_search"),
            models.Index(fields=("-placed_at",), condition=models.Q(has_problem=True), name="order_needs_attention"),
            models.Index(
                fields=("payment_method", "-placed_at"),
                condition=~models.Q(payment_method=""),
                name="order_payment_method",
            ),
            models.Index(fields=("staff_id", "-placed_at"), condition=~models.Q(staff_id=""), name="order_staff"),
            models.Index(fields=("branch_id", "-placed_at"), condition=~models.Q(branch_id=""), name="order_branch"),
        )

    def __str__(self) -> str:
        return self.number


class OrderLine(models.Model):
    """One line of an order. It keeps the product it was first mapped to, and the parts that product was made of then.

    `fulfilled_by`: a platform's lines are sent from its own warehouse and take nothing from the seller's stock.

    `parts`: {product id: units of it in ONE sold piece} as text, empty while the listing is not mapped. `unit_cost`: of one sold
    piece, as its parts cost when it was handed to the carrier; later costs do not change it. `category_id`: the channel's leaf, kept
    from when it was first known. Amounts are as in `LineSnapshot`.
    """

    class Fulfiller(models.TextChoices):
        SELLER = SELLER, _("Us")
        PLATFORM = PLATFORM, _("The platform")

    order = models.ForeignKey(Order, models.CASCADE, related_name="lines", verbose_name=_("order"))
    key = models.CharField(max_length=ID_LENGTH)
    listing = models.ForeignKey(Listing, models.SET_NULL, null=True, blank=True, verbose_name=_("listing"))
    product = models.ForeignKey(Product, models.PROTECT, null=True, blank=True, verbose_name=_("product"))
    parts = models.JSONField(default=dict, blank=True)
    item_id = models.CharField(max_length=ID_LENGTH)
    variation_id = models.CharField(max_length=ID_LENGTH, blank=True, default="")
    sku = models.CharField(_("SKU"), max_length=ID_LENGTH, blank=True, default="")
    title = models.CharField(_("title"), max_length=500, blank=True, default="")
    variation_name = models.CharField(_("variation"), max_length=300, blank=True, default="")
    quantity = models.PositiveIntegerField(_("quantity"))
    price = models.DecimalField(_("list price"), max_digits=18, decimal_places=4, default=0)
    paid_price = models.DecimalField(_("price paid"), max_digits=18, decimal_places=4, default=0)
    status = models.CharField(_("status"), max_length=16, choices=Status.choices, blank=True, default="")
    channel_status = models.CharField(_("channel's status"), max_length=64, blank=True, default="")
    parcel = models.CharField(_("parcel"), max_length=ID_LENGTH, blank=True, default="")
    fulfilled_by = models.CharField(
        _("sent by"), max_length=16, choices=Fulfiller.choices, default=Fulfiller.SELLER, db_default=Fulfiller.SELLER
    )
    category_id = models.CharField(_("category"), max_length=ID_LENGTH, blank=True, default="", db_default="")
    campaigns = ArrayField(
        models.CharField(max_length=ID_LENGTH), verbose_name=_("campaigns"), default=list, db_default=[], blank=True
    )
    seller_discount = models.DecimalField(
        _("seller's discounts"), max_digits=18, decimal_places=4, null=True, blank=True
    )
    platform_discount = models.DecimalField(
        _("platform's discounts"), max_digits=18, decimal_places=4, null=True, blank=True
    )
    platform_voucher = models.DecimalField(
        _("platform's vouchers"), max_digits=18, decimal_places=4, null=True, blank=True
    )
    coins = models.DecimalField(_("coins spent"), max_digits=18, decimal_places=4, null=True, blank=True)
    tax = models.DecimalField(_("tax"), max_digits=18, decimal_places=4, null=True, blank=True)
    has_settled_facts = models.BooleanField(_("discounts told by the settlement"), default=False, db_default=False)
    affiliate_id = models.CharField(_("affiliate"), max_length=ID_LENGTH, blank=True, default="", db_default="")
    affiliate_rate = models.DecimalField(
        _("affiliate's rate (%)"), max_digits=24, decimal_places=20, null=True, blank=True
    )
    unit_cost = models.DecimalField(
        _("cost when it left"), max_digits=18, decimal_places=4, null=True, blank=True,
        help_text=_("Of one sold piece. Empty: it has not left yet, or a cost is not known."),
    )  # fmt: skip

    class Meta:
        verbose_name = _("order line")
        verbose_name_plural = _("order lines")
        ordering = ("id",)
        constraints = (models.UniqueConstraint(fields=("order", "key"), name="one_line_per_key"),)
        indexes = (
            models.Index(
                fields=("item_id", "variation_id"), condition=models.Q(product__isnull=True), name="line_unmapped"
            ),
            # how many lines wait for the mapping of a listing
            models.Index(fields=("listing",), condition=models.Q(product__isnull=True), name="line_unmapped_listing"),
            models.Index(fields=("order",), condition=models.Q(fulfilled_by="platform"), name="line_of_platform"),
            GinIndex(fields=("campaigns",), condition=~models.Q(campaigns=[]), name="line_campaigns"),
            models.Index(fields=("affiliate_id",), condition=~models.Q(affiliate_id=""), name="line_affiliate"),
            models.Index(fields=("category_id",), condition=~models.Q(category_id=""), name="line_category"),
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
    number = models.CharField(_("parcel number"), max_length=ID_LENGTH)
    tracking_number = models.CharField(
        _("tracking number"), max_length=TRACKING_LENGTH, blank=True, default="", db_index=True
    )
    carrier = models.CharField(_("carrier"), max_length=100, blank=True, default="")
    channel_status = models.CharField(_("channel's status"), max_length=64, blank=True, default="")
    replaced_at = models.DateTimeField(
        _("replaced"), null=True, blank=True, help_text=_("Since when the channel names other parcels instead of it.")
    )

    class Meta:
        verbose_name = _("parcel")
        verbose_name_plural = _("parcels")
        ordering = ("id",)
        constraints = (models.UniqueConstraint(fields=("order", "number"), name="one_parcel_per_number"),)
        indexes = (models.Index(fields=("number",), name="parcel_number"),)

    def __str__(self) -> str:
        return self.number
