"""The app's name for Django; what of it hangs on the accounts."""

from django.apps import AppConfig


class WorkConfig(AppConfig):
    name = "keyaccount_web.work"
    label = "work"

    def ready(self) -> None:
        from keyaccount_web.work import receivers  # noqa: F401 - connects them
