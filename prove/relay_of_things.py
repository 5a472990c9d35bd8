"""`manage.py relay` with one more published type: that of the proof's events."""

from __future__ import annotations

import os
import sys

import django
from django.core.management import call_command

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "erpsync.settings")
    django.setup()
    from core.event_types import Payload, publish
    from prove.loss import TYPE

    publish(TYPE, Payload)
    sys.exit(call_command("relay"))
