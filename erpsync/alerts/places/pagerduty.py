"""Alerts to PagerDuty by its Events API v2: one key for trigger and resolve, so that its incident closes itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings as hub
from django.utils.translation import gettext_noop as _

from erpsync.alerts.messages import Text
from erpsync.alerts.places.base import HttpPlace, Outcome, Sent, TryLater, json_of, judged
from integrations.contract.declarations import Field

LARGEST_SUMMARY = 1_024
KEY_CHARACTERS = 32


class PagerDuty(HttpPlace):
    key, title = "pagerduty", "PagerDuty"
    fields = (Field("routing_key", _("Integration key"), secret=True, help_text=_("Of an Events API v2 integration.")),)

    def send(self, text: Text, settings: Mapping[str, Any], secrets: Mapping[str, Any]) -> Outcome:
        event: dict[str, Any] = {
            "routing_key": secrets["routing_key"], "dedup_key": text.key,
            "event_action": "resolve" if text.resolved else "trigger",
        }  # fmt: skip
        if not text.resolved:
            event |= _trigger(text)
        answer = self.post(f"{hub.ALERT_URLS['pagerduty']}/v2/enqueue", event)
        if isinstance(answer, TryLater):
            return answer
        outcome = judged(answer)
        return Sent(str(json_of(answer).get("dedup_key", ""))) if isinstance(outcome, Sent) else outcome

    def problems(self, values: Mapping[str, str]) -> Mapping[str, str]:
        is_key = len(values["routing_key"]) == KEY_CHARACTERS and values["routing_key"].isalnum()
        return {} if is_key else {"routing_key": _("An integration key has 32 letters and digits.")}


def _trigger(text: Text) -> dict[str, Any]:
    links = ((text.fix_url, "Fix"), (text.runbook_url, "Run-book"))
    return {
        "client": "erpsync",
        "client_url": text.fix_url,
        "payload": {
            "summary": f"{text.title}. {text.body}"[:LARGEST_SUMMARY], "source": urlsplit(hub.PUBLIC_URL).hostname,
            "severity": text.severity.value, "timestamp": text.since.isoformat(), "class": text.kind,
        },
        "links": [{"href": url, "text": title} for url, title in links if url],
    }  # fmt: skip
