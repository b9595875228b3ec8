"""The forms of outlets (K4)."""

from typing import Any

from django import forms

from keyaccount.language import message
from keyaccount_web.know.outlets.models import Outlet
from keyaccount_web.know.provenance import SourcedForm
from keyaccount_web.know.record_kit import RecordForm, day_field
from keyaccount_web.shell.templatetags.pages import lang


def _money(**more: Any) -> forms.DecimalField:
    return forms.DecimalField(required=False, min_value=0, max_digits=18, decimal_places=4, **more)


class OutletForm(SourcedForm, RecordForm):
    """One outlet."""

    labels = "outlet"
    code = forms.CharField(max_length=60)
    name = forms.CharField(max_length=100)
    kind = forms.ChoiceField()
    city = forms.CharField(max_length=60, required=False)
    address = forms.CharField(max_length=200, required=False)
    latitude = forms.DecimalField(required=False, min_value=-90, max_value=90, decimal_places=5)
    longitude = forms.DecimalField(required=False, min_value=-180, max_value=180, decimal_places=5)
    pushes = forms.CharField(max_length=300, required=False)
    can_sell = _money()
    closed_on = day_field(required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose_value("kind", Outlet.Kind.values)


class MonthForm(SourcedForm, RecordForm):
    """What an outlet sold in a month."""

    labels = "outlet_month"
    month = forms.DateField(
        widget=forms.DateInput(attrs={"type": "month"}, format="%Y-%m"), input_formats=["%Y-%m", "%Y-%m-%d"]
    )
    sales = _money()
    our_sales = _money()


class BandForm(SourcedForm, RecordForm):
    """A price band."""

    labels = "band"
    business_line = forms.CharField(max_length=100, required=False)
    low = forms.DecimalField(min_value=0, max_digits=18, decimal_places=4)
    high = _money()
    share = forms.DecimalField(required=False, min_value=0, max_value=100, max_digits=5, decimal_places=2)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["business_line"].widget.attrs |= {
            "list": "lines",
            "placeholder": message("rival.all_lines", lang()),
        }
