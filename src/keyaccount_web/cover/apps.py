"""The app's name for Django; what it adds to other parts."""

from django.apps import AppConfig


class CoverConfig(AppConfig):
    name = "keyaccount_web.cover"
    label = "cover"

    def ready(self) -> None:
        from keyaccount_web.company.presets import add_presets
        from keyaccount_web.cover import receivers, recording  # noqa: F401 - the first connects them
        from keyaccount_web.cover.due import refresh_all
        from keyaccount_web.cover.presets import PRESETS
        from keyaccount_web.cover.sections import Section, add_section
        from keyaccount_web.cover.sheets import SKILLS, TOUCHES
        from keyaccount_web.cover.shown import (
            add_to_timeline,
            last_fact,
            record_deed,
            sign_deed,
            touches_naming,
        )
        from keyaccount_web.cover.touches import lately_touched, visible_touches
        from keyaccount_web.imports.sheets.registry import add_sheet
        from keyaccount_web.know.full_file.parts import Part, add_part
        from keyaccount_web.know.person_data import add_texts
        from keyaccount_web.know.tabs import add_deed, add_fact
        from keyaccount_web.runs.further import Further, add_further
        from keyaccount_web.work.about import Kind, add_kind

        add_section(Section("section.due", "due_touches", order=30))
        add_section(Section("section.touches", "touches", order=40))
        add_section(Section("section.standards", "standards", order=50))
        add_section(Section("section.skills", "skills", order=80))
        add_presets("standards", *PRESETS, order=40)
        add_kind(Kind(recording.KIND, visible=visible_touches, url_name="touch"))
        add_to_timeline()
        add_texts(touches_naming)
        add_part(Part("touched", lately_touched, "account_touch_new"))
        add_fact(last_fact)
        add_deed(record_deed)
        add_deed(sign_deed)
        # Tiers of key accounts come with a run, so does what is due of them.
        add_further(Further("due_touches", lambda _run, _store, _found: None, lambda _run: refresh_all))
        add_sheet(SKILLS)
        add_sheet(TOUCHES)
