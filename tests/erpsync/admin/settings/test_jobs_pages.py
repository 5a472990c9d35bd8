"""The pages of django-rq: nobody's, for they stop, delete and repeat every job for anybody who may sign in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import URLPattern
from django.utils.regex_helper import normalize
from django_rq.urls import urlpatterns

pytestmark = pytest.mark.django_db

SAMPLES = {
    "queue_index": "0", "job_id": "job", "result_id": "1", "key": "worker", "scheduler_index": "0", "connection_index": "0",
    "scheduler_name": "name", "cron_job_name": "cron", "token": "token",
}  # fmt: skip


def addresses() -> Iterator[str]:
    """Every address of django-rq, below where it registers itself."""
    for pattern in urlpatterns:
        assert isinstance(pattern, URLPattern)
        for shape, names in normalize(pattern.pattern.regex.pattern):
            yield "/admin/django_rq/dashboard/" + shape % {name: SAMPLES[name] for name in names}


@pytest.mark.parametrize("superuser", [False, True])
def test_no_address_of_the_job_pages_is_served(client: Client, *, superuser: bool) -> None:
    user = get_user_model().objects.create_user("somebody", is_staff=True, is_superuser=superuser)
    client.force_login(user)
    asked = sorted(set(addresses()))
    assert len(asked) >= 20
    for address in asked:
        assert (address, client.get(address).status_code) == (address, 404)
        assert (address, client.post(address, {"yes": "1"}).status_code) == (address, 404)
