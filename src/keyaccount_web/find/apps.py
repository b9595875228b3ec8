"""The app's name for Django, and its sections."""

from django.apps import AppConfig


class FindConfig(AppConfig):
    name = "keyaccount_web.find"
    label = "find"

    def ready(self) -> None:
        from keyaccount_web.api.events import Event, add_event
        from keyaccount_web.approvals.kinds import add_kind as add_approval_kind
        from keyaccount_web.company.presets import add_presets
        from keyaccount_web.find import documents, plans, receivers  # noqa: F401 - the last connects them
        from keyaccount_web.find.kinds import compute_kinds, prepare_kinds
        from keyaccount_web.find.lists import printing
        from keyaccount_web.find.lists.exceptions import EXCEPTION_KIND
        from keyaccount_web.find.lists.pages import list_fact
        from keyaccount_web.find.lists.publishing import LIST_KIND
        from keyaccount_web.find.lists.reading import sees_lists, visible_entries
        from keyaccount_web.find.potential import compute_potential, prepare_potential
        from keyaccount_web.find.presets import PRESETS
        from keyaccount_web.find.sections import (
            Section,
            add_section,
            sees_accounts,
            sees_company_figures,
            sees_runs,
        )
        from keyaccount_web.find.sheets import BOUGHT_FROM, DECISIONS, STANDING
        from keyaccount_web.find.views_costs import sees_costs
        from keyaccount_web.find.views_try import may_try
        from keyaccount_web.imports.sheets.registry import add_sheet
        from keyaccount_web.know.tabs import Tab, add_fact, add_tab
        from keyaccount_web.lists.exports import Maker, add_maker
        from keyaccount_web.runs.further import Further, add_further
        from keyaccount_web.work.about import Kind, add_kind

        add_section(Section("section.lists", "key_lists", order=10, is_seen=sees_lists))
        add_kind(Kind("list_entry", visible=visible_entries, url_name="list_entry"))
        add_fact(list_fact)
        add_sheet(STANDING)
        add_sheet(BOUGHT_FROM)
        add_sheet(DECISIONS)
        add_event(Event("list.published", lambda user, _data: sees_lists(user)))
        add_approval_kind(LIST_KIND)
        add_approval_kind(EXCEPTION_KIND)
        add_section(Section("section.try", "find_try", order=15, is_seen=may_try))
        add_section(Section("section.cost_to_serve", "costs_to_serve", order=70, is_seen=sees_costs))
        add_section(Section("section.concentration", "concentration", order=20, is_seen=sees_company_figures))
        add_section(Section("section.field", "field", order=70, is_seen=sees_company_figures))
        add_section(Section("section.department", "department", order=80, is_seen=sees_company_figures))
        add_presets("kinds", *PRESETS, order=30)
        add_further(
            Further(
                "kinds", lambda run, store, found: compute_kinds(run, store, found.accounts), prepare_kinds
            )
        )
        add_further(Further("potential", compute_potential, prepare_potential))
        add_tab(Tab("tab.kinds", "account_kinds", order=20))
        add_section(Section("section.kinds", "kinds", order=40, is_seen=sees_accounts))
        add_maker(documents.EXPORT, Maker("documents.title", documents.make))
        add_maker(printing.EXPORT, Maker("documents.title", printing.make))
        add_kind(Kind(plans.KIND, plans.plans_seen_by, "plan"))
        add_tab(Tab("tab.potential", "account_potential", order=25))
        add_section(Section("section.potential", "potential", order=50, is_seen=sees_accounts))
        add_section(Section("section.runs", "runs", order=90, is_seen=sees_runs))
