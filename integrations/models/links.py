"""Links between connections: the POS, the CRM, the ledger, a carrier, a payment account of a connection."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from integrations.contract.connector import Role
from integrations.models.accounts import Connection

# the roles of which a connection has at most one target; of the others it may have several
SINGLE_ROLES = (Role.POS, Role.CRM, Role.LEDGER)


class Link(models.Model):
    """The role that one connection (the target) plays for another. One target may serve many."""

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="links", verbose_name=_("connection"))
    # checked against the roles of the target's connector: a new role is no migration
    role = models.CharField(_("role"), max_length=32)
    target = models.ForeignKey(Connection, models.CASCADE, related_name="serves", verbose_name=_("linked to"))
    settings = models.JSONField(_("settings"), default=dict, blank=True)

    class Meta:
        verbose_name = _("link")
        verbose_name_plural = _("links")
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=("connection", "role", "target"), name="one_link_per_role_and_target"),
            models.UniqueConstraint(
                fields=("connection", "role"), condition=Q(role__in=[role.value for role in SINGLE_ROLES]),
                name="one_link_per_single_role",
            ),
            models.CheckConstraint(condition=~Q(connection=F("target")), name="no_link_to_itself"),
        )  # fmt: skip

    def __str__(self) -> str:
        return f"{self.connection}: {self.role} {self.target}"
