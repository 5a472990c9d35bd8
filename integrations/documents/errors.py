"""Why a document is not written after all."""

from __future__ import annotations

from core.reasons import Cause, as_reason


class NotNeeded(Exception):
    """There is nothing left to be written; `reason` says why."""

    def __init__(self, reason: Cause) -> None:
        self.reason = as_reason(reason)
        super().__init__(self.reason)
