"""The sign-in form: says how long to wait, in whole words."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.utils.translation import ngettext
from unfold.forms import AuthenticationForm

from erpsync.signin.brake import wait_of


class SignInForm(AuthenticationForm):  # type: ignore[misc]
    """The theme's form; after too many failures it names the time instead of blaming the password."""

    def get_invalid_login_error(self) -> ValidationError:
        seconds = wait_of(self.request)
        if not seconds:
            error: ValidationError = super().get_invalid_login_error()
            return error
        return ValidationError(waiting(seconds), code="wait")


def waiting(seconds: int) -> str:
    """Return the sentence for people who have to wait."""
    if seconds < 90:
        text = ngettext(
            "Too many wrong sign-ins from here. Try again in %(n)s second.",
            "Too many wrong sign-ins from here. Try again in %(n)s seconds.",
            seconds,
        )
        return text % {"n": seconds}
    minutes = -(-seconds // 60)
    text = ngettext(
        "Too many wrong sign-ins from here. Try again in %(n)s minute.",
        "Too many wrong sign-ins from here. Try again in %(n)s minutes.",
        minutes,
    )
    return text % {"n": minutes}
