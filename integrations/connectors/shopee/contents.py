"""Title, description and pictures of an item."""

from __future__ import annotations

import re
from typing import Any

from django.utils.translation import gettext as _

from integrations.connectors.base import ContentPush
from integrations.connectors.shopee.calls import ask, whole
from integrations.wire.errors import Rejected
from integrations.wire.http import Line

# a picture that Shopee keeps is named by the last part of its address
_KEPT = re.compile(r"^https?://[^/]+/file/(?P<image>[A-Za-z0-9_.-]+)$")


def push(line: Line, content: ContentPush) -> None:
    """Describe an item as told; what is None stays. Absolute, so it may be repeated. Raises Rejected with Shopee's reason."""
    body: dict[str, Any] = {"item_id": whole(content.item_id, "item id")}
    if content.title is not None:
        body["item_name"] = content.title
    if content.description is not None:
        body |= {"description": content.description, "description_type": "normal"}
    if content.images is not None:
        body["image"] = {"image_id_list": [_image(address) for address in content.images]}
    if len(body) > 1:
        ask(line, "product/update_item", body)


def _image(address: str) -> str:
    found = _KEPT.match(address)
    if found is None:
        raise Rejected(
            _("Shopee takes only pictures that it keeps already. Upload it in the Seller Centre first: %(address)s")
            % {"address": address[:100]},
            code="error_image",
        )
    return found["image"]
