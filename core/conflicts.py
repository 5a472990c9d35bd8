"""Conflicts between what a person was shown and what is stored by now: nothing is stored then, and the person looks again."""

from __future__ import annotations


class ChangedMeanwhile(ValueError):
    """What was shown, or checked, is another by now: another state, amount, cost or price. The caller rolls back."""
