"""The forms of a customer's year (K3)."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from keyaccount.know.customer_year import MONTHS
from keyaccount.language import message
from keyaccount_web.know.models import Account
from keyaccount_web.know.provenance import SourcedForm
from keyaccount_web.know.record_kit import RecordForm, contact_choices
from keyaccount_web.know.year.models import YearTarget
from keyaccount_web.shell.templatetags.pages import lang


class MonthsWidget(forms.MultiWidget):
    """Twelve amounts in a grid, each under its month."""

    template_name = "year/months_widget.html"

    def __init__(self, months: Sequence[dt.date] = ()) -> None:
        self.months = months
        attrs = {"inputmode": "decimal", "class": "form-control", "type": "number", "step": "any", "min": "0"}
        super().__init__([forms.NumberInput(attrs=attrs) for _ in range(MONTHS)])

    def decompress(self, value: Any) -> list[Any]:
        return list(value) if value else [None] * MONTHS

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(name, value, attrs)
        for widget, month in zip(context["widget"]["subwidgets"], self.months, strict=False):
            widget["label"] = f"{month:%Y-%m}"
            widget["attrs"]["aria-label"] = widget["label"]
        return context


class MonthsField(forms.MultiValueField):
    """Twelve amounts, or none at all: then the year's is spread over them."""

    widget = MonthsWidget

    def __init__(self, **kwargs: Any) -> None:
        fields = [
            forms.DecimalField(required=False, min_value=0, max_digits=18, decimal_places=4)
            for _ in range(MONTHS)
        ]
        super().__init__(fields, required=False, require_all_fields=False, **kwargs)

    def compress(self, values: list[Decimal | None]) -> list[Decimal]:
        if not any(one is not None for one in values):
            return []
        return [one or Decimal(0) for one in values]


class YearForm(SourcedForm, RecordForm):
    """What a customer has set out to do in a year."""

    labels = "customer_year"
    year = forms.IntegerField(min_value=1990, max_value=2100)
    begins_in = forms.IntegerField(min_value=1, max_value=12)
    priorities = forms.CharField(max_length=2000, widget=forms.Textarea(attrs={"rows": 4}))
    plan = forms.CharField(max_length=4000, required=False, widget=forms.Textarea(attrs={"rows": 4}))


class TargetForm(SourcedForm, RecordForm):
    """A target: its year's amount, or its twelve months."""

    labels = "target"
    year = forms.IntegerField(min_value=1990, max_value=2100)
    set_by = forms.ChoiceField()
    supplier = forms.CharField(max_length=100, required=False)
    business_line = forms.CharField(max_length=100, required=False)
    amount = forms.DecimalField(required=False, min_value=0, max_digits=18, decimal_places=4)
    months = MonthsField()
    our_part = forms.DecimalField(required=False, min_value=0, max_value=100, max_digits=5, decimal_places=2)
    reached_told = forms.DecimalField(required=False, min_value=0, max_digits=18, decimal_places=4)

    def __init__(self, *args: Any, months: Sequence[dt.date], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose_value("set_by", YearTarget.SetBy.values)
        self.fields["business_line"].widget.attrs |= {
            "list": "lines",
            "placeholder": message("rival.all_lines", lang()),
        }
        widget: Any = self.fields["months"].widget
        widget.months = months

    def clean(self) -> dict[str, Any]:
        told = super().clean()
        months, amount = told.get("months") or [], told.get("amount")
        if not months and not amount and "amount" not in self.errors and "months" not in self.errors:
            self.add_error("amount", message("target.no_amount", lang()))
        if months and amount and sum(months) != amount:
            self.add_error(
                "amount",
                ValidationError(message("target.sums_differ", lang(), amount=amount, sum=sum(months))),
            )
        return told


class AssessmentForm(SourcedForm, RecordForm):
    """What a department is judged by."""

    labels = "assessment"
    department = forms.CharField(max_length=60)
    measured_by = forms.CharField(max_length=300)
    our_weight = forms.IntegerField(required=False, min_value=0, max_value=100)
    gap = forms.CharField(max_length=300, required=False)


class StepForm(SourcedForm, RecordForm):
    """One step of buying."""

    labels = "step"
    place = forms.IntegerField(required=False, min_value=1, max_value=99)
    what = forms.CharField(max_length=200)
    department = forms.CharField(max_length=60, required=False)
    approver = forms.ChoiceField(required=False)
    up_to = forms.DecimalField(required=False, min_value=0, max_digits=18, decimal_places=4)
    working_days = forms.IntegerField(required=False, min_value=0, max_value=999)
    asks_of_us = forms.CharField(max_length=300, required=False)

    def __init__(self, *args: Any, account: Account, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose("approver", contact_choices(account), empty="people.nobody")
