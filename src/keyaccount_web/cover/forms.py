"""How is what somebody typed of a touch read?"""

import datetime as dt
from typing import Any

from django import forms
from django.utils import timezone

from keyaccount.language import message
from keyaccount_web.access.models import User
from keyaccount_web.access.scope import visible_accounts
from keyaccount_web.cover.models import Touch
from keyaccount_web.cover.recording import Place, Promise
from keyaccount_web.know.models import Account, Contact
from keyaccount_web.shell.templatetags.pages import lang

PROMISES = 2
"""Rows for promises on the page."""


def _day(**more: Any) -> forms.DateField:
    return forms.DateField(
        required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **more
    )


class TouchForm(forms.Form):
    """What was said and agreed. Used to put one right, and as the first part of recording one."""

    kind = forms.ChoiceField(choices=[(one, one) for one in Touch.Kind])
    trigger = forms.ChoiceField(choices=[(one, one) for one in Touch.Trigger], required=False)
    minutes = forms.IntegerField(min_value=1, max_value=1440)
    travel_minutes = forms.IntegerField(min_value=0, max_value=1440, required=False)
    is_executive = forms.BooleanField(required=False)
    summary = forms.CharField(max_length=4000, required=False, widget=forms.Textarea(attrs={"rows": 4}))
    learned_needs = forms.CharField(max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 2}))
    learned_rivals = forms.CharField(
        max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    learned_stock = forms.CharField(max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 2}))
    next_step = forms.CharField(max_length=300, required=False)
    next_step_date = _day()
    contacts = forms.ModelMultipleChoiceField(Contact.objects.none(), required=False)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput, min_value=0, max_value=2**31 - 1)

    def __init__(self, *args: Any, user: User, account: Account | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        for name, field in self.fields.items():
            if isinstance(field.widget, forms.HiddenInput):
                continue
            field.label = message(f"touch.{name}", lang())
            if not isinstance(field.widget, forms.CheckboxInput):
                is_list = isinstance(field.widget, forms.Select)
                field.widget.attrs["class"] = "form-select" if is_list else "form-control"
        for name, values in (("kind", Touch.Kind.values), ("trigger", Touch.Trigger.values)):
            chosen: Any = self.fields[name]
            chosen.choices = [(one, message(f"touch.{name}.{one}", lang())) for one in values]
        if account is not None:
            self.fields["contacts"].queryset = account.contacts.all()  # type: ignore[attr-defined]

    def clean_trigger(self) -> str:
        return str(self.cleaned_data["trigger"] or Touch.Trigger.STANDARD)

    def clean_travel_minutes(self) -> int:
        return self.cleaned_data["travel_minutes"] or 0

    def clean(self) -> dict[str, Any]:
        told: dict[str, Any] = super().clean() or {}
        if told.get("kind") and told["kind"] != Touch.Kind.VISIT:
            told["travel_minutes"] = 0
        return told

    def touch_fields(self) -> dict[str, Any]:
        """As the services take them."""
        told = dict(self.cleaned_data)
        told.pop("version", None)
        return told


class NewTouchForm(TouchForm):
    """With account, moment, promises, what was confirmed, check-in, photo."""

    account = forms.ModelChoiceField(Account.objects.none())
    began_at = forms.DateTimeField(
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    )
    confirmed = forms.MultipleChoiceField(required=False)
    latitude = forms.DecimalField(required=False, min_value=-90, max_value=90, widget=forms.HiddenInput)
    longitude = forms.DecimalField(required=False, min_value=-180, max_value=180, widget=forms.HiddenInput)
    accuracy_metres = forms.FloatField(
        required=False, min_value=0, max_value=10_000_000, widget=forms.HiddenInput
    )
    checked_in_at = forms.DateTimeField(required=False, widget=forms.HiddenInput)
    photo = forms.FileField(required=False, max_length=160)
    client_id = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, user=user, **kwargs)
        self.fields["account"].queryset = visible_accounts(user)  # type: ignore[attr-defined]
        asked = self.data.getlist("confirmed") if hasattr(self.data, "getlist") else []
        self.fields["confirmed"].choices = [(one, one) for one in asked[:50]]  # type: ignore[attr-defined]
        self.fields["contacts"].queryset = Contact.objects.filter(account=self._account_asked())  # type: ignore[attr-defined]
        for at in range(PROMISES):
            what = forms.CharField(max_length=300, required=False)
            what.widget.attrs |= {"class": "form-control", "placeholder": message("touch.promise", lang())}
            self.fields[f"promise_{at}"] = what
            self.fields[f"promise_{at}_date"] = _day()
            self.fields[f"promise_{at}_date"].widget.attrs["class"] = "form-control"

    def _account_asked(self) -> Account | None:
        asked = str(self.data.get("account", "")) if self.is_bound else ""
        if not asked.isdecimal() or len(asked) > 18:
            return None
        return visible_accounts(self.user).filter(pk=int(asked)).first()

    def clean(self) -> dict[str, Any]:
        told = super().clean()
        for at in range(PROMISES):
            if told.get(f"promise_{at}") and not told.get(f"promise_{at}_date"):
                self.add_error(f"promise_{at}_date", message("touch.promise_date", lang()))
        if told.get("next_step_date") and not told.get("next_step"):
            self.add_error("next_step", message("touch.next_step_missing", lang()))
        return told

    def touch_fields(self) -> dict[str, Any]:
        told = super().touch_fields()
        dated = [(told.pop(f"promise_{at}"), told.pop(f"promise_{at}_date")) for at in range(PROMISES)]
        told["promises"] = [Promise(what, day) for what, day in dated if what and day]
        latitude, longitude = told.pop("latitude"), told.pop("longitude")
        accuracy, at_moment = told.pop("accuracy_metres"), told.pop("checked_in_at")
        told["place"] = None
        if latitude is not None and longitude is not None:
            moment: dt.datetime = at_moment or timezone.now()
            told["place"] = Place(round(latitude, 5), round(longitude, 5), round(accuracy or 0), moment)
        return told
