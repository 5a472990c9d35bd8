"""Audit log: every action of the admin leaves an entry, whether it writes one itself or not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import wraps
from typing import Any, ClassVar

from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin

from erpsync.admin.kit.log_texts import LogMessage, LogPaginator, english
from erpsync.readable import units


class AuditedAdmin(ModelAdmin):
    """Admin whose actions are logged: a bulk action row by row, a button on its row, one above the list without a row.

    What an action logs itself, in its own words, is not logged again.
    """

    # rows of one bulk action: each may be a call's worth of work within the request
    most_at_once: ClassVar[int] = 1_000

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        _mark(request)
        return super().log_addition(request, obj, _stored(message))

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        _mark(request)
        return super().log_change(request, obj, _stored(message))

    def log_deletions(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        _mark(request)
        return super().log_deletions(request, queryset)

    def log_rows(self, request: HttpRequest, rows: Sequence[Model], message: Promise | LogMessage) -> None:
        """Log the same change of many rows, in one statement."""
        _mark(request)
        if rows:
            LogEntry.objects.log_actions(_user(request), rows, CHANGE, change_message=_stored(message))

    def get_paginator(self, request: HttpRequest, queryset: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the pages of the list, or of the log when the history is asked for."""
        if queryset.model is LogEntry:
            return LogPaginator(queryset, *args, **kwargs)
        return super().get_paginator(request, queryset, *args, **kwargs)

    # --- bulk actions ---

    def response_action(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        """Run a bulk action on the ticked rows, or on all rows of the list as it is filtered, up to `most_at_once` of them."""
        if request.POST.get("select_across", "0") not in ("", "0"):
            ids = list(queryset.order_by().values_list("pk", flat=True)[: self.most_at_once + 1])
            if len(ids) > self.most_at_once:
                return self.refuse_many(request, self.most_at_once)
            # from here on as if each were ticked: rows that come meanwhile are not among them
            chosen_ones = request.POST.copy()
            chosen_ones.setlist(ACTION_CHECKBOX_NAME, [str(pk) for pk in ids])
            chosen_ones["select_across"] = "0"
            request.POST = chosen_ones  # type: ignore[assignment]
        response = super().response_action(request, queryset)
        chosen = request.POST.getlist(ACTION_CHECKBOX_NAME)
        if response is not None and chosen and not _was_logged(request) and not _leads_elsewhere(request, response):
            rows = [row for row in queryset.filter(pk__in=chosen) if self.may_operate(request, row)]
            self.log_rows(request, rows, self._title(request))
        return response

    def refuse_many(self, request: HttpRequest, most: int) -> HttpResponseBase:
        """Say that an action takes no more than `most` rows at once, and show the list again."""
        text = _(
            "Nothing was done: at most %(most)s rows at once. Narrow the list with its filters, or tick fewer rows."
        )
        messages.error(request, text % {"most": units(most)})
        return HttpResponseRedirect(request.get_full_path())

    def may_operate(self, request: HttpRequest, row: Any) -> bool:
        """Return whether an action takes this row."""
        return bool(request.user.is_superuser)

    def _title(self, request: HttpRequest) -> Promise | str:
        names = request.POST.getlist("action")
        offered = self.get_actions(request)
        return next((offered[name][2] for name in names if name in offered), "")

    # --- buttons ---

    def get_unfold_action(self, action: str) -> Any:
        """Return a button's action, which logs what was pressed."""
        found = super().get_unfold_action(action)
        return replace(found, method=self._logged(found.method, found.description))

    def _logged(self, method: Any, title: Promise | str) -> Any:
        @wraps(method)
        def run(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            response: HttpResponseBase = method(request, *args, **kwargs)
            was_done = response.status_code in (301, 302, 303) or response.has_header("HX-Redirect")
            if request.method == "POST" and was_done and not _was_logged(request):
                self._log_button(request, kwargs.get("object_id"), title)
            return response

        return run

    def _log_button(self, request: HttpRequest, object_id: Any, title: Promise | str) -> None:
        row = self.get_object(request, str(object_id)) if object_id is not None else None
        if row is not None:
            self.log_change(request, row, title)
            return
        _mark(request)
        LogEntry.objects.create(
            user_id=_user(request), content_type=ContentType.objects.get_for_model(self.model), action_flag=CHANGE,
            object_repr=str(self.opts.verbose_name_plural), change_message=english(title),
        )  # fmt: skip


def _stored(message: Any) -> Any:
    """Return a message as it is stored: a text of ours in English, anything else as it is."""
    return english(message) if isinstance(message, Promise) else message


def _mark(request: HttpRequest) -> None:
    request.__dict__["_logged"] = True


def _was_logged(request: HttpRequest) -> bool:
    return bool(request.__dict__.get("_logged"))


def _leads_elsewhere(request: HttpRequest, response: HttpResponseBase) -> bool:
    """Return whether an action only opened a page, which logs what is done there."""
    return response.has_header("Location") and response["Location"] != request.get_full_path()


def _user(request: HttpRequest) -> int:
    assert request.user.pk is not None, "an action is for people who are signed in"
    return int(request.user.pk)
