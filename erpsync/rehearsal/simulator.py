"""Client of the simulator's control API."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import requests

TIMEOUT = (5, 60)


@dataclass
class SimulatorClient:
    """Client of one simulator. Raises requests.RequestException when it does not answer or refuses."""

    url: str
    session: requests.Session = field(default_factory=requests.Session)

    def get(self, path: str, **query: Any) -> Any:
        """Return the answer to `GET path`."""
        return _content(self.session.get(f"{self.url}{path}", params=query, timeout=TIMEOUT))

    def post(self, path: str, **body: Any) -> Any:
        """Return the answer to `POST path` with a JSON object."""
        return _content(self.session.post(f"{self.url}{path}", json=body, timeout=TIMEOUT))

    def log(self) -> list[dict[str, Any]]:
        """Return all events so far."""
        rows: list[dict[str, Any]] = []
        while True:
            page = self.get("/log", after=rows[-1]["n"] if rows else 0)["events"]
            if not page:
                return rows
            rows += page


def _content(answer: requests.Response) -> Any:
    if not answer.ok:
        raise requests.HTTPError(f"{answer.request.path_url}: {answer.status_code} {answer.text}", response=answer)
    return answer.json()
