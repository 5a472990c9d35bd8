"""The door of the metrics: for a scraper with METRICS_TOKEN; without one, for this machine and private networks only."""

from __future__ import annotations

import hmac
from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from prometheus_client import CONTENT_TYPE_LATEST

from erpsync.metrics.hub import scrape

# a request that came through a proxy is the public's, whatever address the proxy has
_FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP")


def hub(request: HttpRequest) -> HttpResponse:
    """Answer with the gauges, or 404 like an address that is none."""
    if request.method not in ("GET", "HEAD") or not may_scrape(request):
        return HttpResponse(status=404)
    return HttpResponse(scrape(), content_type=CONTENT_TYPE_LATEST)


def may_scrape(request: HttpRequest) -> bool:
    """Return whether the request carries the token; where none is set, whether it comes straight from a private address."""
    if settings.METRICS_TOKEN:
        given = request.META.get("HTTP_AUTHORIZATION", "")
        return hmac.compare_digest(given.encode(), f"Bearer {settings.METRICS_TOKEN}".encode())
    if any(name in request.META for name in _FORWARDED):
        return False
    try:
        peer = ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return False
    return peer.is_loopback or peer.is_private
