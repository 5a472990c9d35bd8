"""Base class of the admin's pages that are neither a list nor a row."""

from __future__ import annotations

from typing import Any

from django.views.generic import TemplateView
from unfold.views import UnfoldModelAdminViewMixin


class AdminView(UnfoldModelAdminViewMixin, TemplateView):
    """Page beside a list, for whoever may see the list unless `has_permission` says otherwise."""

    # roles decide, not Django's permissions
    permission_required = ()

    def has_permission(self) -> bool:
        return bool(self.model_admin.has_view_permission(self.request))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kwargs.pop("model_admin", None)  # comes with the address, and again from the theme
        return super().get_context_data(**kwargs)


class OperatorView(AdminView):
    """As `AdminView`, for whoever may act on the list's rows."""

    def has_permission(self) -> bool:
        return bool(self.model_admin.has_operate_permission(self.request))
