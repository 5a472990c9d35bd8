"""Reasons as code and values instead of text. What was stored stays shown."""

from django.db import migrations
from django.utils.translation import gettext_lazy as _

from core.reason_columns import text_to_reason
from core.reasons import ReasonField


class Migration(migrations.Migration):
    dependencies = [("inventory", "0010_stock_drift")]

    operations = [
        text_to_reason("inventory", "listing", "price_failure", ReasonField(_("price refused because")), length=300),
        text_to_reason("inventory", "listingstock", "failure", ReasonField(_("refused because")), length=300),
    ]
