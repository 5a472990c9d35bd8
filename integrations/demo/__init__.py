"""The demo: every account of a simulator connected, its catalogue read and mapped, and a month of its past on the way.

`set_up` does what a person would do in the admin, and may be repeated.
"""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser

from integrations.demo.past import begin_past
from integrations.demo.shops import DemoFailed, Say, connect_accounts, read_accounts, read_catalogues
from integrations.models import Connection

__all__ = ["DemoFailed", "connect_accounts", "read_accounts", "read_catalogues", "set_up"]


def set_up(user: AbstractBaseUser | None, say: Say, *, past: bool = True) -> list[Connection]:
    """Set up the whole demo on the simulator at SIMULATOR_URL; `past`: with orders and settlements of the month before.

    May be repeated: what is known is left as it is. Raises DemoFailed.
    """
    url = settings.SIMULATOR_URL
    connections, is_new = connect_accounts(read_accounts(url), url, user, say)
    if is_new:
        read_catalogues(connections, say)
        if past:
            begin_past(connections, url, say)
    return connections
