"""The queue: our connector and the simulated Tiki, each written from the facts alone, meet over real HTTP."""

from __future__ import annotations

from dataclasses import replace

from integrations.connectors.tiki import consent, queue
from integrations.contract.publisher import StockPush
from integrations.contract.queue import Pulled

from .connected import Renewing, app_of, connect, listings
from .market import Market


def test_events_of_all_shops_are_pulled_and_confirmed_by_the_next_pull(market: Market) -> None:
    for shop in (0, 1):
        queue.subscribe(connect(market, shop).access)
        queue.subscribe(connect(market, shop).access)
    queues = market.simulation.world.platforms["tiki"].backend.state.queues.queues  # type: ignore[attr-defined]
    assert len(queues) == 1
    market.ask("POST", "/advance", seconds=6)
    app = app_of(market)
    own = Renewing(app, consent.renew(app, refresh_token="", shop_id="").access_token)

    def pull(ack: str | None) -> Pulled:
        return queue.pull(app, own, ack=ack)

    empty = pull(None)
    assert (empty.notices, empty.more) == ((), False)
    codes = {market.order(), market.order(shop=1)}
    first = pull(empty.ack)
    assert {n.external_id for n in first.notices if n.kind == "order"} >= codes
    assert {n.shop_id for n in first.notices} == {row["shop_id"] for row in market.account["shops"]}
    assert first.more
    # nothing was confirmed yet: the same comes again, under the same ids
    assert pull(empty.ack).notices == first.notices
    assert pull(first.ack).notices == ()
    # a cursor that Tiki does not know, as after a move to another queue
    assert pull("nobody:gone").ack is not None
    own.token = "spoilt"
    assert pull(first.ack).notices == ()


def test_a_queue_named_in_the_settings_is_used(market: Market) -> None:
    first = connect(market)
    queue.subscribe(first.access)
    queues = market.simulation.world.platforms["tiki"].backend.state.queues.queues  # type: ignore[attr-defined]
    [code] = queues
    other = replace(app_of(market, queue_code=code), key="key-2")
    queue.subscribe(replace(first.access, app=other))
    assert list(queues) == [code]
    queue.subscribe(replace(first.access, app=replace(other, settings={})))
    assert len(queues) == 2


def test_a_push_of_ours_is_read_back_an_order_is_not(market: Market) -> None:
    account = connect(market)
    queue.subscribe(account.access)
    market.ask("POST", "/advance", seconds=6)
    app = app_of(market)
    own = Renewing(app, consent.renew(app, refresh_token="", shop_id="").access_token)
    market.order()
    ordered = queue.pull(app, own, ack=None)
    assert {notice.kind for notice in ordered.notices} == {"order"}
    [listing] = [one for one in listings(account) if one.stock[0].sellable > 20][:1]
    account.publish_stock([StockPush(listing.item_id, "", 3, warehouse=listing.stock[0].warehouse)])
    later = queue.pull(app, own, ack=ordered.ack)
    assert [(n.kind, n.external_id) for n in later.notices if n.kind == "listing"] == [("listing", listing.item_id)]
