"""The app's name for Django; what of it stands in the other chapters."""

from decimal import Decimal

from django.apps import AppConfig


class BorderConfig(AppConfig):
    name = "keyaccount_web.cover.border"
    label = "border"

    def ready(self) -> None:
        from keyaccount.cover.border import GROUPS
        from keyaccount_web.company.kinds import Share
        from keyaccount_web.company.presets import add_presets
        from keyaccount_web.cover.border.services import compute_discounts, in_group, nothing_to_show
        from keyaccount_web.cover.sections import Section, add_section
        from keyaccount_web.cover.tiers.listings import named
        from keyaccount_web.lists.kit import Choice, extend
        from keyaccount_web.runs.further import Further, add_further

        near = Choice(
            "border", "border.group", among=named("border.group", GROUPS), query=lambda asked: in_group(asked)
        )
        extend("account_tiers", filters=[near])
        add_section(Section("section.border", "border", order=15))
        width = Share("border.width", Decimal("0.2"), least=Decimal("0.01"), most=Decimal("0.99"))
        add_presets("border", width, order=39)
        add_further(
            Further("border", lambda run, store, _found: compute_discounts(run, store), nothing_to_show)
        )
