"""Models of app registrations, authorisations and connections."""

from __future__ import annotations

import secrets

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.encryption import EncryptedJSONField, EncryptedTextField
from core.reasons import ReasonField
from inventory.models import Shop


def new_app_key() -> str:
    """Return an unguessable part for a webhook address."""
    return secrets.token_urlsafe(18)


class AppRegistration(models.Model):
    """Our registration at a channel: credentials, settings, and the callback address exactly as registered there.

    Credentials (ids, keys, secrets) are encrypted, settings are not; the connector declares the names of both.
    """

    channel = models.SlugField(_("channel"), max_length=32)
    name = models.CharField(_("name"), max_length=200)
    key = models.CharField(
        _("app key"), max_length=64, unique=True, default=new_app_key, editable=False,
        help_text=_("The unguessable part of the webhook address."),
    )  # fmt: skip
    credentials = EncryptedJSONField(_("credentials"), default=dict, blank=True)
    settings = models.JSONField(_("settings"), default=dict, blank=True)
    base_url = models.URLField(
        _("API address"),
        blank=True,
        default="",
        help_text=_("Empty: the channel's own. Set for a sandbox or the simulator."),
    )
    callback_url = models.CharField(
        _("callback address"), max_length=500, blank=True, default="",
        help_text=_("Exactly as registered at the channel: some sign it, down to the last slash."),
    )  # fmt: skip
    queue_ack = models.CharField(max_length=200, blank=True, default="", editable=False)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("app registration")
        verbose_name_plural = _("app registrations")
        ordering = ("channel", "name")

    def __str__(self) -> str:
        return f"{self.channel}: {self.name}"


class Authorisation(models.Model):
    """Tokens of one consent and their lives, shared by one or more connections."""

    class State(models.TextChoices):
        OK = "ok", _("In order")
        EXPIRING = "expiring", _("Ends soon")
        RED = "red", _("Connect again")

    app = models.ForeignKey(AppRegistration, models.PROTECT, related_name="authorisations", verbose_name=_("app"))
    external_id = models.CharField(_("account at the channel"), max_length=100, blank=True, default="")
    access_token = EncryptedTextField(blank=True, default="")
    refresh_token = EncryptedTextField(blank=True, default="")
    # sha256 hex of the refresh token, for the compare-and-swap: encryption is salted, so ciphertexts cannot be compared
    refresh_fingerprint = models.CharField(max_length=64, blank=True, default="", editable=False)
    expires_at = models.DateTimeField(_("access token ends"), null=True, blank=True)
    refresh_expires_at = models.DateTimeField(_("refresh token ends"), null=True, blank=True)
    consent_ends_at = models.DateTimeField(_("consent ends"), null=True, blank=True)
    renewed_at = models.DateTimeField(_("last renewed"), null=True, blank=True)
    # first refusal of a renewal with the pair that is still stored
    refused_since = models.DateTimeField(null=True, blank=True, editable=False)
    state = models.CharField(_("state"), max_length=16, choices=State.choices, default=State.OK)
    reason = ReasonField(_("reason"))

    class Meta:
        verbose_name = _("authorisation")
        verbose_name_plural = _("authorisations")

    def __str__(self) -> str:
        return f"{self.app} {self.external_id}".strip()


class Connection(models.Model):
    """One account as reached through an authorisation: its id at the channel, read progress and health.

    It has a shop exactly when `Connector.has_shop` says so. Its POS, CRM, ledger and the like are `Link`s.
    """

    authorisation = models.ForeignKey(
        Authorisation, models.PROTECT, related_name="connections", verbose_name=_("authorisation")
    )
    shop = models.OneToOneField(
        Shop, models.PROTECT, null=True, blank=True, related_name="connection", verbose_name=_("shop"),
        help_text=_("Empty: an account that sells nothing, such as a ledger, payments or a carrier."),
    )  # fmt: skip
    external_id = models.CharField(_("shop id at the channel"), max_length=64)
    name = models.CharField(
        _("name"), max_length=200, blank=True, default="",
        help_text=_("As the channel or a person called the account. A shop's own name is shown instead where there is one."),
    )  # fmt: skip
    created_at = models.DateTimeField(_("created"), db_default=models.functions.Now())
    settings = models.JSONField(_("settings"), default=dict, blank=True)
    # {kind: ISO time}: the highest update time seen, moved only after its events were committed
    watermarks = models.JSONField(_("watermarks"), default=dict, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    last_webhook_at = models.DateTimeField(_("last webhook"), null=True, blank=True)
    last_sweep_at = models.DateTimeField(_("last sweep"), null=True, blank=True)
    last_read_at = models.DateTimeField(_("orders read"), null=True, blank=True)
    # where the next comparison of shown numbers goes on, as its connector or the order of the items says; "" from the beginning
    shown_after = models.CharField(max_length=200, blank=True, default="", db_default="", editable=False)
    shown_at = models.DateTimeField(_("numbers compared"), null=True, blank=True)
    # the channel's Retry-After: no sweep, or no push, before
    sweep_due_at = models.DateTimeField(_("next sweep not before"), null=True, blank=True, editable=False)
    push_due_at = models.DateTimeField(_("next push not before"), null=True, blank=True, editable=False)
    trouble = ReasonField(_("trouble"))
    trouble_since = models.DateTimeField(_("trouble since"), null=True, blank=True)

    class Meta:
        verbose_name = _("connection")
        verbose_name_plural = _("connections")
        ordering = ("id",)

    def __str__(self) -> str:
        return self.shop.name if self.shop else self.name or self.external_id

    @property
    def channel(self) -> str:
        """Slug of its channel. Reads the authorisation and its app."""
        return self.authorisation.app.channel

    @property
    def own_shop(self) -> Shop:
        """Shop of a connection that has one. Raises ValueError for one that sells nothing: what needs a shop cannot be stored."""
        if self.shop is None:
            raise ValueError(f"{self} has no shop")
        return self.shop
