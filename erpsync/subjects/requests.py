"""Data requests: kept from the question to the end, with who, when, why and how many rows; carried out by a job."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict
from datetime import timedelta
from typing import Any

import structlog
from django.db import InterfaceError, OperationalError
from django.db.models import QuerySet
from django.utils import timezone

from core.places import NoPlace
from erpsync.backup import erased_list
from erpsync.models import DataRequest
from erpsync.schedule import run_soon
from erpsync.subjects.erase import OpenOrders, StillWriting, erase, preview
from erpsync.subjects.export import archive, rows_by_table
from erpsync.subjects.find import Terms, find
from integrations.contract.errors import UNEXPECTED_ERRORS
from integrations.work.locks import advisory_lock

log = structlog.get_logger(__name__)

# the file of an export can be fetched for so long
FILE_KEPT = timedelta(days=1)
OPEN_ORDERS, PHOTOS_AWAY, UNEXPECTED = "open_orders", "photos_away", "unexpected"
_UNFINISHED = (DataRequest.State.WAITING, DataRequest.State.RUNNING)


def ask(
    kind: str, terms: Terms, *, reason: str, user_id: int | None, shops: Collection[int] | None = None
) -> DataRequest:
    """Keep a request; `run_due` carries it out. The row holds the terms encrypted, until it ends.

    `shops`: those whose data are counted or handed out, None for all. An erasure is of all shops, whatever they are.
    """
    stored: Any = asdict(terms)
    of_shops = None if shops is None else sorted(shops)
    return DataRequest.objects.create(
        kind=kind, reason=reason[:300], terms=stored, asked_by_id=user_id, shop_ids=of_shops
    )


def ask_erasure(terms: Terms, *, reason: str, user_id: int | None, shops: Collection[int] | None = None) -> DataRequest:
    """Keep a request to erase a person, whom these shops know."""
    return ask(DataRequest.Kind.ERASE, terms, reason=reason, user_id=user_id, shops=shops)


def note_export(counts: dict[str, int], *, reason: str, user_id: int | None, shops: list[int] | None) -> DataRequest:
    """Note that a person's data were handed out."""
    return DataRequest.objects.create(
        kind=DataRequest.Kind.EXPORT, state=DataRequest.State.DONE, reason=reason[:300], counts=counts, shop_ids=shops,
        asked_by_id=user_id, finished_at=timezone.now(),
    )  # fmt: skip


def wake() -> None:
    """Have a worker look for waiting requests now; the schedule finds them within a minute anyway."""
    run_soon("erpsync.subjects.requests.run_due")


def run_due() -> None:
    """Carry out all waiting requests, one process at a time. A job; may be repeated, also after it was killed."""
    forget_files(DataRequest.objects.filter(file_until__lte=timezone.now()))
    with advisory_lock("data_requests") as ours:
        if ours:
            waiting = DataRequest.objects.filter(state__in=_UNFINISHED)
            for pk in waiting.order_by("id").values_list("pk", flat=True):
                run(pk)


def run(request_id: int) -> DataRequest:
    """Carry out one request and keep its end."""
    row = DataRequest.objects.get(pk=request_id)
    _store(row, state=DataRequest.State.RUNNING, step=0)
    try:
        found = _CARRY_OUT[row.kind](row)
    except OpenOrders:
        _end(row, DataRequest.State.FAILED, problem=OPEN_ORDERS)
    except (StillWriting, OperationalError, InterfaceError) as error:
        log.warning("data_request_later", request=request_id, error=type(error).__name__)
        _store(row, state=DataRequest.State.WAITING)
    except (NoPlace, OSError) as error:
        log.warning("data_request_without_photos", request=request_id, error=type(error).__name__)
        _end(row, DataRequest.State.FAILED, problem=PHOTOS_AWAY)
    except UNEXPECTED_ERRORS:
        log.exception("data_request_failed", request=request_id)
        _end(row, DataRequest.State.FAILED, problem=UNEXPECTED)
    else:
        _end(row, DataRequest.State.DONE, **found)
        if row.kind == DataRequest.Kind.ERASE:
            erased_list.keep()
    return row


def file_of(row: DataRequest) -> bytes | None:
    """Return the file of an export as the data are now; None where there is none, or none any more."""
    if row.file_until is None or row.file_until <= timezone.now():
        return None
    return archive(rows_by_table(find(Terms(**row.terms), shops=row.shop_ids), shops=row.shop_ids))


def forget_files(rows: QuerySet[DataRequest]) -> None:
    """Forget what the files of these exports were made of. May be repeated."""
    rows.filter(file_until__isnull=False).update(file_until=None, terms={})


def _erase(row: DataRequest) -> dict[str, Any]:
    # whose files they are is not known without reading all terms; they can be asked for again
    forget_files(DataRequest.objects.all())
    done = erase(Terms(**row.terms), progress=lambda step: _store(row, step=step))
    return {"counts": done.counts, "kept": done.kept, "elsewhere": done.elsewhere}


def _count(row: DataRequest) -> dict[str, Any]:
    found = find(Terms(**row.terms), shops=row.shop_ids)
    return {"counts": preview(found, shops=row.shop_ids)}


def _export(row: DataRequest) -> dict[str, Any]:
    return {**_count(row), "file_until": timezone.now() + FILE_KEPT}


_CARRY_OUT: Mapping[str, Callable[[DataRequest], dict[str, Any]]] = {
    DataRequest.Kind.FIND: _count,
    DataRequest.Kind.EXPORT: _export,
    DataRequest.Kind.ERASE: _erase,
}


def _end(row: DataRequest, state: str, **values: Any) -> None:
    terms = row.terms if values.get("file_until") else {}
    _store(row, state=state, terms=terms, finished_at=timezone.now(), **values)


def _store(row: DataRequest, **values: Any) -> None:
    for name, value in values.items():
        setattr(row, name, value)
    # nothing else: the reason may have been wiped meanwhile, where it named the person
    DataRequest.objects.filter(pk=row.pk).update(**values)
