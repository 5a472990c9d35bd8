"""The OpenAPI schema in the repository is that of the code, and the pages that show it need no network."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from django.core.management import call_command
from django.test import Client
from django.utils import translation

from erpsync.environment import BASE_DIR
from tests.erpsync.api.conftest import ROOT
from tests.erpsync.api.test_tenant_walk import operations

KEPT = BASE_DIR / "docs" / "openapi.yaml"


@pytest.fixture(scope="module")
def schema() -> Any:
    return yaml.safe_load(KEPT.read_text())


def test_the_kept_schema_is_that_of_the_code(tmp_path: Any) -> None:
    """When this fails: python manage.py spectacular --file docs/openapi.yaml --fail-on-warn"""
    made = tmp_path / "openapi.yaml"
    with translation.override("en"):
        call_command("spectacular", "--file", str(made), "--fail-on-warn", "--validate")
    assert made.read_text() == KEPT.read_text()


def test_every_operation_is_in_it_with_its_problems(schema: Any) -> None:
    written = {(method, path.removeprefix(ROOT)) for path, methods in schema["paths"].items() for method in methods}
    walked = {
        (operation.method, operation.path) for operation in operations() if operation.path not in ("/openapi", "/docs/")
    }
    assert written == walked
    assert schema["openapi"] == "3.1.0"
    for methods in schema["paths"].values():
        for method, operation in methods.items():
            assert {"400", "401", "403", "404", "429", "503"} <= set(operation["responses"])
            assert operation["description"]
            if method != "get":
                assert "Idempotency-Key" in [parameter["name"] for parameter in operation["parameters"]]


@pytest.mark.django_db
def test_the_page_loads_nothing_from_elsewhere() -> None:
    said = Client().get(f"{ROOT}/docs/").content.decode()
    assert f"{ROOT}/openapi" in said
    assert "/static/drf_spectacular_sidecar/" in said
    assert "//" not in re.sub(r"^ *//.*", "", said, flags=re.MULTILINE).replace("http://testserver", "")
