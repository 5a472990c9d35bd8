"""The demo's shops: every account of a simulator connected, its catalogue read and mapped."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import requests
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone

from integrations.accounts.connecting import connect_shop
from integrations.accounts.consents import consent_kind
from integrations.accounts.links import link, sources_for
from integrations.accounts.registrations import register_app, webhook_address
from integrations.connectors import channels, connector_of
from integrations.contract.connector import Connector, Role
from integrations.contract.consent import ConsentKind
from integrations.ingest import drain, sweep
from integrations.models import AppRegistration, Authorisation, Connection, InboxEvent
from integrations.simulator.calls import QUOTA_FACTOR
from inventory.models import Listing
from inventory.services.mapping import exact_matches, map_listings
from inventory.services.shops import count_stock_since, let_in, sell_from

APP_NAME = "Demo"
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
class SimulatedAccount:
    """One shop of the simulator's `GET /accounts`, with the base URL and app of its channel."""

    channel: str
    base_url: str
    app: Mapping[str, str]
    shop: Mapping[str, Any]

    @property
    def connector(self) -> Connector:
        """Return its connector."""
        return connector_of(self.channel)

    @property
    def is_book(self) -> bool:
        """Return whether it is a CRM."""
        return Role.CRM in self.connector.roles

    @property
    def settings(self) -> dict[str, str]:
        """Return the declared settings of a connection that the simulator gives."""
        return {
            field.name: str(self.shop[field.name])
            for field in self.connector.connection_fields
            if self.shop.get(field.name)
        }

    @property
    def shop_id(self) -> str:
        """Return the shop's id at the channel. Raises DemoFailed where the simulator gives none."""
        found = next((self.shop[name] for name in _SHOP_IDS if self.shop.get(name)), None)
        if found is None:
            raise DemoFailed(f"the simulator gives no shop id for {self.channel}")
        return str(found)


def ask(simulator_url: str, method: str, path: str, asked: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return what the simulator's control API answers. Raises DemoFailed when it does not."""
    try:
        answer = requests.request(method, f"{simulator_url}{path}", json=asked, timeout=TIMEOUT)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
    except (requests.RequestException, ValueError) as error:
        raise DemoFailed(f"the simulator at {simulator_url} does not answer ({error}): start it first") from error
    return found


def read_accounts(simulator_url: str) -> list[SimulatedAccount]:
    """Return every account there is a connector for, stock masters first, then customer books.

    Raises DemoFailed when the simulator does not answer.
    """
    listed = ask(simulator_url, "GET", "/accounts")
    found = [
        SimulatedAccount(channel, known["base_url"], known["app"], shop)
        for channel, known in sorted(listed.items())
        if channel in channels()
        for shop in known["shops"]
    ]
    return sorted(found, key=lambda account: (not account.connector.keeps_stock, not account.is_book))


def connect_accounts(
    accounts: Sequence[SimulatedAccount], simulator_url: str, user: AbstractBaseUser | None, say: Say
) -> tuple[list[Connection], bool]:
    """Connect the accounts that are not connected yet, link them to the first POS and the first CRM, and let `user` in.

    Returns all connections, and whether any of them is new. May be repeated.
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
            if connection.shop_id is not None:
                count_stock_since(connection.shop_id, timezone.now() - BEFORE_TODAY)
        if user is not None and connection.shop is not None:
            let_in(connection.shop, user.pk)
        if account.connector.keeps_stock:
            pos = pos or connection
        if account.is_book:
            crm = crm or connection
        connections.append(connection)
        say(f"{connection} ({account.connector.title}): {done}")
    return connections, is_new


def _register(account: SimulatedAccount, simulator_url: str) -> tuple[AppRegistration, bool]:
    """Return the app, and whether the hub's webhook address has changed."""
    connector = account.connector
    known = AppRegistration.objects.filter(channel=account.channel, name=APP_NAME).first()
    stored: Mapping[str, str] = known.credentials if known else {}
    # keys that the platform does not issue are ours to choose, once
    chosen = {
        field.name: secrets.token_hex(16)
        for field in connector.account_fields
        if field.required and field.secret and not account.app.get(field.name) and not stored.get(field.name)
    }
    given = {name: str(value) for name, value in account.app.items() if value}
    faster = {f"limit_{limit.name}": str(limit.calls * QUOTA_FACTOR) for limit in connector.limits}
    app = register_app(account.channel, APP_NAME, given | chosen, base_url=account.base_url, settings=given | faster)
    moved = app.callback_url != webhook_address(app)
    if moved:
        app.callback_url = webhook_address(app)
        app.save(update_fields=["callback_url"])
    webhooks, queue = account.connector.webhooks, account.connector.queue
    if webhooks and not webhooks.register and not (queue and queue.subscribe):
        _tell_console(simulator_url, account.channel, app.callback_url)
    return app, moved


def _tell_console(simulator_url: str, channel: str, url: str) -> None:
    """Enter the webhook address in the platform's developer console, where it has one."""
    try:
        answer = requests.post(f"{simulator_url}/webhooks", json={"channel": channel, "url": url}, timeout=TIMEOUT)
    except requests.RequestException as error:
        raise DemoFailed(f"the simulator at {simulator_url} does not answer ({error}): start it first") from error
    if not answer.ok:
        raise DemoFailed(f"the simulator refuses the webhook address of {channel}: {answer.text[:200]}")


def _connect(
    app: AppRegistration,
    account: SimulatedAccount,
    pos: Connection | None,
    crm: Connection | None,
    user: AbstractBaseUser | None,
) -> Connection:
    shop = account.shop
    by_code = consent_kind(app) == ConsentKind.CODE
    connection = connect_shop(
        app,
        shop_id=account.shop_id,
        shop_name=str(shop.get("name", "")),
        user=user,
        code=str(shop.get("code", "")) if by_code else "",
        access_token="" if by_code else str(shop.get("access_token", "")),
        refresh_token="" if by_code else str(shop.get("refresh_token", "")),
        settings=account.settings,
        pos=pos if account.connector.sells else None,
    )
    if account.connector.sells and crm is not None and not account.is_book:
        link(connection, Role.CRM, crm)
    if account.connector.sells and shop.get("ships_from"):
        sources = sources_for(connection.own_shop).filter(name=shop["ships_from"], is_active=True)
        if sources:
            with transaction.atomic():
                sell_from(connection.own_shop, list(sources))
    return connection


def read_catalogues(connections: Sequence[Connection], say: Say) -> None:
    """Sweep each shop once and drain it in this process: products before listings, so that listings find their product."""
    for connection in connections:
        _read(connection)
        if (shop := connection.shop) is None:
            continue
        say(f"{shop.name}: {shop.listings.count()} listings, {shop.orders.count()} orders")
        if not shop.keeps_stock:
            map_listings(exact_matches())
    left = Listing.objects.filter(product=None, shop__connection__in=connections).count()
    say(f"listings mapped by SKU and barcode; {left} are left for people")


def _read(connection: Connection) -> None:
    until = time.monotonic() + READ_SECONDS
    while not _swept(connection) or _waiting(connection):
        if time.monotonic() > until:
            raise DemoFailed(
                f"{connection} was not read within {READ_SECONDS:.0f} s: {connection.trouble or 'events wait'}"
            )
        if connection.last_sweep_at is None:
            sweep.sweep(connection.pk)
        drain.drain(connection.pk)
        time.sleep(PAUSE_SECONDS)


def _swept(connection: Connection) -> bool:
    """Return whether the first sweep is complete. Raises DemoFailed for an error that no further try will mend."""
    connection.refresh_from_db(fields=["trouble", "last_sweep_at", "sweep_due_at"])
    if connection.trouble and connection.sweep_due_at is None:
        raise DemoFailed(f"{connection} cannot be read: {connection.trouble}")
    return connection.last_sweep_at is not None


def _waiting(connection: Connection) -> bool:
    return InboxEvent.objects.filter(connection=connection, state=InboxEvent.State.PENDING).exists()
