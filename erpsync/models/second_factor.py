"""The second factor of signing in, and the sessions that a person has open."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _
from django_otp.models import Device, ThrottlingMixin
from django_otp.oath import TOTP

from core.encryption import EncryptedTextField

STEP_SECONDS = 30
# a phone's clock may be half a minute off
STEPS_OFF = 1
# so many doublings of the wait after wrong codes, which begins with a second: nine minutes at most
MOST_FAILURES = 10
CODES = 10
# without letters and digits that are read for each other; 32 of them: 16 are 80 bits, beyond guessing from a plain hash
_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_GROUPS, _GROUP = 4, 4


class BoundedThrottle(ThrottlingMixin):  # type: ignore[misc]
    """Twice as long a wait after each wrong code, up to a bound: whoever has the password alone locks nobody out for days."""

    class Meta:
        abstract = True

    def get_throttle_factor(self) -> int:
        return 1

    def judged(self, is_right: bool) -> dict[str, Any]:
        """Return the columns of the wait after a right or a wrong code."""
        if is_right:
            self.throttle_reset(commit=False)
        else:
            self.throttle_increment(commit=False)
        failures = min(self.throttling_failure_count, MOST_FAILURES)
        return {"throttling_failure_timestamp": self.throttling_failure_timestamp, "throttling_failure_count": failures}


class AuthenticatorApp(BoundedThrottle, Device):  # type: ignore[misc]
    """A person's authenticator app (RFC 6238: SHA-1, 6 digits, 30 seconds). Each code is taken once."""

    secret = EncryptedTextField()
    last_step = models.BigIntegerField(default=-1)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("user",), name="one_authenticator_app_per_person"),)

    @classmethod
    def begun_for(cls, user: Any) -> AuthenticatorApp:
        """Return the app that a person is setting up, with a new secret unless one was begun. May be repeated."""
        app: AuthenticatorApp
        app, _is_new = cls.objects.get_or_create(
            user=user, defaults={"name": "app", "confirmed": False, "secret": secrets.token_hex(20)}
        )
        return app

    def verify_token(self, token: str) -> bool:
        """Return whether this is the code of now, and take it. Lock the row before."""
        if not self.verify_is_allowed()[0]:
            return False
        totp = TOTP(bytes.fromhex(self.secret), STEP_SECONDS)
        totp.time = time.time()
        digits = "".join(token.split())
        is_right = digits.isdecimal() and totp.verify(int(digits), STEPS_OFF, min_t=self.last_step + 1)
        last_step = totp.t() if is_right else self.last_step
        AuthenticatorApp.objects.filter(pk=self.pk).update(last_step=last_step, **self.judged(is_right))
        return bool(is_right)


class RecoveryCodes(BoundedThrottle, Device):  # type: ignore[misc]
    """The codes that a person keeps on paper for a lost phone. Only hashes are kept; each is taken once."""

    digests = ArrayField(models.CharField(max_length=64), default=list)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("user",), name="one_set_of_recovery_codes_per_person"),)

    @classmethod
    def renewed_for(cls, user: Any) -> list[str]:
        """Make ten new codes, which replace those before, and return them: nobody can read them again."""
        codes = [_new_code() for _ in range(CODES)]
        digests = [_digest(code) for code in codes]
        cls.objects.update_or_create(user=user, defaults={"name": "codes", "digests": digests})
        return codes

    def verify_token(self, token: str) -> bool:
        """Return whether this is a code that was not used yet, and take it. Lock the row before."""
        if not self.verify_is_allowed()[0]:
            return False
        given = _digest(token)
        left = [digest for digest in self.digests if not hmac.compare_digest(digest, given)]
        is_right = len(left) < len(self.digests)
        RecoveryCodes.objects.filter(pk=self.pk).update(digests=left, **self.judged(is_right))
        return is_right


def _new_code() -> str:
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(_GROUP)) for _ in range(_GROUPS))


def _digest(code: str) -> str:
    return hashlib.sha256("".join(c for c in code.upper() if c.isalnum()).encode()).hexdigest()


class OpenSession(models.Model):
    """One session of a person, so that it can be seen and ended. The session itself is Django's row of the same key."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="open_sessions")
    key = models.CharField(max_length=40, unique=True)
    address = models.CharField(_("address"), max_length=45, blank=True)
    browser = models.CharField(_("browser"), max_length=200, blank=True)
    began_at = models.DateTimeField(_("signed in"), auto_now_add=True)
    seen_at = models.DateTimeField(_("last seen"), auto_now_add=True)

    class Meta:
        verbose_name = _("session")
        verbose_name_plural = _("sessions")
        ordering = ("-seen_at",)

    def __str__(self) -> str:
        return f"{self.user_id} {self.address}"
