"""The app's name for Django; what of it stands in the other chapters."""

from django.apps import AppConfig


class ProfileConfig(AppConfig):
    name = "keyaccount_web.know.profile"
    label = "profile"

    def ready(self) -> None:
        from keyaccount_web.imports.sheets.registry import add_sheet
        from keyaccount_web.know.profile.sheets import SHEETS
        from keyaccount_web.know.tabs import Tab, add_tab

        add_tab(Tab("tab.profile", "account_profile", order=18))
        for sheet in SHEETS:
            add_sheet(sheet)
