"""A ledger whose session is a pair of cookies: one login for all workers, shared like a token and renewed when it has died."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.utils import timezone
from redis import Redis
from requests import PreparedRequest
from requests.auth import AuthBase

from integrations.accounts import tokens
from integrations.accounts.connections import Account, account_of
from integrations.contract.access import Access, AppAccess
from integrations.contract.connector import Connector, Health, Role
from integrations.contract.consent import Consent, ConsentKind, Grant
from integrations.contract.errors import NotAuthorised, TryLater
from integrations.models import AppRegistration, Authorisation, Connection
from integrations.wire.calls import Call, Response
from integrations.wire.http import ChannelClient, Platform
from inventory.models import Shop
from tests.conftest import Start
from tests.integrations.toy import install

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]

LIFE = 30 * 60
PASSWORD = "very-secret"


@dataclass
class Ledger:
    """Sessions live until they are ended; `said` are the calls as they came, with the cookies they brought."""

    port: int = 0
    sessions: set[str] = field(default_factory=set)
    logins: int = 0
    said: list[tuple[str, str]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def login(self, sent: dict[str, str]) -> tuple[int, list[str]]:
        if sent.get("Password") != PASSWORD:
            return 401, []
        self.logins += 1
        session = f"B1SESSION=s-{self.logins}"
        self.sessions.add(f"{session}; ROUTEID=.node4")
        return 200, [f"{session}; path=/b1s; HttpOnly; Expires=Wed, 11 Nov 2026 05:00:00 GMT", "ROUTEID=.node4; path=/"]

    def end_sessions(self) -> None:
        self.sessions.clear()


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    found = Ledger()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            with found.lock:
                found.said.append((self.path, self.headers.get("Cookie", "")))
                status, cookies = 200, list[str]()
                if self.path == "/Login":
                    status, cookies = found.login(json.loads(body))
                elif self.headers.get("Cookie", "") not in found.sessions:
                    status = 401
            self.send_response(status)
            for cookie in cookies:
                self.send_header("Set-Cookie", cookie)
            self.end_headers()
            self.wfile.write(b'{"ok": true}')

        do_GET = do_POST = answer  # noqa: N815 - the names http.server looks for

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        running.daemon_threads = True
        threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
        found.port = running.server_port
        yield found
        running.shutdown()


class SessionAuth(AuthBase):
    """Puts the session's cookies on a call."""

    def __init__(self, cookies: str) -> None:
        self.cookies = cookies

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        request.headers["Cookie"] = self.cookies
        return request


def judge(answer: Response) -> Any:
    if answer.status == 401:
        raise NotAuthorised("log in", code="401")
    return answer


def connector(ledger: Ledger) -> Connector:
    platform = Platform("toy", "Sổ cái", f"http://127.0.0.1:{ledger.port}", judge)

    def login(app: AppAccess, *, refresh_token: str, shop_id: str) -> Grant:
        call = Call("POST", "/Login", json={"CompanyDB": shop_id, **app.credentials})
        answer = ChannelClient(platform, app).send(call)
        return Grant("; ".join(f"{name}={value}" for name, value in answer.cookies.items()), LIFE)

    def check(access: Access) -> Health:
        client = ChannelClient(platform, access.app, sign=SessionAuth, tokens=access.tokens, shop_id=access.shop_id)
        client.send(Call("GET", "/CompanyInfo"))
        return Health(access.shop_id)

    consent = Consent(renew=login, kind=ConsentKind.CREDENTIALS)
    return Connector(channel="toy", title="Sổ cái", roles=frozenset({Role.LEDGER}), check=check, consent=consent)


@pytest.fixture
def connection(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> Connection:
    install(monkeypatch, connector(ledger))
    app = AppRegistration.objects.create(
        channel="toy", name="Sổ cái", credentials={"UserName": "hub", "Password": PASSWORD}
    )
    authorisation = Authorisation.objects.create(
        app=app, external_id="SBO", access_token="B1SESSION=old; ROUTEID=.node1"
    )
    shop = Shop.objects.create(name="Sổ cái", channel="toy")
    return Connection.objects.create(authorisation=authorisation, shop=shop, external_id="SBO")


def called(account: Account) -> str:
    return account.connector.check(account.access).name


def test_a_refused_session_is_replaced_by_one_login_and_the_call_repeated(
    connection: Connection, ledger: Ledger
) -> None:
    assert called(account_of(connection)) == "SBO"
    assert ledger.said == [
        ("/CompanyInfo", "B1SESSION=old; ROUTEID=.node1"), ("/Login", ""), ("/CompanyInfo", "B1SESSION=s-1; ROUTEID=.node4"),
    ]  # fmt: skip
    stored = Authorisation.objects.get()
    assert stored.access_token == "B1SESSION=s-1; ROUTEID=.node4"
    assert stored.expires_at is not None
    assert 0.9 * LIFE < (stored.expires_at - timezone.now()).total_seconds() <= LIFE


def test_the_login_is_shared_until_it_dies(connection: Connection, ledger: Ledger) -> None:
    for _ in range(3):
        called(account_of(connection))
    assert ledger.logins == 1
    ledger.end_sessions()
    called(account_of(connection))
    assert ledger.logins == 2


def test_workers_that_meet_a_dead_session_at_once_log_in_once(
    connection: Connection, ledger: Ledger, threads: Start
) -> None:
    together = threading.Barrier(6)

    def work() -> str:
        account = account_of(connection)
        together.wait(20)
        return called(account)

    assert [found.result(60) for found in [threads(work) for _ in range(6)]] == ["SBO"] * 6
    assert ledger.logins == 1


def test_a_session_is_renewed_before_it_ends(connection: Connection, ledger: Ledger) -> None:
    called(account_of(connection))
    ends = Authorisation.objects.get().expires_at
    assert ends is not None
    assert tokens.renew_due(ends - 0.3 * (ends - timezone.now())) == 0
    assert tokens.renew_due(ends - 0.1 * (ends - timezone.now())) == 1
    called(account_of(connection))
    assert (ledger.logins, ledger.said[-1][1]) == (2, "B1SESSION=s-2; ROUTEID=.node4")


def test_a_wrong_password_is_no_endless_login(connection: Connection, ledger: Ledger, redis: Redis) -> None:
    app = AppRegistration.objects.get()
    app.credentials = {"UserName": "hub", "Password": "wrong"}
    app.save()
    for _ in range(3):
        with pytest.raises((NotAuthorised, TryLater)):
            called(account_of(connection))
    assert [path for path, _ in ledger.said].count("/Login") == 1


def test_cookies_are_sent_only_by_the_signer(connection: Connection, ledger: Ledger) -> None:
    called(account_of(connection))
    platform = Platform("toy", "Sổ cái", f"http://127.0.0.1:{ledger.port}", lambda answer: answer)
    client = ChannelClient(platform, account_of(connection).access.app)
    assert client.send(Call("GET", "/CompanyInfo")).status == 401
    assert ledger.said[-1] == ("/CompanyInfo", "")
