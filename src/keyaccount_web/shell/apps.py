"""The app's name for Django; the texts of the pages are made known with it."""

from django.apps import AppConfig

from keyaccount.language import add_catalogue


class ShellConfig(AppConfig):
    name = "keyaccount_web.shell"
    label = "shell"

    def ready(self) -> None:
        add_catalogue("keyaccount_web.messages")
