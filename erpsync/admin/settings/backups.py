"""Backups: when, how large, how long, where and how old; and how far the check after a restore is. Superusers only."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet, Subquery
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from erpsync import permissions
from erpsync.admin.kit import words
from erpsync.admin.kit.base import Head, ShopAdmin
from erpsync.models import Backup
from integrations import restoring
from integrations.models import Authorisation, Connection

# a daily backup and two hours for it
TOO_OLD = timedelta(hours=26)


@admin.register(Backup)
class BackupAdmin(ShopAdmin):
    """Admin of the record of backups. Nothing is taken or restored here: that is `manage.py backup` and `restore`."""

    shop_path = "pk"
    list_display = ("started_at", "state_label", "age", "size_label", "length", "place", "name")
    ordering = ("-id",)
    sortable_by = ()
    list_display_links = None
    fields = readonly_fields = ("started_at", "state_label", "age", "size_label", "length", "place", "name", "problem")
    empty_text = _("No backup was taken yet. Set BACKUP_URL to a directory or bucket; the first follows at 01:00.")

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(request.user.is_active and request.user.is_superuser)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        newest = Backup.objects.filter(problem="").order_by("-pk").values("pk")[:1]
        return super().get_queryset(request).annotate(newest=Subquery(newest))

    def list_head(self, request: HttpRequest) -> list[Head]:
        return [Head("admin/restoration.html", {"restoration": restoration_of(request)}), *super().list_head(request)]

    @display(description=_("state"))
    def state_label(self, row: Any) -> SafeString:
        if row.problem:
            return words.label(_("Failed: %(problem)s") % {"problem": row.problem}, "danger")
        if row.deleted_at:
            return words.label(_("Deleted, too old"))
        if row.pk == row.newest and timezone.now() - row.started_at > TOO_OLD:
            return words.label(_("The newest, and older than 26 hours"), "danger")
        return words.label(_("Kept"), "success")

    @display(description=_("age"))
    def age(self, row: Backup) -> str:
        return words.ago(row.started_at)

    @display(description=_("size"))
    def size_label(self, row: Backup) -> str:
        return filesizeformat(row.size) if row.size else self.empty_value_display

    @display(description=_("how long"))
    def length(self, row: Backup) -> str:
        return words.span(row.seconds, past=True)


def restoration_of(request: HttpRequest) -> dict[str, Any] | None:
    """Return what the banner of a restored hub says, None while nothing is held back. Names only connections the user sees."""
    held = restoring.held()
    if held is None:
        return None
    now = restoring.progress(held)
    red = Connection.objects.filter(pk__in=permissions.connection_ids(request), is_active=True)
    red = red.filter(authorisation__state=Authorisation.State.RED).select_related("shop").order_by("pk")
    return {
        "backup": words.moment(held.backup_at),
        "phase": held.get_phase_display(),
        "left": [
            (_("connections to read"), len(now.unswept)),
            (_("changes to store"), now.unread),
            (_("commands to look up"), now.commands),
            (_("shops whose numbers are compared"), len(now.uncompared)),
        ],
        "consents": [str(connection) for connection in red],
    }
