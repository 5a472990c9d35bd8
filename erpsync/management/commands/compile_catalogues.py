from pathlib import Path
from typing import Any

import polib
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    help = "Compile locale/*/LC_MESSAGES/*.po where newer than the .mo beside it. Needs no gettext on the machine."

    def handle(self, *args: Any, **options: Any) -> None:
        for root in settings.LOCALE_PATHS:
            for source in sorted(Path(root).glob("*/LC_MESSAGES/*.po")):
                compile_catalogue(source)


def compile_catalogue(source: Path) -> Path:
    """Compile a catalogue and return its path. Raises CommandError naming the line of a broken source."""
    target = source.with_suffix(".mo")
    if not target.exists() or target.stat().st_mtime <= source.stat().st_mtime:
        try:
            polib.pofile(str(source), check_for_duplicates=True).save_as_mofile(str(target))
        except (OSError, ValueError) as error:
            raise CommandError(f"{source}: {error}") from error
    return target
