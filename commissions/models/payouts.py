"""Payouts: transfers from a channel to the seller, and statements beside what was transferred for them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.widths import ID_LENGTH
from inventory.models import Shop


class Payout(models.Model):
    """One transfer by a channel, as the channel or a wallet file tells it. `amount`: positive is money for the seller.

    `statement` and `order_number` say what it pays for, "" where that is not told: a withdrawal from a wallet pays for whatever is
    in it. `closed_at`: when the statement was closed, where the channel tells that instead of its name; `by_sum`: the statement was
    found by its sum. `carried`: the part of `amount` that is the balance of an earlier statement.
    """

    class Kind(models.TextChoices):
        BANK = "bank", _("Transfer to the bank")
        WALLET = "wallet", _("Released into the wallet")

    shop = models.ForeignKey(Shop, models.PROTECT, related_name="payouts", verbose_name=_("shop"))
    external_id = models.CharField(_("id at the channel"), max_length=ID_LENGTH)
    kind = models.CharField(_("kind"), max_length=16, choices=Kind.choices, default=Kind.BANK)
    statement = models.CharField(_("statement"), max_length=ID_LENGTH, blank=True, default="")
    order_number = models.CharField(_("order number"), max_length=ID_LENGTH, blank=True, default="")
    reference = models.CharField(_("bank's text"), max_length=300, blank=True, default="")
    amount = models.DecimalField(_("amount"), max_digits=18, decimal_places=4)
    carried = models.DecimalField(
        _("of it balance of an earlier statement"), max_digits=18, decimal_places=4, default=0, db_default=0
    )
    currency = models.CharField(_("currency"), max_length=3, default="VND")
    closed_at = models.DateTimeField(_("statement closed"), null=True, blank=True)
    by_sum = models.BooleanField(_("statement found by its sum"), default=False, db_default=False)
    paid_at = models.DateTimeField(_("transferred"), null=True, blank=True)
    from_file = models.BooleanField(_("from a file"), default=False)
    asked_at = models.DateTimeField(_("read"))
    raw = models.JSONField(_("raw answer"), default=dict, blank=True)

    class Meta:
        verbose_name = _("payout")
        verbose_name_plural = _("payouts")
        ordering = ("-id",)
        constraints = (models.UniqueConstraint(fields=("shop", "external_id"), name="one_payout_per_id"),)
        indexes = (
            models.Index(fields=("shop", "statement"), condition=~models.Q(statement=""), name="payout_statement"),
            models.Index(fields=("shop", "order_number"), condition=~models.Q(order_number=""), name="payout_order"),
            models.Index(fields=("shop", "-paid_at"), name="payout_shop"),
        )

    def __str__(self) -> str:
        return self.external_id


class PayoutMatch(models.Model):
    """One statement, or the released money of one order, beside what was transferred for it.

    `expected`: the sum of its statement lines; `paid`: the sum of its payouts; `difference`: paid less expected.
    """

    class State(models.TextChoices):
        DUE = "due", _("Not transferred yet")
        REPORTED = "reported", _("Transferred, as the channel says")
        MATCHED = "matched", _("Matched")
        MISSING = "missing", _("Transfer missing")
        SHORT = "short", _("Too little transferred")
        OVER = "over", _("Too much transferred")

    OPEN = (State.MISSING, State.SHORT, State.OVER)

    shop = models.ForeignKey(Shop, models.PROTECT, related_name="+", verbose_name=_("shop"))
    statement = models.CharField(_("statement"), max_length=ID_LENGTH, blank=True, default="")
    order_number = models.CharField(_("order number"), max_length=ID_LENGTH, blank=True, default="")
    expected = models.DecimalField(_("sum of the statement"), max_digits=18, decimal_places=4)
    paid = models.DecimalField(_("transferred sum"), max_digits=18, decimal_places=4)
    difference = models.DecimalField(_("difference"), max_digits=18, decimal_places=4)
    currency = models.CharField(_("currency"), max_length=3, default="VND")
    state = models.CharField(_("state"), max_length=16, choices=State.choices)
    settled_at = models.DateTimeField(_("settled on"))
    due_at = models.DateTimeField(_("due"), null=True, blank=True)
    paid_at = models.DateTimeField(_("transferred"), null=True, blank=True)

    class Meta:
        verbose_name = _("payout check")
        verbose_name_plural = _("payout checks")
        ordering = ("-settled_at", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=("shop", "statement", "order_number"), name="one_payout_match_per_statement"
            ),
        )
        indexes = (
            models.Index(fields=("-settled_at", "-id"), name="payout_match_settled"),
            models.Index(
                fields=("shop", "-settled_at"),
                condition=models.Q(state__in=("missing", "short", "over")),
                name="payout_match_open",
            ),
        )

    def __str__(self) -> str:
        return self.statement or self.order_number


class PayoutTerm(models.Model):
    """Payout term of a shop, set by a person: it takes precedence over the channel's own term.

    The money of an order is due `days` calendar days after it was delivered or completed, then on the next `weekday` where one is
    set, and late `grace_days` working days after that.
    """

    class After(models.TextChoices):
        DELIVERED = "delivered", _("delivered")
        COMPLETED = "completed", _("completed")

    WEEKDAYS = (
        (0, _("Monday")), (1, _("Tuesday")), (2, _("Wednesday")), (3, _("Thursday")), (4, _("Friday")), (5, _("Saturday")),
        (6, _("Sunday")),
    )  # fmt: skip

    shop = models.OneToOneField(Shop, models.CASCADE, related_name="payout_term", verbose_name=_("shop"))
    after = models.CharField(_("counted from"), max_length=16, choices=After.choices, default=After.DELIVERED)
    days = models.PositiveSmallIntegerField(_("days"), default=7)
    weekday = models.PositiveSmallIntegerField(
        _("paid out on"), choices=WEEKDAYS, null=True, blank=True, help_text=_("Empty: on any day.")
    )
    grace_days = models.PositiveSmallIntegerField(_("late after (working days)"), default=2)
    set_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("set by")
    )
    set_at = models.DateTimeField(_("set"), db_default=models.functions.Now())

    class Meta:
        verbose_name = _("payout term")
        verbose_name_plural = _("payout terms")

    def __str__(self) -> str:
        return str(self.shop)
