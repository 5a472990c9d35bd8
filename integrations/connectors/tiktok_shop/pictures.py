"""Pictures that go with a refusal: uploaded first, then named in it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from integrations.connectors.tiktok_shop.client import ShopClient
from integrations.connectors.tiktok_shop.mapping import errors, fields
from integrations.contract.pictures import Picture

UPLOAD = "/product/202309/images/upload"
# the shared pages name neither the part of the form nor the answer's key: products carry an uploaded picture's name as `uri`,
# refusals as `image_id`, of one and the same form
_PART = "data"
_NAMES = ("image_id", "uri")


def uploaded(client: ShopClient, pictures: Iterable[Picture]) -> list[dict[str, Any]]:
    """Return the rows of `images` in a refusal, each picture uploaded. May be repeated: one that is not named is nobody's."""
    return [
        {"image_id": _image(client, one), "mime_type": one.content_type, "width": one.width, "height": one.height}
        for one in pictures
    ]


def _image(client: ShopClient, picture: Picture) -> str:
    answer = client.upload(UPLOAD, {_PART: (picture.name, picture.content, picture.content_type)})
    found = next((name for key in _NAMES if (name := fields.text(answer, key))), "")
    if not found:
        raise errors.refusal("picture")
    return found
