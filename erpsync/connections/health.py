"""Health of a connection as a traffic light: five aspects and the worst of them, each with its explanation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Min, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from erpsync import readable
from erpsync.connections import causes
from integrations.connectors import channels, connector_of
from integrations.ingest.echoes import ECHO
from integrations.models import Authorisation, Connection, InboxEvent

GREEN, AMBER, RED, OFF = "green", "amber", "red", "off"
_RANK = {OFF: 0, GREEN: 1, AMBER: 2, RED: 3}
TEXTS = {GREEN: _("In order"), AMBER: _("Look at it"), RED: _("Act now"), OFF: _("Switched off")}

# consents and refresh tokens that end so soon are worth a warning
SOON = timedelta(days=7)
QUIET = timedelta(hours=24)
# a shop that was connected just now may not have sold anything yet
YOUNG = timedelta(hours=6)
LAG_AMBER, LAG_RED = 30.0, 300.0
PENDING_AMBER, PENDING_RED = 500, 5000
DEAD_RED = 20
SWEEP_AMBER, SWEEP_RED = timedelta(minutes=15), timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Light:
    """State of one aspect: its colour, a number or time, and advice when it is not green. `for_operators`: advice for those who
    run the hub, where it is another. `exact`: the time that a text like "5 minutes ago" stands for.
    """

    colour: str
    text: str
    advice: str = ""
    for_operators: str = ""
    exact: str = ""


def measured(connections: QuerySet[Connection]) -> QuerySet[Any]:
    """Annotate connections with `pending`, `dead` (open ones), `oldest` (when the longest waiting event came in), and of the
    events that wait for the channel `held_since`, `held_until` and `held_code`, in one query.
    """
    events = InboxEvent.objects.filter(connection_id=OuterRef("pk")).order_by().values("connection_id")
    waiting, dead = events.filter(state="pending"), events.filter(state="dead", closed_at=None)
    # those that were tried, and wait for the channel
    held = waiting.exclude(reason_code__in=("", ECHO))
    return connections.select_related("shop", "authorisation__app").annotate(
        pending=Coalesce(Subquery(waiting.annotate(n=Count("pk")).values("n")), 0),
        dead=Coalesce(Subquery(dead.annotate(n=Count("pk")).values("n")), 0),
        # one that is to wait, for a list that will show it, is not late
        oldest=Subquery(
            waiting.filter(Q(due_at__lte=timezone.now()) | ~Q(reason_code__in=("", ECHO)))
            .annotate(n=Min("received_at"))
            .values("n")
        ),
        held_since=Subquery(held.annotate(n=Min("received_at")).values("n")),
        held_until=Subquery(held.annotate(n=Min("due_at")).values("n")),
        held_code=Subquery(
            events.filter(state="pending")
            .exclude(reason_code__in=("", ECHO))
            .order_by("due_at")
            .values("reason_code")[:1]
        ),
    )


def token(connection: Any, now: datetime) -> Light:
    """Light of the consent's remaining life. Access tokens are renewed by the hub; red or amber needs a person."""
    granted = connection.authorisation
    if granted.state == Authorisation.State.RED:
        return Light(RED, str(_("Connect again")), str(granted.reason))
    ends = min((end for end in (granted.refresh_expires_at, granted.consent_ends_at) if end), default=None)
    if ends is not None and ends <= now:
        return Light(RED, str(_("Ended")), str(_("The consent has ended: connect the shop again.")))
    if ends is not None and ends <= now + SOON:
        left = readable.span((ends - now).total_seconds())
        advice = str(_("Connect the shop again before it ends."))
        return Light(AMBER, str(_("ends in %(time)s") % {"time": left}), advice, exact=readable.moment(ends))
    if granted.state == Authorisation.State.EXPIRING:
        return Light(AMBER, granted.get_state_display(), str(granted.reason))
    if granted.expires_at is None:
        return Light(GREEN, str(_("no end")))
    if granted.expires_at <= now:
        return Light(
            AMBER, str(_("renewal due")), str(_("The access token has run out; it is renewed with the next call."))
        )
    left = readable.span((granted.expires_at - now).total_seconds())
    return Light(GREEN, str(_("renews in %(time)s") % {"time": left}), exact=readable.moment(granted.expires_at))


def webhook(connection: Any, now: datetime) -> Light:
    """Light of the last notice by webhook or queue.

    A channel that sends none is polled instead: its lag shows how that goes.
    """
    channel = connection.authorisation.app.channel
    if channel in channels() and connector_of(channel).webhooks is None:
        return Light(GREEN, str(_("sends none")))
    last = connection.last_webhook_at
    if last is None and now - connection.created_at < YOUNG:
        return Light(GREEN, str(_("none yet")))
    if last is None:
        return Light(AMBER, str(_("none yet")), str(_("Check the callback address in the channel's console.")))
    colour = AMBER if now - last > QUIET else GREEN
    if colour == GREEN:
        return Light(colour, readable.how_long_ago(last), exact=readable.moment(last))
    about = {"channel": readable.channel_title(channel), "since": causes.clock(last, now)}
    advice = str(
        _(
            "%(channel)s has sent no notice (the last one: %(since)s). Orders still come in: they are fetched every five minutes."
        )
    )
    return Light(
        colour,
        readable.how_long_ago(last),
        advice % about,
        for_operators=str(_("Quiet for a day: is the webhook still registered?")),
        exact=readable.moment(last),
    )


def lag(connection: Any, now: datetime) -> Light:
    """Light of the longest wait of a pending event, and of the age of the last sweep."""
    behind = 0.0 if connection.oldest is None else max((now - connection.oldest).total_seconds(), 0.0)
    if behind >= LAG_AMBER:
        return Light(
            RED if behind >= LAG_RED else AMBER,
            readable.span(behind),
            causes.of_lag(connection, now),
            for_operators=causes.of_lag(connection, now, for_operators=True),
        )
    swept = connection.last_sweep_at
    silence = None if swept is None else now - swept
    if silence is not None and silence > SWEEP_AMBER:
        text = str(_("swept %(time)s") % {"time": readable.how_long_ago(swept)})
        colour = RED if silence > SWEEP_RED else AMBER
        if connection.trouble:
            return Light(colour, text, causes.of_trouble(connection, now))
        advice = str(_("The shop was last compared with the channel at %(time)s: tell the people who run the hub."))
        return Light(
            colour,
            text,
            advice % {"time": causes.clock(swept, now)},
            for_operators=str(_("The sweep does not run: is the scheduler up?")),
        )
    return Light(GREEN, readable.span(behind) if behind >= 1 else str(_("no delay")))


def pending(connection: Any, now: datetime) -> Light:
    """Light of the number of pending events."""
    colour = RED if connection.pending >= PENDING_RED else AMBER if connection.pending >= PENDING_AMBER else GREEN
    return Light(colour, readable.units(connection.pending), "" if colour == GREEN else str(_("Much is waiting.")))


def dead(connection: Any, now: datetime) -> Light:
    """Light of the number of dead letters."""
    colour = RED if connection.dead >= DEAD_RED else AMBER if connection.dead else GREEN
    return Light(
        colour,
        readable.units(connection.dead),
        "" if colour == GREEN else str(_("Open the inbox: each says what to do.")),
    )


ASPECTS: Mapping[str, Callable[[Any, datetime], Light]] = {
    "token": token, "webhook": webhook, "lag": lag, "pending": pending, "dead": dead,
}  # fmt: skip


def lights(connection: Any) -> dict[str, Light]:
    """Return the lights of a connection annotated by `measured`."""
    now = timezone.now()
    return {name: aspect(connection, now) for name, aspect in ASPECTS.items()}


def overall(connection: Any, *, for_operators: bool = False) -> Light:
    """Return the worst light, with its advice. `for_operators`: the advice is for those who run the hub."""
    if not connection.is_active:
        return Light(OFF, str(TEXTS[OFF]))
    shown = list(lights(connection).values())
    if connection.trouble:
        shown.append(Light(AMBER, "", causes.of_trouble(connection, timezone.now())))
    if connection.shop is not None and connection.shop.pushes_paused:
        shown.append(Light(AMBER, "", str(_("Pushes are paused: no stock leaves for this shop."))))
    worst = max(shown, key=lambda light: _RANK[light.colour])
    advice = worst.for_operators if for_operators and worst.for_operators else worst.advice
    return Light(worst.colour, str(TEXTS[worst.colour]), advice)
