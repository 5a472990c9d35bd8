"""Over every action and button there is: whoever runs it leaves an entry in the log, or it is named here as one that changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import pytest
from django import forms
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Model
from django.test import Client, RequestFactory
from django.utils import timezone
from redis import Redis

from commissions.models import CommissionRule, FeeMatch, Finding
from erpsync.admin.goods import content_page
from erpsync.models import AuthenticatorApp, ContactPoint
from integrations.models import BackfillRun, Command, EventSink, InboxEvent
from inventory.models import Product, Shop
from orders.models import CustomerIdentity, Order, OrderTag, Return
from tests.erpsync.admin.kit.test_permissions import address
from tests.erpsync.admin.worlds import World, managed, order, world

pytestmark = pytest.mark.django_db

# opens a page that logs what is done there, or only shows something
CHANGES_NOTHING = frozenset({
    "inboxevent.save_as_case", "inboxevent.close_chosen", "command.close_chosen", "order.save_as_case",
    "product.reorder", "product.prices", "listing.map_chosen", "listing.map_all",
    "commissionrule.edit", "commissionrule.on_order", "commissionrule.back_test", "commissionrule.duplicate",
    "commissionrule.new_version", "commissionrule.rate_tables", "commissionrule.compare", "commissionrule.starting",
    "commissionrule.in_shadow", "commissionentry.report",
    # logged when there is an event to send
    "eventsink.send_again",
    "productpair.proposed", "datarequest.find", "finding.take_over", "statementline.import_files", "statementline.by_week",
    "statementfile.import_files", "order.wave_chosen", "packedparcel.open_scanning", "handover.begin", "handover.scan_parcels",
    "handover.print_note",
    "wave.make", "syncrun.figures", "wave.print_pick_list", "wave.print_packing_lists",
})  # fmt: skip

# what a world needs so that a button is offered
CLOSED = {"closed_at": timezone.now(), "close_note": "done by hand"}
PREPARED: Mapping[str, Callable[[], object]] = {
    "order.release": lambda: Order.objects.update(held=True),
    "order.release_chosen": lambda: Order.objects.update(held=True),
    "customer.release_buyer": lambda: CustomerIdentity.objects.update(held=True),
    "product.sell_again": lambda: Product.objects.update(selling_stopped=True),
    "backfillrun.pause": lambda: BackfillRun.objects.update(state="running"),
    "user.take_second_factor_away": lambda: [
        AuthenticatorApp.begun_for(user) for user in get_user_model().objects.all()
    ],
    "finding.reopen": lambda: Finding.objects.update(state="disputed"),
    "feematch.reopen": lambda: FeeMatch.objects.update(state="disputed"),
    "contactpoint.switch_on": lambda: ContactPoint.objects.update(is_active=False),
    "eventsink.switch_on": lambda: EventSink.objects.update(is_active=False, off_reason="person"),
    "commissionrule.in_shadow": lambda: CommissionRule.objects.update(state="shadow"),
    "ordertag.merge": lambda: OrderTag.objects.create(name="Gấp"),
    "order.set_tags": lambda: OrderTag.orders.through.objects.all().delete(),
    "connection.resume": lambda: Shop.objects.update(pushes_paused=True),
    "command.reopen_this": lambda: Command.objects.update(**CLOSED),
    "command.reopen_chosen": lambda: Command.objects.update(**CLOSED),
    "inboxevent.reopen_this": lambda: InboxEvent.objects.update(**CLOSED),
    "inboxevent.reopen_chosen": lambda: InboxEvent.objects.update(**CLOSED),
}
# a channel that has it
CHANNELS = {"order.deliver": "sendo"}


class Pressed(NamedTuple):
    """A button of a row's page, one above a list, or a bulk action of a list."""

    model: type[Model]
    name: str
    kind: str

    def __str__(self) -> str:
        return f"{self.model._meta.model_name}.{self.name}"


def every_action() -> Iterator[Pressed]:
    for model in managed():
        model_admin: Any = admin.site._registry[model]
        for kind in ("actions_detail", "actions_list", "actions_row", "actions_submit_line", "actions"):
            for found in getattr(model_admin, kind, None) or ():
                for name in found["items"] if isinstance(found, dict) else (found,):
                    yield Pressed(model, name if isinstance(name, str) else name.__name__, kind)


ALL = list(every_action())


@pytest.fixture
def own(pressed: Pressed, redis: Redis) -> World:
    """A shop with an order in each status that offers something, and a return that waits for an answer."""
    made = world("OWN", channel=CHANNELS.get(str(pressed), "shopee"))
    for status in ("packed", "cancelling", "shipped"):
        order(made, status=status)
    Return.objects.filter(pk=Return.objects.earliest("pk").pk).update(status="requested")
    Return.objects.exclude(status="requested").update(status="in_transit", goods_come_back=True, received_at=None)
    PREPARED.get(str(pressed), lambda: None)()
    return made


def who(pressed: Pressed, made: World) -> AbstractBaseUser:
    """The shop's manager, or a superuser for what only they may see."""
    asks = RequestFactory().get("/")
    asks.user = made.manager
    if admin.site._registry[pressed.model].has_view_permission(asks):
        return made.manager  # type: ignore[no-any-return]
    return get_user_model().objects.create_superuser("root")


def filled(form: forms.Form) -> dict[str, Any]:
    """What a person enters: what stands there, else the first choice, else a word."""
    given: dict[str, Any] = {"_form_submitted": "on"}
    for name, field in form.fields.items():
        choices = [value for value, _ in getattr(field, "choices", ()) if value]
        value = form.get_initial_for_field(field, name) or (choices[0] if choices else "5")
        given.setdefault(name, getattr(value, "pk", None) or str(value))
    return given


def submitted(client: Client, url: str) -> None:
    """Open a button's address, and confirm its dialog, or its page, where it has one."""
    opened: Any = client.get(url)
    form = opened.context["form"] if opened.context and "form" in opened.context else None
    if isinstance(form, forms.Form):
        client.post(url, filled(form))
    elif opened.status_code == 200 and not opened.streaming and b'method="post"' in opened.content:
        client.post(url)


def offered_on(client: Client, pressed: Pressed) -> list[Any]:
    """The rows whose page offers a button."""
    rows = pressed.model._default_manager.order_by("pk")
    pages = {row.pk: client.get(address(pressed.model, "change", row.pk)).content.decode() for row in rows}
    return [pk for pk, page in pages.items() if address(pressed.model, pressed.name, pk) in page]


@pytest.mark.parametrize("pressed", ALL, ids=map(str, ALL))
def test_whoever_runs_it_leaves_an_entry(
    client: Client, own: World, pressed: Pressed, monkeypatch: pytest.MonkeyPatch
) -> None:
    # the one page that calls its channel before anything is done
    monkeypatch.setattr(content_page, "describe", lambda listing, push: None)
    client.force_login(who(pressed, own))
    LogEntry.objects.all().delete()
    if pressed.kind == "actions_detail":
        rows = offered_on(client, pressed)
        assert rows, "no row of the world offers it: add one"
        submitted(client, address(pressed.model, pressed.name, rows[0]))
    elif pressed.kind == "actions_list":
        submitted(client, address(pressed.model, pressed.name))
    else:
        rows = list(pressed.model._default_manager.values_list("pk", flat=True))
        client.post(
            address(pressed.model, "changelist"), {"action": pressed.name, "_selected_action": rows, "why": "x"}
        )
    assert LogEntry.objects.exists() is (str(pressed) not in CHANGES_NOTHING)


def test_what_changes_nothing_exists() -> None:
    assert {str(pressed) for pressed in ALL} >= CHANGES_NOTHING
