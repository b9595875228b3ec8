"""The app's name for Django, and its sections."""

from django.apps import AppConfig


class FindConfig(AppConfig):
    name = "keyaccount_web.find"
    label = "find"

    def ready(self) -> None:
        from keyaccount_web.find.sections import Section, add_section, sees_company_figures, sees_runs

        add_section(Section("section.concentration", "concentration", order=20, is_seen=sees_company_figures))
        add_section(Section("section.field", "field", order=70, is_seen=sees_company_figures))
        add_section(Section("section.department", "department", order=80, is_seen=sees_company_figures))
        add_section(Section("section.runs", "runs", order=90, is_seen=sees_runs))
