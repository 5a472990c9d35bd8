"""Record of exports and kept files. The only writer of their tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from core import tunables
from erpsync.models import Export, ExportPart

# a kept file is on hand for so long, and a person has at most so many
KEPT_DAYS = tunables.EXPORT_DAYS
MOST_KEPT = 5


def finish(export: Export, rows: int, reason: str = "") -> None:
    """Note the end of an export and how many rows its file has, or had when it failed for a reason."""
    state = Export.State.FAILED if reason else Export.State.DONE
    Export.objects.filter(pk=export.pk).update(rows=rows, state=state, reason=reason, finished_at=timezone.now())


def interrupt(exports: QuerySet[Export]) -> None:
    """Note that nobody writes the files of these exports any more."""
    exports.update(state=Export.State.FAILED, reason=Export.Reason.INTERRUPTED, finished_at=timezone.now())


def progress(export: Export, rows: int, listed_rows: int) -> None:
    """Note how many rows of the file are written, and of how many rows of the list."""
    Export.objects.filter(pk=export.pk).update(rows=rows, listed_rows=listed_rows, state=Export.State.RUNNING)


def keep(export: Export, content: Iterable[bytes], **figures: Any) -> None:
    """Store a file in place of what an earlier try left of it, note the export's end, and drop the person's oldest files."""
    with transaction.atomic():
        export.parts.all().delete()
        for position, piece in enumerate(content):
            ExportPart.objects.create(export=export, position=position, content=piece)
        Export.objects.filter(pk=export.pk).update(
            state=Export.State.DONE, is_kept=True, finished_at=timezone.now(), **figures
        )
        mine = Export.objects.filter(asked_by_id=export.asked_by_id, is_kept=True).order_by("-id")
        _drop(list(mine.values_list("pk", flat=True)[MOST_KEPT:]))


def content(export: Export) -> Iterator[bytes]:
    """Yield the pieces of a kept file, read one by one."""
    for position in export.parts.order_by("position").values_list("position", flat=True):
        yield bytes(export.parts.get(position=position).content)


def forget_old() -> None:
    """Drop files older than `KEPT_DAYS`; the record stays. A job; may be repeated."""
    over = timezone.now() - timedelta(days=KEPT_DAYS)
    _drop(list(Export.objects.filter(is_kept=True, finished_at__lt=over).values_list("pk", flat=True)))


def forget_buyers() -> None:
    """Drop every kept file with buyer data: a person in it was erased."""
    _drop(list(Export.objects.filter(is_kept=True, has_buyers=True).values_list("pk", flat=True)))


def _drop(export_ids: list[int]) -> None:
    with transaction.atomic():
        ExportPart.objects.filter(export_id__in=export_ids).delete()
        Export.objects.filter(pk__in=export_ids).update(is_kept=False)
