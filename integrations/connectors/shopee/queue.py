"""Queue of lost pushes, which belongs to the app: Shopee keeps for three days what it could not deliver."""

from __future__ import annotations

from integrations.connectors.shopee.client import app_client, get, integer_id, post, response
from integrations.connectors.shopee.mapping import fields
from integrations.connectors.shopee.mapping.notices import lost_notices
from integrations.contract.access import AppAccess, TokenSource
from integrations.contract.queue import AppQueue, Pulled
from integrations.wire import answers
from integrations.wire.answers import Row


def pull(app: AppAccess, tokens: TokenSource | None, *, ack: str | None) -> Pulled:
    """Return the oldest lost pushes that are not confirmed, up to a hundred. More come only after a confirmation."""
    return pulled(get(app_client(app), "push/get_lost_push_message"))


def confirm(app: AppAccess, tokens: TokenSource | None, *, ack: str) -> None:
    """Confirm all messages up to `ack`, a watermark. May be repeated."""
    body = {"last_message_id": integer_id(ack, "message id")}
    post(app_client(app), "push/confirm_consumed_lost_push_message", body)


def pulled(answer: Row) -> Pulled:
    """Return the notices of an answer, and its watermark if there is anything to confirm."""
    page = response(answer)
    found = [notice for row in answers.rows(page, "push_message_list") for notice in lost_notices(row)]
    last = fields.text(page, "last_message_id") if found else ""
    return Pulled(tuple(found), last or None, page.get("has_next_page") is True)


QUEUE = AppQueue(pull=pull, confirm=confirm)
