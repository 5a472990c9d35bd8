"""Buttons of orders, each through its page; what is refused changes nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from integrations.connectors.shopee.connector import CONNECTOR
from integrations.contract.access import Access
from integrations.contract.declarations import Field
from integrations.contract.writes import WriteFields, WriteRequest
from integrations.models import Command, InboxEvent
from tests.erpsync.admin.pages import CONFIRMED, page, said
from tests.erpsync.admin.worlds import World, order, world
from tests.integrations.toy import install

pytestmark = pytest.mark.django_db


@pytest.fixture
def own(client: Client) -> World:
    made = world("OWN", channel="shopee")
    client.force_login(made.manager)
    return made


def test_fetching_an_order_again_is_an_event_by_hand_and_stands_in_its_history(client: Client, own: World) -> None:
    answer = client.post(page(own.order, "fetch_this_again"), CONFIRMED)
    assert answer.headers["HX-Redirect"] == page(own.order)
    event = InboxEvent.objects.get(state="pending")
    assert (event.external_id, event.kind, event.source, event.connection_id) == (
        own.order.number, "order", "person", own.connection.pk,
    )  # fmt: skip
    assert "Asked the channel again" in client.get(page(own.order)).content.decode()


def test_a_command_is_shown_by_its_label_or_by_its_kind(client: Client, own: World) -> None:
    Command.objects.create(order=own.order, kind="journal_entry", target=own.connection, reference="1")
    shown = client.get(page(own.order)).content.decode()
    assert "journal_entry → OWN shop" in shown
    assert "Arrange shipment → OWN shop" in shown


def test_opening_an_action_changes_nothing_before_it_is_confirmed(client: Client, own: World) -> None:
    for action in ("fetch_this_again", "ship", "cancel", "retry_refused"):
        assert client.get(page(own.order, action)).status_code == 200
    assert not InboxEvent.objects.filter(state="pending").exists()
    assert set(Command.objects.values_list("state", flat=True)) == {"refused"}


def test_shipping_is_asked_once_however_often_it_is_pressed(client: Client, own: World) -> None:
    for _press in range(3):
        client.post(page(own.order, "ship"), CONFIRMED)
    wanted = Command.objects.get(state="wanted")
    assert (wanted.kind, wanted.actor, wanted.order) == ("ship", own.manager, own.order)


def test_who_cancels_chooses_one_of_the_channels_reasons(client: Client, own: World) -> None:
    shown = client.get(page(own.order, "cancel")).content.decode()
    assert '<option value="CUSTOMER_REQUEST" selected>The buyer asked for it</option>' in shown
    answer = client.post(page(own.order, "cancel"), CONFIRMED | {"declared_reason": "BORED"})
    assert "BORED is not one of the available choices" in answer.content.decode()
    assert not Command.objects.filter(state="wanted").exists()
    client.post(page(own.order, "cancel"), CONFIRMED | {"declared_reason": "OUT_OF_STOCK"})
    assert Command.objects.get(state="wanted").options == {"reason": "OUT_OF_STOCK"}


def test_without_an_answer_of_the_channel_the_settings_decide_and_no_choice_is_lost(client: Client, own: World) -> None:
    shown = client.get(page(own.order, "ship")).content.decode()
    assert "There is nothing to choose from just now" in shown
    assert "the shop&#x27;s settings decide" in shown or "the shop's settings decide" in shown
    answer = client.post(page(own.order, "ship"), CONFIRMED | {"declared_handover": "method=dropoff"})
    assert "what you chose was not sent" in answer.content.decode()
    assert not Command.objects.filter(state="wanted").exists()
    client.post(page(own.order, "ship"), CONFIRMED)
    assert Command.objects.get(state="wanted").options == {}


def ask_by(fields: WriteFields, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let these be the fields of Shopee's command `cancel`."""
    cancel = replace(CONNECTOR.writes["cancel"], fields=fields)
    install(monkeypatch, replace(CONNECTOR, writes={**CONNECTOR.writes, "cancel": cancel}))


def test_an_answer_that_makes_no_sense_is_told_as_such(
    client: Client, own: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask_by(lambda access, command: {}["offered"], monkeypatch)
    shown = client.get(page(own.order, "cancel")).content.decode()
    assert "answer made no sense: KeyError" in shown


def test_what_is_needed_must_be_told(client: Client, own: World, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[WriteRequest] = []

    def fields(access: Access, command: WriteRequest) -> tuple[Field, ...]:
        asked.append(command)
        return (Field("text", "In your words"), Field("images", "Pictures", required=False, several=True))

    ask_by(fields, monkeypatch)
    shown = client.get(page(own.order, "cancel")).content.decode()
    assert '<textarea name="declared_images"' in shown
    assert (asked[0].kind, asked[0].order_number, asked[0].lines[0].quantity) == ("cancel", own.order.number, 1)
    answer = client.post(page(own.order, "cancel"), CONFIRMED | {"declared_text": " ", "declared_images": "a"})
    assert "This field is required" in answer.content.decode()
    client.post(page(own.order, "cancel"), CONFIRMED | {"declared_text": "Hết", "declared_images": "a\nb"})
    assert Command.objects.get(state="wanted").options == {"text": "Hết", "images": "a\nb"}


def test_what_the_status_forbids_is_not_offered_and_refused_when_forced(client: Client, own: World) -> None:
    done = order(own, status="completed")
    shown = client.get(page(done)).content.decode()
    assert page(own.order, "ship") in client.get(page(own.order)).content.decode()
    assert page(done, "ship") not in shown
    assert page(done, "cancel") not in shown
    client.post(page(done, "ship"), CONFIRMED)
    assert "not possible while the order is: Completed" in said(client.get(page(done)))
    assert not Command.objects.filter(state="wanted").exists()


def test_refused_commands_are_wanted_again(client: Client, own: World) -> None:
    client.post(page(own.order, "retry_refused"), CONFIRMED)
    assert Command.objects.get(order=own.order).state == "wanted"


def test_many_orders_are_shipped_and_those_that_cannot_are_named(client: Client, own: World) -> None:
    done = order(own, status="completed")
    chosen = {"action": "ship_chosen", "_selected_action": [own.order.pk, done.pk]}
    answer = client.post("/admin/orders/order/", chosen, follow=True)
    [message] = answer.context["messages"]
    assert message.level_tag == "warning"
    assert "Shipment of 1 order is being arranged." in message.message
    assert f'href="/admin/orders/order/?id__in={done.pk}"' in message.message
    assert "1 row is: Completed." in message.message
    shown = client.get(f"/admin/orders/order/?id__in={done.pk}").context["cl"].result_list
    assert [row.pk for row in shown] == [done.pk]


def test_nothing_is_green_where_no_shipment_was_arranged(client: Client, own: World) -> None:
    packed, unmapped = order(own, status="packed"), order(own)
    unmapped.lines.update(product=None)
    chosen = {"action": "ship_chosen", "_selected_action": [packed.pk, unmapped.pk]}
    [message] = client.post("/admin/orders/order/", chosen, follow=True).context["messages"]
    assert (message.level_tag, message.message.count("<a ")) == ("warning", 2)
    assert message.message.startswith("No shipment was arranged.")
    assert "1 row is arranged already." in message.message
    assert not Command.objects.filter(state="wanted").exists()


def test_an_arranged_order_offers_no_second_arrangement(client: Client, own: World) -> None:
    packed = order(own, status="packed")
    assert page(packed, "ship") in client.get(page(packed)).content.decode()
    Command.objects.filter(order=packed).update(state="done")
    assert page(packed, "ship") not in client.get(page(packed)).content.decode()


def test_refused_commands_are_sent_again_together_where_the_order_still_allows_it(client: Client, own: World) -> None:
    gone = order(own, status="completed")
    first, second = (Command.objects.get(order=row) for row in (own.order, gone))
    chosen = {"action": "retry_chosen", "_selected_action": [first.pk, second.pk]}
    [message] = client.post("/admin/integrations/command/", chosen, follow=True).context["messages"]
    assert "1 command is sent again." in message.message
    assert "1 row is no longer possible, the order is: Completed." in message.message
    assert sorted(Command.objects.values_list("pk", "state")) == [(first.pk, "wanted"), (second.pk, "refused")]


def test_what_the_platform_sends_is_offered_nowhere_and_named_in_bulk(client: Client, own: World) -> None:
    theirs = order(own, status="packed", ship_by=timezone.now() - timedelta(days=1))
    theirs.lines.update(fulfilled_by="platform")
    shown = client.get(page(theirs)).content.decode()
    for kind in ("ship", "print_one"):
        assert page(theirs, kind) not in shown
    assert page(theirs, "cancel") in shown
    assert "its own warehouse" in said(
        client.post(page(theirs, "ship"), CONFIRMED, follow=True) and client.get("/admin/")
    )
    type(theirs).objects.filter(pk=theirs.pk).update(status="to_ship")
    chosen = {"action": "ship_chosen", "_selected_action": [theirs.pk, own.order.pk]}
    [message] = client.post("/admin/orders/order/", chosen, follow=True).context["messages"]
    assert "Shipment of 1 order is being arranged." in message.message
    assert "1 row is sent by the platform from its own warehouse." in message.message
    assert list(Command.objects.filter(state="wanted").values_list("order_id", flat=True)) == [own.order.pk]
    for waiting in ("to_ship", "late"):
        rows = client.get(f"/admin/orders/order/?attention={waiting}").context["cl"].result_list
        assert theirs.pk not in [row.pk for row in rows]
    page_of_it = client.get(f"/admin/orders/order/?id__in={theirs.pk}").rendered_content
    assert "late" not in page_of_it.split("<tbody")[1].split("</tbody")[0]


@pytest.mark.parametrize("term", ["number", "tracking"])
def test_an_order_is_found_by_number_and_by_tracking_number(client: Client, own: World, term: str) -> None:
    other = order(own)
    wanted = own.order.number if term == "number" else own.order.parcels.get().tracking_number
    found = client.get("/admin/orders/order/", {"q": wanted}).context["cl"].result_list
    assert [row.pk for row in found] == [own.order.pk]
    assert other.pk not in [row.pk for row in found]
