"""The app's name for Django, and that its records can be searched."""

from django.apps import AppConfig


class RunsConfig(AppConfig):
    name = "keyaccount_web.runs"
    label = "runs"

    def ready(self) -> None:
        from keyaccount_web.runs.searched import register_runs

        register_runs()
