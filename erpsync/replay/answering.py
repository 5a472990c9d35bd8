"""The channels of a case: every call of a connector's own client is answered from the file, by its path."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

import requests
from requests import PreparedRequest
from requests.adapters import BaseAdapter

from integrations.contract.connector import Connector
from integrations.wire import transport

# code of the refusal of a call that a case has no answer for
NOT_IN_CASE = "not_in_the_case"


@dataclass
class CaseChannel(BaseAdapter):
    """HTTP adapter of one step. `unanswered`: the calls that the step has no answer for, as "METHOD path"."""

    connector: Connector
    answers: Mapping[str, Any]
    unanswered: list[str] = field(default_factory=list)

    def send(self, request: PreparedRequest, *_args: Any, **_options: Any) -> requests.Response:
        """Answer with the body whose key is part of the path, the longest if several are."""
        path = unquote(urlsplit(request.url or "").path)
        parts = sorted((part for part in self.answers if part in path), key=len)
        if parts:
            status, body = self._worded(self.answers[parts[-1]])
        else:
            call = f"{request.method} {path}"
            self.unanswered.append(call)
            status, body = self._refusal(NOT_IN_CASE, f"the case has no answer for {call}")
        content = json.dumps(body, ensure_ascii=False).encode()
        return transport.response_of(request, status, content, {"Content-Type": "application/json"})

    def close(self) -> None:
        """Nothing is open."""

    def _worded(self, answer: Any) -> tuple[int, object]:
        if isinstance(answer, dict) and "refused" in answer:
            return self._refusal(str(answer["refused"]), str(answer.get("reason", "")))
        if isinstance(answer, dict) and answer.keys() == {"http", "body"}:
            return int(answer["http"]), answer["body"]
        return 200, answer

    def _refusal(self, code: str, words: str) -> tuple[int, object]:
        form = self.connector.refusal_form
        return form(code, words) if form else (400, {"code": code, "message": words})
