"""Kafka: CloudEvents in binary mode by an idempotent producer, the key is the entity. Written without transactions.

Topics: `order_normalized` has the whole order each time and may be compacted, `order_deadletter` is what needs a person,
`order_events` all else. The orders of an erased buyer get tombstones in `order_normalized`. Order holds per entity and topic: one
producer per sink, and what is not acknowledged in time is taken back as a whole, so that a later event never overtakes an earlier one
of its entity.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Producer
from confluent_kafka import Message as Record
from django.utils.translation import gettext_noop as _

from core.db import decode
from integrations.contract.declarations import Field
from integrations.events.messages import Message
from integrations.events.sinks.base import Channel, Outcome, Report, Result, SinkAway, SinkKind, Target

log = logging.getLogger(__name__)

ERASED = "customer.erased"
EVENTS, NORMALIZED, DEAD_LETTERS = "order_events", "order_normalized", "order_deadletter"
# the topic of a type of event; all others go to EVENTS
_TOPICS = {"order.normalized": NORMALIZED, "dead_letter.added": DEAD_LETTERS, "event.failed": DEAD_LETTERS}
# a batch is taken back after so long: the lease of the sink is renewed when 45 s of it are left
DELIVER_SECONDS = 20.0
METADATA_SECONDS = 5.0
# librdkafka's message.max.bytes is 1,000,000, with key and headers; larger data are replaced by the address to read them at
LARGEST_DATA = 900_000
_PLAIN, _TLS, _SASL_TLS, _SASL_PLAIN = "PLAINTEXT", "SSL", "SASL_SSL", "SASL_PLAINTEXT"
_UNFIT = (KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.INVALID_RECORD)
_FIXED: Mapping[str, Any] = {
    # implies that all replicas in sync acknowledge, and that retries keep their sequence
    "enable.idempotence": True,
    # the Java clients' hash: the same key lands in the same partition as from their producers
    "partitioner": "murmur2_random",
    "compression.type": "lz4",
    "linger.ms": 5,
    # none is given up alone, while later ones go through: DELIVER_SECONDS is the limit
    "message.timeout.ms": 0,
    "socket.timeout.ms": 10_000,
    "request.timeout.ms": 10_000,
    "reconnect.backoff.max.ms": 1_000,
    # failures are stored as the sink's trouble
    "log_level": 2,
    "topic.metadata.propagation.max.ms": 5_000,
}


# the keys to be deleted from compacted topics, by topic
Tombstones = Mapping[str, Sequence[str]]


class _Topics(Channel):
    def __init__(self, target: Target) -> None:
        self.settings = target.settings
        self.configuration = configuration(target)
        self.trouble = ""
        self.known: set[str] = set()
        self.producer = self._opened()

    def _opened(self) -> Producer:
        self.known.clear()
        try:
            return Producer(self.configuration, logger=log, error_cb=self._note_error)
        except KafkaException as error:
            # a setting that librdkafka refuses: it names it
            raise SinkAway(_words(error.args[0])) from error

    def _note_error(self, error: KafkaError) -> None:
        self.trouble = _words(error)

    def deliver(self, messages: Sequence[Message]) -> Report:
        self.trouble = ""
        ends: dict[str, KafkaError | None] = {}
        # in a compacted topic the last value of a key stays: an older one may not come after it
        current = [m for m in messages if not (m.row.is_superseded and _TOPICS.get(m.row.type) == NORMALIZED)]
        tombstones = {m.id: self._tombstones(m) for m in current}
        try:
            self._look_up({topic for m in current for topic in (self._topic(m), *tombstones[m.id])})
            for m in current:
                self._produce(m, tombstones[m.id], ends)
            left = self.producer.flush(DELIVER_SECONDS)
        except (KafkaException, BufferError) as error:
            self._take_back()
            raise SinkAway(self.trouble or _words(error.args[0])) from error
        errors = [error for error in ends.values() if error]
        if left or errors:
            self.trouble = self.trouble or (_words(errors[0]) if errors else "no acknowledgement in time")
            self._take_back()
        return self._report(messages, {m.id: _end(m, tombstones[m.id], ends) for m in current})

    def _look_up(self, topics: set[str]) -> None:
        """Raise SinkAway before anything is sent when a topic is missing, or may not be written."""
        for topic in sorted(topics - self.known):
            error = self.producer.list_topics(topic, timeout=METADATA_SECONDS).topics[topic].error
            if error is not None:
                raise SinkAway(f"{topic}: {_words(error)}")
            self.known.add(topic)

    def _produce(self, m: Message, tombstones: Tombstones, ends: dict[str, KafkaError | None]) -> None:
        headers, data = m.binary("ce_", largest=LARGEST_DATA)
        content = ("content-type", str(m.attributes["datacontenttype"]))
        self.producer.produce(
            self._topic(m), data, key=m.key, headers=[content, *headers.items()],
            on_delivery=partial(_note_end, ends, m.id),
        )  # fmt: skip
        for topic, keys in tombstones.items():
            for key in keys:
                self.producer.produce(topic, None, key=key, on_delivery=partial(_note_end, ends, f"{m.id}/{key}"))

    def _tombstones(self, m: Message) -> Tombstones:
        """Return the keys to be deleted from compacted topics: those of the orders that a buyer was erased from."""
        if m.row.type != ERASED:
            return {}
        keys = [f"order:{pk}" for pk in decode(m.row.data)["order_ids"]]
        return {str(self.settings.get(NORMALIZED) or NORMALIZED): keys} if keys else {}

    def _topic(self, m: Message) -> str:
        topic = _TOPICS.get(m.row.type, EVENTS)
        return str(self.settings.get(topic) or topic)

    def _report(self, messages: Sequence[Message], ends: Mapping[str, KafkaError | None]) -> Report:
        found = [self._outcome(m, ends.get(m.id), is_alone=len(messages) == 1) for m in messages]
        if all(outcome.result is Result.LATER for outcome in found):
            raise SinkAway(self.trouble)
        return Report(found)

    def _outcome(self, m: Message, error: KafkaError | None, *, is_alone: bool) -> Outcome:
        if error is None:
            return Outcome(m, Result.DELIVERED, is_attempt=False)
        # the limit of the broker is that of a batch: after some failures the relay sends one at a time, and finds it
        if error.code() in _UNFIT and is_alone:
            return Outcome(m, Result.REFUSED, answer=_words(error))
        return Outcome(m, Result.LATER, counts=False, is_attempt=False, answer=_words(error))

    def _take_back(self) -> None:
        """Drop what is not acknowledged, all at once, with its producer: a new one begins a new sequence."""
        self.close()
        self.producer = self._opened()

    def close(self) -> None:
        self.producer.purge()
        # reports the end of each message
        self.producer.flush(0)


_NO_END = KafkaError(KafkaError._TIMED_OUT)


def _end(m: Message, tombstones: Tombstones, ends: Mapping[str, KafkaError | None]) -> KafkaError | None:
    """Return how a message ended: as the worst of its records."""
    keys = [key for keys in tombstones.values() for key in keys]
    found = (ends.get(name, _NO_END) for name in (m.id, *(f"{m.id}/{key}" for key in keys)))
    return next((error for error in found if error is not None), None)


def _note_end(ends: dict[str, KafkaError | None], message_id: str, error: KafkaError | None, _: Record) -> None:
    ends[message_id] = error


def _words(error: Any) -> str:
    return (error.str() if isinstance(error, KafkaError) else str(error))[:300]


def configuration(target: Target) -> dict[str, Any]:
    """Return the settings of librdkafka for a target."""
    given, secrets = target.settings, target.secrets
    found = {
        **_FIXED,
        "client.id": f"erpsync-relay-{target.id}",
        "bootstrap.servers": str(given.get("brokers", "")),
        "security.protocol": str(given.get("security") or _PLAIN),
    }
    if certificate := str(given.get("ca_certificate", "")).strip():
        found["ssl.ca.pem"] = certificate
    if found["security.protocol"] in (_SASL_TLS, _SASL_PLAIN):
        found |= {
            "sasl.mechanism": str(given.get("mechanism") or "SCRAM-SHA-512"),
            "sasl.username": str(given.get("username", "")),
            "sasl.password": str(secrets.get("password", "")),
        }
    return found


class Kafka(SinkKind):
    """Apache Kafka and what speaks its protocol."""

    key = "kafka"
    title = _("Kafka")
    fields = (
        Field("brokers", _("Brokers"), help_text=_("host:port, several with commas.")),
        Field(
            "security", _("Security"), required=False, default=_SASL_TLS,
            choices=(
                (_SASL_TLS, _("TLS, with user and password (SASL)")), (_TLS, _("TLS")),
                (_SASL_PLAIN, _("User and password without TLS: in a private network only")),
                (_PLAIN, _("None: in a private network only")),
            ),
        ),
        Field(
            "mechanism", _("Way of signing in"), required=False, default="SCRAM-SHA-512",
            choices=tuple((name, name) for name in ("SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN")),
        ),
        Field("username", _("User"), required=False),
        Field("password", _("Password"), secret=True, required=False),
        Field(
            "ca_certificate", _("Certificate of the authority"), required=False, several=True,
            help_text=_("PEM. Empty: the authorities that the hub's machine trusts."),
        ),
        Field(EVENTS, _("Topic of events"), required=False, default=EVENTS),
        Field(
            NORMALIZED, _("Topic of whole orders"), required=False, default=NORMALIZED,
            help_text=_("May be compacted: the last value of a key is the order as it is."),
        ),
        Field(DEAD_LETTERS, _("Topic of dead letters"), required=False, default=DEAD_LETTERS),
    )  # fmt: skip
    batch = 2_000

    def open(self, target: Target) -> Channel:
        return _Topics(target)

    def problems(self, values: Mapping[str, str]) -> dict[str, str]:
        if values["security"] not in (_SASL_TLS, _SASL_PLAIN):
            return {}
        return {name: _("Needed with this security.") for name in ("username", "password") if not values[name]}


KIND = Kafka()
