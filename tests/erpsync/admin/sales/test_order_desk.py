"""Notes and tags of orders: on the page, in the list, for many at once, and for the API."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from erpsync.admin.kit.base import page_of
from orders.models import Order, OrderNote, OrderTag
from orders.services.desk import MOST_TAGS, TooManyTags, add_note, tag_named, tag_orders
from tests.erpsync.admin.worlds import World, order, world

pytestmark = pytest.mark.django_db
LIST = "/admin/orders/order/"


@pytest.fixture
def own(client: Client) -> World:
    made = world("OWN")
    OrderTag.objects.all().delete()
    client.force_login(made.manager)
    return made


def press(client: Client, row: Order, button: str, **fields: Any) -> list[str]:
    page = page_of(row)
    client.post(f"{page.removesuffix('change/')}{button}/", {"_form_submitted": "on", **fields})
    return [str(message) for message in client.get(page).context["messages"]]


def chosen(client: Client, action: str, rows: list[Order], **fields: Any) -> list[str]:
    data = {"action": action, "_selected_action": [row.pk for row in rows], "index": "0", **fields}
    return [str(message) for message in client.post(LIST, data, follow=True).context["messages"]]


def texts(message: str) -> str:
    return re.sub(r"<[^>]+>", "", message)


def links(message: str) -> list[str]:
    return re.findall(r'href="([^"]+)"', message)


def tags_of(row: Order) -> list[str]:
    return list(row.tags.values_list("name", flat=True))


def test_a_note_has_its_author_and_stands_on_the_page_and_in_the_row(client: Client, own: World) -> None:
    press(client, own.order, "add_note", text="  Khách hẹn nhận chiều\nGọi trước ")
    note = OrderNote.objects.first()
    assert note is not None
    assert (note.text, note.author) == ("Khách hẹn nhận chiều\nGọi trước", own.manager)
    page = client.get(page_of(own.order)).content.decode()
    assert page.index("Khách hẹn nhận chiều") < page.index("OWN remark")
    assert "2 notes" in client.get(LIST).content.decode()


def test_the_first_tag_is_asked_for_without_an_empty_choice(client: Client, own: World) -> None:
    OrderTag.objects.all().delete()
    dialog = f"{page_of(own.order).removesuffix('change/')}set_tags/"
    headings = [re.findall(r">\s*Tags\s*<", client.get(dialog).content.decode())]
    press(client, own.order, "set_tags", name="Gấp", colour="danger")
    assert tags_of(own.order) == ["Gấp"]
    headings.append(re.findall(r">\s*Tags\s*<", client.get(dialog).content.decode()))
    assert [len(found) for found in headings] == [1, 2]


@pytest.mark.parametrize("text", ["", "  ", "x" * 2_001])
def test_a_note_without_words_or_with_too_many_is_not_kept(client: Client, own: World, text: str) -> None:
    press(client, own.order, "add_note", text=text)
    assert OrderNote.objects.count() == 1
    with pytest.raises(ValueError, match="1 to 2000"):
        add_note(own.order.pk, None, text)


def test_tags_are_set_on_the_page_and_a_new_one_is_made_once(client: Client, own: World) -> None:
    press(client, own.order, "set_tags", name=" Gói  quà ", colour="warning")
    other = order(own)
    other.tags.clear()
    press(client, other, "set_tags", name="gói quà", colour="info")
    tag = OrderTag.objects.get(name="Gói quà")
    assert (tag.colour, tags_of(own.order), tags_of(other)) == ("warning", ["Gói quà"], ["Gói quà"])
    press(client, own.order, "set_tags")
    assert (tags_of(own.order), tags_of(other)) == ([], ["Gói quà"])
    dialog = client.get(f"{page_of(other).removesuffix('change/')}set_tags/").content.decode()
    assert "checked" in dialog[dialog.index(f'value="{tag.pk}"') :][:200]


def test_many_orders_are_held_back_for_a_reason_and_released(client: Client, own: World) -> None:
    rows = [own.order, order(own), order(own, status="completed")]
    foreign = world("ZZ").order
    assert chosen(client, "hold_chosen", rows)[0].startswith("Nothing was done: say why")
    assert not Order.objects.filter(held=True).exists()
    assert not LogEntry.objects.exists()
    [held] = chosen(client, "hold_chosen", [*rows, foreign], why=" Chờ khách ")
    assert (texts(held), links(held)) == (
        "2 orders are held back. 1 row is: Completed.",
        [f"{LIST}?id__in={rows[2].pk}"],
    )
    assert list(Order.objects.filter(held=True).order_by("pk").values_list("pk", "held_reason")) == [
        (row.pk, "Chờ khách") for row in rows[:2]
    ]
    assert LogEntry.objects.count() == 2
    [again] = chosen(client, "hold_chosen", rows, why="Chờ")
    assert texts(again) == "No order is held back. 1 row is: Completed. 2 rows had been held back before."
    [released] = chosen(client, "release_chosen", [*rows, foreign])
    assert (texts(released), links(released)) == (
        "2 orders are released. 1 row had not been held back.", [f"{LIST}?id__in={rows[2].pk}"],
    )  # fmt: skip
    assert not Order.objects.filter(held=True).exists()
    answer = client.post(LIST, {"action": "release_chosen", "_selected_action": [row.pk for row in rows]}, follow=True)
    [none] = answer.context["messages"]
    assert (none.level_tag, texts(str(none))) == ("warning", "No order is released. 3 rows had not been held back.")


def test_many_orders_are_tagged_and_filtered(client: Client, own: World) -> None:
    rows = [own.order, order(own), order(own)]
    OrderTag.objects.all().delete()
    tag = tag_named("Gấp", "danger")
    assert chosen(client, "tag_chosen", rows[:2], tag=tag) == ["Gấp: put on 2 orders."]
    assert chosen(client, "tag_chosen", rows, tag=tag) == ["Gấp: put on 1 order."]
    assert chosen(client, "untag_chosen", rows[1:], tag=tag) == ["Gấp: taken off 2 orders."]
    shown = client.get(f"{LIST}?tag={tag}").content.decode()
    assert [row.number in shown for row in rows] == [True, False, False]
    assert ">Gấp<" in shown.replace("\n", "").replace(" ", "")
    assert client.get(f"{LIST}?tag=x").status_code == 200


@pytest.mark.parametrize("tag", ["", "999999", "x"])
def test_without_a_tag_nothing_is_done(client: Client, own: World, tag: str) -> None:
    assert chosen(client, "tag_chosen", [own.order], tag=tag)[0].startswith("Nothing was done: choose the tag")
    assert tags_of(own.order) == []


def test_orders_of_other_shops_and_viewers_tag_nothing(client: Client, own: World) -> None:
    theirs, viewed = world("THEIRS"), world("VIEWED", role="viewer")
    OrderTag.objects.all().delete()
    tag = tag_named("Gấp")
    chosen(client, "tag_chosen", [theirs.order], tag=tag)
    client.force_login(viewed.manager)
    chosen(client, "tag_chosen", [viewed.order], tag=tag)
    press(client, viewed.order, "add_note", text="x")
    assert (tags_of(theirs.order), tags_of(viewed.order)) == ([], [])
    assert not OrderNote.objects.filter(text="x").exists()


def test_the_house_has_a_number_of_tags_that_can_be_looked_through(client: Client, own: World) -> None:
    OrderTag.objects.bulk_create(OrderTag(name=f"T{n}") for n in range(MOST_TAGS))
    with pytest.raises(TooManyTags):
        tag_named("one more")
    press(client, own.order, "set_tags", name="one more", colour="info")
    assert OrderTag.objects.count() == MOST_TAGS
    assert tag_named("t1") == OrderTag.objects.get(name="T1").pk


def test_tagging_twice_changes_nothing_the_second_time(own: World) -> None:
    tag = tag_named("Gấp")
    assert [tag_orders([own.order.pk], add=[tag]) for _ in range(2)] == [1, 0]
