"""The forms of the tab of the people (K2)."""

from typing import Any

from django import forms

from keyaccount.know.relations import POLITICAL, ROLES, STANCES
from keyaccount.language import message
from keyaccount_web.know.models import Account, Contact
from keyaccount_web.know.record_kit import RecordForm, contact_choices, day_field, owner_choices
from keyaccount_web.know.structure.models import Relation
from keyaccount_web.shell.templatetags.pages import lang


class StandForm(RecordForm):
    """What somebody is on one map; what is not known stays empty."""

    labels = "people"
    roles = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)
    stance = forms.ChoiceField(required=False)
    political = forms.ChoiceField(required=False)
    covered_by = forms.ChoiceField(required=False)

    def __init__(self, *args: Any, account: Account, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose("roles", _told("roles", ROLES))
        self.fields["roles"].widget.attrs.pop("class", None)
        self.choose("stance", _told("stance", STANCES), empty="people.not_known")
        self.choose("political", _told("political", POLITICAL), empty="people.not_known")
        self.choose("covered_by", owner_choices(account), empty="people.nobody")


class RelationForm(StandForm):
    """How a person stands in their company, and on the standing map."""

    reports_to = forms.ChoiceField(required=False)
    front_line = forms.ChoiceField(required=False)
    field_order = ("reports_to", "roles", "stance", "political", "front_line", "covered_by")

    def __init__(self, *args: Any, contact: Contact, **kwargs: Any) -> None:
        super().__init__(*args, account=contact.account, **kwargs)
        others = contact.account.contacts.exclude(pk=contact.pk)
        self.choose("reports_to", [(str(one.pk), one.name) for one in others], empty="people.nobody")
        self.choose_value("front_line", Relation.FrontLine.values, empty="people.no_front_line")


class TieForm(StandForm):
    """Who of another customer's counts here, too; found by name or telephone among the people that one sees."""

    labels = "tie"
    person = forms.CharField(max_length=100)
    title = forms.CharField(max_length=60, required=False)
    since = day_field(required=False)
    until = day_field(required=False)
    field_order = ("person", "title", "roles", "stance", "political", "covered_by", "since", "until")


class MapForm(RecordForm):
    """A map of a topic."""

    labels = "topic_map"
    name = forms.CharField(max_length=60)
    is_copy = forms.BooleanField(required=False)


class DepartmentForm(RecordForm):
    """A department, where it belongs, and who sits there."""

    labels = "client_department"
    name = forms.CharField(max_length=60)
    parent = forms.ChoiceField(required=False)
    order = forms.IntegerField(required=False, min_value=0, max_value=999)
    note = forms.CharField(max_length=500, required=False)
    people = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, account: Account, others: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose("parent", [(name, name) for name in others], empty="client_department.no_parent")
        self.choose("people", contact_choices(account))
        self.fields["people"].widget.attrs.pop("class", None)
        self.fields["sat"] = forms.RegexField(r"^[0-9,]*$", required=False, widget=forms.HiddenInput)

    def clean_sat(self) -> list[int] | None:
        """Who sat there when the form was opened; None: it does not say."""
        told = self.data.get("sat")
        return None if told is None else [int(one) for one in told.split(",") if 0 < len(one) <= 18]


def _told(name: str, values: tuple[str, ...]) -> list[tuple[str, str]]:
    return [(one, message(f"people.{name}.{one}", lang())) for one in values]
