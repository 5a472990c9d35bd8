"""Button "Save as a case": a file with what the channel answered, as stored or as it answers now, without anybody's name in it."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext

from erpsync.replay.export import StoredAnswer, as_case, may_be_saved
from integrations.contract.errors import ChannelError
from integrations.models import Connection


def case_file(
    request: HttpRequest, connection: Connection | None, kind: str, external_id: str, back: str,
    *, stored: StoredAnswer | None = None, notice: Any = None,
) -> HttpResponse:  # fmt: skip
    """Return the file to download; where the channel cannot be asked, go back to the page with the reason."""
    if connection is None or not may_be_saved(connection, kind):
        messages.error(request, gettext("The channel cannot be asked about this, so there is nothing to save."))
        return HttpResponseRedirect(back)
    try:
        case = as_case(connection, kind, external_id, stored=stored, notice=notice)
    except ChannelError as error:
        messages.error(request, gettext("The channel did not answer: %(reason)s") % {"reason": error.reason})
        return HttpResponseRedirect(back)
    answer = HttpResponse(json.dumps(case, ensure_ascii=False, indent=1) + "\n", content_type="application/json")
    # the id is somebody's order: it stays out of the name too
    answer["Content-Disposition"] = f'attachment; filename="{connection.channel}-{kind}.json"'
    return answer
