"""Answers that the caller has already: an ETag of what is sent, and 304 for `If-None-Match`."""

from __future__ import annotations

import hashlib
import re
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response

# The end of a list: another cursor and position each time, over the same rows. Whoever goes on with older ones misses nothing.
_END = re.compile(rb'"next_cursor":(null|")[^"]*"?,"feed_position":\d+}\Z')


def with_etag(request: HttpRequest, answer: Any) -> None:
    """Have a successful answer to a GET carry an ETag, and be empty where the caller has it already."""
    if request.method in ("GET", "HEAD") and answer.status_code == 200:
        answer.add_post_render_callback(lambda rendered: _unless_known(request, rendered))


def _unless_known(request: HttpRequest, answer: HttpResponse) -> HttpResponse:
    said = _END.sub(rb"\1", answer.content)
    etag = f'"{hashlib.sha256(said).hexdigest()[:32]}"'
    answer["ETag"] = etag
    answer["Cache-Control"] = "private, no-cache"
    found = get_conditional_response(request, etag, response=answer)
    return answer if found is None else found
