"""Settings of a registration leave its encrypted credentials: only ids, keys and secrets stay there."""

from django.db import migrations

# as they were declared when this was written
SETTINGS = {
    "shopee": ("push_key", "consent_page", "escrow_method"),
    "tiki": ("app_kind", "redirect_uri", "client_auth", "queue_code"),
}


def move_settings(apps, schema_editor):
    for app in apps.get_model("integrations", "AppRegistration").objects.filter(channel__in=SETTINGS):
        moved = {name: app.credentials[name] for name in SETTINGS[app.channel] if name in app.credentials}
        app.credentials = {name: value for name, value in app.credentials.items() if name not in moved}
        app.settings = app.settings | moved
        app.save(update_fields=["credentials", "settings"])


def move_back(apps, schema_editor):
    for app in apps.get_model("integrations", "AppRegistration").objects.filter(channel__in=SETTINGS):
        moved = {name: app.settings[name] for name in SETTINGS[app.channel] if name in app.settings}
        app.settings = {name: value for name, value in app.settings.items() if name not in moved}
        app.credentials = app.credentials | moved
        app.save(update_fields=["credentials", "settings"])


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0009_links_only"),
    ]

    operations = [
        migrations.RunPython(move_settings, move_back),
    ]
