from django.apps import AppConfig


class ErpsyncConfig(AppConfig):
    name = "erpsync"
    verbose_name = "erpsync"
