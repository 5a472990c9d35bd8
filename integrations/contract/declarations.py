"""Facts that a connector declares: form fields and call limits."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Field:
    """One value a person enters in the admin: a credential, a setting, an option of a command.

    Secret ones are stored encrypted and never shown again. `several`: one value per line. `pictures`: files, of a command only;
    they come as `WriteRequest.pictures`.
    `from_channel`: the channel gives it when a shop agrees; nobody need enter it.
    """

    name: str
    label: str
    secret: bool = False
    required: bool = True
    help_text: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    default: str = ""
    several: bool = False
    pictures: bool = False
    from_channel: bool = False


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `calls` per `seconds`, counted per `scope`: "app", "shop" or "endpoint" (shop and endpoint together)."""

    name: str
    calls: int
    seconds: float
    scope: str = "shop"
