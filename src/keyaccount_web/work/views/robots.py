"""Group robots, kept by administrators: added, tried, switched off, removed; what did not reach them."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from keyaccount.errors import KeyAccountError
from keyaccount.language import LANGUAGES, message
from keyaccount_web.access.models import OrgUnit
from keyaccount_web.access.requests import Request
from keyaccount_web.access.roles import Right
from keyaccount_web.access.scope import may
from keyaccount_web.shell.templatetags.pages import lang
from keyaccount_web.work import robots as services
from keyaccount_web.work.delivery import try_again
from keyaccount_web.work.models import Delivery, Robot
from keyaccount_web.work.notify import send_soon

SHOWN = 30


class RobotForm(forms.Form):
    """A robot as its group shows it. What was typed as address and secret is never sent back to a browser."""

    name = forms.CharField(max_length=60)
    service = forms.ChoiceField()
    purpose = forms.ChoiceField()
    unit = forms.ModelChoiceField(OrgUnit.objects.all())
    address = forms.CharField(max_length=500, widget=forms.PasswordInput(attrs={"autocomplete": "off"}))
    secret = forms.CharField(
        max_length=200, required=False, widget=forms.PasswordInput(attrs={"autocomplete": "off"})
    )
    lang = forms.ChoiceField()
    names_accounts = forms.BooleanField(required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, prefix, values in (
            ("service", "robot.service", Robot.Service.values),
            ("purpose", "robot.purpose", Robot.Purpose.values),
            ("lang", "robot.lang", list(LANGUAGES)),
        ):
            self.fields[name].choices = [(one, message(f"{prefix}.{one}", lang())) for one in values]  # type: ignore[attr-defined]
        for name, field in self.fields.items():
            field.label = message(f"robot.field.{name}", lang())
            if name != "names_accounts":
                is_choice = isinstance(field, forms.ChoiceField | forms.ModelChoiceField)
                field.widget.attrs["class"] = "form-select" if is_choice else "form-control"


def _administrators_only(request: Request) -> None:
    if not may(request.user, Right.MANAGE_USERS):
        raise PermissionDenied


def robots(request: Request) -> HttpResponse:
    _administrators_only(request)
    form = RobotForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            robot = services.add_robot(request.user, **form.cleaned_data)
        except KeyAccountError as error:
            form.add_error("address", error.text(lang()))
        else:
            messages.success(request, message("robot.added", lang(), name=robot.name))
            return redirect("robots")
    troubled = Delivery.objects.exclude(error=None).exclude(state=Delivery.State.SENT)
    return render(
        request,
        "work/robots.html",
        {
            "robots": Robot.objects.select_related("unit"),
            "form": form,
            "troubled": troubled.select_related("robot", "notification__user")[:SHOWN],
        },
        status=422 if form.is_bound else 200,
    )


@require_POST
def test(request: Request, pk: int) -> HttpResponse:
    """Have it say that it works."""
    _administrators_only(request)
    robot = get_object_or_404(Robot, pk=pk)
    now = timezone.now()
    Delivery.objects.create(robot=robot, code="robot.hello", next_at=now, created_at=now)
    send_soon()
    messages.success(request, message("robot.on_its_way", lang()))
    return redirect("robots")


@require_POST
def switch(request: Request, pk: int) -> HttpResponse:
    _administrators_only(request)
    robot = get_object_or_404(Robot, pk=pk)
    robot.is_active = not robot.is_active
    robot.save(update_fields=["is_active"])
    return redirect("robots")


@require_POST
def remove(request: Request, pk: int) -> HttpResponse:
    _administrators_only(request)
    get_object_or_404(Robot, pk=pk).delete()
    return redirect("robots")


@require_POST
def again(request: Request, pk: int) -> HttpResponse:
    """Try once more what has failed."""
    _administrators_only(request)
    try_again(get_object_or_404(Delivery, pk=pk))
    send_soon()
    return redirect("robots")
