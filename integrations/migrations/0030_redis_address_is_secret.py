"""The address of a Redis that events are sent to may hold its password: it moves to the encrypted secrets."""

from typing import Any

from django.db import migrations


def _move(apps: Any, *, source: str, target: str) -> None:
    for sink in apps.get_model("integrations", "EventSink").objects.filter(kind="redis_streams"):
        if url := getattr(sink, source).pop("url", ""):
            getattr(sink, target)["url"] = url
            sink.save(update_fields=["settings", "secrets"])


def hide(apps: Any, _editor: Any) -> None:
    _move(apps, source="settings", target="secrets")


def show(apps: Any, _editor: Any) -> None:
    _move(apps, source="secrets", target="settings")


class Migration(migrations.Migration):
    dependencies = [("integrations", "0029_traceparent")]

    operations = [migrations.RunPython(hide, show)]
