"""The app's name for Django, and its sections."""

from django.apps import AppConfig


class FindConfig(AppConfig):
    name = "keyaccount_web.find"
    label = "find"

    def ready(self) -> None:
        from keyaccount_web.find.sections import Section, add_section, sees_runs
        from keyaccount_web.find.views_costs import sees_costs
        from keyaccount_web.find.views_try import may_try

        add_section(Section("section.try", "find_try", order=15, is_seen=may_try))
        add_section(Section("section.cost_to_serve", "costs_to_serve", order=70, is_seen=sees_costs))
        add_section(Section("section.runs", "runs", order=90, is_seen=sees_runs))
