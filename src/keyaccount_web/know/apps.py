"""The app's name for Django, and its tabs."""

from django.apps import AppConfig


class KnowConfig(AppConfig):
    name = "keyaccount_web.know"
    label = "know"

    def ready(self) -> None:
        from keyaccount_web.company.kinds import Whole
        from keyaccount_web.company.presets import add_presets
        from keyaccount_web.imports.sheets.registry import add_sheet
        from keyaccount_web.know.full_file.parts import add_own_parts, presets
        from keyaccount_web.know.sections import Section, add_section
        from keyaccount_web.know.tabs import Tab, add_tab
        from keyaccount_web.know.team_sheets import TEAM

        add_tab(Tab("tab.overview", "account", order=10))
        add_tab(Tab("tab.lines", "account_lines", order=20))
        add_tab(Tab("tab.history", "account_history", order=90))
        add_section(Section("section.accounts", "accounts", order=10))
        add_section(Section("section.contacts", "contacts", order=20))
        add_section(Section("section.files", "files", order=25))
        add_own_parts()
        add_sheet(TEAM)
        add_presets("completeness", *presets(), order=41)
        add_presets("people", Whole("people.keep_months", 36, most=600), order=44)
