"""Products, stock, warehouses, shops and listings. Rows are written by `services` only."""

from __future__ import annotations

from decimal import Decimal

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Value
from django.db.models.functions import Floor, Greatest, Upper
from django.utils.translation import gettext_lazy as _

from core import permissions
from core.money import WITHOUT_MINOR_UNIT
from core.reasons import ReasonField
from core.search import search_columns
from core.widths import ID_LENGTH


def quantity_field(**options: object) -> models.DecimalField:  # type: ignore[type-arg]
    """Return a quantity column with three decimals: a POS sells cloth by the metre and fish by the kilo."""
    return models.DecimalField(max_digits=14, decimal_places=3, default=0, db_default=0, **options)  # type: ignore[arg-type]


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


class Listing(models.Model):
    """An item (and variation) on sale in a shop -> product x units. In the stock master's shop: the POS' own product."""

    class Status(models.TextChoices):
        ACTIVE = "active", _("Active")
        INACTIVE = "inactive", _("Inactive")
        BANNED = "banned", _("Banned")
        DELETED = "deleted", _("Deleted")

    shop = models.ForeignKey(Shop, models.PROTECT, related_name="listings", verbose_name=_("shop"))
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
            models.Index(fields=("shop",), condition=models.Q(product__isnull=True), name="listing_unmapped"),
            models.Index(fields=("shop", "category_id"), condition=~models.Q(category_id=""), name="listing_category"),
            models.Index(fields=("shop",), condition=models.Q(wanted_price__isnull=False), name="listing_own_price"),
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


class ProductPair(models.Model):
    """What a person decided about two products that may be the same: they met at two stock masters under one SKU or barcode.

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

    class Meta:
        verbose_name = _("stock mark")
        verbose_name_plural = _("stock marks")

    def __str__(self) -> str:
        return str(self.product_id)
