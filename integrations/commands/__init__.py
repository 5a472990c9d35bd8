"""Commands about orders: asked for by people or by the hand-over, carried out once, never repeated blind.

The row is committed as `sent` before the call; found `sent` later, the channel is asked what became of it. A command never
writes an order's status: its success asks the channel for the order, and that answer does.
"""

from integrations.access import NotPossible
from integrations.commands.asking import answer, ask, fields_for, retry
from integrations.commands.performing import due_by_job, perform_due

__all__ = ["NotPossible", "answer", "ask", "due_by_job", "fields_for", "perform_due", "retry"]
