"""Models of the REST API: keys, and the answers kept for writes that are repeated."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.permissions import VIEWER
from inventory.models import Shop, ShopMembership


class ApiKey(models.Model):
    """A partner system's key: which shops, what it may do there, from where and until when. Only the hash of the key is kept.

    Two keys may be valid at a time: `digest`, and after a rotation the one before it (`old_digest`) until `old_ends_at`.
    """

    name = models.CharField(
        _("name"), max_length=100, help_text=_("Which system uses it: the web shop, the warehouse ...")
    )
    start = models.CharField(_("begins with"), max_length=20, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    old_start = models.CharField(max_length=20, blank=True, default="", editable=False)
    old_digest = models.CharField(max_length=64, blank=True, default="", editable=False)
    old_ends_at = models.DateTimeField(_("the key before it ends"), null=True, blank=True, editable=False)
    shops = models.ManyToManyField(Shop, related_name="api_keys", verbose_name=_("shops"))
    role = models.CharField(
        _("role"), max_length=16, choices=ShopMembership.Role.choices, default=VIEWER,
        help_text=_("As for people: viewers read, operators write, managers see costs too."),
    )  # fmt: skip
    scopes = ArrayField(
        models.CharField(max_length=40), verbose_name=_("scopes"), help_text=_("What it may do, by resource and verb.")
    )
    addresses = ArrayField(
        models.CharField(max_length=50), default=list, blank=True, verbose_name=_("only from these addresses"),
        help_text=_("Addresses or ranges such as 203.0.113.0/24, separated by commas. Empty: from anywhere."),
    )  # fmt: skip
    per_minute = models.PositiveIntegerField(
        _("requests per minute"), default=600, validators=(MinValueValidator(1), MaxValueValidator(60_000))
    )
    expires_at = models.DateTimeField(_("ends"), null=True, blank=True, help_text=_("Empty: no end."))
    is_active = models.BooleanField(_("active"), default=True)
    leaked_at = models.DateTimeField(_("leaked"), null=True, blank=True, editable=False)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True, editable=False)
    last_used_from = models.CharField(_("last used from"), max_length=45, blank=True, default="", editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("made by"),
        editable=False,
    )  # fmt: skip
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(fields=("old_digest",), condition=~Q(old_digest=""), name="one_key_per_old_digest"),
        )

    def __str__(self) -> str:
        return self.name


class KeptAnswer(models.Model):
    """The answer to a write with an `Idempotency-Key`, stored in the write's transaction and given again to a repetition.

    `caller`: the key or person, whose keys are nobody else's. `fingerprint`: of method, address and body.
    """

    caller = models.CharField(max_length=40)
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    headers = models.JSONField(default=dict)
    body = models.JSONField(null=True)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("caller", "key"), name="one_answer_per_caller_and_key"),)

    def __str__(self) -> str:
        return f"{self.caller} {self.key}"
