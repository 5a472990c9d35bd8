"""Import of statement files: uploaded and checked first, then stored in one transaction, all files of an upload or none."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Collection, Sequence
from copy import copy

from django.contrib.auth.models import AbstractBaseUser
from django.utils import timezone
from django.utils.translation import gettext as _

from commissions.models import StatementFile
from commissions.services import statement_files as store
from commissions.services.payouts import store_payouts
from core.reasons import as_reason
from core.transactions import in_transaction
from integrations.accounts.connections import NotPossible
from integrations.contract.file_reasons import EXPIRED, SAME_FILE
from integrations.contract.reasons import Cause
from integrations.statements.examining import Examined, Upload, examine, judge, read_all
from integrations.statements.payouts import payouts_of
from integrations.wire.statements.sums import plain
from inventory.models import Shop

MOST_FILES = 20
State = StatementFile.State


def upload(
    shop: Shop, uploads: Sequence[Upload], *, actor: AbstractBaseUser | None, confirmed: bool, visible: Collection[int]
) -> uuid.UUID:
    """Check files and keep them for their import, a day at most; return the key of the upload. A refused one is not kept.

    Raises NotPossible for no file, or too many.
    """
    if not uploads or len(uploads) > MOST_FILES:
        raise NotPossible(_("Choose at least one file, and at most %(n)s.") % {"n": MOST_FILES})
    key = uuid.uuid4()
    found = examine(shop, _apart(uploads), confirmed=confirmed, visible=visible)
    row = StatementFile(shop=shop, upload=key, shop_confirmed=confirmed, uploaded_by_id=actor.pk if actor else None)
    _keep(row, found)
    return key


@in_transaction
def _keep(first: StatementFile, found: Sequence[Examined]) -> None:
    """Store a row for each checked file; `first` is what they have in common."""
    for one in found:
        row = copy(first)
        row.name, row.size = one.upload.name, len(one.upload.content)
        row.sha256 = hashlib.sha256(one.upload.content).hexdigest()
        _note(row, one)
        row.state = State.REFUSED if one.problems else State.CHECKED
        row.content = None if one.problems else one.upload.content
        store.save_file(row)


def preview(key: uuid.UUID, *, visible: Collection[int]) -> list[tuple[StatementFile, Examined | None]]:
    """Return the files of an upload with what importing them would do now; None for those that are no longer here, or refused."""
    rows = list(StatementFile.objects.filter(upload=key).select_related("shop").order_by("pk"))
    kept = [row for row in rows if row.content is not None and row.state == State.CHECKED]
    found = []
    if kept:
        shop, confirmed = kept[0].shop, kept[0].shop_confirmed
        found = examine(shop, _uploads(kept), confirmed=confirmed, visible=visible)
    by_row = dict(zip((row.pk for row in kept), found, strict=True))
    return [(row, by_row.get(row.pk)) for row in rows]


def import_upload(key: uuid.UUID, *, actor: AbstractBaseUser | None, visible: Collection[int]) -> bool:
    """Store the lines of all files of an upload, or of none; return whether they were stored. Repeating it changes nothing.

    What was checked is checked again under locks: what came between may have made a file wrong. It is refused then.
    """
    rows = list(StatementFile.objects.filter(upload=key).select_related("shop").order_by("pk"))
    kept = [row for row in rows if row.content is not None]
    read = read_all(kept[0].shop, _uploads(kept)) if kept else []
    return _import(key, read, actor=actor, visible=visible)


@in_transaction
def _import(key: uuid.UUID, read: list[Examined], *, actor: AbstractBaseUser | None, visible: Collection[int]) -> bool:
    """Store what was read of an upload's files, in one transaction. A row's bytes never change, but it may have lost them."""
    rows = list(StatementFile.objects.select_for_update().filter(upload=key).order_by("pk"))
    if not rows or any(row.state == State.REFUSED for row in rows):
        return False
    if all(row.state == State.IMPORTED for row in rows):
        return True
    # one import of a shop at a time
    shop = Shop.objects.select_for_update(no_key=True).get(pk=rows[0].shop_id)
    if any(row.content is None for row in rows):
        _refuse(rows, EXPIRED)
        return False
    found = judge(shop, read, confirmed=rows[0].shop_confirmed, visible=visible, lock=True)
    if any(one.problems for one in found):
        for row, one in zip(rows, found, strict=True):
            if one.problems:
                _note(row, one)
                row.state, row.content = State.REFUSED, None
                store.save_file(row)
        return False
    stored_before = False
    for row, one in zip(rows, found, strict=True):
        if stored_before and one.contents.lines:
            # files of one upload may overlap: what the one before stored is known by now
            one.comparison = store.compare(shop.pk, one.contents.lines)
        store.store(row, one.comparison)
        store_payouts(shop.pk, payouts_of(one.contents, shop.currency), from_file=True)
        stored_before = stored_before or bool(one.contents.lines)
        _note(row, one)
        row.state, row.content = State.IMPORTED, None
        row.imported_by_id, row.imported_at = actor.pk if actor else None, timezone.now()
        store.save_file(row)
    return True


def _uploads(rows: Sequence[StatementFile]) -> list[Upload]:
    return [Upload(row.name, bytes(row.content or b"")) for row in rows]


def _apart(uploads: Sequence[Upload]) -> list[Upload]:
    """Return the files under names that differ: a browser may send two of one name."""
    found: dict[str, Upload] = {}
    for one in uploads:
        name, again = one.name[:200] or "–", 1
        while name in found:
            again += 1
            name = f"{one.name[:200]} ({again})"
        found[name] = Upload(name, one.content)
    return list(found.values())


def _note(row: StatementFile, one: Examined) -> None:
    """Write what a file says, and what its import does, into its row."""
    contents, comparison = one.contents, one.comparison
    row.channel = one.recognised.channel if one.recognised else ""
    row.kind = one.recognised.profile.kind if one.recognised else ""
    row.shop_name, row.tax_codes = contents.shop_name[:200], list(contents.tax_codes)
    row.first_day, row.last_day = contents.period or (None, None)
    row.totals = {name: plain(amount) for name, amount in contents.totals.items()}
    row.payouts = [
        {"reference": m.reference, "amount": plain(m.amount), "at": m.happened_at.isoformat() if m.happened_at else ""}
        for m in contents.movements
        if m.is_payout
    ]
    row.rows = contents.rows
    row.new_lines, row.same_lines = len(comparison.new), len(comparison.same)
    row.changed_lines = len(comparison.changed)
    row.problems = _stored(one.problems)
    row.warnings = _stored([*_again(row), *one.warnings])


def _again(row: StatementFile) -> list[Cause]:
    """Return a warning where the same bytes were imported before."""
    same = StatementFile.objects.filter(shop_id=row.shop_id, sha256=row.sha256, state=State.IMPORTED).exclude(pk=row.pk)
    first = same.order_by("imported_at").first()
    if first is None or first.imported_at is None:
        return []
    return [SAME_FILE(when=timezone.localtime(first.imported_at).strftime("%d/%m/%Y %H:%M"), file=first.name)]


def _stored(causes: Sequence[Cause]) -> list[dict[str, object]]:
    return [as_reason(cause).as_json() for cause in causes]


def _refuse(rows: Sequence[StatementFile], reason: Cause) -> None:
    for row in rows:
        row.state, row.content, row.problems = State.REFUSED, None, _stored([reason])
        store.save_file(row)
