"""Google Pub/Sub: CloudEvents in binary mode with ordering keys; by default each order once, when it becomes ready to ship.

After a failure the client refuses the later messages of that key, so none overtakes; the key is resumed when the batch has ended.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import TimeoutError as NoEnd
from contextlib import suppress
from typing import Any

import grpc
from django.utils.translation import gettext_noop as _
from google.api_core.exceptions import GoogleAPICallError, InvalidArgument, NotFound, PermissionDenied, Unauthenticated
from google.auth.exceptions import GoogleAuthError
from google.cloud.pubsub_v1 import PublisherClient
from google.cloud.pubsub_v1.publisher.exceptions import PublishToPausedOrderingKeyException
from google.cloud.pubsub_v1.types import BatchSettings, PublisherOptions
from google.oauth2.service_account import Credentials
from google.pubsub_v1.services.publisher.transports import PublisherGrpcTransport

from integrations.contract.declarations import Field
from integrations.events.messages import Message
from integrations.events.sinks.base import Channel, Outcome, Report, Result, SinkAway, SinkKind, Target

TOPIC = "ordr-input"
NEW_ORDER = "new_order"
CALL_SECONDS = 10.0
# of a batch: the lease of the sink is renewed when 45 s of it are left
DELIVER_SECONDS = 20.0
# a message may have 10 MB, attributes included
LARGEST_DATA = 9_000_000
_SCOPES = ("https://www.googleapis.com/auth/pubsub",)
# no message is at fault: all wait until a person has mended it
_SET_UP_WRONG = (NotFound, PermissionDenied, Unauthenticated, GoogleAuthError)


class _Topic(Channel):
    def __init__(self, target: Target) -> None:
        self.path = f"projects/{target.settings['project']}/topics/{target.settings.get('topic') or TOPIC}"
        try:
            self.client = _client(target)
        except (ValueError, KeyError, GoogleAuthError) as error:
            # the text of the error may hold the key
            raise SinkAway(f"{type(error).__name__}: the credentials cannot be used") from error

    def deliver(self, messages: Sequence[Message]) -> Report:
        until = time.monotonic() + DELIVER_SECONDS
        calls = [(m, self._publish(m)) for m in messages]
        ends = {m.id: _end_of(call, until) for m, call in calls}
        for key in {m.key for m in messages if ends[m.id] is not None}:
            # not paused after all, or not yet: then its next message fails at once, and it is resumed in the next round
            with suppress(RuntimeError):
                self.client.resume_publish(self.path, key)
        outcomes = [_outcome(m, ends[m.id]) for m in messages]
        errors = [error for error in ends.values() if error is not None]
        wrong = next((error for error in errors if isinstance(error, _SET_UP_WRONG)), None)
        if wrong or all(outcome.result is Result.LATER for outcome in outcomes):
            raise SinkAway(_words(wrong or errors[0]))
        return Report(outcomes)

    def _publish(self, m: Message) -> Any:
        """Hand a message over; return its future, or the error of a key of which an earlier one has failed already."""
        attributes, data = m.binary("ce-", largest=LARGEST_DATA)
        attributes |= {"Content-Type": str(m.attributes["datacontenttype"]), "event": m.row.type}
        try:
            return self.client.publish(self.path, data, ordering_key=m.key, **attributes)
        except PublishToPausedOrderingKeyException as error:
            return error

    def close(self) -> None:
        self.client.stop()
        self.client.transport.close()


def _end_of(call: Any, until: float) -> Exception | None:
    """Return the error that a message ended with, None for a message that was taken."""
    if isinstance(call, Exception):
        return call
    try:
        call.result(timeout=max(until - time.monotonic(), 0.0))
    except (GoogleAPICallError, GoogleAuthError, PublishToPausedOrderingKeyException, NoEnd) as error:
        return error
    return None


def _outcome(m: Message, error: Exception | None) -> Outcome:
    if error is None:
        return Outcome(m, Result.DELIVERED, is_attempt=False)
    if isinstance(error, InvalidArgument):
        return Outcome(m, Result.REFUSED, answer=_words(error))
    return Outcome(m, Result.LATER, counts=False, is_attempt=False, answer=_words(error))


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:300]


def _credentials(key: str) -> Any:
    return Credentials.from_service_account_info(json.loads(key), scopes=_SCOPES)  # type: ignore[no-untyped-call]


def _client(target: Target) -> PublisherClient:
    options: dict[str, Any] = {}
    if emulator := target.settings.get("emulator"):
        options["transport"] = PublisherGrpcTransport(channel=grpc.insecure_channel(str(emulator)))
    else:
        if endpoint := target.settings.get("endpoint"):
            options["client_options"] = {"api_endpoint": str(endpoint)}
        if key := target.secrets.get("credentials"):
            options["credentials"] = _credentials(str(key))
    # no retry of the client's: with ordering it makes any retry one without end, and the time-out too
    sending = PublisherOptions(enable_message_ordering=True, retry=None, timeout=CALL_SECONDS)
    return PublisherClient(BatchSettings(max_latency=0.005), sending, **options)


class PubSub(SinkKind):
    """Google Pub/Sub: one topic."""

    key = "pubsub"
    title = _("Google Pub/Sub")
    fields = (
        Field("project", _("Project")),
        Field("topic", _("Topic"), required=False, default=TOPIC),
        Field(
            "credentials", _("Key of the service account"), secret=True, required=False,
            help_text=_("The JSON file's text; it needs the role of a publisher. Empty: the identity of the hub's machine."),
        ),
        Field(
            "endpoint", _("Regional address"), required=False,
            help_text=_("Such as asia-southeast1-pubsub.googleapis.com:443: order holds within one region."),
        ),
        Field("emulator", _("Emulator"), required=False, help_text=_("host:port of a test server without TLS; else empty.")),
    )  # fmt: skip
    default_types = (NEW_ORDER,)

    def open(self, target: Target) -> Channel:
        return _Topic(target)

    def problems(self, values: Mapping[str, str]) -> dict[str, str]:
        try:
            if values["credentials"]:
                _credentials(values["credentials"])
        except (ValueError, GoogleAuthError):
            return {"credentials": _("This is not the text of a key file. Paste the whole file.")}
        return {}


KIND = PubSub()
