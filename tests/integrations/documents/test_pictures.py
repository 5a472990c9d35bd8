"""What counts as a picture: type and size are read from the content, whatever a file calls itself."""

from __future__ import annotations

import pytest

from integrations.accounts.connections import NotPossible
from integrations.documents.pictures import MAX_BYTES, MOST, checked
from tests.pictures import jpeg, png


def test_type_and_size_are_those_of_the_content() -> None:
    first, second = checked([png(640, 480), jpeg(320, 200)])
    assert (first.name, first.content_type, first.width, first.height) == ("1.png", "image/png", 640, 480)
    assert (second.name, second.content_type, second.width, second.height) == ("2.jpg", "image/jpeg", 320, 200)
    assert second.content == jpeg(320, 200)


@pytest.mark.parametrize(
    "content",
    [
        b"", b"GIF89a", b"<svg onload=alert(1)>", b"%PDF-1.4", png(1, 1)[:20], b"\x89PNG\r\n\x1a\nJUNK" * 4, b"\xff\xd8\xff",
        jpeg(1, 1)[:14], b"\xff\xd8\xff\xe1\x00\x00" * 9, jpeg(1, 1).replace(b"\xff\xc0", b"\xff\xda"),
    ],
)  # fmt: skip
def test_what_is_no_picture_is_refused_by_its_place(content: bytes) -> None:
    with pytest.raises(NotPossible, match="Picture 2 is no JPEG or PNG file"):
        checked([png(1, 1), content])


def test_too_large_too_many_or_too_wide() -> None:
    assert len(checked([png(1, 1)] * MOST)) == MOST
    with pytest.raises(NotPossible, match="At most 5 pictures"):
        checked([png(1, 1)] * (MOST + 1))
    with pytest.raises(NotPossible, match="Picture 1 is too large: at most 3 MB"):
        checked([png(1, 1) + bytes(MAX_BYTES)])
    for width, height in ((0, 1), (1, 0), (20_000, 1), (1, 20_000)):
        with pytest.raises(NotPossible, match="too many pixels"):
            checked([png(width, height)])
