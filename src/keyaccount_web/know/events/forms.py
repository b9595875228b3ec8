"""The forms of occasions, support and gifts (K7)."""

from typing import Any, ClassVar

from django import forms

from keyaccount.language import message
from keyaccount_web.access.models import User
from keyaccount_web.know.events.models import Gift, Occasion
from keyaccount_web.know.events.services import approvers_for
from keyaccount_web.know.models import Account
from keyaccount_web.know.provenance import SourcedForm
from keyaccount_web.know.record_kit import RecordForm, contact_choices, day_field, owner_choices
from keyaccount_web.shell.templatetags.pages import lang


class OccasionForm(SourcedForm, RecordForm):
    """A day, every year or once."""

    labels = "occasion"
    shown_for: ClassVar = {
        "title": ("kind", "founding opening honour move promotion other"),
        "contact": ("kind", "birthday honour move other"),
        "month": ("calendar", "solar lunar"),
        "day": ("calendar", "solar lunar"),
        "is_leap_month": ("calendar", "lunar"),
        "begins_on": ("calendar", "once"),
        "ends_on": ("calendar", "once"),
    }
    kind = forms.ChoiceField()
    title = forms.CharField(max_length=100, required=False)
    contact = forms.ChoiceField(required=False)
    calendar = forms.ChoiceField()
    month = forms.IntegerField(required=False, min_value=1, max_value=12)
    day = forms.IntegerField(required=False, min_value=1, max_value=31)
    is_leap_month = forms.BooleanField(required=False)
    begins_on = day_field(required=False)
    ends_on = day_field(required=False)
    lead_days = forms.IntegerField(required=False, min_value=0, max_value=365)
    owner = forms.ChoiceField(required=False)
    remark = forms.CharField(max_length=500, required=False)

    def __init__(self, *args: Any, account: Account, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose_value("kind", Occasion.Kind.values)
        self.choose_value("calendar", Occasion.Calendar.values)
        self.choose("contact", contact_choices(account), empty="occasion.of_company")
        self.choose("owner", owner_choices(account))
        held = self.initial
        # Whatever a record has shows, whatever its kind.
        for name in ("title", "contact"):
            if held.get(name):
                self.fields[name].shown_by = ""  # type: ignore[attr-defined]  # read by the template
        self.fields["lead_days"].widget.attrs["placeholder"] = message("occasion.lead_preset", lang())


class SupportForm(RecordForm):
    """What the customer asks of us."""

    labels = "support"
    what = forms.CharField(max_length=300)
    amount = forms.DecimalField(min_value=0, max_digits=18, decimal_places=4)
    of = forms.ChoiceField()
    reason = forms.CharField(max_length=1000)

    def __init__(self, *args: Any, account: Account, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.approvers = {str(one.pk): one for one in approvers_for(account, by)}
        self.choose("of", [(pk, one.name) for pk, one in self.approvers.items()])


class GiftForm(RecordForm):
    """A gift, an invitation, an award, before it is given."""

    labels = "gift"
    kind = forms.ChoiceField()
    contact = forms.ChoiceField(required=False)
    recipient = forms.CharField(max_length=60, required=False)
    is_official = forms.BooleanField(required=False)
    what = forms.CharField(max_length=200)
    value = forms.DecimalField(min_value=0, max_digits=18, decimal_places=4)
    on = day_field()
    consent = forms.CharField(max_length=200, required=False)
    of = forms.ChoiceField(required=False)
    reason = forms.CharField(max_length=1000, required=False)

    def __init__(self, *args: Any, account: Account, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.approvers = {str(one.pk): one for one in approvers_for(account, by)}
        self.choose_value("kind", Gift.Kind.values)
        self.choose("contact", contact_choices(account), empty="gift.other_person")
        self.choose("of", [(pk, one.name) for pk, one in self.approvers.items()], empty="record.none_chosen")
