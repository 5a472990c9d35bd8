"""Listings of shops, what they should show and do show."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models.functions import Floor
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.money import WITHOUT_MINOR_UNIT
from core.reasons import ReasonField
from core.search import search_columns
from core.tracing import TRACEPARENT_LENGTH
from core.widths import ID_LENGTH
from inventory.models.products import Product
from inventory.models.shops import Shop


class Listing(models.Model):
    """An item (and variation) on sale in a shop -> product x units. In the stock master's shop: the POS' own product."""

    class Status(models.TextChoices):
        ACTIVE = "active", pgettext_lazy("listing", "Active")
        INACTIVE = "inactive", _("Inactive")
        BANNED = "banned", _("Banned")
        DELETED = "deleted", _("Deleted")

    shop = models.ForeignKey(
        Shop, models.PROTECT, related_name="listings", verbose_name=_("shop"),
        db_index=False,  # listing_shop_status
    )  # fmt: skip
    item_id = models.CharField(_("item id"), max_length=ID_LENGTH)
    variation_id = models.CharField(_("variation id"), max_length=ID_LENGTH, blank=True, default="")
    outlet_item_id = models.CharField(_("outlet item id"), max_length=ID_LENGTH, blank=True, default="")
    sku = models.CharField(_("seller SKU"), max_length=ID_LENGTH, blank=True, default="")
    barcode = models.CharField(_("barcode"), max_length=ID_LENGTH, blank=True, default="")
    title = models.CharField(_("title"), max_length=500)
    variation_name = models.CharField(_("variation"), max_length=300, blank=True, default="")
    description = models.TextField(_("description"), blank=True, default="")
    images = models.JSONField(_("images"), default=list, blank=True)
    status = models.CharField(_("status"), max_length=16, choices=Status.choices, default=Status.ACTIVE)
    category_id = models.CharField(_("category"), max_length=ID_LENGTH, blank=True, default="", db_default="")
    category_name = models.CharField(_("category's name"), max_length=200, blank=True, default="", db_default="")
    price = models.DecimalField(_("price shown"), max_digits=18, decimal_places=4, null=True, blank=True)
    wanted_price = models.DecimalField(
        _("price wanted"), max_digits=18, decimal_places=4, null=True, blank=True,
        help_text=_("Sent to the channel when it differs from the price shown. Empty: we leave the price alone."),
    )  # fmt: skip
    price_failure = ReasonField(_("price refused because"))
    # of the span that set the wanted price, until that is shown; "" where it was not traced
    traceparent = models.CharField(max_length=TRACEPARENT_LENGTH, blank=True, default="", db_default="", editable=False)
    currency = models.CharField(_("currency"), max_length=3, default="VND")
    product = models.ForeignKey(
        Product, models.PROTECT, null=True, blank=True, related_name="listings", verbose_name=_("product")
    )
    units = models.PositiveIntegerField(
        _("units per listing"), default=1, db_default=1, validators=(MinValueValidator(1),),
        help_text=_("How many of the product one sold piece takes (a pack of six: 6)."),
    )  # fmt: skip
    version = models.DateTimeField(_("changed at the channel"), null=True, blank=True)
    asked_at = models.DateTimeField(_("read"), null=True, blank=True)
    raw = models.JSONField(_("raw answer"), default=dict, blank=True)
    search_text, search_grams = search_columns()

    class Meta:
        verbose_name = _("listing")
        verbose_name_plural = _("listings")
        ordering = ("shop", "title", "id")
        constraints = (
            models.UniqueConstraint(fields=("shop", "item_id", "variation_id"), name="one_listing_per_variation"),
            models.CheckConstraint(
                condition=models.Q(wanted_price__isnull=True)
                | models.Q(wanted_price__gt=0) & ~models.Q(currency__in=sorted(WITHOUT_MINOR_UNIT))
                | models.Q(wanted_price__gte=1, wanted_price=Floor("wanted_price")),
                name="wanted_price_can_be_paid",
            ),
        )
        indexes = (
            models.Index(fields=("shop", "sku"), name="listing_sku"),
            # counted without its rows, which are wide
            models.Index(fields=("shop", "status"), include=("product",), name="listing_shop_status"),
            models.Index(fields=("shop",), condition=models.Q(product__isnull=True), name="listing_unmapped"),
            models.Index(fields=("shop", "category_id"), condition=~models.Q(category_id=""), name="listing_category"),
            models.Index(fields=("shop",), condition=models.Q(wanted_price__isnull=False), name="listing_own_price"),
            models.Index(fields=("title", "-id"), name="listing_title"),
            GinIndex(fields=("search_grams",), name="listing_search"),
        )

    def __str__(self) -> str:
        return f"{self.title} {self.variation_name}".strip()

    @property
    def picture(self) -> str:
        """Address of the main image, "" for none."""
        return str(next(iter(self.images), ""))


class ListingStock(models.Model):
    """The numbers of one listing at one channel warehouse ("" where the channel has none).

    wanted: should show. published: last accepted by the channel. expected: published minus this shop's own orders since,
    None when unknown (never pushed, or the answer was lost). observed: last read back. pushing: on its way now.
    A row is due when wanted differs from expected and nothing is on its way. unsettled: the highest number that a push
    without an answer may still bring, until `unsettled_until`; pushed once more then. shelf_moved: the channel changed its
    own number while ours was on its way.
    """

    listing = models.ForeignKey(Listing, models.CASCADE, related_name="stocks", verbose_name=_("listing"))
    warehouse = models.CharField(_("channel warehouse"), max_length=ID_LENGTH, blank=True, default="", db_default="")
    wanted = models.IntegerField(_("wanted"), null=True, blank=True)
    published = models.IntegerField(_("published"), null=True, blank=True)
    expected = models.IntegerField(_("expected"), null=True, blank=True)
    observed = models.IntegerField(_("observed"), null=True, blank=True)
    promotion_reserved = models.IntegerField(
        _("held by a campaign"),
        default=0,
        db_default=0,
        help_text=_("The channel refuses a smaller number while a campaign holds it."),
    )
    pushing = models.IntegerField(_("on its way"), null=True, blank=True)
    push_started_at = models.DateTimeField(_("push started"), null=True, blank=True)
    shelf_moved = models.BooleanField(default=False, db_default=False, editable=False)
    unsettled = models.IntegerField(_("may still arrive"), null=True, blank=True)
    unsettled_until = models.DateTimeField(null=True, blank=True, editable=False)
    pushed_at = models.DateTimeField(_("last accepted"), null=True, blank=True)
    observed_at = models.DateTimeField(_("last read back"), null=True, blank=True)
    wanted_at = models.DateTimeField(_("wanted since"), null=True, blank=True)
    # of the span that changed the wanted number, until that is shown; "" where it was not traced
    traceparent = models.CharField(max_length=TRACEPARENT_LENGTH, blank=True, default="", db_default="", editable=False)
    read_back_due = models.BooleanField(default=False, db_default=False)
    before_mapping = models.IntegerField(_("before the mapping"), null=True, blank=True)
    before_at = models.DateTimeField(null=True, blank=True, editable=False)
    giving_back = models.BooleanField(_("goes back"), default=False, db_default=False)
    failures = models.PositiveSmallIntegerField(_("refusals in a row"), default=0, db_default=0)
    blocked_until = models.DateTimeField(_("next try"), null=True, blank=True)
    failure_code = models.CharField(max_length=100, blank=True, default="", db_default="")
    failure = ReasonField(_("refused because"))

    class Meta:
        verbose_name = _("listing stock")
        verbose_name_plural = _("listing stocks")
        constraints = (
            models.UniqueConstraint(fields=("listing", "warehouse"), name="one_stock_per_listing_and_warehouse"),
        )
        indexes = (
            models.Index(
                fields=("listing",),
                condition=models.Q(wanted__isnull=False)
                & (
                    models.Q(expected__isnull=True)
                    | ~models.Q(wanted=models.F("expected"))
                    | models.Q(unsettled__isnull=False)
                    | models.Q(pushing__isnull=False)
                ),
                name="listing_stock_due",
            ),
            models.Index(fields=("listing",), condition=models.Q(giving_back=True), name="listing_stock_giving_back"),
        )

    def __str__(self) -> str:
        return f"{self.listing}: {self.wanted}"


class StockDrift(models.Model):
    """A number that a channel shows and should not: what was expected, what was found there, and what is done about it.

    Own sales since the last push are no drift: they are in the expected number. One open row per number; ended when the channel
    shows what is expected again.
    """

    class Cause(models.TextChoices):
        UNKNOWN = "unknown", _("Unknown")
        CAMPAIGN = "campaign", _("A campaign holds units")

    class Decision(models.TextChoices):
        WAITING = "waiting", _("Waits for a decision")
        PUT_RIGHT = "put_right", _("Put right")
        LEFT = "left", _("Left as it is")

    shop = models.ForeignKey(Shop, models.CASCADE, related_name="drifts", verbose_name=_("shop"))
    stock = models.ForeignKey(ListingStock, models.CASCADE, related_name="drifts", verbose_name=_("listing"))
    expected = models.IntegerField(_("expected"))
    observed = models.IntegerField(_("found"))
    cause = models.CharField(_("cause"), max_length=16, choices=Cause.choices, default=Cause.UNKNOWN)
    decision = models.CharField(_("what is done"), max_length=16, choices=Decision.choices)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("by")
    )
    found_at = models.DateTimeField(_("found at"))
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    class Meta:
        verbose_name = _("stock drift")
        verbose_name_plural = _("stock drifts")
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(fields=("stock",), condition=models.Q(ended_at=None), name="one_open_drift"),
        )
        indexes = (models.Index(fields=("shop", "-id"), name="drift_shop"),)

    def __str__(self) -> str:
        return f"{self.stock_id}: {self.expected} / {self.observed}"


class BulkMapping(models.Model):
    """A bulk mapping of listings, so that it can be undone as one: [[listing id, product id], ...]."""

    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    pairs = models.JSONField(default=list)
    undone_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        verbose_name = _("bulk mapping")
        verbose_name_plural = _("bulk mappings")

    def __str__(self) -> str:
        return f"{len(self.pairs)} @ {self.created_at}"
