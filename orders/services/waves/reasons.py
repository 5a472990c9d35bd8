"""Reasons why an order joins no wave, or left one."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from core.reasons import declare

CANCELLED = declare("wave.cancelled", _("The order was cancelled: put its goods back on the shelf."))
CANCELLING = declare("wave.cancelling", _("The buyer wishes to cancel: answer first, then put it into a wave again."))
NOT_TO_PACK = declare("wave.not_to_pack", _("Its status is none in which an order is packed."))
HELD = declare("wave.held", _("The order or its buyer is held back."))
BY_PLATFORM = declare("wave.by_platform", _("The platform packs it in its own warehouse."))
TAKEN = declare("wave.taken", _("It is in wave #%(wave)s already."))
TAKEN_OUT = declare("wave.taken_out", _("Taken out by a person."))
DISSOLVED = declare("wave.dissolved", _("The wave was dissolved."))
