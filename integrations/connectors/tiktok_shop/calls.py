"""Calls to TikTok Shop: signed, with the shop's cipher where one is wanted, and judged by the error table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from integrations.connectors.base import Access, AppAccess, Limit, TokenSource
from integrations.connectors.tiktok_shop.mapping import errors, fields
from integrations.connectors.tiktok_shop.signing import CallAuth
from integrations.wire import answers
from integrations.wire.answers import Row
from integrations.wire.errors import NotAuthorised, TryLater
from integrations.wire.http import Answer, Call, Line, Platform

BASE_URL = "https://open-api.tiktokglobalshop.com"
AUTH_URL = "https://auth.tiktok-shops.com"
# One edition of the platform's page says 50 a second per endpoint and shop, the newer one names no number and advises 1 to
# 10; "too often" is obeyed besides
LIMITS = (Limit("calls", 10, 1, scope="endpoint"),)
SHOPS = "/authorization/202309/shops"
_JSON = {"Content-Type": "application/json"}

Params = Sequence[tuple[str, str]]


def judge(answer: Answer) -> Any:
    """The answer's body, or its error."""
    if problem := errors.failure(answer.status, answer.body):
        raise problem
    return answer.body


def _judge_file(answer: Answer) -> Any:
    """A file's bytes and type. Its address lives for a day, so a refusal means: ask for another."""
    if answer.status >= 400:
        raise TryLater(f"the document could not be fetched ({answer.status})", code=str(answer.status))
    return answer.content, answer.headers.get("content-type", "application/pdf")


PLATFORM = Platform("tiktok_shop", "TikTok Shop", BASE_URL, judge, LIMITS, frozenset({errors.TOO_OFTEN}))
_FILES = Platform("tiktok_shop", "TikTok Shop", BASE_URL, _judge_file)


class Api:
    """One shop's calls. The cipher is that of the connection's settings, else looked up once."""

    def __init__(self, access: Access) -> None:
        self.access = access
        self.line = signed_line(access.app, access.tokens, shop_id=access.shop_id, lane=access.lane)
        self._cipher = access.settings.get("shop_cipher", "")

    @property
    def cipher(self) -> str:
        """What the shop is called on the wire."""
        if not self._cipher:
            self._cipher = fields.text(self.shop(), "cipher")
        return self._cipher

    def shop(self) -> Row:
        """The shop as the consent's list has it. Raises NotAuthorised when the consent does not cover it."""
        for row in shop_rows(self.line):
            if fields.text(row, "id") == self.access.shop_id:
                return row
        raise NotAuthorised(str(errors.ERRORS["101000"].advice), code="101000")

    def get(self, path: str, params: Params = (), *, endpoint: str = "") -> Row:
        """Read; may be repeated. Raises the three channel errors."""
        return self._send(Call("GET", path, self._named(params), headers=_JSON, endpoint=endpoint))

    def search(self, path: str, body: Row, params: Params = ()) -> Row:
        """Read by POST; may be repeated."""
        return self._send(Call("POST", path, self._named(params), json=body, repeatable=True))

    def write(
        self,
        path: str,
        body: Row,
        params: Params = (),
        *,
        method: str = "POST",
        endpoint: str = "",
        again: bool = False,
    ) -> Row:
        """Write, once: TryLater.maybe_done when nobody knows whether it happened. `again`: it may be repeated.

        An empty body is left out: public clients disagree on how it is signed.
        """
        named = self._named(params)
        return self._send(Call(method, path, named, json=body or None, repeatable=again, endpoint=endpoint))

    def _named(self, params: Params) -> list[tuple[str, str]]:
        return [*params, ("shop_cipher", self.cipher)]

    def _send(self, call: Call) -> Row:
        return answers.part(self.line.send(call), "data")


def signed_line(app: AppAccess, tokens: TokenSource, *, shop_id: str = "", lane: str = "orders") -> Line:
    """A line whose calls carry a token."""
    key, secret = app.credentials.get("app_key", ""), app.credentials.get("app_secret", "")
    return Line(
        PLATFORM, app, sign=lambda token: CallAuth(key, secret, token), tokens=tokens, shop_id=shop_id, lane=lane
    )


def shop_rows(line: Line) -> list[Row]:
    """The shops that the token covers. The one call that wants no cipher."""
    return answers.rows(answers.part(line.send(Call("GET", SHOPS, headers=_JSON)), "data"), "shops")


def is_real(app: AppAccess) -> bool:
    """Is it the platform itself, and not a stand-in for it?"""
    return (app.base_url or BASE_URL).rstrip("/") == BASE_URL


def ask_for_tokens(app: AppAccess, verb: str, params: Params) -> Row:
    """A token call. The secret travels in its query: nothing shows the address but its path. Never repeated by itself."""
    secrets = [(name, app.credentials.get(name, "")) for name in ("app_key", "app_secret")]
    line = Line(PLATFORM, app, base_url=AUTH_URL if is_real(app) else app.base_url)
    call = Call("GET", f"/api/v2/token/{verb}", [*secrets, *params], repeatable=False)
    return answers.part(line.send(call), "data")


def fetch_file(app: AppAccess, address: str) -> tuple[bytes, str]:
    """(content, type) of a document. Raises TryLater; ValueError for an address that is none."""
    parts = urlsplit(address)
    if (parts.scheme != "https" and is_real(app)) or not parts.netloc:
        raise ValueError("no address of a document")
    line = Line(_FILES, app, base_url=f"{parts.scheme}://{parts.netloc}")
    found: tuple[bytes, str] = line.send(Call("GET", parts.path, parse_qsl(parts.query), raw=True))
    return found
