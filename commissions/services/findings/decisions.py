"""Decisions about findings: owner, comment, dispute, write-off, and their withdrawal."""

from __future__ import annotations

from django.utils import timezone

from commissions.models import FeeMatch, Finding, FindingComment
from commissions.services.findings.refresh import refresh
from commissions.services.matching import match
from commissions.services.seen import NotDecidable, Seen
from core.conflicts import ChangedMeanwhile
from core.db import execute, fetch
from core.transactions import in_transaction

State = Finding.State
# fee checks that are decided with their finding
_CHECKS = (
    "SELECT item.fee_match_id FROM commissions_findingitem item WHERE item.finding_id = %s AND item.open_amount <> 0"
)
_ORDERS = f"SELECT DISTINCT order_id FROM commissions_feematch WHERE id IN ({_CHECKS}) AND state = ANY(%s)"


@in_transaction
def assign(finding_id: int, owner_id: int | None) -> None:
    """Let a person own a finding; None: nobody."""
    Finding.objects.filter(pk=finding_id).update(owner_id=owner_id)


@in_transaction
def comment(finding_id: int, text: str, *, author_id: int | None) -> None:
    """Add a comment."""
    FindingComment.objects.create(finding_id=finding_id, text=text, author_id=author_id)


def shown(row: Finding) -> Seen:
    """Return what a person decides about."""
    return Seen(row.state, row.amount)


@in_transaction
def decide(finding_id: int, state: str, *, seen: Seen, note: str, actor_id: int | None) -> None:
    """Dispute what is open of a finding, which stops its clock, or write it off.

    Raises ChangedMeanwhile where it is not what was seen, and NotDecidable when nothing is open.

    It stands while the open amount does, for the fee checks of the finding as well.
    """
    row = Finding.objects.select_for_update().get(pk=finding_id)
    if shown(row) != seen:
        raise ChangedMeanwhile
    if state not in Finding.DECISIONS or row.state == State.CLOSED:
        raise NotDecidable
    row.state, row.note, row.decided_by_id, row.decided_at = State(state), note, actor_id, timezone.now()
    row.decided_amount = row.amount
    row.save(update_fields=["state", "note", "decided_by", "decided_at", "decided_amount"])
    execute(
        "UPDATE commissions_feematch SET state = %s, note = %s, decided_by_id = %s, decided_at = clock_timestamp()"
        f" WHERE id IN ({_CHECKS}) AND state = ANY(%s)",
        state, note, actor_id, finding_id, list(FeeMatch.OPEN),
    )  # fmt: skip


@in_transaction
def reopen(finding_id: int) -> None:
    """Take a decision back: the finding is open, and its fee checks are what both sides say."""
    row = Finding.objects.select_for_update().get(pk=finding_id)
    if row.state not in Finding.DECISIONS:
        return
    Finding.objects.filter(pk=finding_id).update(
        state=State.OPEN, note="", decided_by=None, decided_at=None, decided_amount=None
    )
    orders = [pk for (pk,) in fetch(_ORDERS, finding_id, list(FeeMatch.DECISIONS))]
    execute(
        "UPDATE commissions_feematch SET state = 'due', note = '', decided_by_id = NULL, decided_at = NULL"
        f" WHERE id IN ({_CHECKS}) AND state = ANY(%s)",
        finding_id, list(FeeMatch.DECISIONS),
    )  # fmt: skip
    match(orders)
    refresh(row.shop_id, now=timezone.now())
