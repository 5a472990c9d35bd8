"""Recording what a channel answers about one thing: the calls of its own client, with the bodies as they came."""

from __future__ import annotations

from contextlib import suppress

from core.db import database_time
from integrations.accounts.connections import Account
from integrations.contract.errors import ChannelError
from integrations.wire import transport
from integrations.wire.transport import Exchanged, Heard


def record(account: Account, kind: str, external_id: str) -> list[Exchanged]:
    """Read a thing as its event would be, and return the calls that took. May be repeated; stores nothing.

    A refusal, or an answer that makes no sense, is what was to be recorded. Raises ChannelError when nothing came back.
    """
    heard = Heard()
    asked_at = database_time()
    problem: ChannelError | None = None
    with transport.hearing(heard), suppress(ArithmeticError, ValueError, KeyError, TypeError):
        try:
            account.connector.reads[kind].read(account.access, [external_id], since=asked_at, asked_at=asked_at)
        except ChannelError as error:
            problem = error
    if problem is not None and not heard.exchanged:
        raise problem
    return list(heard.exchanged)
