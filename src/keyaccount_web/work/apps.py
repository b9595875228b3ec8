"""The app's name for Django; what of it hangs on the accounts."""

from django.apps import AppConfig


class WorkConfig(AppConfig):
    name = "keyaccount_web.work"
    label = "work"

    def ready(self) -> None:
        from keyaccount_web.know.tabs import Tab, add_tab
        from keyaccount_web.work import receivers  # noqa: F401 - connects them

        add_tab(Tab("tab.activity", "account_activity", order=30))
        add_tab(Tab("tab.files", "account_files", order=40))
