"""Commission rules by version, rate tables by version, and the channels' categories."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from commissions.rules import words
from core.widths import ID_LENGTH
from inventory.models import Shop


class CommissionRule(models.Model):
    """One version of a commission rule, as `commissions.rules.rule.Rule` describes it.

    `key` names the rule, `version` counts from 1. A version has a start only: it ends where the next active one begins, and
    one whose strategy is NONE ends the fee. The words are those of `commissions.rules.words`, the JSON columns the parts of the
    published format (docs/commission-rules.schema.json). A version that has been active is never edited.
    """

    class State(models.TextChoices):
        DRAFT = "draft", pgettext_lazy("commission rule", "Draft")
        SHADOW = "shadow", _("In the shadow")
        ACTIVE = "active", _("Active")
        RETIRED = "retired", _("Withdrawn")

    key = models.CharField(_("rule"), max_length=80)
    version = models.PositiveIntegerField(_("version"))
    title = models.CharField(_("title"), max_length=200, blank=True)
    state = models.CharField(_("state"), max_length=16, choices=State.choices, default=State.DRAFT)
    starts = models.DateField(_("from"), help_text=_("Orders created on this day and later, in Vietnam's time."))
    channel = models.SlugField(_("channel"), max_length=32)
    shop = models.ForeignKey(Shop, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("shop"))
    shop_type = models.CharField(_("kind of shop"), max_length=16, blank=True)
    payee = models.CharField(_("paid to"), max_length=16, default=words.MARKETPLACE)
    payee_id = models.CharField(_("who"), max_length=200, blank=True)
    fee_kind = models.CharField(_("fee"), max_length=32)
    strategy = models.CharField(_("strategy"), max_length=16)
    formula_json = models.JSONField(_("formula"), default=dict)
    conditions_json = models.JSONField(_("conditions"), default=dict, blank=True)
    charged_when = ArrayField(models.CharField(max_length=32), verbose_name=_("charged when"))
    given_back = models.CharField(_("given back"), max_length=16)
    vat_json = models.JSONField(_("VAT"), default=dict, blank=True)
    rate_from = models.CharField(_("rate"), max_length=16, default=words.FROM_RULE)
    rounding_json = models.JSONField(_("rounding"), default=dict, blank=True)
    source_json = models.JSONField(_("source"), default=dict)
    examples_json = models.JSONField(
        _("examples"), default=list, db_default=models.Value([], models.JSONField()), blank=True, editable=False,
        help_text=_("Orders with the amounts that are expected of this version: activation needs them to hold."),
    )  # fmt: skip
    created_at = models.DateTimeField(_("written"), db_default=models.functions.Now())
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("written by")
    )
    shadowed_at = models.DateTimeField(
        _("in the shadow since"), null=True, blank=True, editable=False,
        help_text=_("Computed beside the active version since then, and not accrued, until somebody activates it."),
    )  # fmt: skip
    activated_at = models.DateTimeField(_("activated"), null=True, blank=True)
    activated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+",
        verbose_name=_("activated by"),
    )  # fmt: skip
    reaccrued_to = models.BigIntegerField(
        _("accrued again up to order"), null=True, blank=True, editable=False,
        help_text=_("Activation accrues the orders since the start again, by id. Empty: nothing left to do."),
    )  # fmt: skip

    class Meta:
        verbose_name = _("commission rule")
        verbose_name_plural = _("commission rules")
        ordering = ("channel", "fee_kind", "key", "-version")
        constraints = (
            models.UniqueConstraint(fields=("key", "version"), name="one_rule_per_version"),
            models.UniqueConstraint(
                fields=("key", "starts"), condition=models.Q(state="active"), name="one_active_version_per_start"
            ),
        )

    def __str__(self) -> str:
        return f"{self.title or self.key} v{self.version}"


class RateTable(models.Model):
    """One version of a table of rates by category. `rates`: {category: rate in percent as text}. Never edited: a change is a new version.

    A formula names a table with its version (`reference`).
    """

    channel = models.SlugField(_("channel"), max_length=32)
    name = models.CharField(_("name"), max_length=80)
    version = models.PositiveIntegerField(_("version"))
    rates = models.JSONField(_("rates"), default=dict)
    default = models.DecimalField(
        _("rate of all other categories (%)"), max_digits=24, decimal_places=20, null=True, blank=True
    )
    source_json = models.JSONField(_("source"), default=dict)
    created_at = models.DateTimeField(_("written"), db_default=models.functions.Now())
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("written by")
    )

    class Meta:
        verbose_name = _("rate table")
        verbose_name_plural = _("rate tables")
        ordering = ("channel", "name", "-version")
        constraints = (models.UniqueConstraint(fields=("name", "version"), name="one_rate_table_per_version"),)

    def __str__(self) -> str:
        return self.reference

    @property
    def reference(self) -> str:
        """The name by which formulas know this version."""
        return f"{self.name}/{self.version}"


class FeeCategory(models.Model):
    """A channel's category of goods and the one above it; rates fall back along these."""

    channel = models.SlugField(_("channel"), max_length=32)
    code = models.CharField(_("category"), max_length=ID_LENGTH)
    parent = models.CharField(_("below"), max_length=ID_LENGTH, blank=True)
    title = models.CharField(_("title"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        ordering = ("channel", "code")
        constraints = (models.UniqueConstraint(fields=("channel", "code"), name="one_category_per_code"),)

    def __str__(self) -> str:
        return self.title or self.code
