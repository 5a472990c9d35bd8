"""Alerts by a Telegram bot. Its token stands in the address, which is therefore never logged."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

import requests
from django.conf import settings as hub
from django.utils.translation import gettext_noop as _

from erpsync.alerts.messages import Text
from erpsync.alerts.places.base import (
    SLOW_DOWN,
    HttpPlace,
    Outcome,
    Sent,
    TryLater,
    json_of,
    judged,
    pause_of,
)  # fmt: skip
from integrations.contract.declarations import Field

LARGEST = 4_096


class Telegram(HttpPlace):
    key, title = "telegram", "Telegram"
    fields = (
        Field("token", _("Bot token"), secret=True, help_text=_("As @BotFather gave it.")),
        Field("chat_id", _("Chat"), help_text=_("The chat's number; that of a group begins with -.")),
    )

    def send(self, text: Text, settings: Mapping[str, Any], secrets: Mapping[str, Any]) -> Outcome:
        outcome = self._send(text, settings["chat_id"], secrets["token"])
        if not isinstance(outcome, requests.Response):
            return outcome
        moved_to = (json_of(outcome).get("parameters") or {}).get("migrate_to_chat_id")
        if not moved_to:
            return judged(outcome)
        # the group became a supergroup: remember its new id
        again = self._send(text, str(moved_to), secrets["token"])
        if isinstance(again, Sent):
            return Sent(again.reference, {"chat_id": str(moved_to)})
        return again if isinstance(again, TryLater) else judged(again)

    def _send(self, text: Text, chat: str, token: str) -> Sent | TryLater | requests.Response:
        head, rest = escape(text.title, quote=False), escape(text.plain.removeprefix(text.title).strip(), quote=False)
        body = {
            "chat_id": chat, "text": f"<b>{head}</b>\n{rest}"[:LARGEST], "parse_mode": "HTML",
            "link_preview_options": {"is_disabled": True}, "disable_notification": text.resolved,
        }  # fmt: skip
        answer = self.post(f"{hub.ALERT_URLS['telegram']}/bot{token}/sendMessage", body)
        if isinstance(answer, TryLater):
            return answer
        found = json_of(answer)
        if answer.status_code == SLOW_DOWN:
            return TryLater("429", pause_of((found.get("parameters") or {}).get("retry_after")))
        if answer.ok and found.get("ok"):
            return Sent(str((found.get("result") or {}).get("message_id", "")))
        return answer

    def problems(self, values: Mapping[str, str]) -> Mapping[str, str]:
        token = values["token"]
        is_token = (
            token.partition(":")[0].isdigit() and token.replace(":", "").replace("-", "").replace("_", "").isalnum()
        )
        return {} if is_token else {"token": _("A bot token looks like 123456:ABC-DEF.")}
