"""What is typed about plans, quotas and managers. (C5)"""

from decimal import Decimal
from typing import Any

from django import forms

from keyaccount.language import message
from keyaccount_web.cover.presets import TIERS
from keyaccount_web.cover.staffing.worked import Asked
from keyaccount_web.know.record_kit import RecordForm
from keyaccount_web.shell.templatetags.pages import lang

TOUCHES = ("visit", "call")
CHANGED = ("selling_hours", "travel_minutes", "order_minutes", "accounts_per_manager", "yearly_cost")
MOST_MORE = 50_000


def _factor() -> forms.DecimalField:
    return forms.DecimalField(
        min_value=Decimal("0.1"), max_value=Decimal(5), decimal_places=2, max_digits=4, required=False
    )


class ScenarioForm(RecordForm):
    """What a plan has otherwise; blank: as today."""

    labels = "scenario"
    name = forms.CharField(max_length=80)
    more = forms.IntegerField(min_value=0, max_value=MOST_MORE, required=False)
    tier = forms.ChoiceField(required=False)
    skill = _factor()
    support = _factor()
    selling_hours = forms.IntegerField(min_value=1, max_value=3000, required=False)
    travel_minutes = forms.IntegerField(min_value=0, max_value=600, required=False)
    order_minutes = forms.IntegerField(min_value=0, max_value=6000, required=False)
    accounts_per_manager = forms.IntegerField(min_value=1, max_value=10_000, required=False)
    yearly_cost = forms.DecimalField(min_value=0, max_digits=12, decimal_places=2, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose(
            "tier", [(one, message(f"tier.{one}", lang())) for one in TIERS], empty="scenario.any_tier"
        )
        for tier in TIERS:
            for touch in TOUCHES:
                field = forms.IntegerField(min_value=0, max_value=99, required=False)
                values = {
                    "tier": message(f"tier.{tier}", lang()),
                    "touch": message(f"standard.touch.{touch}", lang()),
                }
                field.label = message("scenario.times", lang(), **values)
                field.widget.attrs["class"] = "form-control"
                self.fields[f"{touch}_{tier}"] = field

    @property
    def plain(self) -> list[Any]:
        return [self[name] for name in self.fields if name != "version" and not self._is_times(name)]

    @property
    def times(self) -> list[Any]:
        return [self[name] for name in self.fields if self._is_times(name)]

    def _is_times(self, name: str) -> bool:
        return name.partition("_")[2] in TIERS

    def asked(self) -> Asked:
        told = self.cleaned_data
        return Asked(
            more=told["more"] or 0,
            tier=told["tier"],
            skill=told["skill"] or Decimal(1),
            support=told["support"] or Decimal(1),
            times={
                f"{tier}.{touch}": told[f"{touch}_{tier}"]
                for tier in TIERS
                for touch in TOUCHES
                if told[f"{touch}_{tier}"] is not None
            },
            changed={name: str(told[name]) for name in CHANGED if told[name] is not None},
        )


class ManagerForm(RecordForm):
    """How much of the year somebody is there, how far skill and support carry."""

    labels = "manager_time"
    employed = forms.DecimalField(min_value=0, max_value=1, max_digits=4, decimal_places=3, required=False)
    skill = forms.DecimalField(min_value=Decimal("0.1"), max_value=Decimal(5), max_digits=4, decimal_places=2)
    support = forms.DecimalField(
        min_value=Decimal("0.1"), max_value=Decimal(5), max_digits=4, decimal_places=2
    )
