"""Marks of a module with jobs: all in one process, for the server and the browser that they share."""

from __future__ import annotations

import pytest

from tests.erpsync.admin.conftest import IN_CHROMIUM

JOBS = [*IN_CHROMIUM, pytest.mark.xdist_group("jobs")]


def at(*screens: str) -> pytest.MarkDecorator:
    """Do the job at each of these screens: "desktop vi", "phone vi"."""
    return pytest.mark.parametrize("person", [tuple(screen.split()) for screen in screens], indirect=True, ids=screens)


ON_BOTH = at("desktop vi", "phone vi")
ON_DESKTOP = at("desktop vi")
