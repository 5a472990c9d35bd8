"""Rows of pictures: kept with their command, read when it is sent, deleted some days after its end."""

from __future__ import annotations

from collections.abc import Sequence

from core.db import execute
from integrations.contract.pictures import Picture
from integrations.models import Command, CommandPicture

# option of a command: how many pictures go with it. Without it none are looked for
OPTION = "pictures"


def keep(command: Command, pictures: Sequence[Picture]) -> None:
    """Store pictures with their command, inside the transaction that wants it."""
    CommandPicture.objects.bulk_create(
        CommandPicture(
            command=command, name=one.name, content_type=one.content_type, width=one.width, height=one.height,
            content=one.content,
        )
        for one in pictures
    )  # fmt: skip


def of(command_id: int) -> tuple[Picture, ...]:
    """Return a command's pictures, in the order in which they were handed in."""
    rows = CommandPicture.objects.filter(command_id=command_id).order_by("pk")
    return tuple(Picture(row.name, row.content_type, row.width, row.height, bytes(row.content)) for row in rows)


def delete_old(*, days: int) -> int:
    """Delete the pictures of commands that ended so many days ago; returns how many."""
    return execute(
        "DELETE FROM integrations_commandpicture p USING integrations_command c"
        " WHERE c.id = p.command_id AND c.state NOT IN ('wanted', 'sent')"
        " AND c.finished_at < clock_timestamp() - make_interval(days => %s)",
        days,
    )
