"""The app's name for Django; what of it stands in the other chapters."""

from django.apps import AppConfig


class CustomerYearConfig(AppConfig):
    name = "keyaccount_web.know.year"
    label = "customer_year"

    def ready(self) -> None:
        from keyaccount_web.duplicates.joining import add_settling
        from keyaccount_web.imports.sheets.registry import add_sheet
        from keyaccount_web.know.sections import Section, add_section
        from keyaccount_web.know.tabs import Tab, add_tab
        from keyaccount_web.know.year.merging import in_a_row
        from keyaccount_web.know.year.services import prepared
        from keyaccount_web.know.year.sheets import ASSESSMENTS, STEPS, TARGETS, YEAR_PLANS
        from keyaccount_web.runs.further import Further, add_further

        add_tab(Tab("tab.year", "account_year", order=24))
        add_section(Section("section.targets", "customer_targets", order=35))
        # Where targets stand changes with the ledger, so with every run.
        add_further(Further("year_targets", lambda _run, _store, _found: None, prepared))
        for sheet in (YEAR_PLANS, TARGETS, ASSESSMENTS, STEPS):
            add_sheet(sheet)
        add_settling(in_a_row)
