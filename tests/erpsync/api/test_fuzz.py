"""Schemathesis over every operation: whatever a caller sends, the hub answers as the schema says, and never by an error of its own."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import checks
from schemathesis.core.failures import FailureGroup

from erpsync.api.kit import quota
from erpsync.environment import BASE_DIR
from tests.erpsync.admin.worlds import World
from tests.erpsync.api.conftest import MakeKey
from tests.erpsync.api.test_tenant_walk import Target, target

__all__ = ["target"]
pytestmark = pytest.mark.django_db

EXAMPLES = 3
CHECKS = [
    checks.not_a_server_error, checks.status_code_conformance, checks.content_type_conformance,
    checks.response_schema_conformance,
]  # fmt: skip
# the world's channel does not answer, which is said as such; and the key must not end itself
ASKS_THE_CHANNEL = ("/case", "/options")
LEFT_OUT = ("/key/leaked",)


def test_no_operation_has_a_server_error_and_all_answer_as_the_schema_says(
    own: World, target: Target, key_of: MakeKey, monkeypatch: pytest.MonkeyPatch, wsgi: Any
) -> None:
    monkeypatch.setattr(quota, "BURST_PART", 1)
    headers = key_of(own, role="manager", per_minute=60_000).headers | {"Accept-Encoding": "identity"}
    schema = schemathesis.openapi.from_path(BASE_DIR / "docs" / "openapi.yaml")
    schema.app = wsgi
    walked, failures = 0, []
    for result in schema.get_all_operations():
        operation = result.ok()
        if operation.path.endswith(LEFT_OUT):
            continue
        walked += 1
        try:
            run(operation, headers, target)
        except FailureGroup as failure:
            failures.append(f"{operation.label}: {failure.exceptions}")
    assert not failures, "\n".join(failures)
    assert walked > 55


def run(operation: Any, headers: dict[str, str], target: Target) -> None:
    @settings(
        max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy())
    def call(case: Any) -> None:
        for key in (None, target.ids.get(operation.path.split("/")[3])):
            if "id" in (case.path_parameters or {}) and key is not None:
                case.path_parameters["id"] = key
            answer = case.call(headers=headers)
            if answer.status_code == 503 and operation.path.endswith(ASKS_THE_CHANNEL):
                continue
            case.validate_response(answer, checks=CHECKS)

    call()
