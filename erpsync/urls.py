from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

from erpsync.admin.channels import consent_page
from erpsync.health import alive, ready

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", alive),
    path("readyz", ready),
    path("i18n/", include("django.conf.urls.i18n")),
    path("admin/", admin.site.urls),
    path("connect/<int:app_id>/", admin.site.admin_view(consent_page.leave), name="connect_leave"),
    path("connect/<slug:channel>/", admin.site.admin_view(consent_page.came_back), name="connect_return"),
    path("webhooks/", include("integrations.inbox.urls")),
    path("", RedirectView.as_view(pattern_name="admin:index")),
]
