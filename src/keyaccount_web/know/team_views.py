"""Pages of an account's team."""

import datetime as dt
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from keyaccount.language import message
from keyaccount_web.access.models import User
from keyaccount_web.access.requests import Request
from keyaccount_web.know import team
from keyaccount_web.know.record_kit import RecordError, RecordForm, account_of, day_field, form_page
from keyaccount_web.shell.templatetags.pages import lang


class MemberForm(RecordForm):
    """A colleague by name or user name, the part, from when."""

    labels = "team"
    user = forms.CharField(max_length=150)
    part = forms.ChoiceField()
    since = day_field()
    until = day_field(required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose_value("part", team.Part.values)
        self.fields["user"].widget.attrs["list"] = "colleagues"


def colleague_called(text: str) -> User:
    """The active colleague of that user name, or name. Raises RecordError `team.nobody`, `team.several`."""
    wanted = text.strip()
    people = User.objects.filter(is_active=True)
    found = list(people.filter(username=wanted)[:1]) or list(people.filter(name=wanted)[:2])
    if len(found) != 1:
        raise RecordError("team.several" if found else "team.nobody", name=wanted)
    return found[0]


def _choosers_only(request: Request) -> None:
    if not team.may_choose_team(request.user):
        raise PermissionDenied


@require_http_methods(["GET", "POST"])
def new_member(request: Request, pk: int) -> HttpResponse:
    """Put somebody on the team."""
    account = account_of(request, pk)
    _choosers_only(request)
    back = reverse("account", args=[pk]) + "#team"

    def save(told: dict[str, Any]) -> str:
        told.pop("version")
        team.add_member(account, team.Place(**{**told, "user": colleague_called(told["user"])}))
        return back

    names = sorted({one.name or one.username for one in User.objects.filter(is_active=True)[:500]})
    return form_page(
        request,
        MemberForm(request.POST or None, initial={"since": timezone.localdate()}),
        account=account,
        title="team.new",
        sentence=message("team.sentence", lang()),
        back=back,
        save=save,
        more={"datalists": {"colleagues": names}},
    )


@require_POST
def end_member(request: Request, pk: int) -> HttpResponse:
    """Somebody was on the team until yesterday."""
    _choosers_only(request)
    member = get_object_or_404(team.members_seen_by(request.user), pk=pk)
    team.end_member(member, timezone.localdate() - dt.timedelta(days=1))
    return redirect(reverse("account", args=[member.account_id]) + "#team")
