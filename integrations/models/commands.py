"""Commands: things done once at an outside system."""

from __future__ import annotations

from collections.abc import Mapping

from django.conf import settings
from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core.reasons import ReasonField
from core.tracing import TRACEPARENT_LENGTH
from core.widths import ID_LENGTH
from integrations.models.accounts import Connection
from integrations.models.closing import Closable
from inventory.models import Warehouse
from orders.models import Order

# kinds that people have a name for; others are shown by their own word
KIND_LABELS: Mapping[str, Promise] = {
    "ship": _("Arrange shipment"),
    "deliver": _("Mark as delivered"),
    "cancel": _("Cancel order"),
    "accept_cancellation": _("Accept cancellation"),
    "reject_cancellation": _("Reject cancellation"),
    "accept_return": _("Accept return"),
    "reject_return": _("Reject return"),
    "pos_order": _("Write order to the POS"),
    "pos_correction": _("Correct the order at the POS"),
    "pos_invoice": _("Write invoice to the POS"),
    "pos_void": _("Void at the POS"),
    "crm_customer": _("Write customer to the CRM"),
    "crm_order": _("Write order to the CRM"),
}


def kind_label(kind: str) -> str:
    """Return the name of a kind of command in the user's language, or the kind itself."""
    return str(KIND_LABELS.get(kind, kind))


class Command(Closable):
    """Something to be done once at an outside system, and its outcome. The row is committed as `sent` before the call.

    Found `sent` later, the outcome is looked up at the channel, never repeated blind. `subject` is what it is about where
    that is no order (a customer's code, a promotion's item). Of one order, or one subject, and one warehouse, one command
    of a target is in flight at a time, in the order they were wanted.

    A refused one is open, and a problem of its order, until it is tried again, another one like it succeeds, or it is closed.
    """

    class State(models.TextChoices):
        WANTED = "wanted", _("Wanted")
        SENT = "sent", _("Sent, no answer yet")
        DONE = "done", _("Done")
        REFUSED = "refused", _("Refused")
        DROPPED = "dropped", _("No longer needed")

    target = models.ForeignKey(Connection, models.PROTECT, related_name="commands", verbose_name=_("sent to"))
    # free text: what a target can do is declared by its connector
    kind = models.CharField(_("command"), max_length=32)
    order = models.ForeignKey(
        Order, models.PROTECT, null=True, blank=True, related_name="commands", verbose_name=_("order")
    )
    subject = models.CharField(_("subject"), max_length=ID_LENGTH, blank=True, db_default="")
    warehouse = models.ForeignKey(Warehouse, models.PROTECT, null=True, blank=True, verbose_name=_("warehouse"))
    # which workers carry it out: "orders", or "bulk" for what can wait
    lane = models.CharField(_("lane"), max_length=16, db_default="orders")
    reference = models.CharField(_("our reference"), max_length=80, unique=True)
    state = models.CharField(_("state"), max_length=16, choices=State.choices, db_default=State.WANTED)
    options = models.JSONField(_("options"), default=dict, blank=True)
    external_id = models.CharField(_("document id"), max_length=ID_LENGTH, blank=True, db_default="")
    code = models.CharField(_("document code"), max_length=ID_LENGTH, blank=True, db_default="")
    reason = ReasonField(_("reason"))
    tries = models.PositiveSmallIntegerField(_("tries"), db_default=0)
    # how many look-ups of a lost answer found nothing
    missed = models.PositiveSmallIntegerField(db_default=0, editable=False)
    due_at = models.DateTimeField(_("next try"), db_default=models.functions.Now())
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("by")
    )
    created_at = models.DateTimeField(_("created"), db_default=models.functions.Now())
    # of the span that wanted it, "" where that was not traced
    traceparent = models.CharField(max_length=TRACEPARENT_LENGTH, blank=True, default="", db_default="", editable=False)

    class Meta:
        verbose_name = _("command")
        verbose_name_plural = _("commands")
        ordering = ("-id",)
        indexes = (
            models.Index(
                fields=("target", "due_at"), condition=models.Q(state__in=("wanted", "sent")), name="command_open"
            ),
            models.Index(fields=("order", "kind"), name="command_order"),
            # lists of what is rare, and what people look for by its subject
            models.Index(
                fields=("state", "-id"), condition=models.Q(state__in=("refused", "dropped")), name="command_not_done"
            ),
            models.Index(fields=("subject",), condition=~models.Q(subject=""), name="command_subject"),
            # what waits for a person
            models.Index(
                fields=("target", "kind", "order"),
                condition=models.Q(state="refused", closed_at__isnull=True),
                name="command_refused_open",
            ),
            # people look for an order by its document at the POS
            models.Index(models.functions.Upper("code"), condition=~models.Q(code=""), name="command_document"),
            # which customers a CRM has been given already
            models.Index(
                fields=("target", "code"),
                condition=models.Q(kind="crm_customer", state="done"),
                name="command_in_crm",
            ),
        )

    def __str__(self) -> str:
        return f"{self.label}: {self.order or self.subject}"

    @property
    def label(self) -> str:
        return kind_label(self.kind)
