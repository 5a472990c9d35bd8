"""Webhook addresses: /webhooks/<channel>/<app key>/[<topic>/]. The last slash is optional: a redirect would lose the body."""

from __future__ import annotations

from django.urls import path

from integrations.inbox.views import webhook

urlpatterns = [
    path("<slug:channel>/<str:app_key>/", webhook, name="webhook"),
    path("<slug:channel>/<str:app_key>", webhook),
    path("<slug:channel>/<str:app_key>/<str:topic>/", webhook, name="webhook_topic"),
    path("<slug:channel>/<str:app_key>/<str:topic>", webhook),
]
