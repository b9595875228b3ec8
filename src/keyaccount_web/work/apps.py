"""The app's name for Django; what of it hangs on the accounts."""

from django.apps import AppConfig


class WorkConfig(AppConfig):
    name = "keyaccount_web.work"
    label = "work"

    def ready(self) -> None:
        from keyaccount_web.access.roles import Right
        from keyaccount_web.company.presets import add_presets
        from keyaccount_web.know import listings  # noqa: F401 - there must be something to extend
        from keyaccount_web.know.person_data import add_texts
        from keyaccount_web.know.tabs import Tab, add_tab
        from keyaccount_web.lists.kit import Action, Choice, extend
        from keyaccount_web.work import receivers  # noqa: F401 - connects them
        from keyaccount_web.work.comments import comments_naming
        from keyaccount_web.work.presets import PRESETS
        from keyaccount_web.work.tags import tagged, tags_seen

        add_presets("work", *PRESETS, order=10)
        add_texts(comments_naming)
        extend(
            "accounts",
            filters=(Choice("tag", "tag.title", among=tags_seen, query=tagged),),
            actions=(Action("tags_bulk", "tag.bulk", "tag", Right.EDIT_ACCOUNTS),),
        )
        add_tab(Tab("tab.activity", "account_activity", order=30))
        add_tab(Tab("tab.files", "account_files", order=40))
