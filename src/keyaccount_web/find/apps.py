"""The app's name for Django, and its sections."""

from django.apps import AppConfig


class FindConfig(AppConfig):
    name = "keyaccount_web.find"
    label = "find"

    def ready(self) -> None:
        from keyaccount_web.find import documents
        from keyaccount_web.find.sections import Section, add_section, sees_runs
        from keyaccount_web.lists.exports import Maker, add_maker

        add_maker(documents.EXPORT, Maker("documents.title", documents.make))
        add_section(Section("section.runs", "runs", order=90, is_seen=sees_runs))
