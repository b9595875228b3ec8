"""Pages of skills: who can do what, what accounts ask for, training (L1)."""

from collections import defaultdict
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from keyaccount.errors import KeyAccountError
from keyaccount.language import message
from keyaccount_web.access.models import User
from keyaccount_web.access.requests import Request
from keyaccount_web.cover import skills as services
from keyaccount_web.cover.models import Skill, SkillNeed, StaffSkill, Training
from keyaccount_web.cover.models.skills import LEVELS
from keyaccount_web.cover.presets import KINDS
from keyaccount_web.cover.skill_gaps import SHOWN, gaps_of
from keyaccount_web.shell.templatetags.pages import lang

TRAININGS = 50


class NeedForm(forms.Form):
    """A skill, and which accounts ask for it."""

    name = forms.CharField(max_length=40)
    kind = forms.ChoiceField(choices=[("", ""), *((one, one) for one in KINDS)], required=False)
    industry = forms.CharField(max_length=60, required=False)
    level = forms.TypedChoiceField(coerce=int, choices=[(one, str(one)) for one in LEVELS])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _dressed(self)
        kinds: Any = [
            ("", message("skill.all_kinds", lang())),
            *((one, message(f"kind.{one}", lang())) for one in KINDS),
        ]
        self.fields["kind"].choices = kinds  # type: ignore[attr-defined]
        self.fields["level"].choices = _levels()  # type: ignore[attr-defined]


class TrainingForm(forms.Form):
    """Who took which course."""

    user = forms.ModelChoiceField(User.objects.none())
    skill = forms.ModelChoiceField(Skill.objects.all())
    held_date = forms.DateField(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    what = forms.CharField(max_length=200)
    hours = forms.IntegerField(min_value=1, max_value=1000)
    level = forms.TypedChoiceField(
        coerce=int, empty_value=None, required=False, choices=[("", ""), *((one, str(one)) for one in LEVELS)]
    )

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _dressed(self)
        self.fields["level"].label = message("skill.raised_to", lang())
        levels: Any = [("", message("skill.not_raised", lang())), *_levels()]
        self.fields["level"].choices = levels  # type: ignore[attr-defined]
        people: Any = self.fields["user"]
        people.queryset = services.people_seen_by(by)
        people.label_from_instance = lambda one: one.name


def _dressed(form: forms.Form) -> None:
    for name, one in form.fields.items():
        one.label = message(f"skill.{name}", lang())
        is_list = isinstance(one.widget, forms.Select)
        one.widget.attrs["class"] = "form-select" if is_list else "form-control"


def _levels() -> list[tuple[int, str]]:
    return [(one, message(f"skill.level.{one}", lang())) for one in LEVELS]


@require_GET
def skills(request: Request) -> HttpResponse:
    """Managers down, skills across; what accounts ask for; courses."""
    return _page(
        request, NeedForm(), TrainingForm(by=request.user, initial={"held_date": timezone.localdate()})
    )


def _page(
    request: Request, need_form: NeedForm, training_form: TrainingForm, status: int = 200
) -> HttpResponse:
    people = list(services.people_seen_by(request.user))
    columns = list(Skill.objects.all())
    held: defaultdict[int, dict[int, int]] = defaultdict(dict)
    for one in StaffSkill.objects.filter(user__in=people):
        held[one.user_id][one.skill_id] = one.level
    gaps = gaps_of(request.user, people)
    named = {person.pk: person.name for person in people}
    trainings = Training.objects.filter(user__in=people).select_related("user", "skill")[:TRAININGS]
    return render(
        request,
        "cover/skills.html",
        {
            "rows": [
                (
                    person,
                    gaps.fits.get(person.pk),
                    [(skill, held[person.pk].get(skill.pk, 0)) for skill in columns],
                )
                for person in people
            ],
            "gaps": [{**row, "name": named[row["manager_id"]]} for row in gaps.rows[:SHOWN]],
            "lacking": len({row["manager_id"] for row in gaps.rows}),
            "more_gaps": max(0, len(gaps.rows) - SHOWN),
            "columns": columns,
            "levels": [(0, "—"), *_levels()],
            "needs": SkillNeed.objects.select_related("skill"),
            "trainings": trainings,
            "may_judge": services.may_judge(request.user),
            "need_form": need_form,
            "training_form": training_form,
        },
        status=status,
    )


@require_POST
def judge(request: Request) -> HttpResponse:
    """One cell of the table."""
    user = get_object_or_404(services.people_seen_by(request.user), pk=_number(request, "user"))
    skill = get_object_or_404(Skill, pk=_number(request, "skill"))
    try:
        services.judge(by=request.user, user=user, skill=skill, level=_number(request, "level"))
    except KeyAccountError as error:
        messages.error(request, error.text(lang()))
    else:
        messages.success(request, message("skill.judged", lang(), name=user.name, skill=skill.name))
    return redirect("skills")


@require_POST
def need(request: Request) -> HttpResponse:
    """What accounts of a kind and industry ask for."""
    if not services.may_judge(request.user):
        raise PermissionDenied
    form = NeedForm(request.POST)
    if not form.is_valid():
        return _page(request, form, TrainingForm(by=request.user), 422)
    services.need(by=request.user, **form.cleaned_data)
    messages.success(request, message("skill.needed", lang()))
    return redirect(f"{reverse('skills')}#needs")


@require_POST
def need_remove(request: Request, pk: int) -> HttpResponse:
    """It is not asked for any more."""
    if not services.may_judge(request.user):
        raise PermissionDenied
    get_object_or_404(SkillNeed, pk=pk).delete()
    messages.success(request, message("skill.need_removed", lang()))
    return redirect(f"{reverse('skills')}#needs")


@require_POST
def train(request: Request) -> HttpResponse:
    """A course that somebody took."""
    if not services.may_judge(request.user):
        raise PermissionDenied
    form = TrainingForm(request.POST, by=request.user)
    if not form.is_valid():
        return _page(request, NeedForm(), form, 422)
    services.train(by=request.user, **form.cleaned_data)
    messages.success(request, message("skill.trained", lang()))
    return redirect(f"{reverse('skills')}#training")


def _number(request: Request, name: str) -> int:
    text = request.POST.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 10 else -1
