"""Pages of one's own account: second factor, recovery codes, open sessions."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import quote, urlencode

import segno
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST
from unfold.widgets import UnfoldAdminTextInputWidget

from erpsync.models import AuthenticatorApp, RecoveryCodes
from erpsync.signin import second_factor, sessions

_WRONG = _("This code is wrong, or was used before. Wait for the next one; after several wrong ones the wait grows.")


class CodeForm(forms.Form):
    """One field for a code of the app or of the paper."""

    code = forms.CharField(
        label=_("code"), max_length=30,
        widget=UnfoldAdminTextInputWidget(
            attrs={"autocomplete": "one-time-code", "autofocus": True, "autocapitalize": "characters"}
        ),
    )  # fmt: skip


def account(request: HttpRequest) -> HttpResponse:
    """Show the second factor and the open sessions."""
    app = AuthenticatorApp.objects.filter(user=request.user, confirmed=True).first()
    paper = RecoveryCodes.objects.filter(user=request.user).first()
    here = request.session.session_key
    page = {
        "title": gettext("Sign-in and sessions"),
        "app": app,
        "codes_left": len(paper.digests) if paper else 0,
        "may_go_without": not second_factor.is_required_of(_person(request)),
        "sessions": [(row, row.key == here) for row in sessions.open_sessions(_person(request).pk)],
        "form": CodeForm(),
    }
    return _page(request, "account", page)


@never_cache
def set_up(request: HttpRequest) -> HttpResponse:
    """Show the secret of a new app as a picture and as text, and take its first code."""
    app = AuthenticatorApp.begun_for(request.user)
    if app.confirmed:
        return HttpResponseRedirect(reverse("account"))
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        codes = second_factor.set_up(request, form.cleaned_data["code"])
        if codes:
            return _codes(request, codes)
        form.add_error("code", _WRONG)
    address = _address_of(request, app)
    page = {
        "title": gettext("Second factor"),
        "form": form,
        "picture": SafeString(segno.make(address, error="m").svg_inline(scale=5, border=2, light="white")),
        "secret": _in_groups(_base32(app.secret)),
        "is_owed": request.session.get(second_factor.OWED) == "set_up",
    }
    return _page(request, "set_up", page)


@never_cache
def code(request: HttpRequest) -> HttpResponse:
    """Ask for the code that a session owes."""
    if request.session.get(second_factor.OWED) != "code":
        return HttpResponseRedirect(reverse("admin:index"))
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if second_factor.take_code(request, form.cleaned_data["code"]):
            return HttpResponseRedirect(reverse("admin:index"))
        form.add_error("code", _WRONG)
    return _page(request, "code", {"title": gettext("Second factor"), "form": form})


@require_POST
@never_cache
def new_codes(request: HttpRequest) -> HttpResponse:
    """Make new recovery codes against a code, and show them once."""
    if not _is_confirmed(request):
        return HttpResponseRedirect(reverse("account"))
    return _codes(request, RecoveryCodes.renewed_for(request.user))


@require_POST
def take_away(request: HttpRequest) -> HttpResponse:
    """Give up the second factor against a code, where the hub lets this person."""
    if second_factor.is_required_of(_person(request)):
        raise PermissionDenied
    if _is_confirmed(request):
        second_factor.take_away(_person(request))
        messages.success(request, gettext("The second factor is off."))
    return HttpResponseRedirect(reverse("account"))


@require_POST
def end_sessions(request: HttpRequest) -> HttpResponse:
    """End one session, or all others."""
    only = request.POST.get("session", "")
    count = sessions.end_sessions(
        _person(request).pk, keep=request.session.session_key or "", only=int(only) if only.isdecimal() else None
    )
    messages.info(request, ngettext("%(n)s session was ended.", "%(n)s sessions were ended.", count) % {"n": count})
    return HttpResponseRedirect(reverse("account"))


def _is_confirmed(request: HttpRequest) -> bool:
    is_right = second_factor.is_code_of(request, request.POST.get("code", "")[:30])
    if not is_right:
        messages.error(request, _WRONG)
    return is_right


def _codes(request: HttpRequest, codes: list[str]) -> HttpResponse:
    return _page(request, "codes", {"title": gettext("Recovery codes"), "codes": codes})


def _page(request: HttpRequest, name: str, page: dict[str, Any]) -> HttpResponse:
    # who still owes a step sees no side bar: it counts rows of shops
    context = (
        {"site_title": admin.site.site_title}
        if request.session.get(second_factor.OWED)
        else admin.site.each_context(request)
    )
    return TemplateResponse(request, f"admin/account/{name}.html", context | page)


def _person(request: HttpRequest) -> User:
    assert isinstance(request.user, User), "behind admin_view"
    return request.user


def _base32(secret: str) -> str:
    return base64.b32encode(bytes.fromhex(secret)).decode()


def _in_groups(text: str) -> str:
    return " ".join(text[n : n + 4] for n in range(0, len(text), 4))


def _address_of(request: HttpRequest, app: AuthenticatorApp) -> str:
    """Return the address that authenticator apps read from the picture (Key URI format)."""
    label = quote(f"erpsync {request.get_host()}:{_person(request).get_username()}")
    return f"otpauth://totp/{label}?{urlencode({'secret': _base32(app.secret), 'issuer': f'erpsync {request.get_host()}'})}"


urlpatterns = [
    path("", admin.site.admin_view(account), name="account"),
    path("code/", admin.site.admin_view(code), name="account_code"),
    path("set-up/", admin.site.admin_view(set_up), name="account_set_up"),
    path("new-codes/", admin.site.admin_view(new_codes), name="account_new_codes"),
    path("take-away/", admin.site.admin_view(take_away), name="account_take_away"),
    path("end-sessions/", admin.site.admin_view(end_sessions), name="account_end_sessions"),
]
