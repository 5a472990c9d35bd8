"""HTTP client of one KiotViet shop: rate-limited, signed, its answers judged, its lists read page by page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import quote

from integrations.connectors.kiotviet.mapping import errors, fields
from integrations.contract.access import Access
from integrations.contract.declarations import Limit
from integrations.contract.errors import Rejected, TryLater
from integrations.wire import answers
from integrations.wire.answers import Row
from integrations.wire.auth import HeaderAuth, bearer
from integrations.wire.calls import Call
from integrations.wire.http import ChannelClient, Platform
from integrations.wire.meanings import judged_by
from integrations.wire.paging import OffsetPage, overlapping

Params = Sequence[tuple[str, str]]

BASE_URL = "https://public.kiotapi.com"
# documented maximum; the list is walked by rows received, so a server that gives fewer is no harm
PAGE_SIZE = 100
LIMITS = (
    Limit("get", 5000, 3600),
    # not published; two a second were seen to work over 150 writes
    Limit("write", 2, 1),
)


def filled(template: str, value: str) -> str:
    """Return a path with an id or code in it, safe for any character."""
    return template.format(quote(value, safe=""))


@dataclass(frozen=True, slots=True)
class ListPage(OffsetPage):
    """One page of a list, and the ids of what was deleted."""

    deleted: tuple[str, ...]


PLATFORM = Platform("kiotviet", "KiotViet", BASE_URL, judged_by(errors.failure), LIMITS)


class ShopClient:
    """The API of one shop ("retailer")."""

    def __init__(self, access: Access) -> None:
        self._client = ChannelClient(
            PLATFORM,
            access.app,
            # the shop's name is its subdomain, letter case kept
            sign=lambda token: HeaderAuth({"Authorization": bearer(token), "Retailer": access.shop_id}),
            tokens=access.tokens,
            shop_id=access.shop_id,
            lane=access.lane,
        )

    def get(self, path: str, params: Params = ()) -> Any:
        """Read; may be repeated. Raises the three channel errors."""
        return self._client.send(Call("GET", path, params=params, limits=("get",)))

    def write(self, method: str, path: str, *, params: Params = (), body: object = None) -> Any:
        """Write once. Raises TryLater with `maybe_done` when the outcome is unknown."""
        return self._client.send(Call(method, path, params=params, json=body, limits=("write",)))

    def find(self, template: str, external_id: str) -> Row | None:
        """Return one object; None when KiotViet no longer knows it. Raises Rejected for any other refusal."""
        try:
            body = self.get(filled(template, external_id))
        except Rejected as refusal:
            if errors.is_missing(refusal):
                return None
            raise
        found = answers.part(body, "data") or body if isinstance(body, dict) else None
        if not found:
            raise Rejected(errors.NOTHING_FOR(thing=external_id))
        return found

    def pages(self, path: str, params: Params = ()) -> Iterator[ListPage]:
        """Yield all pages of a list, from the top again when rows moved meanwhile: a row may come twice, none is missed."""
        fetch = partial(self.page, path, params)
        return overlapping(fetch, lambda row: fields.text(row, "id"), name=f"KiotViet's list {path}")

    def page(self, path: str, params: Params, offset: int) -> ListPage:
        """Return the page that begins at row `offset`."""
        query = [*params, ("pageSize", str(PAGE_SIZE)), ("currentItem", str(offset))]
        body = self.get(path, query)
        if not isinstance(body, dict):
            raise TryLater(errors.NO_LIST(path=path))
        found = tuple(fields.rows(body))
        try:
            total = int(fields.number(body, "total", offset + len(found)))
        except ValueError:
            raise TryLater(errors.NO_LENGTH(path=path)) from None
        return ListPage(found, total, fields.deleted(body))
