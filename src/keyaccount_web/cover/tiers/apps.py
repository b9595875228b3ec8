"""The app's name for Django; what of it stands in the other chapters."""

from django.apps import AppConfig


class TiersConfig(AppConfig):
    name = "keyaccount_web.cover.tiers"
    label = "tiers"

    def ready(self) -> None:
        from keyaccount_web.company.presets import add_check, add_presets
        from keyaccount_web.cover.sections import Section, add_section
        from keyaccount_web.cover.tiers import receivers  # noqa: F401 - connects them
        from keyaccount_web.cover.tiers.computing import compute_of_run, prepare_tiers
        from keyaccount_web.cover.tiers.presets import PRESETS, tier_settings
        from keyaccount_web.cover.tiers.sheets import PLACEMENTS
        from keyaccount_web.cover.tiers.shown import place_deed, tier_fact
        from keyaccount_web.imports.sheets.registry import add_sheet
        from keyaccount_web.know.tabs import add_deed, add_fact
        from keyaccount_web.runs.further import Further, add_further

        add_section(Section("section.tiers", "tiers", order=10))
        add_presets("tiers", *PRESETS, order=38)
        add_check("tiers.", tier_settings)
        add_fact(tier_fact, joins="place")
        add_deed(place_deed)
        add_sheet(PLACEMENTS)
        # Before what is due, which asks for the tiers.
        add_further(Further("tiers", lambda run, store, _found: compute_of_run(run, store), prepare_tiers))
