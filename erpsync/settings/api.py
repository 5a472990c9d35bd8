"""Settings of the API for partner systems: Django REST framework, and the document that describes it."""

from __future__ import annotations

from typing import Any

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "erpsync.api.keys.authentication.KeyAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["erpsync.api.kit.parser.Json"],
    "DEFAULT_SCHEMA_CLASS": "erpsync.api.kit.schema.Schema",
    "EXCEPTION_HANDLER": "erpsync.api.kit.problems.handle",
    "URL_FORMAT_OVERRIDE": None,
}

_ENUM_NAMES = {
    "TagColour": "orders.models.OrderTag.Colour",
    "OrderStatus": "orders.statuses.Status",
    "ReturnStatus": "orders.models.Return.Status",
    "ListingStatus": "inventory.models.Listing.Status",
    "CommandState": "integrations.models.Command.State",
    "BackfillState": "integrations.models.BackfillRun.State",
    "InboxEventState": "integrations.models.InboxEvent.State",
    "AuthorisationState": "integrations.models.Authorisation.State",
    "CommissionRuleState": "commissions.models.CommissionRule.State",
    "FeeCheckState": "commissions.models.FeeMatch.State",
    "StatementFileState": "commissions.models.StatementFile.State",
    "FeeKind": "erpsync.api.resources.commissions.FEE_KINDS",
    "StatementKind": "commissions.models.StatementLine.Kind",
    "CommandKind": "erpsync.api.resources.command_writes.KINDS",
    "MovementKind": "inventory.models.StockMovement.Kind",
}


def openapi(*, is_sandbox: bool, sandbox_url: str) -> dict[str, Any]:
    """Return the settings of the OpenAPI document, which says whether this hub is a sandbox, and else where one is ("": nowhere)."""
    words = ["Orders, stock, listings and money of all shops. How to use it: docs/partners.md."]
    if is_sandbox:
        words.append("This is the sandbox: simulated shops, and test keys only (erps_test_...).")
    elif sandbox_url:
        words.append(f"Try things at the sandbox, with a test key: {sandbox_url}/api/v1/docs/")
    return {
        "TITLE": "erpsync",
        "DESCRIPTION": " ".join(words),
        "VERSION": "1",
        "OAS_VERSION": "3.1.0",
        "SCHEMA_PATH_PREFIX": "/api/v1/",
        "COMPONENT_NO_READ_ONLY_REQUIRED": True,
        "ENUM_NAME_OVERRIDES": _ENUM_NAMES,
        "SERVE_INCLUDE_SCHEMA": False,
        "SWAGGER_UI_DIST": "SIDECAR",
        "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    }
