"""Who did what: every button and bulk action leaves an entry in the log, and none takes rows that were not ticked."""

from __future__ import annotations

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model
from django.test import Client, RequestFactory
from redis import Redis

from erpsync.admin.kit.audit import AuditedAdmin
from erpsync.admin.sales.returns import ReceiveForm
from integrations.models import Connection, InboxEvent
from inventory.models import Listing, Product, ShopMembership, Warehouse
from tests.erpsync.admin.kit.test_permissions import address
from tests.erpsync.admin.pages import CONFIRMED
from tests.erpsync.admin.worlds import World, world

pytestmark = pytest.mark.django_db


@pytest.fixture
def own(client: Client, redis: Redis) -> World:
    made = world("OWN")
    client.force_login(made.manager)
    return made


def logged(about: type[Model]) -> list[tuple[str, str]]:
    entries = LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(about))
    return list(entries.order_by("pk").values_list("object_id", "change_message"))


@pytest.mark.parametrize(
    ("name", "says"), [("check_now", "Check now"), ("sweep_now", "Sweep now"), ("pause", "Pushes paused")]
)
def test_a_button_is_logged_on_its_row(client: Client, own: World, name: str, says: str) -> None:
    if name == "pause":
        own = world("B", channel="shopee")
        client.force_login(own.manager)
    url = address(type(own.connection), "change", own.connection.pk).replace("change/", f"{name}/")
    client.post(url, CONFIRMED)
    assert logged(Connection) == [(str(own.connection.pk), says)]


@pytest.mark.parametrize("name", ["unmap_chosen", "read_chosen_again"])
def test_a_bulk_action_is_logged_row_by_row_and_only_where_it_may(client: Client, own: World, name: str) -> None:
    other = world("ZZ")
    ShopMembership.objects.create(user=own.manager, shop=other.shop, role="viewer")
    chosen = [own.listing.pk, other.listing.pk]
    client.post(address(Listing, "changelist"), {"action": name, "_selected_action": chosen})
    assert [object_id for object_id, _ in logged(Listing)] == [str(own.listing.pk)]


def test_mapping_and_dead_letters_are_logged(client: Client, own: World) -> None:
    spare = Listing.objects.get(item_id="OWN-spare")
    client.post(address(Listing, "changelist") + "map/", {"listing": [spare.pk]})
    assert logged(Listing) == [(str(spare.pk), "Mapped in bulk")]
    client.post(address(InboxEvent, "changelist") + "retry_all/", CONFIRMED)
    assert [says for _, says in logged(InboxEvent)] == ["Try all dead letters again"]


def across(client: Client, query: str, ticked: int) -> str:
    """The text of the list after an action on all of its rows, of which one page was ticked."""
    data = {"action": "unmap_chosen", "_selected_action": ticked, "select_across": "1", "index": "0"}
    answer = client.post(address(Listing, "changelist") + query, data, follow=True)
    return answer.content.decode()


def test_all_rows_at_once_are_those_that_the_list_is_filtered_to(client: Client, own: World) -> None:
    mapped = [Listing.objects.create(shop=own.shop, item_id=f"m{n}", title="x", product=own.product) for n in range(3)]
    left = Listing.objects.create(shop=own.shop, item_id="other", title="y", product=own.product, status="inactive")
    theirs = world("THEIRS").listing
    across(client, "?status__exact=active", mapped[0].pk)
    assert set(Listing.objects.filter(product=None).values_list("item_id", flat=True)) >= {"m0", "m1", "m2"}
    for kept in (left, theirs):
        kept.refresh_from_db()
        assert kept.product_id
    assert {pk for pk, _ in logged(Listing)} >= {str(row.pk) for row in mapped}


def test_more_rows_than_an_action_takes_are_refused_whole(
    client: Client, own: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(3):
        Listing.objects.create(shop=own.shop, item_id=f"m{n}", title="x", product=own.product)
    monkeypatch.setattr(AuditedAdmin, "most_at_once", 4)
    assert "at most 4 rows at once" in across(client, "", own.listing.pk)
    assert Listing.objects.filter(shop=own.shop, product=None).count() == 1, "the one that was not mapped before"
    assert logged(Listing) == []


def test_an_account_is_never_deleted(client: Client, own: World) -> None:
    client.force_login(get_user_model().objects.create_superuser("super", password="x"))
    url = address(get_user_model(), "change", own.manager.pk)
    assert client.post(url.replace("change/", "delete/"), {"post": "yes"}).status_code == 403
    client.post(
        address(get_user_model(), "changelist"),
        {"action": "delete_selected", "_selected_action": own.manager.pk, "post": "yes"},
    )
    assert get_user_model().objects.filter(pk=own.manager.pk).exists()


def test_looking_at_a_pos_is_not_selling_from_it(client: Client, own: World, rf: RequestFactory) -> None:
    pos = world("POS")
    selling = world("SELL", channel="shopee")
    client.force_login(selling.manager)
    membership = ShopMembership.objects.create(user=selling.manager, shop=pos.shop, role="viewer")
    shop_page = address(type(selling.shop), "change", selling.shop.pk)
    link_page = address(type(selling.connection), "change", selling.connection.pk)
    ret = selling.order.returns.get()
    fields = client.get(shop_page).context["adminform"].form.fields
    request = rf.get("/")
    request.user = selling.manager
    received_at = ReceiveForm(request, ret.pk).fields["warehouse"]
    # its own, which the shop sells from already
    for places in (*(fields[name] for name in ("sells_from", "returns_to", "platform_warehouse")), received_at):
        assert set(places.queryset) == {selling.warehouse}
    data = {f"line_{line.pk}": "sellable" for line in ret.lines.all()} | {"warehouse": pos.warehouse.pk} | CONFIRMED
    client.post(address(type(ret), "change", ret.pk).replace("change/", "receive/"), data)
    ret.refresh_from_db()
    assert ret.received_at is None
    assert pos.connection not in client.get(link_page).context["adminform"].form.fields["pos"].queryset
    membership.role = "operator"
    membership.save()
    assert pos.connection in client.get(link_page).context["adminform"].form.fields["pos"].queryset
    Warehouse.objects.create(name="elsewhere")
    assert Product.objects.exists()


def test_names_of_other_shops_and_people_stay_theirs(client: Client, own: World) -> None:
    other = world("STRANGER")
    other.connection.authorisation.app = own.app
    other.connection.authorisation.save()
    order = other.order
    customer = own.order.__class__.objects.get(pk=own.order.pk).customer
    assert customer is not None
    customer.name, customer.phone, customer.email = "STRANGER name", "+84912345678", "STRANGER@example.com"
    customer.save()
    order.__class__.objects.filter(pk=order.pk).update(customer=customer, recipient={"phone": "0912345678"})
    pages = [
        address(type(own.app), "changelist"),
        address(type(own.app), "change", own.app.pk),
        address(type(customer), "changelist"),
        address(type(customer), "change", customer.pk),
    ]
    for page in pages:
        shown = client.get(page).content.decode()
        assert "STRANGER" not in shown, page
        assert "912345678" not in shown, page
    found = client.get(address(type(customer), "changelist"), {"q": "0912345678"}).content.decode()
    assert f"/customer/{customer.pk}/" not in found, "another shop told the number"
