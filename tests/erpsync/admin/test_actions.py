"""What the buttons do: each through its page, by a member of the shop, with what is refused shown to change nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from erpsync.admin.channels import connect_page, dry_run_page
from erpsync.connections.health import (
    AMBER,
    GREEN,
    OFF,
    RED,
    lights,
    measured,
    overall,
)
from integrations.connectors import connector_of
from integrations.connectors.shopee.connector import CONNECTOR
from integrations.contract.access import Access
from integrations.contract.connector import Health
from integrations.contract.declarations import Field
from integrations.contract.errors import Rejected
from integrations.contract.writes import WriteFields, WriteRequest
from integrations.ingest.dry_run import Difference, DryRun, NothingToTry
from integrations.models import AppRegistration, Authorisation, Command, Connection, InboxEvent
from inventory.models import Listing, Product, Shop, ShopMembership, StockLevel
from orders.models import OrderLine
from tests.erpsync.admin.worlds import World, order, world
from tests.integrations.toy import install

pytestmark = pytest.mark.django_db

CONFIRMED = {"_form_submitted": "on"}


@pytest.fixture
def own(client: Client) -> World:
    made = world("OWN", channel="shopee")
    client.force_login(made.manager)
    return made


def page(obj: Any, action: str = "change") -> str:
    return f"/admin/{obj._meta.app_label}/{obj._meta.model_name}/{obj.pk}/{action}/"


def said(answer: Any) -> str:
    return " ".join(str(message) for message in answer.context["messages"])


# --- orders ---


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


# --- mapping ---


def test_a_mapping_by_search_takes_the_product_and_fetches_what_waited(client: Client, own: World) -> None:
    spare = Listing.objects.get(item_id="OWN-spare")
    OrderLine.objects.create(order=own.order, key="2", listing=spare, item_id=spare.item_id, quantity=1)
    found = client.get(
        "/admin/autocomplete/",
        {"app_label": "inventory", "model_name": "listing", "field_name": "product", "term": "OWN-SKU"},
    ).json()
    assert [row["id"] for row in found["results"]] == [str(own.product.pk)]
    nothing_behind = {"stocks-TOTAL_FORMS": 0, "stocks-INITIAL_FORMS": 0}
    client.post(page(spare), {"product": own.product.pk, "units": 2, "wanted_price": "2.500", **nothing_behind})
    spare.refresh_from_db()
    assert (spare.product, spare.units, spare.wanted_price) == (own.product, 2, 2500)
    assert InboxEvent.objects.get(source="mapping").external_id == own.order.number


def test_exact_matches_are_shown_first_and_only_ticked_ones_are_mapped(client: Client, own: World) -> None:
    by_barcode = Listing.objects.create(shop=own.shop, item_id="b", title="By barcode", barcode="OWN893")
    Listing.objects.create(shop=own.shop, item_id="n", title="No match", sku="NOPE")
    shown = client.get("/admin/inventory/listing/map/")
    assert [str(row["by"]) for row in shown.context["proposals"]] == ["SKU", "Barcode"]
    assert shown.context["left_over"] == 1
    assert not Listing.objects.filter(pk=by_barcode.pk, product__isnull=False).exists()
    client.post("/admin/inventory/listing/map/", {"listing": [by_barcode.pk]})
    assert Listing.objects.get(pk=by_barcode.pk).product == own.product
    assert Listing.objects.get(item_id="OWN-spare").product is None


def test_a_forged_choice_maps_nothing(client: Client, own: World) -> None:
    other = world("ZZ")
    theirs = Listing.objects.get(item_id="ZZ-spare")
    client.post("/admin/inventory/listing/map/", {"listing": [theirs.pk]})
    client.post(
        page(Listing.objects.get(item_id="OWN-spare")), {"product": other.product.pk, "units": 1, "wanted_price": ""}
    )
    assert Listing.objects.filter(item_id__in=("ZZ-spare", "OWN-spare"), product__isnull=False).count() == 0


# --- stock ---


def test_the_numbers_behind_a_stock_level_add_up(client: Client, own: World) -> None:
    StockLevel.objects.filter(pk=own.level.pk).update(on_hand=1, reserved=3, pos_reserved=2, pos_own=1)
    other = world("STRANGER", channel="shopee")
    own.level.reservations.create(shop=other.shop, order_number="secret", line_key="1", quantity=2)
    shown = client.get(page(own.level)).content.decode()
    for text in ("On hand (sum of all movements)", "Held for orders of OWN shop", "shops you do not see", "Oversold"):
        assert text in shown
    assert "secret" not in shown
    assert "STRANGER" not in shown


# --- inbox ---


def test_a_dead_letter_says_what_to_do_and_is_tried_again(client: Client, own: World) -> None:
    dead = InboxEvent.objects.get(state="dead")
    shown = client.get(page(dead)).content.decode()
    assert "OWN reason" in shown
    assert "The channel did not mention it" in shown
    client.post(page(dead, "retry_this"), CONFIRMED)
    dead.refresh_from_db()
    assert dead.state == "duplicate"
    again = InboxEvent.objects.get(state="pending")
    assert (again.external_id, again.source) == (dead.external_id, "person")


def test_a_dry_run_shows_what_would_change_and_tries_when_told_to(
    client: Client, own: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    dead = InboxEvent.objects.get(state="dead")
    found = DryRun(InboxEvent.State.PROCESSED, "", (Difference("Order", "OWN-dead", "", "To ship (READY)"),))
    monkeypatch.setattr(dry_run_page, "dry_run", lambda event: found)
    shown = client.get(page(dead, "dry_run")).content.decode()
    assert "To ship (READY)" in shown
    dead.refresh_from_db()
    assert dead.state == "dead"
    assert client.post(page(dead, "dry_run")).headers["Location"] == page(dead)
    dead.refresh_from_db()
    assert dead.state == "duplicate"


def test_a_dry_run_that_cannot_be_says_why_and_is_for_operators_only(
    client: Client, own: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nothing(event: InboxEvent) -> DryRun:
        raise NothingToTry("no shop, no truth")

    monkeypatch.setattr(dry_run_page, "dry_run", nothing)
    dead = InboxEvent.objects.get(state="dead")
    assert "no shop, no truth" in client.get(page(dead, "dry_run")).content.decode()
    client.force_login(world("VIEW", role="viewer").manager)
    assert client.get(page(dead, "dry_run")).status_code in {302, 403, 404}
    assert client.get(page(InboxEvent.objects.get(external_id="VIEW-dead"), "dry_run")).status_code == 403


def test_all_dead_letters_of_ones_shops_are_tried_again_and_no_others(client: Client, own: World) -> None:
    world("ZZ")
    client.post("/admin/integrations/inboxevent/retry_all/", CONFIRMED)
    assert InboxEvent.objects.get(external_id="OWN-dead", source="webhook").state == "duplicate"
    assert InboxEvent.objects.get(external_id="ZZ-dead").state == "dead"


# --- apps and connections ---


def test_keys_go_in_and_never_come_out(admin_client: Client) -> None:
    entered = {
        "name": "Mine", "base_url": "", "callback_url": "", "is_active": "on", "declared_client_id": "the-id",
        "declared_client_secret": "the-secret", "declared_webhook_secret": "the-webhook-secret",
    }  # fmt: skip
    add = "/admin/integrations/appregistration/add/?channel=kiotviet"
    missing = admin_client.post(add, entered | {"declared_client_secret": ""})
    assert "This value is needed" in missing.content.decode()
    assert "the-webhook-secret" not in missing.content.decode()
    assert not AppRegistration.objects.exists()
    admin_client.post(add, entered)
    app = AppRegistration.objects.get()
    assert (app.channel, app.name, app.credentials["client_secret"]) == ("kiotviet", "Mine", "the-secret")
    for url in (page(app), page(app, "history"), "/admin/integrations/appregistration/"):
        shown = admin_client.get(url).content.decode()
        assert "the-secret" not in shown
        assert "the-webhook-secret" not in shown
    assert f"/webhooks/kiotviet/{app.key}/" in admin_client.get(page(app)).content.decode()
    admin_client.post(
        page(app),
        entered | {"declared_client_id": "new-id", "declared_client_secret": "", "declared_webhook_secret": ""},
    )
    app.refresh_from_db()
    assert app.credentials == {
        "client_id": "new-id",
        "client_secret": "the-secret",
        "webhook_secret": "the-webhook-secret",
    }
    twice = admin_client.post(add, entered)
    assert "There is one with this name" in twice.content.decode()


def shop_form(shop_id: str) -> dict[str, str]:
    return {"shop_id": shop_id, "shop_name": "", "code": "c1", "access_token": "", "refresh_token": ""}


def test_a_shop_is_connected_by_its_code(client: Client, own: World, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, Any] = {}

    def connected(app: AppRegistration, **given: Any) -> Connection:
        asked.update(given, app=app)
        shop = Shop.objects.create(name="New", channel="shopee")
        ShopMembership.objects.create(user=given["user"], shop=shop, role="manager")
        granted = Authorisation.objects.create(app=app)
        return Connection.objects.create(authorisation=granted, shop=shop, external_id=given["shop_id"])

    monkeypatch.setattr(connect_page, "connect_shop", connected)
    offered = client.get("/admin/integrations/connection/add/").content.decode()
    assert f"?app={own.app.pk}" in offered
    answer = client.post(f"/admin/integrations/connection/add/?app={own.app.pk}", shop_form("900"), follow=True)
    assert "New is connected." in said(answer)
    assert (asked["shop_id"], asked["code"], asked["user"], asked["app"]) == ("900", "c1", own.manager, own.app)


def test_a_refused_code_stays_in_the_form_with_the_reason(
    client: Client, own: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(app: AppRegistration, **given: Any) -> Connection:
        raise Rejected("The code was used before.", code="invalid_code")

    monkeypatch.setattr(connect_page, "connect_shop", refuse)
    answer = client.post(f"/admin/integrations/connection/add/?app={own.app.pk}", shop_form("900"))
    assert "The code was used before. Nothing was stored." in answer.content.decode()


def test_connecting_again_does_not_take_over_somebody_elses_shop(
    client: Client, own: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connect_page, "connect_shop", lambda *a, **k: pytest.fail("was asked"))
    theirs = Shop.objects.create(name="Theirs", channel="shopee")
    granted = Authorisation.objects.create(app=own.app, external_id="901")
    Connection.objects.create(authorisation=granted, shop=theirs, external_id="901")
    answer = client.post(f"/admin/integrations/connection/add/?app={own.app.pk}", shop_form("901"))
    assert "connected already" in answer.content.decode()
    assert "Theirs" not in answer.content.decode()


def test_a_check_says_what_the_channel_said(client: Client, own: World, monkeypatch: pytest.MonkeyPatch) -> None:
    answering = replace(connector_of(own.app.channel), check=lambda access: Health("Cửa hàng Sen"))
    install(monkeypatch, answering)
    client.post(page(own.connection, "check_now"), CONFIRMED)
    assert "Cửa hàng Sen answers" in said(client.get(page(own.connection)))


def test_pushes_are_paused_and_resumed(client: Client, own: World) -> None:
    client.post(page(own.connection, "pause"), CONFIRMED)
    assert Shop.objects.get(pk=own.shop.pk).pushes_paused
    assert page(own.connection, "pause") not in client.get(page(own.connection)).content.decode()
    client.post(page(own.connection, "resume"), CONFIRMED)
    assert not Shop.objects.get(pk=own.shop.pk).pushes_paused


@pytest.mark.parametrize(
    ("row", "fields", "aspect", "colour"),
    [
        ("authorisation", {}, "token", GREEN),
        ("authorisation", {"state": "red", "reason": "revoked"}, "token", RED),
        ("authorisation", {"refresh_expires_at": timedelta(days=3)}, "token", AMBER),
        ("authorisation", {"consent_ends_at": -timedelta(days=1)}, "token", RED),
        ("connection", {"last_webhook_at": timedelta()}, "webhook", GREEN),
        ("connection", {"last_webhook_at": -timedelta(days=2)}, "webhook", AMBER),
        ("connection", {"created_at": timedelta()}, "webhook", GREEN),
        ("connection", {"created_at": -timedelta(days=2)}, "webhook", AMBER),
        ("connection", {"last_sweep_at": -timedelta(hours=2)}, "lag", RED),
        ("event", {"received_at": -timedelta(seconds=90), "state": "pending"}, "lag", AMBER),
        ("event", {"received_at": -timedelta(hours=1), "state": "pending"}, "lag", RED),
        ("event", {"state": "dead"}, "dead", AMBER),
        ("event", {"state": "processed"}, "dead", GREEN),
    ],
)
def test_each_light_has_its_reason(own: World, row: str, fields: dict[str, Any], aspect: str, colour: str) -> None:
    event = InboxEvent.objects.get()
    rows: dict[str, Any] = {
        "authorisation": own.authorisation, "connection": own.connection, "event": event, "shop": own.connection.shop,
    }  # fmt: skip
    told = {name: timezone.now() + value if isinstance(value, timedelta) else value for name, value in fields.items()}
    type(rows[row]).objects.filter(pk=rows[row].pk).update(**told)
    light = lights(measured(Connection.objects.all()).get())[aspect]
    assert light.colour == colour
    assert light.text
    assert bool(light.advice) is (colour != GREEN)


def test_the_worst_light_counts_and_a_switched_off_link_is_dark(own: World) -> None:
    Authorisation.objects.update(state="red", reason="revoked")
    worst = overall(measured(Connection.objects.all()).get())
    assert (worst.colour, worst.advice) == (RED, "revoked")
    Connection.objects.update(is_active=False)
    assert overall(measured(Connection.objects.all()).get()).colour == OFF


# --- people ---


def test_a_manager_lets_people_into_the_own_shop_only(client: Client, own: World, django_user_model: Any) -> None:
    colleague = django_user_model.objects.create_user("colleague", is_staff=True)
    ShopMembership.objects.create(user=colleague, shop=own.shop, role="viewer")
    second = Shop.objects.create(name="Second", channel="shopee")
    add = "/admin/inventory/shopmembership/add/"
    client.post(add, {"user": colleague.pk, "shop": second.pk, "role": "manager"})
    assert not ShopMembership.objects.filter(shop=second).exists()
    ShopMembership.objects.create(user=own.manager, shop=second, role="operator")
    client.post(add, {"user": colleague.pk, "shop": second.pk, "role": "manager"})
    assert ShopMembership.objects.filter(shop=second).count() == 1
    ShopMembership.objects.filter(user=own.manager, shop=second).update(role="manager")
    client.post(add, {"user": colleague.pk, "shop": second.pk, "role": "viewer"})
    assert ShopMembership.objects.get(shop=second, user=colleague).role == "viewer"


def test_saving_a_stock_policy_computes_the_listings_anew(client: Client, own: World) -> None:
    fields = {
        "sells_from": [own.warehouse.pk], "safety_stock": 5, "share_percent": 100, "scarce_below": 0, "priority": 1,
        "price_move_percent": 50,
        "stock_since_0": "", "stock_since_1": "", "memberships-TOTAL_FORMS": 0, "memberships-INITIAL_FORMS": 0,
    }  # fmt: skip
    answer = client.post(page(own.shop), fields)
    assert answer.status_code == 302
    assert own.listing.stocks.get().wanted == 2  # 8 on hand, 1 reserved, 5 never offered
    assert Product.objects.filter(pk=own.product.pk).exists()


def test_the_dashboard_tells_a_newcomer_what_to_do(
    client: Client, admin_client: Client, django_user_model: Any
) -> None:
    assert "Connect your first shop" in admin_client.get("/admin/").content.decode()
    client.force_login(django_user_model.objects.create_user("new", is_staff=True))
    assert "not a member of any shop" in client.get("/admin/").content.decode()


# --- bulk mapping ---


def test_likely_matches_are_offered_with_the_reason_and_mapped_only_when_ticked(client: Client, own: World) -> None:
    Product.objects.filter(pk=own.product.pk).update(name="Áo dài cách tân gấm - Đỏ")
    Listing.objects.filter(item_id="OWN-spare").update(sku="", title="Áo dài cách tân gấm", variation_name="ĐỎ")
    spare = Listing.objects.get(item_id="OWN-spare")
    shown = client.get("/admin/inventory/listing/map/")
    [row] = shown.context["likely"]
    assert (row["listing"], row["product"], str(row["by"])) == (spare, own.product, "Same name, with its variation")
    assert shown.context["proposals"] == []
    assert f'value="{spare.pk}:{own.product.pk}" ' in shown.content.decode()
    other = Product.objects.create(sku="OTHER", name="Other")
    client.post("/admin/inventory/listing/map/", {"likely": [f"{spare.pk}:{other.pk}", "x:y"]})
    assert Listing.objects.get(pk=spare.pk).product is None
    client.post("/admin/inventory/listing/map/", {"likely": [f"{spare.pk}:{own.product.pk}"]})
    assert Listing.objects.get(pk=spare.pk).product == own.product
    last = client.get("/admin/inventory/listing/map/").context["last"]
    assert last.listings == 1
    client.post("/admin/inventory/listing/map/", {"undo": str(last.id)})
    assert Listing.objects.get(pk=spare.pk).product is None
    assert client.get("/admin/inventory/listing/map/").context["last"] is None
