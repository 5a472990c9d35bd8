"""Transactions that are repeated when the database breaks them off: what a person or a command starts never fails on a deadlock.

The pipeline has its own way: its events go back to waiting.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

import structlog
from django.db import InterfaceError, OperationalError, connection, transaction

P = ParamSpec("P")
R = TypeVar("R")
log = structlog.get_logger(__name__)

# seconds before each further try, give or take a half: the other side of a deadlock goes first, a restarted server is back
PAUSES = (0.05, 0.2, 1.0, 2.0)
# deadlock detected, serialization failure: the server has rolled back, also where the commit raised it
_ROLLED_BACK = ("40P01", "40001")
# connection failures, a server that is shut down, has crashed or is starting; where nobody answers there is no code at all
_LOST = ("08", "57P01", "57P02", "57P03")


def in_transaction(function: Callable[P, R]) -> Callable[P, R]:
    """Decorate: run in one transaction, once more when a deadlock or a lost connection breaks it off, at most `PAUSES` times.

    Inside another transaction it is a part of that one, which can only be repeated as a whole. A connection that is lost while
    the commit is under way leaves open whether it went through: then the error is raised, not the work done twice.
    """

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        if connection.in_atomic_block:
            with transaction.atomic():
                return function(*args, **kwargs)
        for pause in PAUSES:
            try:
                return _once(function, *args, **kwargs)
            except (OperationalError, InterfaceError) as error:
                if not _may_repeat(error):
                    raise
                log.warning(
                    "transaction_repeated", function=function.__qualname__, error=type(error.__cause__).__name__
                )
            connection.close_if_unusable_or_obsolete()
            time.sleep(pause * random.uniform(0.5, 1.5))
        return _once(function, *args, **kwargs)

    return run


def _once(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    committing = False
    try:
        with transaction.atomic():
            result = function(*args, **kwargs)
            committing = True
    except (OperationalError, InterfaceError) as error:
        error.__dict__["while_committing"] = committing
        raise
    return result


def _may_repeat(error: OperationalError | InterfaceError) -> bool:
    state = getattr(error.__cause__, "sqlstate", None)
    if state is not None and state.startswith(_ROLLED_BACK):
        return True
    is_lost = state is None or state.startswith(_LOST)
    return is_lost and not error.__dict__["while_committing"]
