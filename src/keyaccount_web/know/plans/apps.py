"""The app's name for Django; what of it stands in the other chapters."""

from decimal import Decimal

from django.apps import AppConfig


class AccountPlansConfig(AppConfig):
    name = "keyaccount_web.know.plans"
    label = "account_plans"

    def ready(self) -> None:
        from keyaccount.know.plans import LOOK_DAYS, TOLERANCE
        from keyaccount_web.approvals.kinds import add_kind as add_approval_kind
        from keyaccount_web.company.kinds import Share, Whole
        from keyaccount_web.company.presets import add_presets
        from keyaccount_web.imports.sheets.registry import add_sheet
        from keyaccount_web.know.full_file.parts import Part, add_part
        from keyaccount_web.know.plans import receivers  # noqa: F401 - connects them
        from keyaccount_web.know.plans.approving import PLAN_KIND
        from keyaccount_web.know.plans.more_sheets import COMMITMENTS, PLAN_TEXTS, REVIEWS
        from keyaccount_web.know.plans.reading import KIND, plans_seen_by, this_years
        from keyaccount_web.know.plans.searched import GOAL, PLAN
        from keyaccount_web.know.plans.sheets import ACTIONS, GOALS, RISKS
        from keyaccount_web.know.sections import Section, add_section
        from keyaccount_web.know.tabs import Tab, add_tab
        from keyaccount_web.search.registry import register
        from keyaccount_web.work.about import Kind, add_kind

        add_presets(
            "plans",
            Share("plans.tolerance", Decimal(TOLERANCE)),
            Whole("plans.look_days", LOOK_DAYS, least=1, most=365),
            order=42,
        )
        add_tab(Tab("tab.account_plan", "account_plan", order=15))
        add_section(Section("section.account_plans", "account_plans", order=22))
        add_kind(Kind(KIND, plans_seen_by, "account_plan_open"))
        add_approval_kind(PLAN_KIND)
        for searchable in (PLAN, GOAL):
            register(searchable)
        for sheet in (PLAN_TEXTS, GOALS, ACTIONS, RISKS, COMMITMENTS, REVIEWS):
            add_sheet(sheet)
        add_part(Part("plan", this_years, "account_plan"))
