"""Calls to one KiotViet shop: limited, signed, judged, and lists read page by page."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from integrations.connectors.base import Access, AppAccess, Grant, Limit
from integrations.connectors.kiotviet.mapping import errors, fields
from integrations.connectors.kiotviet.signing import ShopToken
from integrations.wire import answers
from integrations.wire.answers import Row
from integrations.wire.errors import TryLater
from integrations.wire.http import Answer, Call, Line, Platform

Params = Sequence[tuple[str, str]]

BASE_URL = "https://public.kiotapi.com"
TOKEN_URL = "https://id.kiotviet.vn/connect/token"  # noqa: S105 - an address
# documented maximum; the list is walked by rows received, so a server that gives fewer is no harm
PAGE_SIZE = 100
LIMITS = (
    Limit("get", 5000, 3600),
    # not published; two a second were seen to work over 150 writes
    Limit("write", 2, 1),
)
# how often a list may shift under us before we come back later
_PASSES = 5


def filled(template: str, value: str) -> str:
    """A path with an id or code in it, safe for any character."""
    return template.format(quote(value, safe=""))


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of a list: `total` rows in the whole list, and the ids of what was deleted."""

    rows: tuple[Row, ...]
    total: int
    deleted: tuple[str, ...]


def judge(answer: Answer) -> Any:
    """The answer's body, or its error."""
    if problem := errors.failure(answer.status, answer.body):
        raise problem
    return answer.body


def _judge_token(answer: Answer) -> Grant | None:
    if problem := errors.token_failure(answer.status, answer.body):
        raise problem
    if answer.body is None:
        return None
    found = fields.text(answer.body, "access_token") if isinstance(answer.body, dict) else ""
    if not found:
        raise TryLater("KiotViet's token server answered without a token")
    try:
        return Grant(found, float(answers.number(answer.body, "expires_in", 86_400)))
    except ValueError:
        # a token is a token; how long it lives shows in time
        return Grant(found, None)


PLATFORM = Platform("kiotviet", "KiotViet", BASE_URL, judge, LIMITS)
TOKENS = Platform("kiotviet", "KiotViet's token server", TOKEN_URL, _judge_token)


def token(app: AppAccess) -> Grant:
    """A token for the client credentials; may be asked for any number of times. Raises NotAuthorised when refused."""
    address = urlsplit(
        app.settings.get("token_url") or (f"{app.base_url}/connect/token" if app.base_url else TOKEN_URL)
    )
    form = (
        ("scopes", "PublicApi.Access"),  # plural, as the documentation and all clients have it
        ("grant_type", "client_credentials"),
        ("client_id", app.credentials["client_id"]),
        ("client_secret", app.credentials["client_secret"]),
    )
    line = Line(TOKENS, app, base_url=f"{address.scheme}://{address.netloc}")
    grant: Grant = line.send(Call("POST", address.path, form=form, repeatable=True))
    return grant


class Api:
    """One shop's API."""

    def __init__(self, access: Access) -> None:
        self._line = Line(
            PLATFORM,
            access.app,
            sign=lambda token: ShopToken(token, access.shop_id),
            tokens=access.tokens,
            shop_id=access.shop_id,
            lane=access.lane,
        )

    def get(self, path: str, params: Params = ()) -> Any:
        """Read; may be repeated. Raises the three channel errors."""
        return self._line.send(Call("GET", path, params=params, limits=("get",)))

    def write(self, method: str, path: str, *, params: Params = (), body: object = None) -> Any:
        """Write once. Raises TryLater with `maybe_done` when nobody knows whether it happened."""
        return self._line.send(Call(method, path, params=params, json=body, limits=("write",)))

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
        try:
            total = int(answers.number(body, "total", offset + len(found)))
        except ValueError:
            raise TryLater(f"KiotViet answered {path} without saying how long the list is") from None
        return Listing(found, total, fields.deleted(body))
