"""Links under a list to its files, and the view behind them."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from erpsync.admin.exports import making
from erpsync.admin.exports.columns import LISTS, columns_for
from erpsync.admin.kit.base import Head, ShopAdmin, page_of
from erpsync.admin.kit.list_query import query_of
from erpsync.exports.writers import CONTENT_TYPES, MOST_ROWS
from erpsync.models import Export


class ExportsList(ShopAdmin):
    """List that can be taken out as a file, CSV or Excel, as it is filtered. `export_name`: its name in `LISTS`."""

    export_name: ClassVar[str]

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.export_view)
        name = f"{self.opts.app_label}_{self.opts.model_name}_export"
        return [path("export/<str:file_format>/", view, name=name), *super().get_urls()]

    def list_head(self, request: HttpRequest) -> list[Head]:
        return [Head("admin/exports/links.html", {"export_links": self._links(request)}), *super().list_head(request)]

    def _links(self, request: HttpRequest) -> list[tuple[str, str]]:
        if not columns_for(request, LISTS[self.export_name][1]):
            return []
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_export"
        query = query_of(request.GET)
        return [
            (f"{reverse(name, args=(value,))}?{query}".removesuffix("?"), title)
            for value, title in Export.Format.choices
        ]

    def export_view(self, request: HttpRequest, file_format: str) -> HttpResponseBase:
        """Answer with the file, streamed; of a large list with the page on which it will be."""
        if file_format not in CONTENT_TYPES:
            raise Http404
        if not (self.has_view_permission(request) and columns_for(request, LISTS[self.export_name][1])):
            raise PermissionDenied
        try:
            queryset = making.filtered(self.export_name, request)
        except IncorrectLookupParameters:
            return HttpResponseRedirect(
                f"{reverse(f'admin:{self.opts.app_label}_{self.opts.model_name}_changelist')}?e=1"
            )
        count = queryset.order_by().values("pk")[: MOST_ROWS + 1].count()
        export = making.start(self.export_name, file_format, request, rows=count)
        if count > making.MOST_AT_ONCE:
            making.wake()
            messages.success(request, _("This is a long list: the file is being made. It will be on this page."))
            return HttpResponseRedirect(page_of(export))
        return file_answer(export, making.stream(export, request, queryset))


def file_answer(export: Export, content: Any) -> HttpResponse | StreamingHttpResponse:
    """Return an answer that streams a file, named by its list and the day."""
    name = f"{export.list_name}-{timezone.localdate():%Y-%m-%d}.{export.file_format}"
    return StreamingHttpResponse(
        content,
        content_type=CONTENT_TYPES[export.file_format],
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )
