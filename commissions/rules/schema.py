"""The published shapes: `python -m commissions.rules.schema NAME > docs/NAME.schema.json` writes one.

They are made of the dataclasses; `checking` reads files by them, so that what is published is what is checked.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from commissions.rules.formula import FORMULAS
from commissions.rules.order_file import OrderFile
from commissions.rules.rule import Terms
from commissions.rules.rule_file import RuleFile

DIALECT = "https://json-schema.org/draft/2020-12/schema"
# major: a reader of the old shape would misread the new one; minor: it has more
VERSION = "1.0"
FORMULA, RULES, ORDERS = "commission-formula", "commission-rules", "commission-orders"
Schema = dict[str, Any]


def formula_schema() -> Schema:
    """JSON Schema of a rule's formula, one definition for each strategy."""
    kinds = {strategy: _defined(kind) for strategy, kind in FORMULAS.items()}
    return {
        **_head("erpsync commission formula"),
        "oneOf": [{"$ref": one["$ref"]} for one in kinds.values()],
        "$defs": _merged(*kinds.values()),
    }


def rules_schema() -> Schema:
    """JSON Schema of RULES.json: rules, rate tables and the categories of each channel."""
    file, terms = _defined(RuleFile), _defined(Terms)
    defs = _merged(file, terms)
    whole, rule = defs.pop("RuleFile"), defs.pop("Terms")
    rule["properties"]["formula"] = {"type": "object"}
    rule["required"].append("formula")
    rule["allOf"] = [
        {
            "if": {"properties": {"strategy": {"const": strategy}}},
            "then": {"properties": {"formula": {"$ref": f"{FORMULA}.schema.json#/$defs/{kind.__name__}"}}},
        }
        for strategy, kind in FORMULAS.items()
    ]
    whole["properties"]["rules"] = {"type": "array", "items": {"$ref": "#/$defs/Rule"}}
    whole["required"] = ["rules"]
    return {**_head("erpsync commission rules"), **whole, "$defs": {**defs, "Rule": {**rule, "title": "Rule"}}}


def orders_schema() -> Schema:
    """JSON Schema of ORDERS.json."""
    found = _defined(OrderFile)
    defs = _merged(found)
    return {**_head("erpsync orders to compute fees of"), **defs.pop("OrderFile"), "$defs": defs}


PUBLISHED: Mapping[str, Callable[[], Schema]] = {FORMULA: formula_schema, RULES: rules_schema, ORDERS: orders_schema}


def text(name: str) -> str:
    """Return a schema as its file holds it."""
    return json.dumps(PUBLISHED[name](), indent=2, ensure_ascii=False) + "\n"


def _head(title: str) -> Schema:
    return {"$schema": DIALECT, "title": title, "version": VERSION}


def _defined(kind: type) -> Schema:
    """Return a type's schema, all objects closed: a key that is not known is a mistake."""
    found: Schema = msgspec.json.schema(kind)
    for one in found["$defs"].values():
        if "properties" in one:
            one["additionalProperties"] = False
    return found


def _merged(*schemas: Schema) -> Schema:
    return {name: one for schema in schemas for name, one in schema["$defs"].items()}


if __name__ == "__main__":
    sys.stdout.write(text(sys.argv[1]))
