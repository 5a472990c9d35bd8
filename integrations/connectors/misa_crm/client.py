"""HTTP client of one tenant: rate-limited, its answers judged, its lists read page by page."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from integrations.connectors.misa_crm.mapping import errors, fields
from integrations.contract.access import Access
from integrations.contract.declarations import Limit
from integrations.contract.errors import Rejected, TryLater
from integrations.contract.reasons import LIST_MOVES
from integrations.wire.answers import Row
from integrations.wire.auth import HeaderAuth, bearer
from integrations.wire.calls import Call
from integrations.wire.http import ChannelClient, Platform
from integrations.wire.meanings import judged_by
from integrations.wire.paging import PASSES

Params = Sequence[tuple[str, str]]

BASE_URL = "https://crmconnect.misa.vn"
API = "/api/v2"
# the usual top for lists, and what clients read the ledger by
PAGE_SIZE, LEDGER_PAGE_SIZE = 100, 50
# nothing is published: our own caution
LIMITS = (Limit("read", 10, 1), Limit("write", 5, 1))
# pages in a row that bring nothing new while there should be more: the list goes no further
_STALLED = 2


_READS = Platform("misa_crm", "MISA CRM", BASE_URL, judged_by(partial(errors.failure, wanted="data")), LIMITS)
_WRITES = Platform("misa_crm", "MISA CRM", BASE_URL, judged_by(partial(errors.failure, wanted="results")), LIMITS)


class TenantClient:
    """The API of one tenant."""

    def __init__(self, access: Access) -> None:
        client_id = access.app.credentials.get("client_id", "")
        self._reads, self._writes = (
            ChannelClient(
                platform,
                access.app,
                # without the application a good token is refused
                sign=lambda token: HeaderAuth({"Authorization": bearer(token), "Clientid": client_id}),
                tokens=access.tokens,
                shop_id=access.shop_id,
                lane=access.lane,
            )
            for platform in (_READS, _WRITES)
        )

    def get(self, path: str, params: Params = ()) -> Mapping[str, Any]:
        """Return the envelope of a read; may be repeated. Raises the three channel errors."""
        found: Mapping[str, Any] = self._reads.send(Call("GET", f"{API}{path}", params=params, limits=("read",)))
        return found

    def found(self, path: str, name: str, values: Sequence[str]) -> list[Row]:
        """Return the rows of a look-up of several."""
        return fields.rows(self.get(path, [(name, value) for value in values])["data"]) if values else []

    def write(self, method: str, path: str, row: Mapping[str, Any]) -> Row:
        """Write one record, as an array of one, and return its result. A PUT is absolute and may be repeated, a POST not.

        Raises Rejected with the form's words, TryLater with `maybe_done` when the outcome is unknown.
        """
        call = Call(method, f"{API}{path}", json=[row], limits=("write",), repeatable=method == "PUT")
        results = fields.rows(self._writes.send(call)["results"])
        if not results:
            raise TryLater(errors.NO_RESULT(call=call), code=errors.MALFORMED, maybe_done=method != "PUT")
        if refusal := errors.row_refusal(results[0]):
            raise refusal
        return results[0]

    def pages(
        self, path: str, params: Params = (), *, key: str = "id", size: int = PAGE_SIZE, first: int = 0
    ) -> Iterator[list[Row]]:
        """Yield the rows of a list page by page, each once; from the top again when rows went away meanwhile: none is missed.

        Whether the first page is 0 or 1 is disputed: 0 is asked first, and rows are known by `key`.
        `first`: the page to begin with.
        """
        seen: set[str] = set()
        for _ in range(PASSES):
            if (yield from self._one_pass(path, params, key, size, first, seen)):
                return
        raise TryLater(LIST_MOVES(list=f"MISA CRM {path}"))

    def _one_pass(
        self, path: str, params: Params, key: str, size: int, first: int, seen: set[str]
    ) -> Generator[list[Row], None, bool]:
        page, stalled, most = first, 0, 0
        mine: set[str] = set()
        while True:
            rows, total = self.page(path, params, page, size)
            keys = {fields.text(row, key) for row in rows}
            stalled = 0 if keys - mine else stalled + 1
            yield [row for row in rows if fields.text(row, key) not in seen]
            mine |= keys
            seen |= keys
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
        """Return the rows of one page and the length of the whole list, None where it is left out; nothing where page 0 is refused."""
        try:
            body = self.get(path, [*params, ("page", str(page)), ("pageSize", str(size))])
        except Rejected:
            if page:
                raise
            return [], None
        total = body.get("total_records")
        return fields.rows(body["data"]), total if isinstance(total, int) and not isinstance(total, bool) else None
