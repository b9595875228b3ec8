"""The forms of a plan and its parts (K8)."""

import datetime as dt
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.utils import timezone

from keyaccount.errors import KeyAccountError
from keyaccount.know.plan_document import SHAREABLE_TEXTS
from keyaccount.know.plan_units import COUNTS, MONEY, read_amount, unit_text
from keyaccount.language import message
from keyaccount_web.access.models import User
from keyaccount_web.access.scope import users_who_see
from keyaccount_web.know.models import Account
from keyaccount_web.know.plans.models import AccountPlan, Commitment, Goal, PlanAction, PlanRisk
from keyaccount_web.know.plans.reading import CHARTER, SITUATION
from keyaccount_web.know.record_kit import (
    RecordForm,
    contact_choices,
    contact_chosen,
    day_field,
    owner_choices,
)
from keyaccount_web.shell.templatetags.pages import lang

GRADES = ((3, "high"), (2, "middle"), (1, "low"))


class TextsForm(RecordForm):
    """Some of the texts of a plan, each with whether the customer may read it where that can be."""

    labels = "account_plan"
    names: tuple[str, ...] = ()

    def __init__(self, *args: Any, plan: AccountPlan, **kwargs: Any) -> None:
        initial = {name: getattr(plan, name) for name in (*self.names, "version")}
        initial |= {f"share_{name}": name in plan.shared for name in self.names}
        super().__init__(*args, initial=initial, auto_id=f"{type(self).__name__.lower()}_%s", **kwargs)
        for name in self.names:
            if name in SHAREABLE_TEXTS:
                self.fields[f"share_{name}"] = forms.BooleanField(required=False)

    @property
    def values(self) -> dict[str, str]:
        return {
            name: self.cleaned_data[name] for name in self.cleaned_data if name in (*self.names, *_LEVELS)
        }

    @property
    def shared(self) -> list[str]:
        return [name for name in self.names if self.cleaned_data.get(f"share_{name}")]

    @property
    def rows(self) -> list[tuple[Any, Any]]:
        """Each text with its box, where it has one."""
        return [
            (self[name], self[f"share_{name}"] if f"share_{name}" in self.fields else None)
            for name in self.fields
            if name != "version" and not name.startswith("share_")
        ]


_LEVELS = ("level_now", "level_wanted")


def _text() -> forms.CharField:
    return forms.CharField(
        max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 3, "maxlength": 2000})
    )


def _texts_form(base: type[TextsForm], title: str, names: tuple[str, ...]) -> type[TextsForm]:
    return type(title, (base,), {**{name: _text() for name in names}, "names": names})


class _Levels(TextsForm):
    level_now = forms.ChoiceField(required=False)
    level_wanted = forms.ChoiceField(required=False)

    def __init__(self, *args: Any, plan: AccountPlan, **kwargs: Any) -> None:
        super().__init__(*args, plan=plan, **kwargs)
        for name in _LEVELS:
            self.initial[name] = getattr(plan, name)
            levels = [(one, message(f"account_plan.level.{one}", lang())) for one in AccountPlan.Level.values]
            self.choose(name, levels, empty="account_plan.level.none")


TEXT_FORMS = {
    "charter": _texts_form(TextsForm, "CharterForm", CHARTER),
    "situation": _texts_form(_Levels, "SituationForm", SITUATION),
}


class GoalForm(RecordForm):
    """What is to be reached, by which measure, by when."""

    labels = "plan_goal"
    shown_for: ClassVar = {
        "goods": ("measure", "category product"),
        "unit": ("measure", "hand"),
        "base": ("measure", "hand"),
    }
    name = forms.CharField(max_length=200)
    measure = forms.ChoiceField()
    goods = forms.CharField(max_length=200, required=False)
    unit = forms.CharField(max_length=20, required=False)
    base = forms.DecimalField(required=False, max_digits=20, decimal_places=4)
    target = forms.CharField(max_length=40)
    due_on = day_field()
    weight = forms.IntegerField(min_value=1, max_value=9, initial=1)
    is_shared = forms.BooleanField(required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose_value("measure", Goal.Measure.values)
        self.fields["goods"].widget.attrs["list"] = "goods"
        target: Any = self.fields["target"]
        target.widget.attrs["inputmode"] = "decimal"
        target.units_by = "measure"
        target.units = [
            (values, message("plan_goal.in_unit", lang(), unit=unit_text(values.split()[0], "", lang())))
            for values in (" ".join(MONEY), "wallet", *COUNTS)
        ]
        target.units.append(("hand", message("plan_goal.in_own_unit", lang())))

    def clean_target(self) -> Decimal:
        measure, unit = self.cleaned_data.get("measure", ""), self.cleaned_data.get("unit", "")
        return target_typed(self.cleaned_data["target"], measure, unit)

    def clean(self) -> dict[str, Any]:
        told: dict[str, Any] = super().clean() or {}
        # A share is typed in per cent.
        if told.get("measure") == Goal.Measure.WALLET and told.get("target") is not None:
            told["target"] = told["target"] / 100
        if told.get("measure") not in (Goal.Measure.CATEGORY, Goal.Measure.PRODUCT):
            told["goods"] = ""
        if told.get("measure") != Goal.Measure.HAND:
            told |= {"unit": "", "base": None}
        return told


def target_typed(text: str, measure: str, unit: str) -> Decimal:
    """A target in the unit of its measure, a share still in per cent. Raises ValidationError."""
    try:
        told = read_amount(text, measure, unit)
    except KeyAccountError as error:
        raise forms.ValidationError(error.text(lang())) from error
    kept: Decimal = forms.DecimalField(max_digits=20, decimal_places=4).clean(told)
    return kept


class _OfAccount(RecordForm):
    """A form whose owner is somebody who sees the account."""

    def __init__(self, *args: Any, account: Account, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.account = account
        if "owner" in self.fields:
            self.choose("owner", owner_choices(account))

    def clean_owner(self) -> User:
        found = users_who_see(self.account).filter(pk=self.cleaned_data["owner"]).first()
        if found is None:
            raise forms.ValidationError(message("plan_action.nobody", lang()))
        return found


class ActionForm(_OfAccount):
    labels = "plan_action"
    what = forms.CharField(max_length=300)
    owner = forms.ChoiceField()
    due_on = day_field()
    is_shared = forms.BooleanField(required=False)


class RiskForm(_OfAccount):
    labels = "plan_risk"
    what = forms.CharField(max_length=300)
    likelihood = forms.TypedChoiceField(coerce=int)
    effect = forms.TypedChoiceField(coerce=int)
    answer = forms.CharField(max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 3}))
    owner = forms.ChoiceField()

    def __init__(self, *args: Any, account: Account, **kwargs: Any) -> None:
        super().__init__(*args, account=account, **kwargs)
        for name in ("likelihood", "effect"):
            self.choose(name, [(value, message(f"plan_risk.grade.{code}", lang())) for value, code in GRADES])


class CommitmentForm(_OfAccount):
    labels = "commitment"
    what = forms.CharField(max_length=300)
    topic = forms.ChoiceField()
    side = forms.ChoiceField()
    measure = forms.CharField(max_length=200, required=False)
    due_on = day_field()
    state = forms.ChoiceField(required=False)
    their_word = forms.ChoiceField(required=False)
    agreed_by = forms.ChoiceField(required=False)
    agreed_on = day_field(required=False)
    note = forms.CharField(max_length=1000, required=False)
    is_shared = forms.BooleanField(required=False)

    def __init__(self, *args: Any, account: Account, **kwargs: Any) -> None:
        super().__init__(*args, account=account, **kwargs)
        self.choose_value("topic", Commitment.Topic.values)
        self.choose_value("side", Commitment.Side.values)
        self.choose_value("state", Commitment.State.values)
        self.choose_value("their_word", Commitment.Word.values, empty="commitment.not_asked")
        self.choose("agreed_by", contact_choices(account), empty="record.none_chosen")

    def clean(self) -> dict[str, Any]:
        told: dict[str, Any] = super().clean() or {}
        told["agreed_by"] = contact_chosen(self.account, told.get("agreed_by"))
        told["state"] = told.get("state") or Commitment.State.OPEN
        return told


class ReviewForm(RecordForm):
    labels = "plan_review"
    quarter = forms.TypedChoiceField(coerce=int)
    held_on = day_field()
    decisions = _text()
    next_steps = _text()
    told_customer = _text()

    def __init__(self, *args: Any, quarters: list[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose("quarter", [(one, message("plan_review.quarter_of", lang(), n=one)) for one in quarters])


class CountForm(RecordForm):
    labels = "plan_goal"
    reached = forms.DecimalField(max_digits=20, decimal_places=4)
    counted_on = day_field()


def target_kept(goal: Goal, told: Decimal) -> Decimal:
    """A target in the unit of a goal's measure, as it is kept: a share as a rate."""
    return told / 100 if goal.measure == Goal.Measure.WALLET else told


def plain(value: Decimal | None) -> str:
    """A number as a form shows it: without the zeros that a column adds."""
    return "" if value is None else f"{value.normalize():f}"


def goal_initial(goal: Goal) -> dict[str, Any]:
    names = ("name", "measure", "goods", "unit", "due_on", "weight", "is_shared", "version")
    times = 100 if goal.measure == Goal.Measure.WALLET else 1
    return {
        **{name: getattr(goal, name) for name in names},
        "base": plain(goal.base),
        "target": plain(goal.target * times),
    }


def initial_of(record: PlanAction | PlanRisk | Commitment) -> dict[str, Any]:
    """What stands in a form that changes one."""
    names = {
        PlanAction: ("what", "due_on", "is_shared"),
        PlanRisk: ("what", "likelihood", "effect", "answer"),
        Commitment: (
            "what",
            "topic",
            "side",
            "measure",
            "due_on",
            "state",
            "their_word",
            "agreed_on",
            "note",
            "is_shared",
        ),
    }[type(record)]
    told = {name: getattr(record, name) for name in (*names, "version")}
    if isinstance(record, Commitment):
        return {**told, "agreed_by": record.agreed_by_id or ""}
    return {**told, "owner": record.owner_id}


def days_left(day: dt.date) -> int:
    return (day - timezone.localdate()).days
