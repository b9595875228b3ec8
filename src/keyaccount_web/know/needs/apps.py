"""The app's name for Django; what of it stands in the other chapters."""

from django.apps import AppConfig


class NeedsConfig(AppConfig):
    name = "keyaccount_web.know.needs"
    label = "needs"

    def ready(self) -> None:
        from keyaccount.know.needs import AGAIN_DAYS, WAITING_DAYS
        from keyaccount_web.company.kinds import Whole
        from keyaccount_web.company.presets import add_presets
        from keyaccount_web.imports.sheets.registry import add_sheet
        from keyaccount_web.know.full_file.parts import Part, add_part, ids_with
        from keyaccount_web.know.needs import receivers, services  # noqa: F401 - the first connects them
        from keyaccount_web.know.needs.models import Expectation, Need
        from keyaccount_web.know.needs.searched import NEED
        from keyaccount_web.know.needs.sheets import EXPECTATIONS, NEEDS
        from keyaccount_web.know.sections import Section, add_section
        from keyaccount_web.know.tabs import Tab, add_tab
        from keyaccount_web.search.registry import register
        from keyaccount_web.work.about import Kind, add_kind

        days = {**WAITING_DAYS, "again": AGAIN_DAYS}
        add_presets(
            "needs",
            *(Whole(f"needs.{name}_days", value, least=1, most=3650) for name, value in days.items()),
            order=40,
        )
        add_tab(Tab("tab.needs", "account_needs", order=26))
        add_section(Section("section.needs", "needs", order=30))
        add_kind(Kind(services.KIND, services.needs_seen_by, "need"))
        register(NEED)
        add_part(Part("need", lambda accounts: ids_with(Need, accounts), "need_new"))
        add_part(Part("expectation", lambda accounts: ids_with(Expectation, accounts), "expectation_new"))
        add_sheet(NEEDS)
        add_sheet(EXPECTATIONS)
