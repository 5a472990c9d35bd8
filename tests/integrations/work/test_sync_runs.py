"""Retention of the log of sync runs."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from core import tunables
from integrations import jobs
from integrations.models import SyncRun
from tests.integrations.toy import connected

pytestmark = pytest.mark.django_db


def test_the_nightly_job_drops_runs_that_are_older_than_they_are_kept() -> None:
    connection, now = connected(), timezone.now()
    kept = timedelta(days=tunables.SYNC_RUN_DAYS)
    SyncRun.objects.bulk_create([
        SyncRun(connection=connection, kind="sweep", started_at=now - kept - timedelta(hours=1)),
        SyncRun(connection=connection, kind="backfill", started_at=now - kept + timedelta(hours=1)),
    ])  # fmt: skip
    jobs.nightly()
    assert list(SyncRun.objects.values_list("kind", flat=True)) == ["backfill"]
