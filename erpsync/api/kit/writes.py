"""Writes that may be repeated: `Idempotency-Key`, with the answer stored in the transaction of the write.

Per caller, for seven days. While the first is under way a repetition gets 409; the same key with another body gets 422.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from core.db import fetch
from core.transactions import in_transaction
from erpsync.api.kit.problems import Problem
from erpsync.models import KeptAnswer

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
KEPT = timedelta(days=7)
LONGEST_KEY = 255
_KEPT_HEADERS = ("Location",)


def once(
    request: Request, caller: str, perform: Callable[[], Response], prepare: Callable[[], object] = lambda: None
) -> Response:
    """Perform a write in one transaction, or give the answer that it got before.

    `prepare`: what comes before the transaction, such as asking a channel. What is refused leaves no answer: it may be tried
    again under the same key.
    """
    key = request.headers.get(HEADER, "")
    if len(key) > LONGEST_KEY:
        raise Problem(
            400, "idempotency_key", _("Idempotency-Key has at most %(most)d characters.") % {"most": LONGEST_KEY}
        )
    if not key:
        prepare()
        return in_transaction(perform)()
    fingerprint = _fingerprint(request)
    if (known := _answered(caller, key, fingerprint)) is not None:
        return known
    prepare()

    def perform_first() -> Response:
        [(is_first,)] = fetch("SELECT pg_try_advisory_xact_lock(%s)", _lock_of(caller, key))
        if not is_first:
            raise Problem(409, "under_way", _("The first request with this key is still under way."), after=1)
        if (known := _answered(caller, key, fingerprint)) is not None:
            return known
        answer = perform()
        _keep(caller, key, fingerprint, answer)
        return answer

    return in_transaction(perform_first)()


def _answered(caller: str, key: str, fingerprint: str) -> Response | None:
    kept = KeptAnswer.objects.filter(caller=caller, key=key, created_at__gt=timezone.now() - KEPT).first()
    if kept is None:
        return None
    if kept.fingerprint != fingerprint:
        raise Problem(422, "other_request", _("This Idempotency-Key was used for another request."))
    answer = Response(kept.body, kept.status)
    for name, value in {**kept.headers, REPLAYED: "true"}.items():
        answer[name] = value
    return answer


def _keep(caller: str, key: str, fingerprint: str, answer: Response) -> None:
    KeptAnswer.objects.update_or_create(
        caller=caller, key=key,
        defaults={
            "fingerprint": fingerprint, "status": answer.status_code, "body": json.loads(JSONRenderer().render(answer.data) or "null"),
            "headers": {name: answer[name] for name in _KEPT_HEADERS if name in answer}, "created_at": timezone.now(),
        },
    )  # fmt: skip


def _fingerprint(request: Request) -> str:
    said = json.dumps([request.method, request.path, request.data], sort_keys=True, default=str)
    return hashlib.sha256(said.encode()).hexdigest()


def _lock_of(caller: str, key: str) -> int:
    return int.from_bytes(hashlib.sha256(f"{caller}\0{key}".encode()).digest()[:8], signed=True)


def forget_old() -> None:
    """Delete the answers that are older than `KEPT`. A job; may be repeated."""
    KeptAnswer.objects.filter(created_at__lt=timezone.now() - KEPT).delete()
