"""Every operation of the API, as everybody: nothing of one shop is told to, or changed by, anybody else.

The operations come from the addresses themselves. One without a line in `CASES` fails: say there what it answers to whom.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, NamedTuple

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver
from django.utils import timezone

from commissions.models import FeeMatch, Finding, FindingComment
from core.outbox import OutboxEvent
from core.permissions import SCOPES
from erpsync.api import urls
from erpsync.api.keys import services, text
from erpsync.models import ApiKey
from integrations.models import BackfillRun, Command, EventSink, InboxEvent
from inventory.models import Listing, ListingStock, StockDrift, StockLevel, StockMovement
from orders.models import OrderNote, OrderTag
from orders.services.desk import tag_named, tag_orders
from tests.erpsync.admin.worlds import World
from tests.erpsync.api.conftest import Api, MakeKey
from tests.integrations.events.receivers import mapped, write

pytestmark = pytest.mark.django_db

MARK = "OWNSHOP"
MISSING = 987_654_321
MISSING_EVENT = "01a22b2f-0000-7000-8000-000000000000"

# nobody: no key; unknown: a well-formed key that nobody made; expired: one of the shop that has ended; narrow: one of the shop
# without the scope; other: a key of another shop that may everything; own: the same of this shop.
CALLERS = ("nobody", "unknown", "expired", "narrow", "other", "own")
CASES = """
GET /                              200 200 200 200 200 200
GET /orders                        401 401 401 403 200 200
GET /orders/{id}                   401 401 401 403 404 200
POST /orders/{id}/notes            401 401 401 403 404 201
PUT /orders/{id}/tags              401 401 401 403 404 200
POST /orders/tags                  401 401 401 403 200 200
GET /tags                          401 401 401 403 200 200
GET /tags/{id}                     401 401 401 403 404 200
PATCH /tags/{id}                   401 401 401 403 404 200
DELETE /tags/{id}                  401 401 401 403 404 204
GET /order-lines                   401 401 401 403 200 200
GET /order-lines/{id}              401 401 401 403 404 200
GET /parcels                       401 401 401 403 200 200
GET /parcels/{id}                  401 401 401 403 404 200
GET /status-changes                401 401 401 403 200 200
GET /status-changes/{id}           401 401 401 403 404 200
GET /returns                       401 401 401 403 200 200
GET /returns/{id}                  401 401 401 403 404 200
GET /customers                     401 401 401 403 200 200
GET /customers/{id}                401 401 401 403 404 200
GET /products                      401 401 401 403 200 200
GET /products/{id}                 401 401 401 403 404 200
GET /listings                      401 401 401 403 200 200
POST /listings/mappings            401 401 401 403 200 200
POST /listings/prices              401 401 401 403 200 200
GET /listings/{id}                 401 401 401 403 404 200
PUT /listings/{id}/mapping         401 401 401 403 404 200
PUT /listings/{id}/price           401 401 401 403 404 200
GET /warehouses                    401 401 401 403 200 200
GET /warehouses/{id}               401 401 401 403 404 200
GET /stock-levels                  401 401 401 403 200 200
POST /stock-levels/corrections     401 401 401 403 200 200
GET /stock-levels/{id}             401 401 401 403 404 200
POST /stock-levels/{id}/correct    401 401 401 403 404 409
GET /stock-levels/{id}/explanation 401 401 401 403 404 200
GET /stock-movements               401 401 401 403 200 200
GET /stock-movements/{id}          401 401 401 403 404 200
GET /reservations                  401 401 401 403 200 200
GET /reservations/{id}             401 401 401 403 404 200
GET /shops                         401 401 401 403 200 200
GET /shops/{id}                    401 401 401 403 404 200
GET /connections                   401 401 401 403 200 200
GET /connections/{id}              401 401 401 403 404 200
GET /statement-lines               401 401 401 403 200 200
GET /statement-lines/{id}          401 401 401 403 404 200
GET /commission-report             401 401 401 403 200 200
GET /commission-rules              401 401 401 403 200 200
GET /commission-rules/{id}         401 401 401 403 404 200
GET /commission-entries            401 401 401 403 200 200
GET /commission-entries/{id}       401 401 401 403 404 200
GET /fee-checks                    401 401 401 403 200 200
GET /fee-checks/{id}               401 401 401 403 404 200
POST /fee-checks/{id}/dispute      401 401 401 403 404 200
POST /fee-checks/{id}/write-off    401 401 401 403 404 409
POST /fee-checks/{id}/reopen       401 401 401 403 404 200
GET /findings                      401 401 401 403 200 200
GET /findings/{id}                 401 401 401 403 404 200
POST /findings/{id}/comment        401 401 401 403 404 200
POST /findings/{id}/dispute        401 401 401 403 404 200
POST /findings/{id}/write-off      401 401 401 403 404 409
POST /findings/{id}/reopen         401 401 401 403 404 200
GET /finding-items                 401 401 401 403 200 200
GET /finding-items/{id}            401 401 401 403 404 200
GET /payouts                       401 401 401 403 200 200
GET /payouts/{id}                  401 401 401 403 404 200
GET /payout-checks                 401 401 401 403 200 200
GET /payout-checks/{id}            401 401 401 403 404 200
GET /statement-files               401 401 401 403 200 200
GET /statement-files/{id}          401 401 401 403 404 200
GET /drifts                        401 401 401 403 200 200
GET /drifts/{id}                   401 401 401 403 404 200
POST /drifts/{id}/leave            401 401 401 403 404 200
POST /drifts/{id}/put-right        401 401 401 403 404 200
GET /inbox-events                  401 401 401 403 200 200
POST /inbox-events/retries         401 401 401 403 200 200
GET /inbox-events/{id}             401 401 401 403 404 200
POST /inbox-events/{id}/case       401 401 401 403 404 503
POST /inbox-events/{id}/dry-run    401 401 401 403 404 409
POST /inbox-events/{id}/retry      401 401 401 403 404 409
GET /commands                      401 401 401 403 200 200
POST /commands                     401 401 401 403 404 409
POST /commands/bulk                401 401 401 403 200 200
GET /commands/options              401 401 401 403 404 409
GET /commands/{id}                 401 401 401 403 404 200
POST /commands/{id}/retry          401 401 401 403 404 202
GET /backfills                     401 401 401 403 200 200
POST /backfills                    401 401 401 403 404 409
GET /backfills/{id}                401 401 401 403 404 200
POST /backfills/{id}/cancel        401 401 401 403 404 200
POST /backfills/{id}/pause         401 401 401 403 404 409
POST /backfills/{id}/resume        401 401 401 403 404 409
GET /webhooks                      401 401 401 403 200 200
POST /webhooks                     401 401 401 403 404 400
GET /webhooks/{id}                 401 401 401 403 404 200
DELETE /webhooks/{id}              401 401 401 403 404 204
POST /webhooks/{id}/replay         401 401 401 403 404 200
GET /webhooks/{id}/secret          401 401 401 403 404 200
POST /webhooks/{id}/switch-off     401 401 401 403 404 200
POST /webhooks/{id}/switch-on      401 401 401 403 404 200
POST /webhooks/{id}/rotate-secret  401 401 401 403 404 200
POST /webhooks/{id}/test           401 401 401 403 404 200
GET /event-sinks                   401 401 401 403 200 200
POST /event-sinks                  401 401 401 403 404 400
GET /event-sinks/kinds             401 401 401 403 200 200
GET /event-sinks/{id}              401 401 401 403 404 200
PATCH /event-sinks/{id}            401 401 401 403 404 200
DELETE /event-sinks/{id}           401 401 401 403 404 404
POST /event-sinks/{id}/replay      401 401 401 403 404 200
POST /event-sinks/{id}/rotate-secret 401 401 401 403 404 200
POST /event-sinks/{id}/switch-off  401 401 401 403 404 200
POST /event-sinks/{id}/switch-on   401 401 401 403 404 200
POST /event-sinks/{id}/test        401 401 401 403 404 200
GET /event-deliveries              401 401 401 403 200 200
GET /event-deliveries/{id}         401 401 401 403 404 200
POST /event-deliveries/{id}/retry  401 401 401 403 404 409
GET /delivery-attempts             401 401 401 403 200 200
GET /delivery-attempts/{id}        401 401 401 403 404 200
GET /data-requests                 401 401 401 403 200 200
POST /data-requests                401 401 401 403 202 202
GET /data-requests/{id}            401 401 401 403 404 200
GET /data-requests/{id}/file       401 401 401 403 404 404
GET /changes                       401 401 401 403 200 200
GET /events/{id}                   401 401 401 403 404 200
GET /key                           401 401 401 200 200 200
POST /key/leaked                   401 401 401 200 200 200
POST /token                        401 401 401 200 200 200
GET /openapi                       200 200 200 200 200 200
GET /docs/                         200 200 200 200 200 200
"""


class Operation(NamedTuple):
    method: str
    path: str

    @property
    def name(self) -> str:
        return f"{self.method.upper()} {self.path}"


def operations(patterns: Any = None, prefix: str = "/") -> Iterator[Operation]:
    """Yield every operation that the addresses of the API lead to."""
    for pattern in urls.urlpatterns if patterns is None else patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from operations(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern) and "(?P<path>" not in route:
            methods = getattr(pattern.callback, "actions", None) or {"get": "get"}
            path = re.sub(r"<\w+:pk>", "{id}", route).removeprefix("/v1")
            # the framework adds HEAD to a view's methods at its first request
            yield from (Operation(method, path) for method in list(methods) if method != "head")


def cases() -> dict[str, tuple[int, ...]]:
    found = {}
    for line in CASES.strip().splitlines():
        method, path, *codes = line.split()
        found[f"{method} {path}"] = tuple(map(int, codes))
    return found


class Target(NamedTuple):
    """Rows of the shop whose data everybody asks for, by the first part of an address."""

    ids: dict[str, Any]

    def body(self, operation: Operation) -> Any:
        """Return a body that would change something of the shop."""
        ids = self.ids
        row = {
            "/listings/{id}/mapping": {"product": None},
            "/listings/{id}/price": {"price": None},
            "/stock-levels/{id}/correct": {"on_hand": "1"},
            "/fee-checks/{id}/dispute": {"note": "x", "seen": {"state": "over", "amount": "1000"}},
            "/fee-checks/{id}/write-off": {"note": "x", "seen": {"state": "over", "amount": "1000"}},
            "/findings/{id}/dispute": {"note": "x", "seen": {"state": "open", "amount": "1000"}},
            "/findings/{id}/write-off": {"note": "x", "seen": {"state": "open", "amount": "1000"}},
            "/findings/{id}/comment": {"text": "x"},
            "/orders/{id}/notes": {"text": "x"},
            "/orders/{id}/tags": {"add": ["x"]},
            "/tags/{id}": {"name": "y"},
            "/data-requests": {"kind": "export", "phone": "0912345678", "reason": "x"},
            "/commands": {"kind": "ship", "order": ids["orders"]},
            "/webhooks": {"name": "x", "url": "https://127.0.0.1/", "types": ["order."], "shops": [ids["shops"]]},
            "/webhooks/{id}/replay": {"since": "2026-01-01T00:00:00Z", "until": "2026-01-02T00:00:00Z"},
            "/webhooks/{id}/switch-on": {},
            "/event-sinks": {
                "kind": "webhook", "name": "x", "settings": {"url": "https://127.0.0.1/"}, "shops": [ids["shops"]], "types": ["order."],
            },
            "/event-sinks/{id}": {"name": "x"},
            "/event-sinks/{id}/replay": {"since": "2026-01-01T00:00:00Z", "until": "2026-01-02T00:00:00Z"},
            "/event-sinks/{id}/switch-on": {},
            "/backfills": {"connection": ids["connections"], "kind": "return"},
        }  # fmt: skip
        rows = {
            "/listings/mappings": {"listing": ids["listings"], "product": None},
            "/listings/prices": {"listing": ids["listings"], "price": None},
            "/stock-levels/corrections": {"level": ids["stock-levels"], "on_hand": "1"},
            "/orders/tags": {"order": ids["orders"], "add": ["x"]},
            "/commands/bulk": {"kind": "ship", "order": ids["orders"]},
            "/inbox-events/retries": {"event": ids["inbox-events"]},
        }
        if operation.path in rows:
            return {"rows": [rows[operation.path]]}
        return row.get(operation.path)

    def call(self, api: Api, operation: Operation, key: Any = None) -> Any:
        resource = operation.path.split("/")[1]
        path = operation.path.replace("{id}", str(key if key is not None else self.ids.get(resource, 0)))
        query = {"kind": "cancel", "order": self.ids["orders"]} if path == "/commands/options" else None
        if path == "/changes":
            query = {"after": 0}
        if operation.method == "get":
            return api.get(path, query)
        return api.send(operation.method, path, self.body(operation))


@pytest.fixture
def target(own: World) -> Target:
    """The ids of the shop's rows."""
    found = {}
    for name, resource in urls.RESOURCES.items():
        found[name] = resource.model._default_manager.order_by("pk").values_list("pk", flat=True)[0]
    found |= {
        "orders": own.order.pk,
        "listings": own.listing.pk,
        "stock-levels": own.level.pk,
        "products": own.product.pk,
    }
    # the house's others stand on orders of both shops
    found["tags"] = tag_named(f"{MARK} tag")
    tag_orders([own.order.pk], add=[found["tags"]])
    write(mapped(MARK, shop_ids=(own.shop.pk,)))
    found["events"] = str(OutboxEvent.objects.get(flaw="").pk)
    found |= {"connections": own.connection.pk, "inbox-events": InboxEvent.objects.get(state="dead").pk}
    return Target(found)


@pytest.fixture
def callers(target: Target, own: World, other: World, key_of: MakeKey) -> dict[str, Api]:
    # more calls than a key may make in a minute, unless it may make many
    narrow = key_of(own, "shops:read", per_minute=60_000)
    ApiKey.objects.update(scopes=["nothing:read"])
    expired = key_of(own, expires_at=timezone.now() - timedelta(seconds=1))
    return {
        "nobody": Api(), "unknown": Api(text.new_key(services.mode())), "expired": expired, "narrow": narrow,
        "other": key_of(other, role="manager", per_minute=60_000), "own": key_of(own, role="manager", per_minute=60_000),
    }  # fmt: skip


def said(answer: Any) -> str:
    """An answer without what differs from request to request: what a stranger could tell two answers apart by."""
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return re.sub(r'"request_id":"[^"]*"', "", body.decode())


def state() -> str:
    """Everything that a write could change."""
    models: list[Any] = [
        Listing,
        ListingStock,
        StockLevel,
        StockMovement,
        Command,
        InboxEvent,
        BackfillRun,
        StockDrift,
        FeeMatch,
        EventSink,
        Finding,
        FindingComment,
        OrderNote,
        OrderTag,
        OrderTag.orders.through,
    ]
    rows = [list(model._default_manager.order_by("pk").values()) for model in models]
    return json.dumps(rows, default=str)


def test_every_operation_answers_everybody_as_written_here(target: Target, callers: dict[str, Api]) -> None:
    expected = cases()
    walked = list(operations())
    assert len(walked) > 50
    seen = {}
    # a row that is deleted, and a key that ends itself, end the walk
    for operation in sorted(walked, key=lambda each: (each.path == "/key/leaked", each.method == "delete")):
        seen[operation.name] = tuple(target.call(callers[name], operation).status_code for name in CALLERS)
    table = "\n".join(
        f"{name} {' '.join(map(str, codes))}" for name, codes in seen.items() if expected.get(name) != codes
    )
    assert not table, f"operations without a case, or that answer otherwise than their case says:\n{table}"
    assert set(expected) == set(seen)


def test_nothing_of_a_shop_is_told_to_others_and_foreign_ids_are_as_missing_ones(
    target: Target, callers: dict[str, Api]
) -> None:
    compared = 0
    for operation in operations():
        for name in ("nobody", "unknown", "expired", "narrow", "other"):
            if (name, operation.path) == ("other", "/key/leaked"):
                continue
            answer = target.call(callers[name], operation)
            assert MARK not in said(answer), (operation.name, name)
            if "{id}" in operation.path:
                is_event = operation.path.startswith("/events")
                missing = target.call(callers[name], operation, MISSING_EVENT if is_event else MISSING)
                assert (answer.status_code, said(answer)) == (missing.status_code, said(missing)), (
                    operation.name,
                    name,
                )
                compared += 1
    assert compared > 150


def test_nobody_else_changes_anything(target: Target, callers: dict[str, Api], other: World) -> None:
    writes = [
        operation
        for operation in operations()
        if operation.method != "get" and operation.path not in ("/key/leaked", "/token")
    ]
    before = state()
    for operation in writes:
        for name in ("nobody", "unknown", "expired", "narrow", "other"):
            target.call(callers[name], operation)
    assert state() == before
    assert len(writes) == 48


@pytest.mark.parametrize("name", list(urls.RESOURCES))
def test_filters_and_parts_tell_nothing_of_others(
    target: Target, callers: dict[str, Api], name: str, own: World
) -> None:
    resource = urls.RESOURCES[name]
    queries = [{"expand": ",".join(resource.expands)}] if resource.expands else [{}]
    filters = resource.filterset_class.base_filters if resource.filterset_class else {}
    queries += [{"shop": str(own.shop.pk)}] * ("shop" in filters) + [{"search": MARK}] * ("search" in filters)
    for query in queries:
        answer = callers["other"].get(f"/{name}", query)
        assert answer.status_code == 200
        assert MARK not in answer.content.decode()


def test_a_superuser_sees_all_shops_and_a_person_without_one_none(
    target: Target, own: World, other: World, django_user_model: Any
) -> None:
    found = {}
    for name, user in {
        "super": django_user_model.objects.create_superuser("super", password="x"),
        "newcomer": django_user_model.objects.create_user("newcomer", password="x"),
    }.items():
        client = Client()
        client.force_login(user)
        found[name] = {path: len(Api(client=client).get(f"/{path}").json()["items"]) for path in urls.RESOURCES}
    assert all(count >= 2 for count in found["super"].values())
    assert set(found["newcomer"].values()) == {0}


def test_every_scope_opens_something(own: World, key_of: MakeKey) -> None:
    needed = {"events:read"}
    for resource in urls.RESOURCES.values():
        needed |= {f"{resource.resource}:read", *resource.scopes.values(), *resource.needs.values()}
        needed |= {f"{resource.resource}:write"} if [op for op in operations() if op.method != "get"] else set()
    assert set(SCOPES) <= needed
