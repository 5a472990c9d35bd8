"""Commands about orders."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from inventory.models import Shop, Warehouse
from orders.models.order import Order


class Fulfilment(models.Model):
    """A command about an order and its outcome. The row is committed as `sent` before the call is made.

    Found `sent` later, the outcome is looked up at the channel, never repeated blind. `target` is the shop the command
    goes to: the order's own, the POS, or the CRM.
    """

    class Kind(models.TextChoices):
        SHIP = "ship", _("Arrange shipment")
        DELIVER = "deliver", _("Mark as delivered")
        CANCEL = "cancel", _("Cancel")
        ACCEPT_CANCELLATION = "accept_cancellation", _("Accept cancellation")
        REJECT_CANCELLATION = "reject_cancellation", _("Reject cancellation")
        ACCEPT_RETURN = "accept_return", _("Accept return")
        REJECT_RETURN = "reject_return", _("Reject return")
        POS_ORDER = "pos_order", _("Write order to the POS")
        POS_INVOICE = "pos_invoice", _("Write invoice to the POS")
        POS_VOID = "pos_void", _("Void at the POS")
        CRM_CUSTOMER = "crm_customer", _("Write customer to the CRM")
        CRM_ORDER = "crm_order", _("Write order to the CRM")

    class State(models.TextChoices):
        WANTED = "wanted", _("Wanted")
        SENT = "sent", _("Sent, no answer yet")
        DONE = "done", _("Done")
        REFUSED = "refused", _("Refused")
        DROPPED = "dropped", _("No longer needed")

    order = models.ForeignKey(Order, models.PROTECT, related_name="fulfilments", verbose_name=_("order"))
    kind = models.CharField(_("command"), max_length=24, choices=Kind.choices)
    target = models.ForeignKey(Shop, models.PROTECT, related_name="+", verbose_name=_("sent to"))
    warehouse = models.ForeignKey(Warehouse, models.PROTECT, null=True, blank=True, verbose_name=_("warehouse"))
    reference = models.CharField(_("our reference"), max_length=80, unique=True)
    state = models.CharField(_("state"), max_length=16, choices=State.choices, default=State.WANTED)
    options = models.JSONField(_("options"), default=dict, blank=True)
    external_id = models.CharField(_("document id"), max_length=64, blank=True, default="")
    code = models.CharField(_("document code"), max_length=64, blank=True, default="")
    reason = models.CharField(_("reason"), max_length=500, blank=True, default="")
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    # how often the channel was asked in vain what became of a lost answer
    missed = models.PositiveSmallIntegerField(default=0, editable=False)
    due_at = models.DateTimeField(_("next try"), db_default=models.functions.Now())
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("by")
    )
    created_at = models.DateTimeField(_("created"), db_default=models.functions.Now())

    class Meta:
        verbose_name = _("fulfilment")
        verbose_name_plural = _("fulfilments")
        ordering = ("-id",)
        indexes = (
            models.Index(
                fields=("target", "due_at"), condition=models.Q(state__in=("wanted", "sent")), name="fulfilment_open"
            ),
            models.Index(fields=("order", "kind"), name="fulfilment_order"),
            # who is in a customer book already
            models.Index(
                fields=("target", "code"),
                condition=models.Q(kind="crm_customer", state="done"),
                name="fulfilment_in_crm",
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.order}"
