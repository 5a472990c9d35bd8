from django.apps import AppConfig


class ErpsyncConfig(AppConfig):
    name = "erpsync"
    verbose_name = "erpsync"

    def ready(self) -> None:
        # they listen for sign-ins
        from erpsync.signin import language, second_factor, sessions  # noqa: F401, PLC0415
