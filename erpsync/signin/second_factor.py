"""Second factor: the people of whom it is required, and the guard that opens only its own pages until it was given."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, User
from django.contrib.auth.signals import user_logged_in
from django.db import transaction
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from core.permissions import FINANCE, MANAGER
from erpsync.models import AuthenticatorApp, RecoveryCodes, SignIn
from erpsync.signin import record, sessions
from erpsync.signin.brake import address_of

Step = Literal["", "code", "set_up"]
# session key of the step that is still due: no request asks the database
OWED = "second_factor"
# pages of each step, and what people need to leave or to read them
PAGES = {"code": ("account_code",), "set_up": ("account_set_up",)}
ALWAYS = ("admin:logout", "admin:jsi18n", "set_language")


def step_of(user: User) -> Step:
    """Return the step that is due after the password: a code, setting one up, or none."""
    if AuthenticatorApp.objects.filter(user=user, confirmed=True).exists():
        return "code"
    return "set_up" if is_required_of(user) else ""


def is_required_of(user: User) -> bool:
    """Return whether this person may not do without, by the setting TWO_FACTOR: `everybody`, `managers` (superusers and finance
    among them) or `optional`."""
    if settings.TWO_FACTOR == "managers":
        is_manager = user.shop_memberships.filter(role=MANAGER).exists()
        return bool(user.is_superuser or is_manager or user.groups.filter(name=FINANCE).exists())
    return bool(settings.TWO_FACTOR == "everybody")


@receiver(user_logged_in)
def _owe(sender: object, request: HttpRequest, user: AbstractBaseUser, **kwargs: object) -> None:
    if isinstance(user, User) and (step := step_of(user)):
        request.session[OWED] = step


def guard(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware after authentication: redirects a session with a step due to the step's page; for the API it is anonymous."""

    def answer(request: HttpRequest) -> HttpResponse:
        # a session that is asked anything makes the answer vary with the cookie
        if settings.SESSION_COOKIE_NAME not in request.COOKIES:
            return get_response(request)
        step = request.session.get(OWED)
        if not step or not request.user.is_authenticated:
            return get_response(request)
        if request.path_info in {reverse(name) for name in (*PAGES[step], *ALWAYS)}:
            return get_response(request)
        if request.path_info.startswith(reverse("admin:index")):
            return HttpResponseRedirect(reverse(PAGES[step][0]))
        request.user = AnonymousUser()
        return get_response(request)

    return answer


def take_code(request: HttpRequest, token: str) -> bool:
    """Return whether this is a code of the person who signs in; then the session owes nothing more."""
    if not is_code_of(request, token):
        return False
    request.session.pop(OWED, None)
    sessions.renew(request)
    return True


def is_code_of(request: HttpRequest, token: str) -> bool:
    """Return whether this is a code of the person's app, or one of the recovery codes, and take it."""
    # six digits are a code of the app, anything else one of the paper: a typing mistake counts at one of them
    model = AuthenticatorApp if "".join(token.split()).isdecimal() else RecoveryCodes
    with transaction.atomic():
        device = model.objects.select_for_update().filter(user=request.user, confirmed=True).first()
        is_right = device is not None and device.verify_token(token)
    if not is_right:
        record.note(SignIn.Outcome.WRONG_CODE, request.user.get_username(), address_of(request))
    return is_right


def set_up(request: HttpRequest, token: str) -> list[str]:
    """Take a first code of the app that was begun; return the recovery codes, or nothing when it is a wrong one."""
    with transaction.atomic():
        app = AuthenticatorApp.objects.select_for_update().get(user=request.user)
        if not app.verify_token(token):
            return []
        AuthenticatorApp.objects.filter(pk=app.pk).update(confirmed=True)
        codes = RecoveryCodes.renewed_for(request.user)
    request.session.pop(OWED, None)
    sessions.renew(request)
    return codes


def take_away(user: User) -> None:
    """Take the second factor from a person: by the person, or by a superuser when the phone and the paper are lost."""
    with transaction.atomic():
        AuthenticatorApp.objects.filter(user=user).delete()
        RecoveryCodes.objects.filter(user=user).delete()
