"""Webhook calls and deliveries: /webhooks, hooks and their waiting rows. Transport is the world's."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from integrations.connectors.kiotviet.simulator import facts
from integrations.connectors.kiotviet.simulator.book import Book
from integrations.connectors.kiotviet.simulator.lists import page
from integrations.connectors.kiotviet.simulator.request import Call, Refusal
from integrations.connectors.kiotviet.simulator.wire import encode

FIRST_ID = 900_000
# more rows than this are parted into two notifications of one delivery
_ROWS_PER_NOTIFICATION = 4


@dataclass
class Hook:
    """Registered hook. `waiting`: rows that the next delivery will carry."""

    id: int
    type: str
    url: str
    secret: str
    description: str
    modified_at: datetime
    is_active: bool = True
    waiting: list[Any] = field(default_factory=list)
    deliveries: int = 0


@dataclass
class Delivery:
    """Message to one hook. The same `id` on every attempt; `attempt` counts from 1."""

    hook_id: int
    id: str
    type: str
    rows: list[Any]
    bare: bool

    def body(self, book: Book, attempt: int) -> bytes:
        """The raw body of an attempt. Deletions come in the documented shape (`bare`) or the one the plug-in reads."""
        if self.bare:
            return encode({"RemoveId": self.rows})
        action = f"{self.type}.{book.retailer_id}"
        size = _ROWS_PER_NOTIFICATION
        parts = [self.rows[first : first + size] for first in range(0, len(self.rows), size)]
        notifications = [{"Action": action, "Data": part} for part in parts]
        return encode({"Id": self.id, "Attempt": attempt, "Notifications": notifications})


def signature(secret: str, body: bytes) -> str:
    """X-Hub-Signature: `sha1=` and yet SHA-256 in hex, as production sends it; the key is the Secret as registered."""
    return "sha1=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


@dataclass
class Hooks:
    """The registered hooks of one shop."""

    book: Book
    registered: dict[int, Hook] = field(default_factory=dict)

    def collect(self, kind: str, row: Any) -> Hook | None:
        """Keep a row for the hook of its type. Return the hook when this is its first waiting row: a delivery is due."""
        for hook in self.registered.values():
            if hook.type == kind and hook.is_active:
                hook.waiting.append(row)
                return hook if len(hook.waiting) == 1 else None
        return None

    def next_delivery(self, hook_id: int) -> Delivery | None:
        """Return all waiting rows as one delivery; None when the hook is gone, off, or has nothing waiting."""
        hook = self.registered.get(hook_id)
        if hook is None or not hook.is_active or not hook.waiting:
            return None
        rows, hook.waiting = hook.waiting, []
        hook.deliveries += 1
        digest = hashlib.blake2b(
            f"{self.book.retailer_id}/{hook.id}/{hook.deliveries}".encode(), digest_size=16
        ).digest()
        bare = hook.type.endswith(".delete") and hook.deliveries % 2 == 1
        return Delivery(hook.id, str(UUID(bytes=digest, version=4)), hook.type, rows, bare)

    def headers(self, hook: Hook, body: bytes) -> dict[str, str]:
        """Return the headers of a delivery; unsigned when no Secret was registered."""
        signed = {"X-Hub-Signature": signature(hook.secret, body)} if hook.secret else {}
        return {"Content-Type": "application/json; charset=utf-8"} | signed

    def answered(self, hook_id: int, status: int | None, now: datetime) -> bool:
        """Record the outcome of an attempt (`status` None: no response within 5 s). Return True to retry.

        400, 401, 403, 404 and 405 switch the hook off for good: only a new registration brings it back.
        """
        hook = self.registered.get(hook_id)
        if hook is None or not hook.is_active or (status is not None and 200 <= status < 300):
            return False
        if status in facts.WEBHOOK_GIVES_UP:
            hook.is_active, hook.waiting, hook.modified_at = False, [], now
            return False
        return True

    def create(self, call: Call) -> dict[str, Any]:
        """POST /webhooks with {"Webhook": {...}}; a flat body and a second hook of a type (inferred) are refused."""
        body = call.body.part("Webhook")
        url = (body.text("Url") or "") if body is not None else ""
        if body is None or urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).netloc:
            raise Refusal(facts.GENERAL_ERROR, facts.HOOK_BODY)
        kind = body.text("Type") or ""
        if kind not in facts.WEBHOOK_TYPES:
            raise Refusal(facts.GENERAL_ERROR, facts.HOOK_TYPE)
        if any(hook.type == kind for hook in self.registered.values()):
            raise Refusal(facts.GENERAL_ERROR, facts.HOOK_TAKEN)
        hook = Hook(
            id=self.book.next_id("webhook", FIRST_ID),
            type=kind,
            url=url,
            secret=body.text("Secret") or "",
            description=body.text("Description") or "",
            modified_at=call.now,
            is_active=body.flag("IsActive", True),
        )
        self.registered[hook.id] = hook
        return self._show(hook)

    def listed(self, call: Call) -> dict[str, Any]:
        """GET /webhooks."""
        answer = page(call, list(self.registered.values()), self._show_dated)
        del answer["timestamp"]
        return answer

    def _found(self, hook_id: str) -> Hook:
        if int(hook_id) not in self.registered:
            raise Refusal(facts.GENERAL_ERROR, facts.NO_SUCH_WEBHOOK)
        return self.registered[int(hook_id)]

    def by_id(self, call: Call, hook_id: str) -> dict[str, Any]:
        """GET /webhooks/{id}."""
        return self._show_dated(self._found(hook_id))

    def delete(self, call: Call, hook_id: str) -> dict[str, Any]:
        """DELETE /webhooks/{id}."""
        del self.registered[self._found(hook_id).id]
        return {"message": facts.DELETED}

    def _show_dated(self, hook: Hook) -> dict[str, Any]:
        return self._show(hook) | {"modifiedDate": hook.modified_at}

    def _show(self, hook: Hook) -> dict[str, Any]:
        """Return a hook's JSON: the Secret is never shown."""
        return {
            "id": hook.id,
            "type": hook.type,
            "url": hook.url,
            "isActive": hook.is_active,
            "retailerId": self.book.retailer_id,
            "description": hook.description,
        }
