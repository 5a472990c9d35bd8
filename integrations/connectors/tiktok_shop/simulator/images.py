"""Pictures: uploaded by the app, then named in a refusal."""

from __future__ import annotations

import re

from integrations.connectors.tiktok_shop.simulator import facts
from integrations.connectors.tiktok_shop.simulator.backend import Backend
from integrations.connectors.tiktok_shop.simulator.request import Call, Fields, Refusal, invalid, optional, required

_MULTIPART = "multipart/form-data"
_BOUNDARY = re.compile(r'boundary="?([^";]+)"?')
_BEGINNINGS = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg"}


def upload(backend: Backend, call: Call) -> Fields:
    """POST product/images/upload: one file. What its part is called, and the answer's keys beside `uri`, no page of ours says."""
    content = _file(call)
    if len(content) > facts.IMAGE_BYTES:
        raise Refusal(36009021, "Invalid file size. The file exceeds the maximum size.")
    kind = next((kind for beginning, kind in _BEGINNINGS.items() if content.startswith(beginning)), None)
    if kind is None:
        raise invalid("data")
    uri = f"tos-maliva-i-o3syd03w52-us/{backend.number('image', len(backend.state.images), size=32)}"
    backend.state.images[uri] = kind
    return {"uri": uri, "urls": [f"https://p16-oec-va.ibyteimg.com/{uri}~tplv-o3syd03w52-origin-jpeg.jpeg"]}


def check(backend: Backend, body: Fields) -> list[str]:
    """Return the pictures that a refusal names: uploaded before, with type and size. Refused otherwise."""
    found = []
    for row in optional(body, "images", list) or ():
        image = required(row, "image_id", str) if isinstance(row, dict) else ""
        if backend.state.images.get(image) != (image and required(row, "mime_type", str)):
            raise invalid("images")
        if min(required(row, "width", int), required(row, "height", int)) < 1:
            raise invalid("images")
        found.append(image)
    return found


def _file(call: Call) -> bytes:
    """Return the content of the one file in a form."""
    boundary = _BOUNDARY.search(call.headers.get("content-type", ""))
    if not call.headers.get("content-type", "").startswith(_MULTIPART) or boundary is None:
        raise Refusal(36009023, "Invalid request format. The request body format must be `multipart/form-data`.")
    parts = call.raw.split(b"--" + boundary[1].encode())
    files = [body[:-2] for part in parts for head, mark, body in [part.partition(b"\r\n\r\n")] if b"filename=" in head]
    if len(files) != 1:
        raise invalid("data")
    return files[0]
