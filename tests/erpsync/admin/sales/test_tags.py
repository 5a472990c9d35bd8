"""The screen of the tags: renamed, merged, deleted, by managers of all shops on whose orders a tag stands."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.messages import get_messages
from django.test import Client

from erpsync.admin.kit.base import list_of, page_of
from orders.models import Order, OrderTag
from orders.services import tags
from orders.services.desk import Mark, change_tags, tag_named, tag_orders
from orders.services.tags import rename_tag
from tests.erpsync.admin.worlds import World, order, world

pytestmark = pytest.mark.django_db
EN = {"accept-language": "en"}


@pytest.fixture
def own(client: Client) -> World:
    made = world("OWN")
    OrderTag.objects.all().delete()
    client.force_login(made.manager)
    return made


def tagged(name: str, *orders: Order) -> OrderTag:
    key = tag_named(name)
    tag_orders([row.pk for row in orders], add=[key])
    return OrderTag.objects.get(pk=key)


def press(client: Client, tag: OrderTag, button: str, **fields: Any) -> list[str]:
    url = f"{page_of(tag).removesuffix('change/')}{button}/"
    answer = client.post(url, {"_form_submitted": "on", **fields}, headers=EN)
    return [str(message) for message in get_messages(answer.wsgi_request)]


def names(row: Order) -> list[str]:
    return list(row.tags.order_by("name").values_list("name", flat=True))


def test_a_tag_is_renamed_unless_another_has_the_name(client: Client, own: World) -> None:
    tag = tagged("Gấp", own.order)
    tagged("Quà")
    refused = client.post(page_of(tag), {"name": " quà ", "colour": "info"}, headers=EN)
    assert "Another tag has this name. Merge the two instead." in refused.content.decode()
    assert client.post(page_of(tag), {"name": " Rất  gấp ", "colour": "danger"}).status_code == 302
    tag.refresh_from_db()
    assert (tag.name, tag.colour, names(own.order)) == ("Rất gấp", "danger", ["Rất gấp"])
    assert client.post(page_of(tag), {"name": "rất GẤP", "colour": "danger"}).status_code == 302
    assert names(own.order) == ["rất GẤP"]


def test_a_name_that_another_tag_got_a_moment_before_is_said_and_not_an_error(
    client: Client, own: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    tag = tagged("Gấp", own.order)

    def overtaken(*named: Any) -> None:
        tagged("Quà")
        rename_tag(*named)

    monkeypatch.setattr(tags, "rename_tag", overtaken)
    answer = client.post(page_of(tag), {"name": "quà", "colour": "info"}, headers=EN)
    assert (answer.status_code, answer.url) == (302, page_of(tag))
    assert [str(message) for message in get_messages(answer.wsgi_request)] == [
        "Somebody stored the same a moment before you. Look at the list, then try again."
    ]
    tag.refresh_from_db()
    assert tag.name == "Gấp"


def test_a_tag_is_merged_into_another(client: Client, own: World) -> None:
    both, second = own.order, order(own)
    OrderTag.objects.all().delete()
    tag, into = tagged("gap", both, second), tagged("Gấp", both)
    assert press(client, tag, "merge", into=into.pk) == ["gap is merged into Gấp, on 1 order more."]
    assert (names(both), names(second), OrderTag.objects.count()) == (["Gấp"], ["Gấp"], 1)
    assert LogEntry.objects.filter(object_id=str(into.pk), change_message__contains="Merged").exists()


def test_a_tag_is_deleted_and_taken_off(client: Client, own: World) -> None:
    tag = tagged("Gấp", own.order)
    assert press(client, tag, "delete_tag") == ["Gấp is deleted."]
    assert (names(own.order), OrderTag.objects.count()) == ([], 0)
    assert LogEntry.objects.filter(object_repr="Gấp", action_flag=3).exists()


def test_a_tag_of_other_shops_orders_is_seen_by_them_alone_and_one_of_both_is_left_alone(
    client: Client, own: World
) -> None:
    theirs = world("THEIRS")
    OrderTag.objects.all().delete()
    foreign, shared, mine = tagged("A1", theirs.order), tagged("B2", theirs.order, own.order), tagged("C3", own.order)
    shown = client.get(list_of(OrderTag)).context["cl"].result_list
    assert [(tag.name, tag.used) for tag in shown] == [("B2", 1), ("C3", 1)]
    for tag in (foreign, shared):
        press(client, tag, "delete_tag")
        press(client, tag, "merge", into=mine.pk)
        press(client, mine, "merge", into=tag.pk)
        client.post(page_of(tag), {"name": "X", "colour": "info"})
    assert (names(own.order), names(theirs.order)) == (["B2", "C3"], ["A1", "B2"])


def test_a_tag_that_is_gone_is_put_on_nothing(own: World) -> None:
    kept, gone = tagged("A"), tagged("B")
    gone_id = gone.pk
    gone.delete()
    assert change_tags([Mark(own.order.pk, kept.pk), Mark(own.order.pk, gone_id)], []) == 1
    assert names(own.order) == ["A"]
