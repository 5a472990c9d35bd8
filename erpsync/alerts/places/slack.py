"""Alerts to a Slack incoming webhook: its URL is the secret. It can't be edited later: a resolved alert is a second message."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings as hub
from django.utils.translation import gettext_noop as _

from erpsync.alerts.messages import Text
from erpsync.alerts.places.base import HttpPlace, Outcome, TryLater, judged
from integrations.contract.declarations import Field

# of a section; a header takes 150
LARGEST, LARGEST_HEADER = 3_000, 150


class Slack(HttpPlace):
    key, title = "slack", "Slack"
    fields = (Field("url", _("Webhook address"), secret=True, help_text=_("https://hooks.slack.com/services/...")),)

    def send(self, text: Text, settings: Mapping[str, Any], secrets: Mapping[str, Any]) -> Outcome:
        links = [f"<{url}>" for url in (text.fix_url, text.runbook_url) if url and not text.resolved]
        body = "\n".join((_escaped(text.body), *links))
        blocks = [
            {"type": "header", "text": {"type": "plain_text", "text": text.title[:LARGEST_HEADER]}},
            {"type": "section", "text": {"type": "mrkdwn", "text": body[:LARGEST]}},
        ]
        answer = self.post(secrets["url"], {"text": _escaped(text.title), "blocks": blocks})
        return answer if isinstance(answer, TryLater) else judged(answer)

    def problems(self, values: Mapping[str, str]) -> Mapping[str, str]:
        is_slack = values["url"].startswith(f"{hub.ALERT_URLS['slack']}/")
        return {} if is_slack else {"url": _("Enter the address that Slack gave you for the incoming webhook.")}


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
