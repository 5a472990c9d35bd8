"""Names of tags: two that are given the same one at once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from threading import Event as Flag

import pytest
from django.db import transaction

from core.db import fetch
from orders.models import OrderTag
from orders.services.desk import TagTaken
from orders.services.tags import rename_tag
from tests.waiting import wait_until


@pytest.mark.django_db(transaction=True)
def test_of_two_renamings_to_one_name_at_once_the_later_is_refused(threads: Callable[..., Future[None]]) -> None:
    first, second = OrderTag.objects.create(name="Gấp"), OrderTag.objects.create(name="Quà")
    renamed, go_on = Flag(), Flag()

    def slowly() -> None:
        with transaction.atomic():
            rename_tag(first.pk, "Ưu tiên", "red")
            renamed.set()
            assert go_on.wait(10)

    earlier = threads(slowly)
    assert renamed.wait(10)
    later = threads(rename_tag, second.pk, "ưu tiên", "red")
    wait_until(lambda: fetch("SELECT 1 FROM pg_locks WHERE NOT granted"))
    go_on.set()
    earlier.result(10)
    with pytest.raises(TagTaken):
        later.result(10)
    assert sorted(OrderTag.objects.values_list("name", flat=True)) == ["Quà", "Ưu tiên"]
