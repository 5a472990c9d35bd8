"""Calls that carry commands out: one for each, or one for several where their channel takes them together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import structlog

from core import tunables
from integrations.accounts.connections import Account
from integrations.contract import reasons
from integrations.contract.errors import UNEXPECTED_ERRORS, ChannelError, Rejected
from integrations.contract.writes import Together, WriteOutcome, WriteRequest
from integrations.documents.commands import store
from integrations.documents.commands.store import Claimed
from integrations.documents.errors import NotNeeded
from integrations.documents.targets import target_of

log = structlog.get_logger(__name__)

# longer than any call may take with a renewed token in between; then its answer counts as lost
LEASE_SECONDS = tunables.COMMAND_LEASE_SECONDS

# reference -> what became of a command; None: a lost one without a trace
Outcomes = Mapping[str, "WriteOutcome | ChannelError | None"]
# raises as connectors do
Call = Callable[[], Outcomes]


@dataclass(frozen=True, slots=True)
class Ready:
    """A claimed command with its request built."""

    claimed: Claimed
    request: WriteRequest


@dataclass(frozen=True, slots=True)
class Task:
    """One call, and the commands that it carries out or looks up."""

    commands: tuple[Ready, ...]
    call: Call


def claim(account: Account, lane: str, room: int) -> list[Claimed]:
    """Mark up to `room` due commands as sent; of kinds that the channel takes together, as many more as fit into the call."""
    if room <= 0:
        return []
    writes = account.connector.writes
    alone = [kind for kind, writer in writes.items() if writer.alone]
    take = partial(store.claim, account.connection.pk, seconds=LEASE_SECONDS, lane=lane, alone=alone)
    claimed = take(limit=room)
    if len(claimed) < room:
        return claimed
    for kind, count in Counter(one.kind for one in claimed if not one.was_sent).items():
        together = _together(account, kind)
        if together and count < together.batch:
            claimed += take(limit=together.batch - count, kind=kind)
    return claimed


def tasks(account: Account, claimed: Iterable[Claimed]) -> list[Task]:
    """Return the calls for claimed commands. One whose request cannot be made ends here, and costs only itself."""
    found: list[Task] = []
    joined: dict[str, list[Ready]] = {}
    for one in claimed:
        ready = _ready(account, one)
        if ready is None:
            continue
        if not one.was_sent and _together(account, one.kind):
            joined.setdefault(one.kind, []).append(ready)
        else:
            found.append(single(account, ready))
    return [*found, *(task for kind, waiting in joined.items() for task in _joined(account, kind, waiting))]


def single(account: Account, ready: Ready) -> Task:
    """Return the call that carries one command out, or looks it up."""
    writer = account.connector.writes[ready.claimed.kind]
    verb = writer.outcome_of if ready.claimed.was_sent else writer.perform
    return Task((ready,), lambda: {ready.claimed.reference: verb(account.access, ready.request)})


def left_out(task: Task, result: Call) -> list[Ready]:
    """Return the commands that a call for several did not do."""
    try:
        outcomes = result()
    except Exception:  # it is raised again where each of them is settled
        return []
    return [ready for ready in task.commands if ready.claimed.reference not in outcomes]


def outcome(result: Call, reference: str) -> WriteOutcome | None:
    """Return one command's outcome. Raises the error of the call, or of this command alone."""
    found = result()[reference]
    if isinstance(found, ChannelError):
        raise found
    return found


def settles(account: Account, claimed: Claimed) -> float:
    """Return how many seconds an unanswered call may still be running there."""
    return account.connector.writes[claimed.kind].settles_after(account.access).total_seconds()


def _together(account: Account, kind: str) -> Together | None:
    writer = account.connector.writes.get(kind)
    return writer.together if writer else None


def _joined(account: Account, kind: str, waiting: Sequence[Ready]) -> Iterator[Task]:
    """Yield a call for each full batch of commands; one that has no company is carried out alone."""
    together = account.connector.writes[kind].together
    batch = together.batch if together else 1
    for start in range(0, len(waiting), batch):
        group = tuple(waiting[start : start + batch])
        if together is None or len(group) == 1:
            yield single(account, group[0])
        else:
            yield Task(group, partial(together.perform, account.access, [ready.request for ready in group]))


def _ready(account: Account, claimed: Claimed) -> Ready | None:
    """Build the request of a command; None when it is not to be made after all."""
    if claimed.kind not in account.connector.writes:
        store.refused(claimed, reason=reasons.KIND_NOT_TAKEN(channel=account.connector.title))
        return None
    try:
        request = target_of(claimed.kind).build(account.connection, claimed)
    except NotNeeded as error:
        store.not_needed(claimed, reason=error.reason)
    except Rejected as error:
        store.refused(claimed, reason=error.reason)
    except UNEXPECTED_ERRORS as error:
        # it must not hold up those that were claimed with it
        log.exception("command_not_built", command=claimed.id, kind=claimed.kind)
        reason = reasons.NOT_MADE(error=f"{type(error).__name__}: {error}")
        if claimed.was_sent:
            store.unanswered(claimed, after=settles(account, claimed), reason=reason)
        else:
            store.refused(claimed, reason=reason)
    else:
        return Ready(claimed, replace(request, sent_at=claimed.sent_at))
    return None
