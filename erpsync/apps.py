import sys

from django.apps import AppConfig

from erpsync.tracing import process_kind


class ErpsyncConfig(AppConfig):
    name = "erpsync"
    verbose_name = "erpsync"

    def ready(self) -> None:
        # they listen for sign-ins
        from erpsync.metrics.processes import start_reporting  # noqa: PLC0415
        from erpsync.signin import language, second_factor, sessions  # noqa: F401, PLC0415

        start_reporting(process_kind(sys.argv))
