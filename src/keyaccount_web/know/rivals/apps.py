"""The app's name for Django; what of it stands in the other chapters."""

from django.apps import AppConfig


class RivalsConfig(AppConfig):
    name = "keyaccount_web.know.rivals"
    label = "rivals"

    def ready(self) -> None:
        from keyaccount_web.imports.sheets.registry import add_sheet
        from keyaccount_web.know.full_file.parts import Part, add_part, ids_with
        from keyaccount_web.know.rivals.models import KnownPurchases, RivalFact
        from keyaccount_web.know.rivals.searched import RIVAL
        from keyaccount_web.know.rivals.sheets import FAILURES, KNOWN_PURCHASES, RIVALS
        from keyaccount_web.know.sections import Section, add_section
        from keyaccount_web.know.tabs import Tab, add_tab
        from keyaccount_web.search.registry import register

        add_tab(Tab("tab.rivals", "account_rivals", order=27))
        add_section(Section("section.rivals", "rivals", order=40))
        register(RIVAL)
        add_part(Part("rival", lambda accounts: ids_with(RivalFact, accounts), "rival_new"))
        add_part(Part("wallet", lambda accounts: ids_with(KnownPurchases, accounts), "purchases_new"))
        add_sheet(KNOWN_PURCHASES)
        add_sheet(RIVALS)
        add_sheet(FAILURES)
