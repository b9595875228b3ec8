"""The app's name for Django; what of it stands in the other chapters."""

from django.apps import AppConfig


class StructureConfig(AppConfig):
    name = "keyaccount_web.know.structure"
    label = "structure"

    def ready(self) -> None:
        from keyaccount_web.duplicates.joining import add_like, add_settling, add_staying
        from keyaccount_web.imports.sheets.registry import add_sheet
        from keyaccount_web.know.structure import merging
        from keyaccount_web.know.structure.models import Department, Influence, InfluenceMap, Tie
        from keyaccount_web.know.structure.more_sheets import DEPARTMENTS, MAP_LINES, MAP_PEOPLE, TIES
        from keyaccount_web.know.structure.sheets import PEOPLE
        from keyaccount_web.know.tabs import Tab, add_tab

        add_tab(Tab("tab.people", "account_people", order=22))
        for sheet in (PEOPLE, DEPARTMENTS, TIES, MAP_PEOPLE, MAP_LINES):
            add_sheet(sheet)
        for model in (InfluenceMap, Department):
            add_like(model)
        add_staying(Tie, merging.own_ties)
        add_staying(Influence, merging.drawn_twice)
        add_settling(merging.settled)
