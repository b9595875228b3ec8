"""The app's name for Django; what of it hangs on other chapters' records."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "keyaccount_web.api"
    label = "api"

    def ready(self) -> None:
        from keyaccount_web.api import receivers  # noqa: F401 - connects them
