"""The way of an order's parcels on its page, and the button that reads it again."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from erpsync.admin.kit.base import page_of
from erpsync.admin.sales.tracking import timeline
from integrations.contract.errors import TryLater
from orders.models import Order, ParcelEvent
from tests.erpsync.admin.worlds import order, world

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 30, 9, 5, tzinfo=ZoneInfo("Asia/Ho_Chi_Minh"))


def test_the_page_shows_the_steps_newest_first(client: Client) -> None:
    made = world("OWN", channel="shopee")
    shipped = order(made, status="shipped")
    ParcelEvent.objects.create(order=shipped, happened_at=AT, code="picked_up", words="SPX took it", digest="1")
    client.force_login(made.manager)
    shown = client.get(page_of(shipped)).content.decode()
    assert shown.index("OWN step") < shown.index("SPX took it")
    assert "OWN hub" in shown
    assert f"/{shipped.pk}/refresh_tracking/" in shown
    assert shown.index("Way of the parcels") < shown.index("SPX took it") < shown.index("What the channel said")


def test_a_parcel_is_named_only_where_there_are_several() -> None:
    one, two = (ParcelEvent(happened_at=AT, words="x", parcel=parcel) for parcel in ("P1", "P2"))
    assert [step.parcel for step in timeline([one])] == [""]
    assert [step.parcel for step in timeline([one, two])] == ["P1", "P2"]


def test_an_order_that_has_not_left_or_whose_channel_does_not_tell_has_no_button(client: Client) -> None:
    for channel, status in (("shopee", "to_ship"), ("tiki", "shipped")):
        made = world(f"OWN{channel}", channel=channel)
        row = order(made, status=status)
        client.force_login(made.manager)
        assert "refresh_tracking" not in client.get(page_of(row)).content.decode()


def test_the_button_says_what_came_of_it(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    made = world("OWN", channel="shopee")
    row = order(made, status="shipped")
    client.force_login(made.manager)

    def pressed(answer: Any) -> list[str]:
        def refresh(asked: Order) -> int:
            assert asked == row
            if isinstance(answer, Exception):
                raise answer
            return int(answer)

        monkeypatch.setattr("erpsync.admin.sales.tracking.refresh", refresh)
        client.post(f"{page_of(row).removesuffix('change/')}refresh_tracking/", {"_form_submitted": "on"})
        return [str(message) for message in client.get(page_of(row)).context["messages"]]

    assert pressed(2) == ["2 new steps of the parcels."]
    assert pressed(0) == ["Nothing new: the steps below are all there are."]
    assert pressed(TryLater("too often")) == ["Tracking could not be read: too often"]
