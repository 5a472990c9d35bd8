"""Making of files: the rows of a list as its address filters them, streamed at once or written by a job."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import structlog
from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.db import InterfaceError, OperationalError
from django.db.models import Q, QuerySet
from django.http import HttpRequest, QueryDict
from django.utils import timezone, translation

from erpsync import permissions
from erpsync.admin.exports.columns import LISTS, Column, ExportedList, columns_for
from erpsync.admin.kit.list_query import query_of
from erpsync.exports import store
from erpsync.exports.writers import MOST_ROWS, Row, as_csv, as_file, as_workbook, pieces
from erpsync.models import Export
from erpsync.schedule import run_soon
from integrations.contract.errors import UNEXPECTED_ERRORS
from integrations.work.locks import advisory_lock

log = structlog.get_logger(__name__)

# more rows of a list than this are written by a job
MOST_AT_ONCE = 50_000
_CHUNK = 1_000
# the progress is noted after so many rows of the list
_NOTED = 5_000
# a process that still streams a file after so long is dead; a job's file is taken up again for so long
STREAMED_WITHIN, MADE_WITHIN = timedelta(hours=1), timedelta(days=1)
_UNFINISHED = (Export.State.WAITING, Export.State.RUNNING)


class TooManyRows(Exception):
    """More rows than one file may have."""


_REASONS: Mapping[type[Exception], str] = {
    TooManyRows: Export.Reason.TOO_MANY,
    IncorrectLookupParameters: Export.Reason.FILTERS,
}
_EXPECTED: tuple[type[Exception], ...] = (*_REASONS, *UNEXPECTED_ERRORS)


def filtered(list_name: str, request: HttpRequest) -> QuerySet[Any]:
    """Return the rows of a list as the request filters them. Raises IncorrectLookupParameters."""
    model, exported = LISTS[list_name]
    return exported.prepared(request, admin.site._registry[model].get_changelist_instance(request).queryset)


def start(list_name: str, file_format: str, request: HttpRequest, *, rows: int) -> Export:
    """Keep the record of an export of so many rows of the list; a large one waits for `run_due`."""
    columns = columns_for(request, LISTS[list_name][1])
    is_large = rows > MOST_AT_ONCE
    return Export.objects.create(
        list_name=list_name, file_format=file_format, query=query_of(request.GET),
        language=translation.get_language() or "vi", shop_ids=permissions.shop_ids(request),
        state=Export.State.WAITING if is_large else Export.State.RUNNING, expected_rows=rows,
        has_buyers=any(column.is_buyer for column in columns),
        has_costs=any(column.role == permissions.MANAGER for column in columns), asked_by_id=request.user.pk,
    )  # fmt: skip


def stream(export: Export, request: HttpRequest, queryset: QuerySet[Any]) -> Iterator[bytes]:
    """Yield the file, and note how many rows it had when it ends or is broken off."""
    written = _Written(export)
    reason: str = Export.Reason.INTERRUPTED
    try:
        headings, rows = _table(export, request, queryset, written)
        yield from as_csv(headings, rows) if export.file_format == "csv" else pieces(as_workbook(headings, rows))
        reason = ""
    except _EXPECTED as error:
        reason = _reason(error)
        raise
    finally:
        store.finish(export, written.rows, reason)


def wake() -> None:
    """Have a worker look for waiting exports now; the schedule finds them within a minute anyway."""
    run_soon("erpsync.admin.exports.making.run_due")


def run_due() -> None:
    """Write the files of all waiting exports, one process at a time. A job; may be repeated, also after it was killed.

    Never beside an erasure (the lock is theirs): no file may bring back a person who was just erased.
    """
    store.forget_old()
    with advisory_lock("data_requests") as ours:
        if ours:
            _end_interrupted()
            waiting = Export.objects.filter(_is_large(), state__in=_UNFINISHED)
            for export in waiting.select_related("asked_by").order_by("id"):
                _run(export)


def _is_large() -> Q:
    """Return the condition for exports whose file is written by a job."""
    return Q(expected_rows__gt=MOST_AT_ONCE)


def _end_interrupted() -> None:
    """End the exports of processes that died: a stream cannot go on, and a job that died again and again is not tried for ever."""
    now = timezone.now()
    streams = ~_is_large() & Q(created_at__lt=now - STREAMED_WITHIN)
    jobs = _is_large() & Q(created_at__lt=now - MADE_WITHIN)
    store.interrupt(Export.objects.filter(streams | jobs, state=Export.State.RUNNING))


def _reason(error: Exception) -> str:
    return next((reason for kind, reason in _REASONS.items() if isinstance(error, kind)), Export.Reason.ERROR)


def _run(export: Export) -> None:
    store.progress(export, 0, 0)
    written = _Written(export)
    try:
        with translation.override(export.language):
            request = _request_of(export)
            table = _table(export, request, filtered(export.list_name, request), written)
            # written before the transaction that keeps it: each note of the progress is a commit of its own
            file = as_file(export.file_format, *table)
        store.keep(export, pieces(file), rows=written.rows)
    except (OperationalError, InterfaceError) as error:
        log.warning("export_later", export=export.pk, error=type(error).__name__)
    except _EXPECTED as error:
        log.exception("export_failed", export=export.pk)
        store.finish(export, written.rows, _reason(error))


def _request_of(export: Export) -> HttpRequest:
    """Return the question as its person would ask it now: what the person may no longer see is left out."""
    request = HttpRequest()
    request.method = "GET"
    request.GET = QueryDict(export.query)
    request.user = export.asked_by  # type: ignore[assignment]
    return request


class _Written:
    """Rows written so far, of the file and of the list; the progress is noted."""

    def __init__(self, export: Export) -> None:
        self.export = export
        self.rows = self.listed_rows = 0

    def count_row(self) -> None:
        self.rows += 1
        if self.rows > MOST_ROWS:
            raise TooManyRows

    def count_listed_row(self) -> None:
        self.listed_rows += 1
        if self.listed_rows % _NOTED == 0:
            store.progress(self.export, self.rows, self.listed_rows)


def _table(
    export: Export, request: HttpRequest, queryset: QuerySet[Any], written: _Written
) -> tuple[list[str], Iterator[Row]]:
    """Return the headings and the rows of a file."""
    exported = LISTS[export.list_name][1]
    columns = columns_for(request, exported)
    return [str(column.title) for column in columns], _rows(exported, columns, request, queryset, written)


def _rows(
    exported: ExportedList, columns: list[Column], request: HttpRequest, queryset: QuerySet[Any], written: _Written
) -> Iterator[Row]:
    """Yield the file's rows from a server-side cursor. A cell whose role the user has not in the row's shop is empty."""
    shops = {column.role: set(permissions.shop_ids(request, column.role)) for column in columns}
    for row in queryset.iterator(chunk_size=_CHUNK):
        for line in exported.lines(row):
            shop = exported.shop_id(line)
            yield [column.value(line) if shop is None or shop in shops[column.role] else None for column in columns]
            written.count_row()
        written.count_listed_row()
