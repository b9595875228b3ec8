"""The app's name for Django; what of it stands in the other chapters."""

from django.apps import AppConfig


class TermsConfig(AppConfig):
    name = "keyaccount_web.cover.terms"
    label = "terms"

    def ready(self) -> None:
        from keyaccount_web.company.presets import add_presets
        from keyaccount_web.cover.sections import Section, add_section
        from keyaccount_web.cover.terms import receivers  # noqa: F401 - connects them
        from keyaccount_web.cover.terms.computed import PRESETS, compute_inversions, prepare_inversions
        from keyaccount_web.cover.terms.sheets import TERMS
        from keyaccount_web.cover.terms.shown import inversion_fact
        from keyaccount_web.imports.sheets.registry import add_sheet
        from keyaccount_web.know.tabs import add_fact
        from keyaccount_web.runs.further import Further, add_further

        add_section(Section("section.inversions", "inversions", order=60))
        add_presets("inversions", *PRESETS, order=45)
        add_fact(inversion_fact)
        add_sheet(TERMS)
        add_further(Further("inversions", compute_inversions, prepare_inversions))
