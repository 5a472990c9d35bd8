"""Pictures that go with a command: what shows that a refusal is just."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Picture:
    """A JPEG or PNG file that was looked into: type and size are those of its content, `name` is ours."""

    name: str
    content_type: str
    width: int
    height: int
    content: bytes = field(repr=False)
