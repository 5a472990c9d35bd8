"""Open sessions by user, kept beside Django's own rows, which do not name the user."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.contrib.auth.models import AbstractBaseUser
from django.contrib.auth.signals import user_logged_in
from django.contrib.sessions.models import Session
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from erpsync.models import OpenSession
from erpsync.signin.brake import address_of

# resolution of `seen_at`: at most one write per session in this time
SEEN_EVERY = timedelta(minutes=5)
SEEN = "seen_at"


# marks a view that pages ask by themselves
_UNATTENDED = "is_unattended"
View = Callable[[HttpRequest], HttpResponse]


def unattended(view: View) -> View:
    """Mark a view that an open page asks by itself: its requests are no sign of a person, and keep nobody signed in."""
    setattr(view, _UNATTENDED, True)
    return view


@receiver(user_logged_in)
def _begin(sender: object, request: HttpRequest, user: AbstractBaseUser, **kwargs: object) -> None:
    request.session[SEEN] = 0.0


def note_sessions(get_response: View) -> View:
    """Middleware after authentication that keeps the list of open sessions, with one write per session and SEEN_EVERY."""

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        # an answer that did not need the session is not to vary with its cookie
        if not request.session.accessed or _is_unattended(request):
            return response
        seen, now = request.session.get(SEEN), timezone.now()
        is_due = seen is not None and now.timestamp() - seen >= SEEN_EVERY.total_seconds()
        if is_due and request.user.is_authenticated and response.status_code < 500:
            request.session[SEEN] = now.timestamp()
            OpenSession.objects.update_or_create(
                key=request.session.session_key,
                defaults={
                    "user_id": request.user.pk,
                    "seen_at": now,
                    "address": address_of(request)[:45],
                    "browser": request.headers.get("User-Agent", "")[:200],
                },
            )
        return response

    return answer


def _is_unattended(request: HttpRequest) -> bool:
    return request.resolver_match is not None and getattr(request.resolver_match.func, _UNATTENDED, False)


def renew(request: HttpRequest) -> None:
    """Cycle the session key after a gain of privileges; the row is written anew with this response."""
    OpenSession.objects.filter(key=request.session.session_key).delete()
    request.session.cycle_key()
    request.session[SEEN] = 0.0


def open_sessions(user_id: int) -> list[OpenSession]:
    """Return a person's sessions that have not ended, the last seen first."""
    alive = Session.objects.filter(expire_date__gt=timezone.now()).values("session_key")
    return list(OpenSession.objects.filter(user_id=user_id, key__in=alive))


def end_sessions(user_id: int, *, keep: str = "", only: int | None = None) -> int:
    """End a person's sessions but the one with the key `keep`, or `only` the one of that row; return how many. May be repeated."""
    rows = OpenSession.objects.filter(user_id=user_id).exclude(key=keep)
    keys = list((rows if only is None else rows.filter(pk=only)).values_list("key", flat=True))
    Session.objects.filter(session_key__in=keys).delete()
    OpenSession.objects.filter(key__in=keys).delete()
    return len(keys)


def forget_ended() -> None:
    """Delete the rows of sessions that have ended. A job; may be repeated."""
    OpenSession.objects.exclude(key__in=Session.objects.values("session_key")).delete()
    Session.objects.filter(expire_date__lt=timezone.now()).delete()
