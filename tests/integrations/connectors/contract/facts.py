"""Sanity of the facts that a connector declares, port by port."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from integrations.contract.connector import Connector, Role
from integrations.contract.consent import Consent, ConsentKind
from integrations.contract.declarations import Field
from integrations.contract.publisher import Publisher
from integrations.contract.queue import AppQueue
from integrations.contract.reads import Reader
from integrations.contract.webhooks import Webhooks
from integrations.contract.writes import Writer
from integrations.wire.deliveries import SignedDeliveries

COMMANDS = frozenset({
    "ship", "deliver", "cancel", "accept_cancellation", "reject_cancellation", "accept_return", "reject_return", "pos_order",
    "pos_correction", "pos_invoice", "pos_void", "crm_customer", "crm_order",
})  # fmt: skip
_SECRET_WORDS = ("secret", "token", "password", "_key")
# the public name of a registration, not a key
_PUBLIC = frozenset({"app_key"})


def check_identity(connector: Connector) -> None:
    assert connector.channel
    assert connector.title
    assert connector.roles
    assert connector.roles <= set(Role)
    assert connector.limits
    assert len({limit.name for limit in connector.limits}) == len(connector.limits)
    for limit in connector.limits:
        assert limit.calls >= 1
        assert limit.seconds > 0
        assert limit.scope in ("app", "shop", "endpoint")
    check_fields(connector.account_fields)
    check_fields(connector.account_settings)
    check_fields(connector.connection_fields)
    names = [field.name for field in (*connector.account_fields, *connector.account_settings)]
    assert len(set(names)) == len(names), "a credential and a setting share a name"
    for field in connector.account_fields:
        assert field.secret or not _sounds_secret(field), field.name
    for field in (*connector.account_settings, *connector.connection_fields):
        assert not field.secret, f"{field.name} would be stored plain"


def check_fields(fields: Sequence[Field]) -> None:
    assert len({field.name for field in fields}) == len(fields)
    for field in fields:
        assert field.name
        assert field.label
        assert not field.choices or field.default in {choice for choice, _ in field.choices}
        assert not (field.secret and field.default)


def _sounds_secret(field: Field) -> bool:
    # one of a few options is no secret, whatever it is called
    return field.name not in _PUBLIC and not field.choices and any(word in field.name for word in _SECRET_WORDS)


def check_consent(consent: Consent) -> None:
    assert callable(consent.renew)
    assert consent.kind in set(ConsentKind)
    assert consent.kind != ConsentKind.CODE or consent.exchange, "a code cannot be exchanged"
    assert consent.page is None or consent.exchange, "the code that a page brings cannot be exchanged"


def check_webhooks(webhooks: Webhooks) -> None:
    assert "" in webhooks.refusals
    assert webhooks.methods
    assert webhooks.methods <= {"GET", "POST"}
    assert 200 <= webhooks.acknowledgement.status < 300
    assert all(100 <= reply.status < 600 for reply in webhooks.refusals.values())


def check_opening(webhooks: Webhooks) -> None:
    """Signed deliveries go through the one place that checks before it reads."""
    assert isinstance(webhooks.open, SignedDeliveries)


def check_queue(queue: AppQueue) -> None:
    assert queue.pace > timedelta()
    assert queue.confirm is None or callable(queue.confirm)
    assert queue.subscribe is None or callable(queue.subscribe)


def check_reader(reader: Reader) -> None:
    assert reader.batch >= 1
    assert reader.window is None or reader.window > timedelta()
    assert reader.overlap >= timedelta()
    assert reader.calls_at_once >= 1
    assert reader.earliest is None or callable(reader.earliest)


def check_publisher(publisher: Publisher) -> None:
    assert publisher.stock or publisher.price or publisher.content, "takes nothing"
    assert publisher.items_per_call >= 1
    assert publisher.rows_per_call >= 1
    assert publisher.calls_at_once >= 1
    assert publisher.min_stock >= 0
    assert publisher.stock_basis in ("sellable", "total")
    assert publisher.settles_after > timedelta()


def check_writer(kind: str, writer: Writer) -> None:
    assert kind in COMMANDS
    assert callable(writer.perform)
    assert callable(writer.outcome_of)
    assert writer.fields is None or callable(writer.fields)
    assert writer.together is None or (
        callable(writer.together.perform) and writer.together.batch > 1 and not writer.alone
    )
    assert callable(writer.settles_after)
