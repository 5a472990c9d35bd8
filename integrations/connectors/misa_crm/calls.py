"""Calls to one tenant: limited, judged, and lists read page by page."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from integrations.connectors.base import Access, AppAccess, Grant, Limit
from integrations.connectors.misa_crm.mapping import errors, fields
from integrations.connectors.misa_crm.signing import AppToken
from integrations.wire.answers import Row
from integrations.wire.errors import Rejected, TryLater
from integrations.wire.http import Answer, Call, Line, Platform

Params = Sequence[tuple[str, str]]

BASE_URL = "https://crmconnect.misa.vn"
_API = "/api/v2"
# the usual top for lists, and what clients read the ledger by
PAGE_SIZE, LEDGER_PAGE_SIZE = 100, 50
# nothing is published: our own caution
LIMITS = (Limit("read", 10, 1), Limit("write", 5, 1))
# how often a list may shift under us before we come back later
_PASSES = 5
# pages in a row that bring nothing new while there should be more: the list goes no further
_STALLED = 2


def _judge(wanted: str) -> Any:
    def judge(answer: Answer) -> Any:
        if problem := errors.failure(answer.status, answer.body, wanted):
            raise problem
        return answer.body

    return judge


def _judge_token(answer: Answer) -> Grant | None:
    if problem := errors.token_failure(answer.status, answer.body):
        raise problem
    return None if answer.body is None else Grant(answer.body["data"], _life(answer.body["data"]))


READS = Platform("misa_crm", "MISA CRM", BASE_URL, _judge("data"), LIMITS)
WRITES = Platform("misa_crm", "MISA CRM", BASE_URL, _judge("results"), LIMITS)
TOKENS = Platform("misa_crm", "MISA CRM", BASE_URL, _judge_token)


def token(app: AppAccess) -> Grant:
    """A token for the application's credentials; may be asked for any number of times. Raises NotAuthorised when refused."""
    given = {name: app.credentials.get(name, "") for name in ("client_id", "client_secret")}
    grant: Grant = Line(TOKENS, app).send(Call("POST", f"{_API}/Account", json=given, repeatable=True))
    return grant


def _life(jwt: str) -> float | None:
    """Seconds until the token's own `exp`; None where it does not tell, or has none left: then it is tried."""
    with suppress(ValueError, IndexError, AttributeError):
        part = jwt.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
        end = claims.get("exp")
        if isinstance(end, int | float) and end > time.time():
            return float(end - time.time())
    return None


class Api:
    """One tenant's API."""

    def __init__(self, access: Access) -> None:
        self._reads, self._writes = (
            Line(
                platform,
                access.app,
                sign=lambda token: AppToken(token, access.app.credentials.get("client_id", "")),
                tokens=access.tokens,
                shop_id=access.shop_id,
                lane=access.lane,
            )
            for platform in (READS, WRITES)
        )

    def get(self, path: str, params: Params = ()) -> Mapping[str, Any]:
        """The envelope of a read; may be repeated. Raises the three channel errors."""
        found: Mapping[str, Any] = self._reads.send(Call("GET", f"{_API}{path}", params=params, limits=("read",)))
        return found

    def found(self, path: str, name: str, values: Sequence[str]) -> list[Row]:
        """The rows of a look-up of several."""
        return fields.rows(self.get(path, [(name, value) for value in values])["data"]) if values else []

    def write(self, method: str, path: str, row: Mapping[str, Any]) -> Row:
        """Write one record, as an array of one; its result. A PUT says what shall be and may be repeated, a POST not.

        Raises Rejected with the form's words, TryLater with `maybe_done` when nobody knows.
        """
        call = Call(method, f"{_API}{path}", json=[row], limits=("write",), repeatable=method == "PUT")
        results = fields.rows(self._writes.send(call)["results"])
        if not results:
            raise TryLater(f"{call}: MISA CRM tells no result", code=errors.SENSELESS, maybe_done=method != "PUT")
        if refusal := errors.row_refusal(results[0]):
            raise refusal
        return results[0]

    def pages(
        self, path: str, params: Params = (), *, key: str = "id", size: int = PAGE_SIZE, first: int = 0
    ) -> Iterator[list[Row]]:
        """The rows of a list page by page, each once; from the top again when rows went away meanwhile: none is missed.

        Whether the first page is 0 or 1 is disputed: 0 is asked first, and rows are known by `key`.
        `first`: the page to begin with, where those before it are none of our business.
        """
        seen: set[str] = set()
        for _ in range(_PASSES):
            if (yield from self._one_pass(path, params, key, size, first, seen)):
                return
        raise TryLater(f"MISA CRM's list {path} changes faster than it can be read")

    def _one_pass(
        self, path: str, params: Params, key: str, size: int, first: int, seen: set[str]
    ) -> Generator[list[Row], None, bool]:
        page, stalled, most = first, 0, 0
        mine: set[str] = set()
        while True:
            rows, total = self.page(path, params, page, size)
            told = {fields.text(row, key) for row in rows}
            stalled = 0 if told - mine else stalled + 1
            yield [row for row in rows if fields.text(row, key) not in seen]
            mine |= told
            seen |= told
            if total is not None and total < most:
                return False
            most = max(most, total or 0)
            if total is not None and len(mine) >= total:
                return True
            # an empty page 0 may only mean that pages count from 1
            if page and (not rows or stalled >= _STALLED):
                # one code may stand on two rows: only rows that went away, or pages that go in circles, are a reason to begin again
                return not rows or total is None or len(mine) >= total
            page += 1

    def page(self, path: str, params: Params, page: int, size: int = PAGE_SIZE) -> tuple[list[Row], int | None]:
        """The rows of one page and how many the whole list has, if it says; nothing where page 0 is refused."""
        try:
            body = self.get(path, [*params, ("page", str(page)), ("pageSize", str(size))])
        except Rejected:
            if page:
                raise
            return [], None
        total = body.get("total_records")
        return fields.rows(body["data"]), total if isinstance(total, int) and not isinstance(total, bool) else None
