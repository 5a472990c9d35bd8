"""Deliveries of the simulated Lazada, opened as they came."""

from __future__ import annotations

from integrations.connectors.lazada.webhooks import WEBHOOKS
from integrations.contract.access import AppAccess
from integrations.contract.webhooks import Delivery
from tests.integrations.connectors.lazada.still_world import Market
from tests.integrations.connectors.played import Hub
from tests.waiting import wait_until


def test_pushes_of_an_order_are_believed_and_name_shop_and_order(place: Market, app: AppAccess) -> None:
    hub = Hub()
    place.platform.set_webhook_url(hub.url, None)
    order = place.buy((place.sold(), 3))
    wait_until(lambda: len(hub.got) >= 3)
    hub.stop()
    notices = [notice for push in hub.got for notice in WEBHOOKS.open(app, push)]
    assert {(one.kind, one.external_id, one.shop_id) for one in notices} == {("order", order.id, order.shop)}
    assert len(notices) >= 3
    assert WEBHOOKS.acknowledgement.status == 200
    assert isinstance(hub.got[0], Delivery)
