"""Labels from the wish of a person to one file: order, parcels that orders share, failures, and the mark."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.utils import timezone
from pypdf import PdfReader
from redis import Redis

from integrations.accounts.connections import NotPossible
from integrations.contract.errors import NotAuthorised, Rejected, TryLater
from integrations.contract.labels import Label, ParcelRef
from integrations.labels import fetching, printing, store
from integrations.labels.fetching import fetch_due
from integrations.labels.printing import print_file, print_labels
from integrations.models import Connection, PrintRun, ShippingLabel
from orders.models import OrderLine
from tests.integrations.labels.conftest import BATCH, Channel, pdf, plain_shop, sold
from tests.integrations.toy import connected

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _redis(redis: Redis) -> None:
    """An empty Redis: wake-ups of another test must not count."""


def texts(content: bytes | None) -> list[str]:
    assert content is not None
    return [page.extract_text().strip() for page in PdfReader(BytesIO(content)).pages]


def states(run: PrintRun) -> list[tuple[str, str]]:
    return [(place.label.parcel, place.label.state) for place in run.places.select_related("label")]


def due_now() -> None:
    ShippingLabel.objects.filter(state="wanted").update(due_at=timezone.now() - timedelta(seconds=1))


def test_labels_of_two_shops_are_one_file_in_the_order_of_the_list(channel: Channel, shop: Connection) -> None:
    other = connected(shop.authorisation.app, external_id="902")
    chosen = [sold(other, "B1", "P3"), sold(shop, "A1", "P1", "P2"), sold(other, "B2")]
    run = print_labels(chosen, None)
    assert states(run) == [("P3", "wanted"), ("P1", "wanted"), ("P2", "wanted"), ("B2", "wanted")]
    for connection in (shop, other):
        fetch_due(connection.pk)
    assert [len(call) for call in channel.asked] == [2, 2], "one call for each account"
    assert ParcelRef("A1", "P1", "T-P1") in channel.asked[0]
    assert ParcelRef("B2", "", "") in channel.asked[1]
    mine = [shop.pk, other.pk]
    assert texts(print_file(run, mine, None)) == ["P3", "P1", "P2", "B2"]
    assert texts(print_file(run, [other.pk], None)) == ["P3", "B2"], "only of accounts that the person may print for"


def test_a_parcel_with_several_orders_is_fetched_and_printed_once(channel: Channel, shop: Connection) -> None:
    one, two, left_at_home = sold(shop, "A1", "P1"), sold(shop, "A2", "P1"), sold(shop, "A3", "P1")
    elsewhere = sold(connected(shop.authorisation.app, external_id="902"), "B1", "P1")
    run = print_labels([one, two], None)
    fetch_due(shop.pk)
    assert (channel.names, states(run)) == (["P1"], [("P1", "ready")])
    label = ShippingLabel.objects.get()
    assert set(label.orders.all()) == {one, two, left_at_home}
    assert not elsewhere.labels.exists()
    assert texts(print_file(run, [shop.pk], None)) == ["P1"]


def test_a_parcel_that_was_packed_anew_is_not_printed(channel: Channel, shop: Connection) -> None:
    order = sold(shop, "A1", "P1", "P2")
    order.parcels.filter(number="P1").update(replaced_at=timezone.now())
    assert states(print_labels([order], None)) == [("P2", "wanted")]


def test_orders_without_a_label_are_named_with_the_reason(channel: Channel, shop: Connection) -> None:
    without = plain_shop()
    gone = connected(shop.authorisation.app, external_id="903")
    Connection.objects.filter(pk=gone.pk).update(is_active=False)
    chosen = [
        sold(shop, "A1", "P1"), sold(shop, "A2", status="to_ship"), sold(shop, "A3", status="cancelled"),
        sold(without, "C1"), sold(gone, "D1"),
    ]  # fmt: skip
    run = print_labels(chosen, None)
    assert [(row["number"], row["reason"]) for row in run.left_out] == [
        ("A2", "not_arranged"), ("A3", "not_arranged"), ("C1", "no_labels"), ("D1", "not_connected"),
    ]  # fmt: skip
    assert states(run) == [("P1", "wanted")]


def test_more_than_a_printer_takes_is_refused_and_stores_nothing(
    monkeypatch: pytest.MonkeyPatch, channel: Channel, shop: Connection
) -> None:
    monkeypatch.setattr(printing, "MOST", 1)
    with pytest.raises(NotPossible):
        print_labels([sold(shop, "A1", "P1"), sold(shop, "A2", "P2")], None)
    assert (PrintRun.objects.count(), ShippingLabel.objects.count()) == (0, 0)


def test_many_labels_go_in_the_channels_batches_each_parcel_once(channel: Channel, shop: Connection) -> None:
    orders = [sold(shop, f"A{n}", f"P{n:03}") for n in range(3 * BATCH + 5)]
    run = print_labels(orders, None)
    fetch_due(shop.pk, budget_seconds=60)
    assert channel.names == sorted(f"P{n:03}" for n in range(3 * BATCH + 5))
    assert max(len(call) for call in channel.asked) <= BATCH
    assert texts(print_file(run, [shop.pk], None)) == [f"P{n:03}" for n in range(3 * BATCH + 5)]


def test_one_that_is_being_made_is_asked_for_again_and_the_others_are_there(channel: Channel, shop: Connection) -> None:
    channel.answers["P1"] = TryLater("being made", after=30)
    run = print_labels([sold(shop, "A1", "P1"), sold(shop, "A2", "P2")], None)
    fetch_due(shop.pk)
    assert states(run) == [("P1", "wanted"), ("P2", "ready")]
    fetch_due(shop.pk)
    assert channel.names == ["P1", "P2"], "not before its time"
    del channel.answers["P1"]
    due_now()
    assert store.due_connections() == [shop.pk]
    fetch_due(shop.pk)
    assert states(run) == [("P1", "ready"), ("P2", "ready")]
    assert store.due_connections() == []


def test_one_that_is_never_made_ends_as_refused(channel: Channel, shop: Connection) -> None:
    channel.answers["P1"] = TryLater("being made")
    run = print_labels([sold(shop, "A1", "P1")], None)
    long_ago = timezone.now() - timedelta(seconds=fetching.WAIT_SECONDS + 1)
    ShippingLabel.objects.update(wanted_at=long_ago)
    fetch_due(shop.pk)
    assert states(run) == [("P1", "refused")]
    assert str(run.labels.get().reason) == "being made"


def test_a_refused_one_is_tried_again_by_a_person(channel: Channel, shop: Connection) -> None:
    channel.answers["P1"] = Rejected("The parcel is unknown.")
    run = print_labels([sold(shop, "A1", "P1")], None)
    fetch_due(shop.pk)
    assert (states(run), str(run.labels.get().reason)) == ([("P1", "refused")], "The parcel is unknown.")
    assert print_file(run, [shop.pk], None) is None
    assert printing.retry(run, []) == 0, "not of accounts that the person may not print for"
    del channel.answers["P1"]
    assert printing.retry(run, [shop.pk]) == 1
    fetch_due(shop.pk)
    assert (states(run), str(run.labels.get().reason)) == ([("P1", "ready")], "")


@pytest.mark.parametrize(
    "stumble", [NotAuthorised("connect again"), TryLater("busy"), ValueError("no JSON")], ids=lambda e: type(e).__name__
)
def test_what_a_whole_call_meets_is_waited_out(stumble: Any, channel: Channel, shop: Connection) -> None:
    channel.raises = stumble
    run = print_labels([sold(shop, "A1", "P1"), sold(shop, "A2", "P2")], None)
    fetch_due(shop.pk)
    assert states(run) == [("P1", "wanted"), ("P2", "wanted")]
    assert all(label.reason and label.due_at > timezone.now() for label in run.labels.all())
    channel.raises = None
    due_now()
    fetch_due(shop.pk)
    assert states(run) == [("P1", "ready"), ("P2", "ready")]


def test_a_worker_that_was_killed_in_mid_call_loses_nothing(channel: Channel, shop: Connection) -> None:
    run = print_labels([sold(shop, "A1", "P1")], None)
    [claimed] = store.claim(shop.pk, limit=10, seconds=fetching.LEASE_SECONDS)
    assert claimed.parcel == "P1"
    assert store.claim(shop.pk, limit=10, seconds=1) == [], "leased"
    due_now()
    fetch_due(shop.pk)
    assert states(run) == [("P1", "ready")]


@pytest.mark.parametrize(
    "content",
    [b"<html>label</html>", b"PK\x03\x04", b"%PDF-1.4\nbroken", pdf("x")[:-60]],
    ids=["page", "archive", "broken", "cut off"],
)
def test_a_file_that_is_no_pdf_is_kept_as_it_is_beside_the_others(
    content: bytes, channel: Channel, shop: Connection
) -> None:
    channel.answers["P1"] = Label(content, "text/html; charset=utf-8", "P1.html")
    run = print_labels([sold(shop, "A1", "P1"), sold(shop, "A2", "P2")], None)
    fetch_due(shop.pk)
    label = run.labels.get(parcel="P1")
    assert (label.state, bytes(label.content), label.file_name) == ("ready", content, "P1.html")
    if label.pages is None:
        assert texts(print_file(run, [shop.pk], None)) == ["P2"]
    else:
        assert texts(print_file(run, [shop.pk], None)) == ["x", "P2"], "the library repairs what it can"


def test_printing_is_marked_with_who_when_and_how_often(
    channel: Channel, shop: Connection, django_user_model: Any
) -> None:
    lan = django_user_model.objects.create_user("lan", password="x")
    run = print_labels([sold(shop, "A1", "P1")], lan)
    fetch_due(shop.pk)
    assert run.labels.get().printed_at is None
    for _ in range(2):
        print_file(run, [shop.pk], lan)
    label = run.labels.get()
    assert (label.prints, label.printed_by, run.actor) == (2, lan, lan)
    assert label.printed_at > label.ready_at
    run.refresh_from_db()
    assert run.printed_at is not None


def test_a_label_that_is_here_is_not_fetched_again_unless_the_parcel_travels_anew(
    channel: Channel, shop: Connection
) -> None:
    order = sold(shop, "A1", "P1")
    print_labels([order], None)
    fetch_due(shop.pk)
    again = print_labels([order], None)
    fetch_due(shop.pk)
    assert (channel.names, states(again)) == (["P1"], [("P1", "ready")])
    order.parcels.update(tracking_number="T-NEW")
    anew = print_labels([order], None)
    assert states(anew) == [("P1", "wanted")]
    fetch_due(shop.pk)
    assert channel.asked[-1] == [ParcelRef("A1", "P1", "T-NEW")]


def test_old_files_are_deleted_and_their_marks_stay(channel: Channel, shop: Connection) -> None:
    order = sold(shop, "A1", "P1")
    run = print_labels([order], None)
    fetch_due(shop.pk)
    print_file(run, [shop.pk], None)
    assert store.delete_old_files(days=7) == 0
    ShippingLabel.objects.update(ready_at=timezone.now() - timedelta(days=8))
    assert store.delete_old_files(days=7) == 1
    label = run.labels.get()
    assert (label.content, label.prints) == (None, 1)
    assert print_file(run, [shop.pk], None) is None
    print_labels([order], None)
    fetch_due(shop.pk)
    assert texts(print_file(run, [shop.pk], None)) == ["P1"]


def test_what_the_platform_packs_has_no_label_of_ours(channel: Channel, shop: Connection) -> None:
    theirs, mixed = sold(shop, "A1", "P1"), sold(shop, "A2", "P2", "P3")
    lines = [
        (theirs, "", "platform"),
        (mixed, "P2", "platform"),
        (mixed, "P3", "seller"),
    ]
    for n, (order, parcel, by) in enumerate(lines):
        OrderLine.objects.create(order=order, key=str(n), item_id="i", quantity=1, parcel=parcel, fulfilled_by=by)
    run = print_labels([theirs, mixed], None)
    assert states(run) == [("P3", "wanted")]
    assert run.left_out == [{"order": theirs.pk, "number": "A1", "reason": "by_platform"}]
