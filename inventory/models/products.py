"""Products, bundles, and pairs that may be the same product."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from core.search import search_columns
from core.widths import ID_LENGTH
from inventory.models.fields import quantity_field


class Product(models.Model):
    """A product: one row per sellable unit. A bundle is a product with components and no stock of its own.

    Known by its row, and at a stock master by the listing with its id there; its SKU is an attribute that may change, be
    reused or stand on two products for a while. Not active: the stock master does not sell it, so every shop shows 0.
    """

    sku = models.CharField(_("SKU"), max_length=ID_LENGTH, db_index=True)
    barcode = models.CharField(_("barcode"), max_length=ID_LENGTH, blank=True, default="")
    name = models.CharField(_("name"), max_length=500)
    price = models.DecimalField(_("price"), max_digits=18, decimal_places=4, null=True, blank=True)
    cost = models.DecimalField(_("cost"), max_digits=18, decimal_places=4, null=True, blank=True)
    is_bundle = models.BooleanField(_("bundle"), default=False)
    is_active = models.BooleanField(_("active"), default=True, db_default=True)
    selling_stopped = models.BooleanField(_("selling stopped"), default=False, db_default=False)
    gone_at = models.DateTimeField(_("deleted at the stock master"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)
    search_text, search_grams = search_columns()

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        ordering = ("sku",)
        indexes = (
            models.Index(fields=("barcode",), condition=~models.Q(barcode=""), name="product_barcode"),
            models.Index(Upper("sku"), name="product_sku_upper"),
            GinIndex(fields=("search_grams",), name="product_search"),
        )

    def __str__(self) -> str:
        return f"{self.sku} {self.name}"


class BundleComponent(models.Model):
    """A component of a bundle: so many units of a product."""

    bundle = models.ForeignKey(Product, models.CASCADE, related_name="components", verbose_name=_("bundle"))
    product = models.ForeignKey(Product, models.PROTECT, related_name="part_of", verbose_name=_("component"))
    units = quantity_field(verbose_name=_("units"))

    class Meta:
        verbose_name = _("bundle component")
        verbose_name_plural = _("bundle components")
        constraints = (models.UniqueConstraint(fields=("bundle", "product"), name="component_once_per_bundle"),)

    def __str__(self) -> str:
        return f"{self.units:g} x {self.product}"


class ProductPair(models.Model):
    """Decision about two products that may be the same: they met at two stock masters under one SKU or barcode.

    Without a row the pair is proposed. Joined: `second` is part of `first`, and `moved` says what moved, so that it can be
    undone.
    """

    class Decision(models.TextChoices):
        JOINED = "joined", _("Joined")
        DIFFER = "differ", _("They differ")

    first = models.ForeignKey(Product, models.PROTECT, related_name="+", verbose_name=_("product"))
    second = models.ForeignKey(Product, models.PROTECT, related_name="+", verbose_name=_("the other product"))
    decision = models.CharField(_("decision"), max_length=8, choices=Decision.choices)
    moved = models.JSONField(default=dict, db_default={}, editable=False)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("by")
    )
    decided_at = models.DateTimeField(_("when"), db_default=models.functions.Now())

    class Meta:
        verbose_name = _("pair of products")
        verbose_name_plural = _("pairs of products")
        constraints = (models.UniqueConstraint(fields=("first", "second"), name="one_decision_per_pair"),)

    def __str__(self) -> str:
        return f"{self.first} / {self.second}"
