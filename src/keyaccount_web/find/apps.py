"""The app's name for Django, and its sections."""

from django.apps import AppConfig


class FindConfig(AppConfig):
    name = "keyaccount_web.find"
    label = "find"

    def ready(self) -> None:
        from keyaccount_web.find import documents, plans, receivers  # noqa: F401 - the last connects them
        from keyaccount_web.find.sections import Section, add_section, sees_accounts, sees_runs
        from keyaccount_web.know.tabs import Tab, add_tab
        from keyaccount_web.lists.exports import Maker, add_maker
        from keyaccount_web.work.about import Kind, add_kind

        add_maker(documents.EXPORT, Maker("documents.title", documents.make))
        add_kind(Kind(plans.KIND, plans.plans_seen_by, "plan"))
        add_tab(Tab("tab.potential", "account_potential", order=25))
        add_section(Section("section.potential", "potential", order=50, is_seen=sees_accounts))
        add_section(Section("section.runs", "runs", order=90, is_seen=sees_runs))
