"""The app's name for Django; what listens to tasks."""

from django.apps import AppConfig


class OperateConfig(AppConfig):
    name = "keyaccount_web.operate"
    label = "operate"

    def ready(self) -> None:
        from keyaccount_web.operate import request_ids  # noqa: F401 - connects its receivers
