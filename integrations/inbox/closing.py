"""Dead letters that a person closes: nobody will try them again, and nobody is asked to. In the accounts they stay dead letters."""

from __future__ import annotations

from integrations.work.closing import ClosableRows

DEAD_LETTERS = ClosableRows("integrations_inboxevent", "dead")
