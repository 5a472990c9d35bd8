"""The demo shops: every account of a simulator connected, its catalogue read and mapped, as a person would do it in the admin."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import requests
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone

from integrations import drain, sweep
from integrations.connecting import connect_shop, register_app, webhook_address
from integrations.connectors import channels, connector_class
from integrations.connectors.base import Connector
from integrations.crm import book_channels
from integrations.models import AppRegistration, Authorisation, Connection, InboxEvent
from inventory.models import Listing, Shop, Warehouse
from inventory.services.listings import exact_matches, map_listings
from inventory.services.shops import let_in, sell_from
from inventory.services.wanted import refresh_wanted

APP_NAME = "Demo"
# the simulated platforms are not asked to bear what the real ones bear: a day's sales happen within minutes
FASTER = 100
TIMEOUT = (5, 30)
READ_SECONDS = 120.0
PAUSE_SECONDS = 0.05
# Simulated clocks run up to two minutes late; a buyer of today must never seem to be one of yesterday.
BEFORE_TODAY = timedelta(minutes=10)
# what each platform calls a shop's id
_SHOP_IDS = ("shop_id", "retailer", "shop_cipher", "seller_id", "id")
Say = Callable[[str], None]


class DemoFailed(RuntimeError):
    """The demo shops cannot be set up; the message is one line for the person at the keyboard."""


@dataclass(frozen=True, slots=True)
class Account:
    """One shop of the simulator's `GET /accounts`, with what belongs to its channel."""

    channel: str
    base_url: str
    app: Mapping[str, str]
    shop: Mapping[str, Any]

    @property
    def connector(self) -> type[Connector]:
        """The connector that will serve it."""
        return connector_class(self.channel)

    @property
    def is_book(self) -> bool:
        """Whether it is a customer book."""
        return self.channel in book_channels()

    @property
    def settings(self) -> dict[str, str]:
        """What it tells of the settings that the connector asks for."""
        return {
            field.name: str(self.shop[field.name]) for field in self.connector.shop_fields if self.shop.get(field.name)
        }

    @property
    def shop_id(self) -> str:
        """The shop's id at the channel. Raises DemoFailed where none is told."""
        found = next((self.shop[name] for name in _SHOP_IDS if self.shop.get(name)), None)
        if found is None:
            raise DemoFailed(f"the simulator tells no shop id for {self.channel}")
        return str(found)


def read_accounts(simulator_url: str) -> list[Account]:
    """Every shop there is a connector for, stock masters first, then customer books.

    Raises DemoFailed when the simulator does not answer.
    """
    try:
        answer = requests.get(f"{simulator_url}/accounts", timeout=TIMEOUT)
        answer.raise_for_status()
        told: dict[str, dict[str, Any]] = answer.json()
    except (requests.RequestException, ValueError) as error:
        raise DemoFailed(f"the simulator at {simulator_url} does not answer ({error}): start it first") from error
    found = [
        Account(channel, known["base_url"], known["app"], shop)
        for channel, known in sorted(told.items())
        if channel in channels()
        for shop in known["shops"]
    ]
    return sorted(found, key=lambda account: (not account.connector.keeps_stock, not account.is_book))


def connect_accounts(
    accounts: Sequence[Account], simulator_url: str, user: AbstractBaseUser | None, say: Say
) -> tuple[list[Connection], bool]:
    """Connect what is not connected yet, marketplaces to the first POS and the first customer book, and let `user` in. May be repeated.

    All connections, and whether any of them is new.
    """
    connections: list[Connection] = []
    apps: dict[str, tuple[AppRegistration, bool]] = {}
    pos: Connection | None = None
    crm: Connection | None = None
    is_new = False
    for account in accounts:
        if account.channel not in apps:
            apps[account.channel] = _register(account, simulator_url)
        app, moved = apps[account.channel]
        known = Connection.objects.filter(authorisation__app=app, external_id=account.shop_id).first()
        if known is not None and not moved and known.authorisation.state != Authorisation.State.RED:
            connection, done = known, "known"
        else:
            connection, done = _connect(app, account, pos, crm, user), "connected again" if known else "connected"
        if known is None:
            is_new = True
            Shop.objects.filter(pk=connection.shop_id).update(stock_since=timezone.now() - BEFORE_TODAY)
        if user is not None:
            let_in(connection.shop, user.pk)
        if account.connector.keeps_stock:
            pos = pos or connection
        if account.is_book:
            crm = crm or connection
        connections.append(connection)
        say(f"{connection.shop.name} ({account.connector.title}): {done}")
    return connections, is_new


def _register(account: Account, simulator_url: str) -> tuple[AppRegistration, bool]:
    """The app, and whether the hub answers elsewhere than it did."""
    declared = {field.name: field for field in account.connector.app_fields}
    known = AppRegistration.objects.filter(channel=account.channel, name=APP_NAME).first()
    stored: Mapping[str, str] = known.credentials if known else {}
    # what the platform does not issue is ours to choose, once
    chosen = {
        name: secrets.token_hex(16)
        for name, field in declared.items()
        if field.required and field.secret and not account.app.get(name) and not stored.get(name)
    }
    credentials = {name: str(account.app[name]) for name in declared if account.app.get(name)} | chosen
    faster = {f"limit_{limit.name}": str(limit.calls * FASTER) for limit in account.connector.limits}
    app = register_app(account.channel, APP_NAME, credentials, base_url=account.base_url, settings=faster)
    moved = app.callback_url != webhook_address(app)
    if moved:
        app.callback_url = webhook_address(app)
        app.save(update_fields=["callback_url"])
    if account.connector.register_webhooks is Connector.register_webhooks:
        _tell_console(simulator_url, account.channel, app.callback_url)
    return app, moved


def _tell_console(simulator_url: str, channel: str, url: str) -> None:
    """Where the platform has a developer console, the address of its pushes is typed there."""
    try:
        answer = requests.post(f"{simulator_url}/webhooks", json={"channel": channel, "url": url}, timeout=TIMEOUT)
    except requests.RequestException as error:
        raise DemoFailed(f"the simulator at {simulator_url} does not answer ({error}): start it first") from error
    if not answer.ok:
        raise DemoFailed(f"the simulator refuses the webhook address of {channel}: {answer.text[:200]}")


def _connect(
    app: AppRegistration,
    account: Account,
    pos: Connection | None,
    crm: Connection | None,
    user: AbstractBaseUser | None,
) -> Connection:
    shop = account.shop
    by_code = account.connector.consent == "code"
    selling = not account.connector.keeps_stock
    connection = connect_shop(
        app,
        shop_id=account.shop_id,
        shop_name=str(shop.get("name", "")),
        user=user,
        code=str(shop.get("code", "")) if by_code else "",
        access_token="" if by_code else str(shop.get("access_token", "")),
        refresh_token="" if by_code else str(shop.get("refresh_token", "")),
        settings=account.settings,
        pos=pos if selling else None,
    )
    if selling and crm is not None and not account.is_book:
        connection.crm = crm
        connection.save(update_fields=["crm"])
    if selling and shop.get("ships_from"):
        sources = Warehouse.objects.filter(name=shop["ships_from"], is_active=True)
        if sources:
            with transaction.atomic():
                sell_from(connection.shop, list(sources))
    return connection


def read_catalogues(connections: Sequence[Connection], say: Say) -> None:
    """A first sweep of each shop, worked off here and now: products before listings, so that listings find their product."""
    for connection in connections:
        _read(connection)
        say(
            f"{connection.shop.name}: {connection.shop.listings.count()} listings, {connection.shop.orders.count()} orders"
        )
        if not connection.shop.keeps_stock:
            with transaction.atomic():
                refresh_wanted(map_listings(exact_matches()))
    left = Listing.objects.filter(product=None, shop__in=[c.shop_id for c in connections]).count()
    say(f"listings mapped by SKU and barcode; {left} are left for people")


def _read(connection: Connection) -> None:
    until = time.monotonic() + READ_SECONDS
    while not _swept(connection) or _waiting(connection):
        if time.monotonic() > until:
            raise DemoFailed(
                f"{connection.shop.name} was not read within {READ_SECONDS:.0f} s: {connection.trouble or 'events wait'}"
            )
        if connection.last_sweep_at is None:
            sweep.sweep(connection.pk)
        drain.drain(connection.pk)
        time.sleep(PAUSE_SECONDS)


def _swept(connection: Connection) -> bool:
    """A sweep that broke off is begun again; nobody may wait on a channel that says no for good."""
    connection.refresh_from_db(fields=["trouble", "last_sweep_at", "sweep_due_at"])
    if connection.trouble and connection.sweep_due_at is None:
        raise DemoFailed(f"{connection.shop.name} cannot be read: {connection.trouble}")
    return connection.last_sweep_at is not None


def _waiting(connection: Connection) -> bool:
    return InboxEvent.objects.filter(connection=connection, state=InboxEvent.State.PENDING).exists()


def set_up(user: AbstractBaseUser | None, say: Say) -> list[Connection]:
    """The whole demo, on the simulator that SIMULATOR_URL names. May be repeated: what is known is left as it is."""
    url = settings.SIMULATOR_URL
    connections, is_new = connect_accounts(read_accounts(url), url, user, say)
    if is_new:
        read_catalogues(connections, say)
    return connections
