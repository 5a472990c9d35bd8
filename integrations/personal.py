"""Columns of what comes in and goes out that hold people."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from core.personal import Action, PersonalTable, searched

WIPE, PSEUDONYM, SEARCH, KEEP = Action.WIPE, Action.PSEUDONYM, Action.SEARCH, Action.KEEP
_SHOP_OF_CONNECTION = "(SELECT c.shop_id FROM integrations_connection c WHERE c.id = t.connection_id)"
_NO_SHOP = "NULL::bigint"
_EVENTS = """(SELECT e.id FROM core_outboxevent e WHERE e.entity = 'order' AND e.entity_id = ANY(%(order_texts)s)
    OR e.entity = 'return' AND e.entity_id = ANY(%(return_texts)s))"""


TABLES = (
    PersonalTable(
        "integrations_inboxevent",
        _("Change notification"),
        "t.id = ANY(%(inbox_events)s)",
        {"external_id": PSEUDONYM, "body": WIPE, "raw": WIPE, "answer": WIPE, "reason": SEARCH},
        shop=_SHOP_OF_CONNECTION,
    ),
    searched("integrations_inboxevent", _("Change notification"), "body", "raw", "answer", "reason", "close_note"),
    # before the documents of other kinds: its code is the customer's at the CRM
    PersonalTable(
        "integrations_command",
        _("Customer written to the CRM"),
        "t.kind = 'crm_customer' AND t.order_id = ANY(%(orders)s)",
        {"subject": WIPE, "external_id": WIPE, "code": WIPE, "options": WIPE},
        shop=_NO_SHOP,
    ),
    PersonalTable(
        "integrations_command",
        _("Command"),
        "t.order_id = ANY(%(orders)s)",
        {
            "subject": SEARCH, "options": SEARCH, "external_id": SEARCH, "code": SEARCH, "reason": SEARCH, "close_note": SEARCH,
        },
        shop="(SELECT o.shop_id FROM orders_order o WHERE o.id = t.order_id)",
    ),
    PersonalTable(
        "integrations_commandpicture",
        _("Picture for a command"),
        "t.command_id IN (SELECT c.id FROM integrations_command c WHERE c.order_id = ANY(%(orders)s))",
        {"content": WIPE},
        shop=_NO_SHOP,
    ),
    PersonalTable(
        "integrations_shippinglabel",
        _("Shipping label"),
        "t.id IN (SELECT l.shippinglabel_id FROM integrations_shippinglabel_orders l WHERE l.order_id = ANY(%(orders)s))",
        {"content": WIPE, "reason": SEARCH, "parcel": KEEP, "order_number": KEEP, "tracking_number": KEEP},
        shop=_SHOP_OF_CONNECTION,
        why_kept=_("Claims against the carrier, and its invoices."),
    ),
    PersonalTable(
        "integrations_deliveryattempt",
        _("Receiver's answer to an event"),
        f"t.event_id IN {_EVENTS}",
        {"answer": WIPE},
        shop=_NO_SHOP,
    ),
    PersonalTable(
        "integrations_eventdelivery",
        _("Event that waits for its receiver"),
        f"t.event_id IN {_EVENTS}",
        {"reason": WIPE},
        shop=_NO_SHOP,
    ),
    searched("integrations_deliveryattempt", _("Receiver's answer to an event"), "answer"),
    searched("integrations_eventdelivery", _("Event that waits for its receiver"), "reason"),
    searched("integrations_eventsink", _("Event sink"), "trouble"),
    searched("integrations_backfillrun", _("Backfill"), "reason"),
    searched("integrations_backfillchunk", _("Part of a backfill"), "problems", "reason"),
    searched("integrations_syncrun", _("Sync run"), "reason"),
    searched("integrations_authorisation", _("Consent of a shop"), "reason"),
    searched("integrations_connection", _("Connection"), "trouble"),
    searched("integrations_command", _("Command"), "subject", "options", "reason", "close_note"),
)  # fmt: skip

IMPERSONAL = {
    "integrations_appregistration": "channel name key settings base_url callback_url queue_ack",
    # numbers of orders, and codes of reasons
    "integrations_arrangerule": "name carriers",
    "integrations_arrangerun": "taken left_out",
    "integrations_authorisation": "external_id refresh_fingerprint",
    "integrations_connection": "external_id name settings watermarks shown_after",
    "integrations_backfillrun": "kind traceparent",
    "integrations_command": "kind lane reference traceparent",
    "integrations_commandpicture": "name content_type",
    # shops that a person may connect
    "integrations_consent": "shops",
    # what Redis streams and the like remember: ids of events
    "integrations_eventsink": "kind name types settings progress contact",
    "integrations_eventdelivery": "type entity entity_id",
    "integrations_deliveryattempt": "type",
    "integrations_importeddocument": "code kind channel order_number",
    "integrations_inboxevent": "kind delivery_id reason_code traceparent",
    # headers of deliveries that were not believed, never a body
    "integrations_refusal": "channel reason sample",
    "integrations_shippinglabel": "content_type file_name",
    "integrations_printrun": "left_out",
    "integrations_link": "role settings",
}
