"""Sign-ins to the back office: who came, and who tried."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class SignIn(models.Model):
    """One sign-in, sign-out or failure. Survives the account; kept for a bounded time and number (`erpsync.signin.record`)."""

    class Outcome(models.TextChoices):
        SIGNED_IN = "in", _("Signed in")
        SIGNED_OUT = "out", _("Signed out")
        FAILED = "failed", _("Wrong name or password")
        STOPPED = "stopped", _("Wrong again: has to wait")
        WRONG_CODE = "code", _("Wrong second factor")

    at = models.DateTimeField(_("when"), auto_now_add=True, db_index=True)
    name = models.CharField(_("account"), max_length=150, blank=True)
    address = models.CharField(_("address"), max_length=45, blank=True)
    outcome = models.CharField(_("what happened"), max_length=8, choices=Outcome)

    class Meta:
        verbose_name = _("sign-in")
        verbose_name_plural = _("sign-ins")

    def __str__(self) -> str:
        return f"{self.get_outcome_display()}: {self.name or '?'}"
