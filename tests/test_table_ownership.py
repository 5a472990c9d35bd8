"""Table ownership: a table is written only by the services of the app that owns it.

SQL strings and ORM calls are both looked at, with the many-to-many fields of our models. `integrations` owns its tables as
a whole. The admin owns none: it may save rows in `save_model`, for its forms, and nowhere else.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from django.apps import apps as django_apps

from erpsync.environment import BASE_DIR

APPS = ("core", "inventory", "orders", "commissions", "integrations")
ROOMS = (*APPS, "erpsync")
# where each app's tables may be written
SERVICES = {
    "core": "core/",
    "inventory": "inventory/services/",
    "orders": "orders/services/",
    "commissions": "commissions/services/",
    "integrations": "integrations/",
}
SQL_WRITE = re.compile(
    rf"\b(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM|TRUNCATE(?:\s+TABLE)?)\s+(?:ONLY\s+)?({'|'.join(APPS)})_\w+",
    re.IGNORECASE,
)
M2M_WRITES = {"add", "remove", "set", "clear"}
# (name of a many-to-many field, app)
M2M_FIELDS = {
    field.name: app for app in APPS for model in django_apps.get_app_config(app).get_models()
    for field in model._meta.local_many_to_many
}  # fmt: skip
FORM_HOOK = "save_model"
ORM_WRITES = {"create", "bulk_create", "update", "bulk_update", "delete", "get_or_create", "update_or_create"}


class Write(NamedTuple):
    """One statement that writes a table of `app`."""

    line: int
    app: str
    what: str


def writes(source: str) -> Iterator[Write]:
    """Yield the statements in a module that write a table of one of our apps."""
    tree = ast.parse(source)
    models = dict(_models(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            for found in SQL_WRITE.finditer(node.value):
                yield Write(node.lineno, found[1].lower(), " ".join(found[0].split()))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ORM_WRITES:
            model = _queried(node.func.value)
            if model in models:
                yield Write(node.lineno, models[model], f"{model}.objects...{node.func.attr}()")
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in M2M_WRITES:
            field = node.func.value.attr if isinstance(node.func.value, ast.Attribute) else ""
            if field in M2M_FIELDS:
                yield Write(node.lineno, M2M_FIELDS[field], f"{field}.{node.func.attr}()")


def saves(source: str) -> Iterator[Write]:
    """Yield the calls of `save()` outside the hook of an admin's form. Whose model it is cannot be seen."""
    waiting: list[ast.AST] = [ast.parse(source)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef) and node.name == FORM_HOOK:
            continue
        waiting += ast.iter_child_nodes(node)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "save":
            yield Write(node.lineno, "", "save()")


def _models(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """(name in the module, app) of the models that a module imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            app, _, rest = node.module.partition(".")
            if app in APPS and rest.split(".")[0] == "models":
                yield from ((name.asname or name.name, app) for name in node.names)


def _queried(node: ast.expr) -> str:
    """The model at the beginning of `Model.objects.filter(...)`, "" for anything else."""
    names = []
    while isinstance(node, ast.Attribute | ast.Call):
        if isinstance(node, ast.Attribute):
            names.append(node.attr)
            node = node.value
        else:
            node = node.func
    return node.id if isinstance(node, ast.Name) and names[-1:] == ["objects"] else ""


def breaches(name: str, source: str) -> list[str]:
    """The writes of a module, by its path from the root, that belong into another app's services."""
    found = [write for write in writes(source) if not name.startswith(SERVICES[write.app])]
    if name.startswith("erpsync/"):
        found += saves(source)
    return [f"{name}:{write.line}: {write.what}" for write in found]


def modules() -> Iterator[Path]:
    for room in ROOMS:
        for file in sorted((BASE_DIR / room).rglob("*.py")):
            if "/migrations/" not in file.as_posix():
                yield file


def test_tables_are_written_by_their_owners_services_only() -> None:
    found = [
        breach for file in modules() for breach in breaches(file.relative_to(BASE_DIR).as_posix(), file.read_text())
    ]
    assert found == []


def test_the_services_are_seen_to_write() -> None:
    """The scan would find a breach: it finds what each owner writes."""
    seen = {
        write.app
        for file in modules()
        for write in writes(file.read_text())
        if file.relative_to(BASE_DIR).as_posix().startswith(SERVICES[write.app])
    }
    assert seen >= {"inventory", "orders", "commissions", "integrations"}


@pytest.mark.parametrize(
    ("name", "source", "what"),
    [
        ("erpsync/admin/x.py", "SQL = \"UPDATE orders_order SET note = ''\"", "UPDATE orders_order"),
        (
            "orders/services/x.py",
            'SQL = """\nINSERT INTO inventory_stockmovement (a) VALUES (1)"""',
            "INSERT INTO inventory_stockmovement",
        ),
        ("integrations/x.py", "SQL = f'DELETE FROM  orders_order WHERE {x}'", "DELETE FROM orders_order"),
        (
            "integrations/x.py",
            "from inventory.models import Shop\nShop.objects.filter(pk=1).update(name='')",
            "Shop.objects...update()",
        ),
        ("orders/x.py", "from orders.models import Order as Sale\nSale.objects.create()", "Sale.objects...create()"),
        ("erpsync/x.py", "def done(app):\n    app.save(update_fields=['name'])", "save()"),
        ("erpsync/x.py", "def save_model(self, obj): obj.save()\nobj.save()", "save()"),
        ("integrations/x.py", "shop.sells_from.set(places)", "sells_from.set()"),
    ],
)
def test_a_planted_breach_is_found(name: str, source: str, what: str) -> None:
    [breach] = breaches(name, source)
    assert breach.endswith(what)
