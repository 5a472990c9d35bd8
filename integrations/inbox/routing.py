"""Routing: from a webhook's address to the app registration, and from a notice to the connection it concerns."""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from core import tunables
from integrations.accounts.registrations import app_access
from integrations.connectors import channels, connector_of
from integrations.contract.access import AppAccess
from integrations.contract.connector import Connector
from integrations.contract.webhooks import Notice
from integrations.inbox.store import SAID, Incoming
from integrations.models import AppRegistration, Connection, InboxEvent

# how long a process caches a registration: a changed credential takes effect this much later
CACHE_SECONDS = tunables.ROUTE_CACHE_SECONDS
CACHE_SIZE = 1000
UNREADABLE = "unreadable"

_KIND_LENGTH = InboxEvent._meta.get_field("kind").max_length or 0
_ID_LENGTH = InboxEvent._meta.get_field("external_id").max_length or 0


@dataclass(frozen=True, slots=True)
class Route:
    """An active registration, as receiving needs it. `shops`: shop id at the channel -> connection id."""

    app_id: int
    channel: str
    access: AppAccess
    shops: Mapping[str, int]
    until: float

    @property
    def connector(self) -> Connector:
        """Return the channel's connector."""
        return connector_of(self.channel)


_known: dict[tuple[str, str], Route] = {}


def cached(channel: str, app_key: str) -> Route | None:
    """Return a registration that was looked up within the last seconds; asks no database."""
    known = _known.get((channel, app_key))
    return known if known and time.monotonic() < known.until else None


def find(channel: str, app_key: str) -> Route | None:
    """Return the registration behind a webhook address, cached for some seconds; None when there is none."""
    if known := cached(channel, app_key):
        return known
    if not is_channel(channel) or "\x00" in app_key:
        return None
    app = AppRegistration.objects.filter(channel=channel, key=app_key, is_active=True).first()
    if app is None:
        _known.pop((channel, app_key), None)
        return None
    return load(app)


def load(app: AppRegistration) -> Route:
    """Read a registration and its shops, and cache them."""
    if len(_known) >= CACHE_SIZE:
        _known.clear()
    shops = dict(Connection.objects.filter(authorisation__app=app).values_list("external_id", "id"))
    route = Route(app.id, app.channel, app_access(app), shops, time.monotonic() + CACHE_SECONDS)
    _known[app.channel, app.key] = route
    return route


def is_channel(channel: str) -> bool:
    """Return whether a connector with this name exists."""
    return channel in channels()


def incoming(route: Route, notices: Iterable[Notice], source: str, raw: bytes | None = None) -> list[Incoming]:
    """Return notices as rows for the inbox, alike. A shop that is not connected gives a row without a connection, never a loss.

    A notice that names no shop belongs to the registration's only connection if there is just one. One that cannot be stored as
    it is becomes `unreadable` and keeps `raw`, the body it came in, unless the channel's bodies show its key. May read the shops
    anew: one connected a second ago counts.
    """
    notices = list(notices)
    if any(_connection(route, notice.shop_id) is None for notice in notices):
        route = load(AppRegistration.objects.get(id=route.app_id))
    return [_row(route, notice, source, raw) for notice in notices]


def unreadable(route: Route, reason: str, source: str, raw: bytes | None, **about: str) -> Incoming:
    """Return a row for signed but malformed content; the same bytes are the same thing."""
    body = {"reason": storable(reason)} | storable(about)
    thing = hashlib.sha256(raw or repr(sorted(body.items())).encode()).hexdigest()[:32]
    return Incoming(route.app_id, _connection(route, None), UNREADABLE, thing, source, body=body, raw=_kept(route, raw))


def storable(value: Any) -> Any:
    """Return `value` without what text and jsonb refuse: NUL, lone surrogates, NaN. Deep nesting raises RecursionError."""
    if isinstance(value, str):
        return value.replace("\x00", "").encode("utf-8", "replace").decode()
    if isinstance(value, Mapping):
        return {storable(str(key)): storable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [storable(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def _connection(route: Route, shop_id: str | None) -> int | None:
    if shop_id is not None:
        return route.shops.get(shop_id)
    return next(iter(route.shops.values())) if len(route.shops) == 1 else None


def _row(route: Route, notice: Notice, source: str, raw: bytes | None) -> Incoming:
    thing, connection_id = storable(notice.external_id), _connection(route, notice.shop_id)
    if not thing or len(thing) > _ID_LENGTH or len(notice.kind) > _KIND_LENGTH:
        return unreadable(route, f"{notice.kind[:_KIND_LENGTH]} with a malformed id", source, raw, id=thing[:200])
    body = storable(notice.body)
    if connection_id is None and notice.shop_id is not None:
        body |= {"shop_id": storable(notice.shop_id)}
    if notice.said is not None:
        body |= {SAID: [storable({name: str(value) for name, value in asdict(notice.said).items()})]}
    return Incoming(
        route.app_id, connection_id, notice.kind, thing, source,
        version=notice.version, delivery_id=_delivery_id(notice.delivery_id), body=body,
        raw=_kept(route, raw) if notice.kind == UNREADABLE else None,
    )  # fmt: skip


def _kept(route: Route, raw: bytes | None) -> bytes | None:
    webhooks = route.connector.webhooks
    return None if webhooks is not None and webhooks.shows_key else raw


def _delivery_id(sent: str) -> str:
    found: str = storable(sent)
    return found if len(found) <= _ID_LENGTH else hashlib.sha256(found.encode()).hexdigest()
