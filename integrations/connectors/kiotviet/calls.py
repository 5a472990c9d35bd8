"""Calls to one KiotViet shop: signed, judged, and lists read page by page."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import msgspec
import requests

from integrations.connectors.base import Access, AppAccess, Grant
from integrations.connectors.kiotviet.mapping import errors, fields
from integrations.connectors.kiotviet.mapping.fields import Row
from integrations.connectors.kiotviet.signing import ShopToken
from integrations.wire import lossless
from integrations.wire.errors import NotAuthorised, TryLater

Params = Sequence[tuple[str, str]]

BASE_URL = "https://public.kiotapi.com"
TOKEN_URL = "https://id.kiotviet.vn/connect/token"  # noqa: S105 - an address
# documented maximum; the list is walked by rows received, so a server that gives fewer is no harm
PAGE_SIZE = 100
_TIMEOUT = (5.0, 25.0)
# how often a list may shift under us before we come back later
_PASSES = 5
_ENCODER = msgspec.json.Encoder(decimal_format="number")


def filled(template: str, value: str) -> str:
    """A path with an id or code in it, safe for any character."""
    return template.format(quote(value, safe=""))


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of a list: `total` rows in the whole list, and the ids of what was deleted."""

    rows: tuple[Row, ...]
    total: int
    deleted: tuple[str, ...]


def token(app: AppAccess) -> Grant:
    """A token for the client credentials; may be asked for any number of times. Raises NotAuthorised when refused."""
    address = app.settings.get("token_url") or (f"{app.base_url}/connect/token" if app.base_url else TOKEN_URL)
    form = {
        "scopes": "PublicApi.Access",  # plural, as the documentation and all clients have it
        "grant_type": "client_credentials",
        "client_id": app.credentials["client_id"],
        "client_secret": app.credentials["client_secret"],
    }
    try:
        response = requests.post(address, data=form, timeout=_TIMEOUT, allow_redirects=False)
    except requests.RequestException as error:
        raise TryLater(f"KiotViet's token server cannot be reached ({type(error).__name__})") from None
    body = _parsed(response)
    if problem := errors.token_failure(response.status_code, body):
        raise problem
    if not isinstance(body, dict) or not fields.text(body, "access_token"):
        raise TryLater("KiotViet's token server answered without a token")
    return Grant(fields.text(body, "access_token"), float(fields.number(body, "expires_in", 86_400)))


class Api:
    """One shop's API. Keeps a connection open; not to be shared between threads."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._base = (access.app.base_url or BASE_URL).rstrip("/")
        self._session = requests.Session()

    def get(self, path: str, params: Params = ()) -> Any:
        """Read; may be repeated. Raises the three channel errors."""
        return self._authorised("GET", path, params, None)

    def write(self, method: str, path: str, *, params: Params = (), body: object = None) -> Any:
        """Write once. Raises TryLater with `maybe_done` when nobody knows whether it happened."""
        return self._authorised(method, path, params, None if body is None else _ENCODER.encode(body))

    def pages(self, path: str, params: Params = ()) -> Iterator[Listing]:
        """All pages of a list, from the top again when rows moved meanwhile: a row may come twice, none is missed.

        Each page begins with the last row of the one before; if another row stands there, the list has shifted.
        """
        for _ in range(_PASSES):
            if (yield from self._one_pass(path, params)):
                return
        raise TryLater(f"KiotViet's list {path} changes faster than it can be read")

    def _one_pass(self, path: str, params: Params) -> Generator[Listing, None, bool]:
        offset, last = 0, ""
        while True:
            page = self.page(path, params, offset)
            overlap = 1 if last else 0
            if last and (not page.rows or fields.text(page.rows[0], "id") != last):
                return False
            yield Listing(page.rows[overlap:], page.total, page.deleted)
            read = offset + len(page.rows)
            if not page.rows or read >= page.total:
                return True
            if len(page.rows) == overlap:
                return False
            offset, last = read - 1, fields.text(page.rows[-1], "id")

    def page(self, path: str, params: Params, offset: int) -> Listing:
        """The page that begins at row `offset`."""
        asked = [*params, ("pageSize", str(PAGE_SIZE)), ("currentItem", str(offset))]
        body = self.get(path, asked)
        if not isinstance(body, dict):
            raise TryLater(f"KiotViet answered {path} with no list")
        found = tuple(fields.rows(body))
        return Listing(found, int(fields.number(body, "total", offset + len(found))), fields.deleted(body))

    def _authorised(self, method: str, path: str, params: Params, content: bytes | None) -> Any:
        # a write that was refused for its token was not done, so it may be sent again with a fresh one
        used = self._access.tokens.current()
        try:
            return self._send(method, path, params, content, used)
        except NotAuthorised:
            fresh = self._access.tokens.renewed(used)
            return self._send(method, path, params, content, fresh)

    def _send(self, method: str, path: str, params: Params, content: bytes | None, used: str) -> Any:
        try:
            response = self._session.request(
                method,
                self._base + path,
                params=list(params),
                data=content,
                headers={"Content-Type": "application/json"} if content is not None else None,
                auth=ShopToken(used, self._access.shop_id),
                timeout=_TIMEOUT,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            reached = method != "GET" and not isinstance(error, requests.ConnectTimeout)
            raise TryLater(
                f"{method} {path}: KiotViet did not answer ({type(error).__name__})", maybe_done=reached
            ) from None
        return self._judged(method, path, response)

    def _judged(self, method: str, path: str, response: requests.Response) -> Any:
        body = _parsed(response)
        problem = errors.failure(response.status_code, body, retry_after=_retry_after(response))
        if problem is None and body is not None:
            return body
        # a success that nobody can read is, for a write, the same as an answer that never came
        problem = problem or TryLater(f"{method} {path}: KiotViet's answer is no JSON")
        if isinstance(problem, TryLater) and method != "GET":
            problem.maybe_done = response.status_code < 400 or response.status_code >= 500
        raise problem


def _parsed(response: requests.Response) -> Any:
    try:
        return lossless.parse(response.content)
    except ValueError:
        return None


def _retry_after(response: requests.Response) -> float | None:
    value = response.headers.get("Retry-After", "")
    return float(value) if value.isdigit() else None
