"""Registry of personal data: all tables in the order in which an erasure writes them, and the columns without any."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

import commissions.personal
import integrations.personal
import inventory.personal
import orders.payloads
import orders.personal
from core.event_types import event_types
from core.personal import Action, PersonalTable, searched

# fields of events that may hold the buyer's data (`orders.payloads` declares them), and those with a buyer's words
EVENT_FIELDS = sorted({"reason", "cancel_reason", *(name for kind in event_types().values() for name in kind.personal)})
_WITHOUT_PERSON = (
    "coalesce((SELECT jsonb_object_agg(f.key, CASE WHEN f.key = ANY('{" + ",".join(EVENT_FIELDS) + "}') THEN 'null' ELSE f.value"
    " END) FROM jsonb_each(t.data) f), '{}')"
)  # fmt: skip

_OWN = (
    PersonalTable(
        "core_outboxevent",
        _("Business event"),
        "(t.entity = 'order' AND t.entity_id = ANY(%(order_texts)s)"
        " OR t.entity = 'return' AND t.entity_id = ANY(%(return_texts)s))",
        {"data": Action.WIPE},
        shop="t.shop_ids[1]",
        wiped={"data": _WITHOUT_PERSON},
    ),
    # of events that retention has dropped
    PersonalTable(
        "core_lastevent",
        _("Business event"),
        "(t.entity = 'order' AND t.entity_id = ANY(%(order_texts)s)"
        " OR t.entity = 'return' AND t.entity_id = ANY(%(return_texts)s))",
        {"data": Action.WIPE},
        shop="NULL::bigint",
        wiped={"data": _WITHOUT_PERSON},
    ),
    searched(
        "core_outboxevent", _("Business event"), "data", about="t.entity NOT IN ('order', 'return', 'stock', 'price', 'listing')"
    ),
    searched(
        "django_admin_log", _("What people did in the admin"), "object_repr", "change_message", by_name=True
    ),
    searched("erpsync_keptanswer", _("Answer kept for a repeated write"), "body"),
    # the filters of a list, which may be a name that was searched for
    searched("erpsync_export", _("Export"), "query", by_name=True),
    searched("erpsync_savedfilter", _("Saved filter"), "name", "query", by_name=True),
    searched("erpsync_datarequest", _("Data request"), "reason", by_name=True),
)  # fmt: skip

TABLES: tuple[PersonalTable, ...] = (
    *orders.personal.TABLES,
    *commissions.personal.TABLES,
    *integrations.personal.TABLES,
    *inventory.personal.TABLES,
    *_OWN,
)

# names of tables for people: where a table is declared more than once, the last declaration is that of all its rows
HOLDS: Mapping[str, object] = {spec.table: spec.holds for spec in TABLES}
WHY_KEPT: Mapping[str, object] = {spec.table: spec.why_kept for spec in TABLES if spec.why_kept}

# accounts of people who work with the hub are no customers'; partners' keys are systems'
IMPERSONAL: Mapping[str, str] = {
    **orders.personal.IMPERSONAL,
    **commissions.personal.IMPERSONAL,
    **integrations.personal.IMPERSONAL,
    **inventory.personal.IMPERSONAL,
    "core_outboxevent": "type source entity entity_id flaw traceparent",
    "core_lastevent": "entity entity_id type",
    "core_erasedidentity": "digest kind",
    "erpsync_apikey": "name start digest old_start old_digest scopes addresses last_used_from",
    "erpsync_keptanswer": "caller key fingerprint headers",
    "erpsync_accountsettings": "language",
    "erpsync_signin": "name address",
    "erpsync_authenticatorapp": "name",
    "erpsync_recoverycodes": "name digests",
    "erpsync_opensession": "key address browser",
    # staff who are told of counts at shops and channels, and the services' answers to it
    "erpsync_alert": "kind channel",
    "erpsync_alertmessage": "reference reason",
    "erpsync_contactpoint": "kind name alert_kinds settings trouble",
    "erpsync_export": "list_name language",
    "erpsync_savedfilter": "list_name",
    "erpsync_shiprun": "left_out language",
    # a kept file with buyers in it is deleted whole as soon as anybody is erased
    "erpsync_exportpart": "content",
    "erpsync_backup": "name place problem",
    # `terms` is encrypted, and emptied when the request ends
    "erpsync_datarequest": "counts kept elsewhere problem",
    "django_admin_log": "object_id",
    "auth_permission": "name codename",
    "auth_group": "name",
    "auth_user": "password username first_name last_name email",
    "django_content_type": "app_label model",
    "django_session": "session_key session_data",
    "axes_accessfailurelog": "user_agent ip_address username http_accept path_info",
    "axes_accessattempt": "user_agent ip_address username http_accept path_info get_data post_data",
    "axes_accesslog": "user_agent ip_address username http_accept path_info session_hash",
}
