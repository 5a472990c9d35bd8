"""Shops, their warehouses and members."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from core import permissions
from core.widths import ID_LENGTH


class Warehouse(models.Model):
    """A place with stock: managed here, or a branch that a POS manages (`shop` is that POS)."""

    name = models.CharField(_("name"), max_length=200)
    shop = models.ForeignKey(
        "Shop", models.PROTECT, null=True, blank=True, related_name="branches", verbose_name=_("managed by"),
        help_text=_("The POS whose branch this is. Empty: stock is managed here."),
    )  # fmt: skip
    external_id = models.CharField(_("channel's id"), max_length=ID_LENGTH, blank=True, default="")
    position = models.PositiveSmallIntegerField(
        _("position"), default=0, help_text=_("Orders are taken from the warehouse with the lowest position first.")
    )
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("warehouse")
        verbose_name_plural = _("warehouses")
        ordering = ("position", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("shop", "external_id"), condition=models.Q(shop__isnull=False), name="one_row_per_branch"
            ),
        )

    def __str__(self) -> str:
        return self.name


class Shop(models.Model):
    """The domain's side of a connection: a marketplace shop, or the POS that keeps the stock."""

    class Type(models.TextChoices):
        NORMAL = "normal", _("Normal shop")
        MALL = "mall", _("Mall shop")

    class LegalForm(models.TextChoices):
        ORGANISATION = "organisation", _("Organisation")
        HOUSEHOLD = "household", _("Household business")
        INDIVIDUAL = "individual", _("Individual")

    name = models.CharField(_("name"), max_length=200)
    channel = models.SlugField(_("channel"), max_length=32)
    currency = models.CharField(_("currency"), max_length=3, default="VND")
    time_zone = models.CharField(_("time zone"), max_length=64, default="Asia/Ho_Chi_Minh")
    keeps_stock = models.BooleanField(
        _("stock master"), default=False,
        help_text=_("A POS: its products are the product book and its branches hold the stock."),
    )  # fmt: skip
    sells_from = models.ManyToManyField(
        Warehouse, blank=True, related_name="selling_shops", verbose_name=_("sells from"),
        help_text=_("The warehouses whose stock this shop offers."),
    )  # fmt: skip
    safety_stock = models.PositiveIntegerField(
        _("safety stock"), default=0, help_text=_("Units of each product that this shop never offers.")
    )
    share_percent = models.PositiveSmallIntegerField(
        _("share in percent"), default=100, validators=(MinValueValidator(1), MaxValueValidator(100)),
        help_text=_("How much of the available stock this shop may show while there is plenty."),
    )  # fmt: skip
    scarce_below = models.PositiveIntegerField(
        _("scarce below"), default=10,
        help_text=_("With fewer units left, all shops together show no more than the stock."),
    )  # fmt: skip
    priority = models.PositiveSmallIntegerField(
        _("priority"), default=100, help_text=_("Who gets the last units: the lowest number first.")
    )
    pushes_paused = models.BooleanField(
        _("pushes paused"), default=False, help_text=_("While set, no stock and no price leaves for this shop.")
    )
    asks_about_drift = models.BooleanField(
        _("ask before a number is put right"), default=False, db_default=False,
        help_text=_(
            "The channel shows another number than it should: usually the right one is sent at once. With this, a person decides."
        ),
    )  # fmt: skip
    price_move_percent = models.PositiveSmallIntegerField(
        _("ask when a price moves by more than (%)"), default=50, db_default=50,
        validators=(MinValueValidator(1), MaxValueValidator(1000)),
        help_text=_("A new price further than this from the one shown, or one below cost, has to be confirmed."),
    )  # fmt: skip
    zero_when_unmapped = models.BooleanField(
        _("show 0 when a mapping is undone"), default=False, db_default=False,
        help_text=_("Else the channel gets back the number that it showed before the mapping, less what was sold since."),
    )  # fmt: skip
    labels_after_packing = models.BooleanField(
        _("labels only of packed parcels"), default=False, db_default=False,
        help_text=_("A label is printed only once every piece of its parcel was scanned, and opens by itself then."),
    )  # fmt: skip
    shop_type = models.CharField(
        _("kind of shop"), max_length=16, choices=Type.choices, default=Type.NORMAL, db_default=Type.NORMAL,
        help_text=_("Channels charge malls other fees."),
    )  # fmt: skip
    legal_form = models.CharField(
        _("legal form"), max_length=16, choices=LegalForm.choices, blank=True, default="", db_default="",
        help_text=_("Decides which taxes a channel withholds."),
    )  # fmt: skip
    returns_to = models.ForeignKey(
        Warehouse, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("returned goods go to"),
        help_text=_("Offered first when a parcel that came back is opened. Nothing is put on sale by itself."),
    )  # fmt: skip
    platform_warehouse = models.ForeignKey(
        Warehouse, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("stock at the platform"),
        help_text=_(
            "What the platform sends from its own warehouse is taken from here. A warehouse managed here is lowered by the orders; "
            "for a branch of the POS documents are written there, as for your own orders. Empty: such orders move nothing and "
            "are not written to the POS."
        ),
    )  # fmt: skip
    stock_since = models.DateTimeField(
        _("counts stock since"), null=True, blank=True,
        help_text=_("Orders placed before are history: once shipped they move no stock and are not written to the POS."),
    )  # fmt: skip
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("shop")
        verbose_name_plural = _("shops")
        ordering = ("name", "id")

    def __str__(self) -> str:
        return self.name


class ShopMembership(models.Model):
    """A user's role in a shop. Every admin queryset and every endpoint goes through this table."""

    class Role(models.TextChoices):
        VIEWER = permissions.VIEWER, _("Viewer")
        OPERATOR = permissions.OPERATOR, _("Operator")
        MANAGER = permissions.MANAGER, _("Manager")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="shop_memberships", verbose_name=_("user")
    )
    shop = models.ForeignKey(Shop, models.CASCADE, related_name="memberships", verbose_name=_("shop"))
    role = models.CharField(_("role"), max_length=16, choices=Role.choices, default=Role.VIEWER)

    class Meta:
        verbose_name = _("shop membership")
        verbose_name_plural = _("shop memberships")
        constraints = (models.UniqueConstraint(fields=("user", "shop"), name="one_role_per_user_and_shop"),)

    def __str__(self) -> str:
        return f"{self.user} @ {self.shop}"
