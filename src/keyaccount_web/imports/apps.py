"""The app's name for Django, and that its records can be searched."""

from django.apps import AppConfig


class ImportsConfig(AppConfig):
    name = "keyaccount_web.imports"
    label = "imports"

    def ready(self) -> None:
        from keyaccount_web.imports.searched import register_imports

        register_imports()
