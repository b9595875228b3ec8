"""The app's name for Django, and its sections."""

from django.apps import AppConfig


class FindConfig(AppConfig):
    name = "keyaccount_web.find"
    label = "find"

    def ready(self) -> None:
        from keyaccount_web.company.presets import add_presets
        from keyaccount_web.find.kinds import compute_kinds, prepare_kinds
        from keyaccount_web.find.presets import PRESETS
        from keyaccount_web.find.sections import Section, add_section, sees_accounts, sees_runs
        from keyaccount_web.know.tabs import Tab, add_tab
        from keyaccount_web.runs.further import Further, add_further

        add_presets("kinds", *PRESETS, order=30)
        add_further(Further("kinds", compute_kinds, prepare_kinds))
        add_tab(Tab("tab.kinds", "account_kinds", order=20))
        add_section(Section("section.kinds", "kinds", order=40, is_seen=sees_accounts))
        add_section(Section("section.runs", "runs", order=90, is_seen=sees_runs))
