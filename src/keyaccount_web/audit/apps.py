"""The app's name for Django; what listens to signals."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "keyaccount_web.audit"
    label = "audit"

    def ready(self) -> None:
        from keyaccount_web.audit import signals  # noqa: F401 - connects them
