"""The app's name for Django; what of it stands in the other chapters."""

from django.apps import AppConfig


class StaffingConfig(AppConfig):
    name = "keyaccount_web.cover.staffing"
    label = "staffing"

    def ready(self) -> None:
        from keyaccount_web.company.presets import add_presets
        from keyaccount_web.cover.sections import Section, add_section
        from keyaccount_web.cover.staffing.computed import compute_months, nothing_to_show
        from keyaccount_web.cover.staffing.key_accounts import key_account_work
        from keyaccount_web.cover.staffing.presets import PRESETS
        from keyaccount_web.cover.staffing.work import sees_staffing
        from keyaccount_web.find.workload import add_workload
        from keyaccount_web.runs.further import Further, add_further

        add_section(Section("section.staffing", "staffing", order=70, is_seen=sees_staffing))
        add_workload(key_account_work)
        add_presets("staffing", *PRESETS, order=46)
        add_further(Further("staffing", compute_months, nothing_to_show))
