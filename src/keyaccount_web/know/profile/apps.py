"""The app's name for Django; what of it stands in the other chapters."""

from functools import partial

from django.apps import AppConfig


class ProfileConfig(AppConfig):
    name = "keyaccount_web.know.profile"
    label = "profile"

    def ready(self) -> None:
        from keyaccount_web.imports.sheets.registry import add_sheet
        from keyaccount_web.know.full_file.parts import Part, add_part, ids_with
        from keyaccount_web.know.profile.searched import PRODUCTION
        from keyaccount_web.know.profile.services import PARTS, dated_of
        from keyaccount_web.know.profile.sheets import SHEETS
        from keyaccount_web.know.tabs import Tab, add_tab
        from keyaccount_web.search.registry import register
        from keyaccount_web.work.freshness import add_dated

        add_tab(Tab("tab.profile", "account_profile", order=18))
        for sheet in SHEETS:
            add_sheet(sheet)
        register(PRODUCTION)
        add_dated("profile", dated_of)
        for part in PARTS.values():
            has = partial(ids_with, part.model)
            add_part(Part(part.name, has, "account_profile"))
