"""Reasons as code and values instead of text. What was stored stays shown."""

from django.db import migrations
from django.utils.translation import gettext_lazy as _

from core.reason_columns import text_to_reason
from core.reasons import ReasonField


class Migration(migrations.Migration):
    dependencies = [("integrations", "0015_no_body_that_shows_a_key")]

    operations = [
        text_to_reason("integrations", "authorisation", "reason", ReasonField(_("reason")), length=500),
        text_to_reason("integrations", "connection", "trouble", ReasonField(_("trouble")), length=300),
        text_to_reason("integrations", "backfillrun", "reason", ReasonField(_("reason")), length=500),
        text_to_reason("integrations", "backfillchunk", "reason", ReasonField(_("reason")), length=500),
        text_to_reason("integrations", "command", "reason", ReasonField(_("reason")), length=500),
        text_to_reason("integrations", "inboxevent", "reason", ReasonField(_("reason")), length=500),
        text_to_reason("integrations", "shippinglabel", "reason", ReasonField(_("reason")), length=500),
    ]
