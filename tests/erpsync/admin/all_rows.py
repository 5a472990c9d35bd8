"""A shop of each channel with rows in every state that their models know, for tests that read every page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from itertools import count
from typing import Any

from django.apps import apps
from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction
from django.db.models import Field, Model
from django.utils import timezone

from erpsync.admin.kit.words import PROBLEMS
from integrations.connectors import channels, connector_of
from integrations.models import Command
from orders.models import Order
from tests.erpsync.admin.worlds import World, world

APPS = ("inventory", "orders", "commissions", "integrations", "erpsync")
_number = count(1)


def worlds_of_all_channels(mark: str) -> list[World]:
    """Make one world per channel, each with a command of every kind its connector carries out."""
    made = [world(f"{mark}{n}", channel=channel) for n, channel in enumerate(channels())]
    for own in made:
        connector = connector_of(own.shop.channel)
        for kind in connector.writes:
            Command.objects.create(
                order=own.order, kind=kind, target=own.connection, reference=f"{mark}-{next(_number)}"
            )
    Order.objects.filter(pk=made[0].order.pk).update(problems=[*PROBLEMS, "odd_field:total"], has_problem=True)
    now = timezone.now()
    Order.objects.filter(pk=made[1].order.pk).update(ship_by=now - timedelta(hours=3), cash_on_delivery=True)
    return made


def models() -> Iterator[type[Model]]:
    for name in APPS:
        yield from (model for model in apps.get_app_config(name).get_models() if model._meta.managed)


def choice_fields(model: type[Model]) -> list[Field[Any, Any]]:
    return [field for field in model._meta.concrete_fields if field.choices]


def vary(turn: int) -> None:
    """Give the rows of each model other choices, row by row: after some turns each choice was on a page."""
    for model in models():
        for field in choice_fields(model):
            values = [value for value, _text in field.flatchoices if value]
            _spread(model, field, values, turn)


def _spread(model: type[Model], field: Field[Any, Any], values: list[Any], turn: int) -> None:
    keys = list(model._default_manager.order_by("pk").values_list("pk", flat=True))
    for n, key in enumerate(keys):
        try:
            with transaction.atomic():
                model._default_manager.filter(pk=key).update(**{field.name: values[(n + turn) % len(values)]})
        except IntegrityError:
            continue  # another row has that choice already


def log(rows: Iterable[Model], user: Any, message: Any) -> None:
    """Enter what was done with each of these rows, as the admin does it."""
    for row in rows:
        LogEntry.objects.log_actions(user.pk, [row], CHANGE, change_message=message)
        LogEntry.objects.log_actions(user.pk, [row], ADDITION, change_message=[{"added": {}}])


def superuser(name: str) -> Any:
    return get_user_model().objects.create_superuser(name, password="x")
