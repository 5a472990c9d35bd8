"""Dry-run page of a dead letter: the changes that another try would make, and a button for it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext_lazy as _

from erpsync.admin.kit import words
from erpsync.admin.kit.base import page_of
from erpsync.admin.kit.views import AdminView
from integrations.ingest.dry_run import NothingToTry, dry_run
from integrations.models import InboxEvent


class DryRunView(AdminView):
    """Page with a table of differences and a button to retry."""

    title = _("Dry run")
    template_name = "admin/inbox/dry_run.html"

    def has_permission(self) -> bool:
        return bool(self.model_admin.has_operate_permission(self.request, self.kwargs["event"].pk))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        event: InboxEvent = self.kwargs["event"]
        return super().get_context_data(
            **kwargs, **_found(event), thing=event.external_id, opts=InboxEvent._meta, back=page_of(event)
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.model_admin.try_in_earnest(request, [self.kwargs["event"]])
        return HttpResponseRedirect(page_of(self.kwargs["event"]))


def _found(event: InboxEvent) -> dict[str, Any]:
    try:
        found = dry_run(event)
    except NothingToTry as error:
        return {"impossible": str(error)}
    return {
        "state": words.label(found.state.label, words.EVENT_COLOURS[found.state]),
        "works": found.state in {InboxEvent.State.PROCESSED, InboxEvent.State.IGNORED},
        "reason": found.reason,
        "differences": found.differences,
    }
