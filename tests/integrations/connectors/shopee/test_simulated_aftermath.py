"""The aftermath of a sale, between our connector and the simulated Shopee over real HTTP: returns, money, labels, pages, several shops."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from integrations.connectors.shopee import consent, webhooks
from integrations.connectors.shopee.connector import CONNECTOR
from integrations.contract.access import Access, AppAccess
from integrations.contract.errors import Rejected, TryLater
from integrations.contract.publisher import ContentPush
from integrations.contract.webhooks import Delivery
from integrations.contract.writes import WriteRequest
from integrations.simulator.order import Order
from inventory.snapshots import ListingSnapshot
from orders.snapshots import OrderSnapshot, ReturnSnapshot
from tests.integrations.connectors.bound import Bound, lines_of
from tests.integrations.connectors.played import Pair
from tests.integrations.connectors.shopee.simulator.still_world import START, Market, market

LONG_AGO = datetime(2024, 1, 1, tzinfo=UTC)


@pytest.fixture
def shopee() -> Iterator[Market]:
    with market() as found:
        # our connector signs by the machine's clock, and this process may be older than a signature lives
        found.context.skew = int(time.time()) - START
        yield found


@pytest.fixture
def app(shopee: Market) -> AppAccess:
    keys = {name: str(shopee.app[name]) for name in ("partner_id", "partner_key", "push_partner_key")}
    return AppAccess("key", keys, base_url=shopee.base, callback_url=shopee.hub.url)


@pytest.fixture
def ports(shopee: Market, app: AppAccess) -> Bound:
    client = shopee.client
    tokens = Pair(client.access_token, client.refresh_token)
    return Bound(CONNECTOR, Access(app, str(client.shop_id), tokens, {"dispute_email": "shop@example.test"}))


def bought(shopee: Market, *steps: str, quantity: int = 2) -> Order:
    order = shopee.buy(cod=True, quantity=quantity)
    for step in ("shipped", "delivered", *steps):
        shopee.context.step(order, step)  # type: ignore[arg-type]
    return order


def read(ports: Bound, kind: str, *ids: str) -> Any:
    now = datetime.now(UTC)
    return ports.read(kind, ids, since=now, asked_at=now)


def listed(ports: Bound, kind: str) -> list[str]:
    now = datetime.now(UTC)
    pages = ports.changed(kind, since=now - timedelta(hours=1), until=now + timedelta(minutes=1))
    return list(dict.fromkeys(change.external_id for page in pages for change in page.changes))


# --- returns ---


def test_a_push_about_a_return_leads_to_the_return(shopee: Market, app: AppAccess, ports: Bound) -> None:
    shopee.listen()
    order = bought(shopee, "returning")
    shopee.deliver()
    pushes = [Delivery(push.raw, {"authorization": push.authorization}) for push in shopee.hub.received]
    notices = [notice for push in pushes for notice in webhooks.WEBHOOKS.open(app, push)]
    [number] = {notice.external_id for notice in notices if notice.kind == "return"}
    [found] = read(ports, "return", number).of(ReturnSnapshot)
    assert (found.number, found.order_number, found.status) == (number, order.id, "requested")
    assert (found.goods_come_back, found.problems) == (True, ())
    [line], [ordered] = found.lines, order.lines
    assert (line.item_id, line.quantity) == (ordered.item_id, 2)
    assert found.refund == 2 * ordered.price
    assert found.answer_by is not None
    assert found.requested_at is not None
    assert found.answer_by - found.requested_at == timedelta(days=2)
    assert [notice.kind for notice in notices if notice.external_id == order.id][-1] == "order"


def test_every_return_is_listed_beyond_one_page(shopee: Market, ports: Bound) -> None:
    for _ in range(103):
        bought(shopee, "returning", quantity=1)
    numbers = listed(ports, "return")
    assert len(numbers) == 103
    assert {found.number for found in read(ports, "return", *numbers[:20]).of(ReturnSnapshot)} == set(numbers[:20])
    assert read(ports, "return", "0000").gone == ("0000",)


@pytest.mark.parametrize(
    ("kind", "status"), [("accept_return", "refunded"), ("reject_return", "requested")], ids=["accept", "object"]
)
def test_the_seller_answers_once(kind: str, status: str, shopee: Market, ports: Bound) -> None:
    order = bought(shopee, "returning")
    [number] = listed(ports, "return")
    command = WriteRequest(kind, order.id, "r1", options={"return_number": number}, sent_at=LONG_AGO)
    assert ports.outcome_of(command) is None
    ports.perform(command)
    assert ports.outcome_of(command) is not None
    [found] = read(ports, "return", number).of(ReturnSnapshot)
    assert (found.status, found.channel_status == "REQUESTED") == (status, False)
    with pytest.raises(Rejected):
        ports.perform(command)


# --- settlements ---


@pytest.mark.parametrize("method", ["", "POST"])
def test_every_released_order_closes_to_its_payout(method: str, shopee: Market, app: AppAccess) -> None:
    tokens = Pair(shopee.client.access_token)
    asking = replace(app, settings={"escrow_method": method})
    ports = Bound(CONNECTOR, Access(asking, str(shopee.client.shop_id), tokens))
    orders = [bought(shopee, "completed", quantity=1 + number % 3).id for number in range(105)]
    under_way = bought(shopee).id
    now = datetime.now(UTC)
    pages = list(ports.changed("settlement", since=now - timedelta(hours=1), until=now))
    settled = {number: lines for page in pages if page.answer for number, lines in lines_of(page.answer).items()}
    assert settled.keys() == set(orders)
    payouts = {
        row["order_sn"]: row["payout_amount"]
        for page in (1, 2)
        for row in shopee.client.get(
            "payment/get_escrow_list", release_time_from=0, release_time_to=1 << 40, page_size=100, page_no=page
        )["escrow_list"]
    }
    assert {number: sum(line.amount for line in lines) for number, lines in settled.items()} == payouts
    kinds = {line.kind for lines in settled.values() for line in lines}
    assert kinds == {"sale", "shipping", "commission", "payment_fee", "service_fee", "tax"}
    assert all(line.is_paid and line.paid_at for lines in settled.values() for line in lines)
    [(number, lines)] = lines_of(read(ports, "settlement", under_way)).items()
    assert (number, {line.is_paid for line in lines}) == (under_way, {False})
    unpaid = shopee.buy().id
    assert read(ports, "settlement", unpaid).gone == (unpaid,)


def test_a_refunded_order_brings_and_costs_nothing(shopee: Market, ports: Bound) -> None:
    order = bought(shopee, "returning")
    [number] = listed(ports, "return")
    ports.perform(WriteRequest("accept_return", order.id, "r1", options={"return_number": number}))
    lines = lines_of(read(ports, "settlement", order.id))[order.id]
    assert sum(line.amount for line in lines) == 0
    goods = 2 * order.lines[0].price
    assert {line.kind: line.amount for line in lines if line.kind != "shipping"} == {"sale": goods, "refund": -goods}


# --- labels, content, several shops ---


def test_a_label_is_printed_and_downloaded(shopee: Market, ports: Bound) -> None:
    order = shopee.buy(cod=True)
    [found] = read(ports, "order", order.id).of(OrderSnapshot)
    parcel = found.parcels[0].number
    with pytest.raises(TryLater, match="arrange the shipment"):
        ports.label(order.id, parcel)
    ports.perform(WriteRequest("ship", order.id, "r1"))
    shopee.context.pass_time(30)
    for _ in range(2):
        with pytest.raises(TryLater, match="making the label"):
            ports.label(order.id, parcel)
    shopee.context.pass_time(5)
    for _ in range(2):
        label = ports.label(order.id, parcel)
        assert (label.content[:5], label.content_type) == (b"%PDF-", "application/pdf")
        assert label.name == f"{order.id}-{parcel}.pdf"
        assert order.id.encode() in label.content
    with pytest.raises(Rejected):
        ports.label("NOTHERE", parcel)


def test_content_is_pushed_and_read_back(shopee: Market, ports: Bound) -> None:
    item_id = shopee.item(lambda item: item.has_models).id
    before = read(ports, "listing", item_id).of(ListingSnapshot)
    picture = "https://cf.shopee.vn/file/vn-11134207"
    ports.publish_content(ContentPush(item_id, title="Tên mới", description="Mô tả mới"))
    ports.publish_content(ContentPush(item_id, images=(picture,)))
    after = read(ports, "listing", item_id).of(ListingSnapshot)
    assert len(after) == len(before)
    for listing in after:
        assert (listing.title, listing.description, listing.images) == ("Tên mới", "Mô tả mới", (picture,))
    assert after[0].version >= before[0].version
    assert item_id in listed(ports, "listing")
    for refused in (ContentPush("1", title="x"), ContentPush(item_id, title="")):
        with pytest.raises(Rejected):
            ports.publish_content(refused)


def test_a_main_accounts_consent_names_its_shops(shopee: Market, app: AppAccess) -> None:
    url = consent.consent_url(app, state="s1", redirect_url="http://127.0.0.1:1/back")
    back = requests.post(url, data={"seller": "main"}, timeout=10, allow_redirects=False).headers["Location"]
    grant = consent.exchange(app, code=back, shop_id="")
    found = consent.find_shops(app, Pair(grant.access_token), grant)
    assert {shop.external_id: shop.name for shop in found} == {
        shop.id: shop.name for shop in shopee.context.shops.values()
    }
    one = requests.post(url, data={"seller": found[0].external_id}, timeout=10, allow_redirects=False)
    alone = consent.exchange(app, code=one.headers["Location"], shop_id="")
    assert alone.shop_ids == (found[0].external_id,)
