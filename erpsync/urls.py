from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path, re_path
from django.views.generic import RedirectView

from erpsync import errors
from erpsync.admin import dashboard
from erpsync.admin.channels import consent_page
from erpsync.admin.settings.invitation_page import InvitationView
from erpsync.signin import language

urlpatterns: list[URLPattern | URLResolver] = [
    path("i18n/setlang/", language.choose, name="set_language"),
    # Django's way to a row's page on the site: there is no site but this one
    re_path("^admin/r/", errors.nothing_here),
    path("admin/account/", include("erpsync.admin.settings.account")),
    path("admin/invitation/<uidb64>/<token>/", InvitationView.as_view(), name="invitation"),
    path("admin/filters/", include("erpsync.admin.kit.saved_filters")),
    path("admin/dashboard/", admin.site.admin_view(dashboard.fragment), name="dashboard_parts"),
    path("admin/", admin.site.urls),
    path("connect/<int:app_id>/", admin.site.admin_view(consent_page.leave), name="connect_leave"),
    path("connect/<slug:channel>/", admin.site.admin_view(consent_page.came_back), name="connect_return"),
    path("api/", include("erpsync.api.urls")),
    path("webhooks/", include("integrations.inbox.urls")),
    path("", RedirectView.as_view(pattern_name="admin:index")),
]
