"""The app's name for Django; what can be searched, and that it is kept up to date."""

from django.apps import AppConfig


class SearchConfig(AppConfig):
    name = "keyaccount_web.search"
    label = "search"

    def ready(self) -> None:
        from keyaccount_web.search import kinds

        kinds.register_all()
