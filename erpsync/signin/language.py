"""Language of an account: stored when it is chosen, put into the browser's cookie at each sign-in, used for mails to the person.

Pages read the cookie alone, so that no request asks the database.
"""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import get_language
from django.views.i18n import LANGUAGE_QUERY_PARAMETER, set_language

from erpsync.models import AccountSettings

# of the request during which somebody signed in
_FOUND = "_language_of_account"


def choose(request: HttpRequest) -> HttpResponseBase:
    """Choose a language: Django's view, which sets the cookie, and the account's row for whoever is signed in."""
    response = set_language(request)
    language = request.POST.get(LANGUAGE_QUERY_PARAMETER, "")
    if request.method == "POST" and request.user.is_authenticated:
        keep_language(request.user.pk, language)
    return response


def keep_language(user_id: int, language: str) -> None:
    """Store the language of an account; one that the hub does not speak is not stored. May be repeated."""
    if language in dict(settings.LANGUAGES):
        AccountSettings.objects.update_or_create(user_id=user_id, defaults={"language": language})


def language_of(user_id: int) -> str:
    """Return the language for mails to a person: the one chosen, else that of whoever acts now."""
    kept = AccountSettings.objects.filter(user_id=user_id).values_list("language", flat=True).first()
    return kept or get_language() or settings.LANGUAGE_CODE


@receiver(user_logged_in)
def _find(sender: object, request: HttpRequest, user: AbstractBaseUser, **kwargs: object) -> None:
    kept = AccountSettings.objects.filter(user_id=user.pk).values_list("language", flat=True).first()
    request.__dict__[_FOUND] = kept or ""


def speak(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: the answer to a sign-in carries the account's language as Django's own cookie."""

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if language := request.__dict__.get(_FOUND):
            response.set_cookie(
                settings.LANGUAGE_COOKIE_NAME, language, max_age=settings.LANGUAGE_COOKIE_AGE, path=settings.LANGUAGE_COOKIE_PATH,
                domain=settings.LANGUAGE_COOKIE_DOMAIN, secure=settings.LANGUAGE_COOKIE_SECURE,
                httponly=settings.LANGUAGE_COOKIE_HTTPONLY, samesite=settings.LANGUAGE_COOKIE_SAMESITE,
            )  # fmt: skip
        return response

    return answer
