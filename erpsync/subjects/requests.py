"""Data requests: kept from the question to the end, with who, when, why and how many rows; erasures are carried out by a job."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import structlog
from django.db import InterfaceError, OperationalError
from django.utils import timezone

from erpsync.backup import erased_list
from erpsync.models import DataRequest
from erpsync.schedule import run_soon
from erpsync.subjects.erase import Erasure, OpenOrders, StillWriting, erase
from erpsync.subjects.find import Terms
from integrations.contract.errors import UNEXPECTED_ERRORS
from integrations.work.locks import advisory_lock

log = structlog.get_logger(__name__)

OPEN_ORDERS, UNEXPECTED = "open_orders", "unexpected"
_UNFINISHED = (DataRequest.State.WAITING, DataRequest.State.RUNNING)


def ask_erasure(terms: Terms, *, reason: str, user_id: int | None) -> DataRequest:
    """Keep a request to erase a person; `run_due` carries it out. The row holds the terms encrypted, until it ends."""
    stored: Any = asdict(terms)
    return DataRequest.objects.create(
        kind=DataRequest.Kind.ERASE, reason=reason[:300], terms=stored, asked_by_id=user_id
    )


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
    """Carry out all waiting erasures, one process at a time. A job; may be repeated, also after it was killed."""
    with advisory_lock("data_requests") as ours:
        if ours:
            waiting = DataRequest.objects.filter(kind=DataRequest.Kind.ERASE, state__in=_UNFINISHED)
            for pk in waiting.order_by("id").values_list("pk", flat=True):
                run(pk)


def run(request_id: int) -> DataRequest:
    """Carry out one erasure and keep its end."""
    row = DataRequest.objects.get(pk=request_id)
    _store(row, state=DataRequest.State.RUNNING, step=0)
    try:
        done = erase(Terms(**row.terms), progress=lambda step: _store(row, step=step))
    except OpenOrders:
        _end(row, DataRequest.State.FAILED, problem=OPEN_ORDERS)
    except (StillWriting, OperationalError, InterfaceError) as error:
        log.warning("erasure_later", request=request_id, error=type(error).__name__)
        _store(row, state=DataRequest.State.WAITING)
    except UNEXPECTED_ERRORS:
        log.exception("erasure_failed", request=request_id)
        _end(row, DataRequest.State.FAILED, problem=UNEXPECTED)
    else:
        _end(row, DataRequest.State.DONE, **_figures(done))
        erased_list.keep()
    return row


def _figures(done: Erasure) -> dict[str, Any]:
    return {"counts": done.counts, "kept": done.kept, "elsewhere": done.elsewhere}


def _end(row: DataRequest, state: str, **values: Any) -> None:
    _store(row, state=state, terms={}, finished_at=timezone.now(), **values)


def _store(row: DataRequest, **values: Any) -> None:
    for name, value in values.items():
        setattr(row, name, value)
    # nothing else: the reason may have been wiped meanwhile, where it named the person
    DataRequest.objects.filter(pk=row.pk).update(**values)
