"""Checks of uploaded files, in this order: what it is, its columns, its cells and sums, whose it is, and what is here already.

Nothing is written. The dry run and the import both judge; the import does with the stored lines locked.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

from django.utils import timezone
from django.utils.functional import Promise

from commissions.services.statement_files import Comparison, compare, lock_compared
from integrations.connectors import connector_of
from integrations.contract.file_reasons import (
    CHANNEL_DIFFERS,
    NOTHING_TO_IMPORT,
    ONLY_CHECKED,
    OTHER_CHANNEL,
)
from integrations.contract.reasons import Cause
from integrations.contract.statement_files import Contents, FileRefused
from integrations.statements import transfers
from integrations.statements.recognising import Recognised, read, recognise
from integrations.statements.whose import whose
from integrations.wire.statements.rows import MOST_LISTED
from integrations.wire.statements.sums import plain
from integrations.wire.workbooks import open_workbook
from inventory.models import Shop


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it was uploaded."""

    name: str
    content: bytes


@dataclass(slots=True)
class Examined:
    """Results of the checks of one file."""

    upload: Upload
    recognised: Recognised | None = None
    contents: Contents = field(default_factory=Contents)
    comparison: Comparison = field(default_factory=Comparison)
    problems: list[Cause] = field(default_factory=list)
    warnings: list[Cause] = field(default_factory=list)

    @property
    def title(self) -> Promise | str:
        """Return the kind of the file in words."""
        return self.recognised.title if self.recognised else ""


def examine(shop: Shop, uploads: Sequence[Upload], *, confirmed: bool, visible: Collection[int]) -> list[Examined]:
    """Return the checks of the files of one import, in their order. `confirmed`, `visible`: see `whose`."""
    return judge(shop, read_all(shop, uploads), confirmed=confirmed, visible=visible)


def read_all(shop: Shop, uploads: Sequence[Upload]) -> list[Examined]:
    """Return what each file says by itself. It may take seconds: no transaction should be open."""
    return [_alone(shop, upload) for upload in uploads]


def judge(
    shop: Shop, read: Sequence[Examined], *, confirmed: bool, visible: Collection[int], lock: bool = False
) -> list[Examined]:
    """Return files that were read, checked against each other and against what is stored. `read` stays as it is.

    `lock`: lock the stored lines that the files meet, in one statement, inside the caller's transaction.
    """
    found = [replace(one, problems=list(one.problems), warnings=list(one.warnings)) for one in read]
    if lock:
        lock_compared(shop.pk, [line for one in found if not one.problems for line in one.contents.lines])
    readable = {one.upload.name: one.contents for one in found if not one.problems}
    beside = transfers.against_each_other(shop, readable)
    for one in found:
        if one.problems:
            continue
        one.problems += beside.problems[one.upload.name]
        one.warnings = transfers.without_doubt(one.warnings, one.contents, beside.proven)
        verdict = whose(one.contents, shop, confirmed=confirmed, visible=visible)
        one.problems += [verdict.problem] if verdict.problem else []
        one.warnings += [verdict.warning] if verdict.warning else []
        if not one.problems:
            _against_stored(shop, one)
    return found


def _alone(shop: Shop, upload: Upload) -> Examined:
    """Return what a file says by itself."""
    found = Examined(upload)
    try:
        workbook = open_workbook(upload.content)
        found.warnings += workbook.warnings
        found.recognised = recognise(workbook)
        if found.recognised.channel not in {shop.channel, ""}:
            raise FileRefused(_other_channel(found.recognised, shop))
        found.contents = read(
            found.recognised, asked_at=timezone.now(), currency=shop.currency, time_zone=shop.time_zone
        )
    except FileRefused as refused:
        found.problems.append(refused.reason)
        return found
    found.problems += found.contents.problems
    found.warnings += found.contents.warnings
    if found.contents.rows == 0:
        found.warnings.append(NOTHING_TO_IMPORT)
    elif found.contents.movements:
        found.warnings.append(ONLY_CHECKED)
    return found


def _other_channel(recognised: Recognised, shop: Shop) -> Cause:
    return OTHER_CHANNEL(
        channel=connector_of(recognised.channel).title, kind=recognised.title, own=connector_of(shop.channel).title
    )


def _against_stored(shop: Shop, one: Examined) -> None:
    one.comparison = compare(shop.pk, one.contents.lines)
    for conflict in one.comparison.conflicts[:MOST_LISTED]:
        one.problems.append(
            CHANNEL_DIFFERS(
                order=conflict.order_number or "–", parts=plain(conflict.in_file), said=plain(conflict.stored),
                difference=plain(conflict.in_file - conflict.stored),
            )
        )  # fmt: skip
