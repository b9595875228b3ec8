"""The app's name for Django; what it adds to other parts."""

from django.apps import AppConfig


class CoverConfig(AppConfig):
    name = "keyaccount_web.cover"
    label = "cover"

    def ready(self) -> None:
        from keyaccount_web.cover.sections import Section, add_section

        add_section(Section("section.touches", "touches", order=40))
