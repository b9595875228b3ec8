"""The app's name for Django; what of it stands in the other chapters."""

from django.apps import AppConfig


class EventsConfig(AppConfig):
    name = "keyaccount_web.know.events"
    label = "events"

    def ready(self) -> None:
        from keyaccount_web.approvals.kinds import add_kind as add_approval_kind
        from keyaccount_web.company.presets import add_presets
        from keyaccount_web.imports.sheets.registry import add_sheet
        from keyaccount_web.know.events import gifts, receivers, services  # noqa: F401 - the second connects them
        from keyaccount_web.know.events.models import Gift, Occasion
        from keyaccount_web.know.events.presets import GIFTS, PRESETS
        from keyaccount_web.know.events.searched import OCCASION
        from keyaccount_web.know.events.sheet_of_gifts import GIFTS as GIFT_SHEET
        from keyaccount_web.know.events.sheets import OCCASIONS
        from keyaccount_web.know.full_file.parts import Part, add_part, ids_with
        from keyaccount_web.know.person_data import add_name_copy
        from keyaccount_web.know.sections import Section, add_section
        from keyaccount_web.know.tabs import Tab, add_tab
        from keyaccount_web.search.registry import register
        from keyaccount_web.work.about import Kind, add_kind

        add_presets("events", *PRESETS, order=42)
        add_presets("gifts", *GIFTS, order=43)
        # A register stays, without the name of who is erased.
        add_name_copy(Gift, "contact", "recipient")
        add_tab(Tab("tab.events", "account_events", order=28))
        add_section(Section("section.events", "events", order=50))
        add_section(Section("section.gifts", "gifts", order=60))
        add_kind(Kind(services.KIND, services.occasions_seen_by, "occasion"))
        add_approval_kind(services.SUPPORT_KIND)
        add_approval_kind(gifts.GIFT_KIND)
        register(OCCASION)
        add_part(Part("occasion", lambda accounts: ids_with(Occasion, accounts), "occasion_new"))
        add_sheet(OCCASIONS)
        add_sheet(GIFT_SHEET)
