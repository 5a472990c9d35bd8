"""Why a document is not written after all."""

from __future__ import annotations


class NotNeeded(Exception):
    """There is nothing left to be written."""
