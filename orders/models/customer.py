"""Customers: one row per person, and an identity per shop that knows them."""

from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.search import search_columns
from core.widths import ID_LENGTH
from inventory.models import Shop


class Customer(models.Model):
    """One person, over all channels and the POS. They meet on a telephone number that no channel has masked."""

    name = models.CharField(_("name"), max_length=200, blank=True, default="", db_default="")
    phone = models.CharField(
        _("telephone"),
        max_length=20,
        blank=True,
        default="",
        db_default="",
        help_text=_("With the country, like +84901234567."),
    )
    email = models.CharField(_("e-mail"), max_length=254, blank=True, default="", db_default="")
    created_at = models.DateTimeField(_("since"), db_default=models.functions.Now())

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(fields=("phone",), condition=~Q(phone=""), name="one_customer_per_phone"),
        )

    def __str__(self) -> str:
        """Return the name that was told where the row was asked for; `name` may be what another shop told."""
        return str(self.__dict__.get("told_name") or f"#{self.pk}")


class CustomerIdentity(models.Model):
    """A customer's identity in one shop: id, name and number as the channel gives them, masked or not."""

    shop = models.ForeignKey(Shop, models.PROTECT, related_name="customer_identities", verbose_name=_("shop"))
    external_id = models.CharField(_("id at the channel"), max_length=ID_LENGTH)
    customer = models.ForeignKey(
        Customer, models.PROTECT, null=True, related_name="identities", verbose_name=_("customer")
    )
    name = models.CharField(_("name"), max_length=200, blank=True, default="", db_default="")
    code = models.CharField(_("code"), max_length=ID_LENGTH, blank=True, default="", db_default="")
    phone = models.CharField(_("telephone as given"), max_length=40, blank=True, default="", db_default="")
    email = models.CharField(_("e-mail"), max_length=254, blank=True, default="", db_default="")
    address = models.CharField(_("address"), max_length=500, blank=True, default="", db_default="")
    held = models.BooleanField(
        _("held back"), default=False, db_default=False,
        help_text=_("Set by a person: this buyer's orders in the shop count as held back."),
    )  # fmt: skip
    held_reason = models.CharField(_("why held back"), max_length=300, blank=True, default="", db_default="")
    version = models.DateTimeField(_("changed at the channel"), null=True, blank=True)
    asked_at = models.DateTimeField(_("read"))
    search_text, search_grams = search_columns()

    class Meta:
        verbose_name = _("customer at a channel")
        verbose_name_plural = _("customers at channels")
        constraints = (models.UniqueConstraint(fields=("shop", "external_id"), name="one_identity_per_shop_and_id"),)
        indexes = (
            models.Index(fields=("customer",), name="identity_customer"),
            # whom people hold back: few of all
            models.Index(fields=("customer", "shop"), condition=Q(held=True), name="identity_held"),
            GinIndex(fields=("search_grams",), name="identity_search"),
        )

    def __str__(self) -> str:
        return self.name or self.external_id
