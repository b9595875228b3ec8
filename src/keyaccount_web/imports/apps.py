"""The app's name for Django, and that its records can be searched."""

from django.apps import AppConfig


class ImportsConfig(AppConfig):
    name = "keyaccount_web.imports"
    label = "imports"

    def ready(self) -> None:
        from keyaccount_web.imports.deeds import export_deed
        from keyaccount_web.imports.searched import register_imports
        from keyaccount_web.imports.sheets import exporting
        from keyaccount_web.know.tabs import add_deed
        from keyaccount_web.lists.exports import Maker, add_maker

        register_imports()
        add_maker(exporting.EXPORT, Maker("imports.export_title", exporting.make))
        add_deed(export_deed)
