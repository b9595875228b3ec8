"""The app's name for Django; what of it stands in the other chapters."""

from django.apps import AppConfig


class OutletsConfig(AppConfig):
    name = "keyaccount_web.know.outlets"
    label = "outlets"

    def ready(self) -> None:
        from keyaccount_web.imports.sheets.registry import add_sheet
        from keyaccount_web.know.outlets.searched import OUTLET
        from keyaccount_web.know.outlets.sheets import BANDS, MONTHS, OUTLETS
        from keyaccount_web.know.sections import Section, add_section
        from keyaccount_web.know.tabs import Tab, add_tab
        from keyaccount_web.search.registry import register

        add_tab(Tab("tab.outlets", "account_outlets", order=28))
        add_section(Section("section.outlets", "outlets", order=45))
        register(OUTLET)
        add_sheet(BANDS)
        add_sheet(MONTHS)
        add_sheet(OUTLETS)
