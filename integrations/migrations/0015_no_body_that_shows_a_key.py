"""Sendo's webhooks carry the shop's key in their bodies; the raw ones that were kept go, what they were about stays."""

from django.db import migrations

_FORGET = """
UPDATE integrations_inboxevent SET raw = NULL
WHERE raw IS NOT NULL AND app_id IN (SELECT id FROM integrations_appregistration WHERE channel = 'sendo')
"""


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0014_shown_numbers"),
    ]

    operations = [
        migrations.RunSQL(_FORGET, migrations.RunSQL.noop),
    ]
