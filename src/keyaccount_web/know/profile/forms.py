"""The forms of a profile: one a part, of what its model has; nothing is compulsory but a year of figures and the source (K1)."""

from typing import Any

from django import forms

from keyaccount.language import message
from keyaccount_web.know.profile.models import Credit
from keyaccount_web.know.profile.services import PARTS, Part
from keyaccount_web.know.provenance import SourcedForm
from keyaccount_web.know.record_kit import RecordForm
from keyaccount_web.shell.templatetags.pages import lang


class PartForm(SourcedForm, RecordForm):
    """The fields of one part."""

    labels = "profile"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "billing" in self.fields:
            told = [(one, message(f"profile.billing.{one}", lang())) for one in Credit.Billing.values]
            self.choose("billing", told, empty="record.none_chosen")


def _form(part: Part) -> type[PartForm]:
    own: dict[str, Any] = {}
    for name in part.fields:
        if name == "billing":
            own[name] = forms.ChoiceField(required=False)
            continue
        own[name] = part.model._meta.get_field(name).formfield(required=name in part.needed)
    return type(f"{part.name.title()}Form", (PartForm,), own)


FORMS = {name: _form(part) for name, part in PARTS.items()}
