"""Push subscription: messages to the app's one callback address, their health and the lost queue."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Any

from integrations.connectors.shopee.simulator import facts
from integrations.connectors.shopee.simulator.gate import App, sign
from integrations.connectors.shopee.simulator.wire import encode

Message = dict[str, Any]


@dataclass(frozen=True)
class Push:
    """Message in flight. `id` names it in the world's log; duplicates and retries carry the same bytes."""

    id: str
    code: int
    shop: int
    timestamp: int
    body: bytes
    orders: tuple[str, ...] = ()


@dataclass(frozen=True)
class Lost:
    """Undelivered message, and the logical time of its last attempt."""

    number: int
    moment: float
    push: Push


@dataclass
class Pushes:
    """Configuration, health and lost messages of one app. `moment`: logical seconds."""

    app: App
    callback_url: str = ""
    on: set[int] = field(default_factory=lambda: set(facts.PUSH_CODES))
    blocked: list[int] = field(default_factory=list)
    status: str = "normal"
    suspended_time: int = 0
    recent: deque[tuple[float, bool]] = field(default_factory=deque)
    good: int = 0
    lost: list[Lost] = field(default_factory=list)
    lost_count: int = 176_000
    retrying: dict[str, Push] = field(default_factory=dict)
    count: int = 0

    def wants(self, code: int, shop: int) -> bool:
        """Return whether such a message would be sent now."""
        return bool(self.callback_url) and self.status != "suspended" and code in self.on and shop not in self.blocked

    def headers(self, body: bytes) -> dict[str, str]:
        """Return the headers of a delivery: the signature is over the configured address and the body."""
        text = f"{self.callback_url}|{body.decode()}"
        return {"Content-Type": "application/json", "Authorization": sign(self.app.push_partner_key, text)}

    def answered(self, accepted: bool, *, moment: float, now: int) -> None:
        """Count one attempt; under 30 % success in six hours the subscription is switched off."""
        self.recent.append((moment, accepted))
        self.good += accepted
        while self.recent[0][0] <= moment - facts.PUSH_HEALTH_SPAN:
            self.good -= self.recent.popleft()[1]
        if len(self.recent) <= facts.PUSH_HEALTH_COUNT:
            return
        share = self.good / len(self.recent)
        self.status = "suspended" if share < facts.PUSH_DISABLE else "warning" if share < facts.PUSH_WARN else "normal"
        if self.status == "suspended":
            self.suspended_time = now

    def lose(self, push: Push, moment: float) -> None:
        """Move a message to the lost queue, where it stays for three days."""
        self.lost_count += 1
        self.lost.append(Lost(self.lost_count, moment, push))

    def lost_page(self, moment: float) -> tuple[list[Lost], bool]:
        """Return (the oldest hundred, whether there are more)."""
        self.lost = [lost for lost in self.lost if lost.moment > moment - facts.LOST_LIFE]
        return self.lost[: facts.LOST_PAGE], len(self.lost) > facts.LOST_PAGE

    def confirm(self, number: int) -> None:
        """Forget the lost messages up to this one."""
        self.lost = [lost for lost in self.lost if lost.number > number]

    def reset(self, callback_url: str) -> None:
        """Set a new address that answered the probe: health starts anew, missed messages are not sent again."""
        self.callback_url, self.status, self.suspended_time, self.good = callback_url, "normal", 0, 0
        self.recent.clear()


def message(
    code: int, shop: int, data: Message, *, app: App, number: str, now: int, orders: tuple[str, ...] = ()
) -> Push:
    """Return a message in its envelope. Pushes 1, 2 and 12 concern the partner and carry no shop_id."""
    envelope: Message = {"msg_id": number, "data": data}
    envelope |= {"partner_id": app.partner_id} if code in {1, 2} else {} if code == 12 else {"shop_id": shop}
    return Push(number, code, shop, now, encode({**envelope, "code": code, "timestamp": now}), orders)
