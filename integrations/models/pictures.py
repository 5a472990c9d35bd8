"""Pictures that go with commands."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from integrations.models.commands import Command


class CommandPicture(models.Model):
    """A picture that a person handed in with a command. It may show a buyer's parcel: it is deleted some days after the end."""

    command = models.ForeignKey(Command, models.CASCADE, related_name="pictures", verbose_name=_("command"))
    name = models.CharField(_("file"), max_length=20)
    content_type = models.CharField(_("format"), max_length=20)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    content = models.BinaryField(editable=False)

    class Meta:
        verbose_name = _("picture")
        verbose_name_plural = _("pictures")
        ordering = ("id",)
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.command_id} {self.name}"
