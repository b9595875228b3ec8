"""Pages of to-dos: one's own by day, those given to others; done, dropped, postponed, passed on."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from keyaccount.errors import KeyAccountError
from keyaccount.language import message
from keyaccount_web.access.models import User
from keyaccount_web.access.requests import Request
from keyaccount_web.access.scope import users_who_see
from keyaccount_web.shell.templatetags.pages import lang
from keyaccount_web.work import to_do as services
from keyaccount_web.work.about import Subject, subject_of
from keyaccount_web.work.models import ToDo
from keyaccount_web.work.views.common import back_to

ROWS = 100
WHOSE = ("mine", "given", "closed")
FURTHEST = dt.timedelta(days=3653)


@dataclass(frozen=True)
class Row:
    """One to-do as a list shows it."""

    to_do: ToDo
    text: str
    may_change: bool
    days_overdue: int
    undo_due: dt.date | None = None
    """The day it was due before it has just been postponed."""


@dataclass
class Section:
    """To-dos of one stretch of days."""

    code: str
    rows: list[Row] = field(default_factory=list)


class ToDoForm(forms.Form):
    """What, by when, who: a colleague by name, oneself where none is named."""

    what = forms.CharField(max_length=300)
    due_date = forms.DateField(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    owner = forms.CharField(max_length=130, required=False)

    def __init__(self, *args: Any, by: User, about: Subject | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.by, self.about = by, about
        for name, label in (("what", "to_do.what"), ("due_date", "to_do.due"), ("owner", "to_do.owner")):
            self.fields[name].label = message(label, lang())
            self.fields[name].widget.attrs["class"] = "form-control"
        url = reverse("to_do_colleagues") + (f"?about={about.token}" if about else "")
        # The list behind the field is asked of the server while one types; the whole name typed by hand does as well.
        self.fields["owner"].widget.attrs |= {
            "list": "colleagues",
            "autocomplete": "off",
            "placeholder": by.name,
            "hx-get": url,
            "hx-trigger": "input changed delay:200ms, focus once",
            "hx-target": "#colleagues",
        }

    def clean_due_date(self) -> dt.date:
        day: dt.date = self.cleaned_data["due_date"]
        if abs(day - timezone.localdate()) > FURTHEST:
            raise forms.ValidationError(message("to_do.far", lang()))
        return day

    def clean_owner(self) -> User:
        try:
            return colleague_named(self.cleaned_data["owner"], self.by, self.about)
        except KeyAccountError as error:
            raise forms.ValidationError(error.text(lang())) from error


def colleagues_for(about: Subject | None) -> QuerySet[User]:
    """Who can be given something: those who may see the account; of nothing, everybody with a post."""
    if about is not None:
        return users_who_see(about.account)
    day = timezone.localdate()
    held = Q(posts__since__lte=day) & (Q(posts__until=None) | Q(posts__until__gte=day))
    return User.objects.filter(held, is_active=True).distinct()


def colleague_named(text: str, by: User, about: Subject | None) -> User:
    """By `name（username）` as the list offers it, by name or by user name.

    Raises ToDoError `to_do.no_colleague`, `to_do.several`.
    """
    text = text.strip()
    if not text:
        return by
    username = text.rstrip(")）").replace("（", "(").rpartition("(")[2].strip()
    found = list(colleagues_for(about).filter(Q(name=text) | Q(username=text) | Q(username=username))[:3])
    if not found:
        raise services.ToDoError("to_do.no_colleague", name=text)
    if len(found) > 1:
        raise services.ToDoError("to_do.several", name=text, users=[user.username for user in found])
    return found[0]


def rows_of(user: User, to_dos: Any) -> list[Row]:
    today = timezone.localdate()
    return [
        Row(
            one,
            services.text(one, lang()),
            services.may_change(user, one),
            max(0, (today - one.due_date).days) if one.state == ToDo.State.OPEN else 0,
        )
        for one in to_dos
    ]


def sections(rows: list[Row]) -> list[Section]:
    """Overdue, today, until Sunday, later."""
    today = timezone.localdate()
    sunday = today + dt.timedelta(days=6 - today.weekday())
    told = {code: Section(code) for code in ("overdue", "today", "week", "later")}
    for row in rows:
        due = row.to_do.due_date
        code = "overdue" if due < today else "today" if due == today else "week" if due <= sunday else "later"
        told[code].rows.append(row)
    return [section for section in told.values() if section.rows]


@require_GET
def to_dos(request: Request) -> HttpResponse:
    """One's own, by day."""
    return _page(request, ToDoForm(by=request.user, initial={"due_date": timezone.localdate()}))


def _page(request: Request, form: ToDoForm, status: int = 200) -> HttpResponse:
    user = request.user
    whose = request.GET.get("whose", "")
    whose = whose if whose in WHOSE else "mine"
    found = services.to_dos_seen_by(user)
    if whose == "closed":
        found = found.filter(owner=user, closed_at__isnull=False).order_by("-closed_at", "-pk")
        shown, cursor = list(found[:ROWS]), ""
    else:
        if whose == "given":
            found = found.filter(given_by=user).exclude(owner=user)
        else:
            found = found.filter(owner=user)
        found = _after(found.filter(state=ToDo.State.OPEN), request.GET.get("after", ""))
        shown = list(found.order_by("due_date", "pk")[: ROWS + 1])
        cursor = f"{shown[ROWS - 1].due_date}|{shown[ROWS - 1].pk}" if len(shown) > ROWS else ""
    rows = rows_of(user, shown[:ROWS])
    return render(
        request,
        "work/to_dos.html",
        {
            "sections": [Section("closed", rows)] if whose == "closed" and rows else sections(rows),
            "whose": whose,
            "views": WHOSE,
            "form": form,
            "cursor": cursor,
            "hidden": services.hidden_count(user) if whose == "mine" else 0,
        },
        status=status,
    )


def _after(found: QuerySet[ToDo], cursor: str) -> QuerySet[ToDo]:
    day, _, pk = cursor.partition("|")
    try:
        due = dt.date.fromisoformat(day)
    except ValueError:
        return found
    if not pk.isdecimal() or len(pk) > 18:
        return found
    return found.filter(Q(due_date__gt=due) | Q(due_date=due, pk__gt=int(pk)))


@require_POST
def add(request: Request) -> HttpResponse:
    """Give somebody, or oneself, something to do."""
    about = subject_of(request.user, request.POST["about"]) if request.POST.get("about") else None
    form = ToDoForm(request.POST, by=request.user, about=about)
    if form.is_valid():
        told = form.cleaned_data
        try:
            services.give(request.user, told["owner"], told["what"], due_date=told["due_date"], about=about)
        except KeyAccountError as error:
            form.add_error("owner", error.text(lang()))
        else:
            messages.success(request, message("to_do.added", lang(), name=told["owner"].name))
            return redirect(about.url if about else "to_dos")
    if about is None:
        return _page(request, form, 422)
    from keyaccount_web.work.views.activity import activity_page

    return activity_page(request, about.account, to_do_form=form, status=422)


@require_GET
def colleagues(request: Request) -> HttpResponse:
    """Names for the list behind the field, by what has been typed; only a part of a page."""
    if not request.htmx:
        raise Http404
    token = request.GET.get("about", "")
    about = subject_of(request.user, token) if token else None
    typed = request.GET.get("owner", "").strip()[:60]
    found = colleagues_for(about)
    if typed:
        found = found.filter(Q(name__icontains=typed) | Q(username__istartswith=typed))
    return render(request, "work/colleagues.html", {"colleagues": found.order_by("name", "username")[:10]})


def _one(request: Request, pk: int) -> ToDo:
    return get_object_or_404(services.to_dos_seen_by(request.user), pk=pk)


def _changeable(request: Request, pk: int) -> ToDo:
    told = _one(request, pk)
    if not services.may_change(request.user, told):
        raise PermissionDenied
    return told


def _answer(request: Request, pk: int, undo_due: dt.date | None = None) -> HttpResponse:
    """The row as it is now, or the page it came from."""
    if not request.htmx:
        return back_to(request, reverse("to_dos"))
    told = services.to_dos_seen_by(request.user).filter(pk=pk)
    rows = rows_of(request.user, told)
    if rows and undo_due is not None:
        rows = [Row(rows[0].to_do, rows[0].text, rows[0].may_change, rows[0].days_overdue, undo_due)]
    return render(request, "work/to_do_row.html", {"row": rows[0] if rows else None})


@require_POST
def done(request: Request, pk: int) -> HttpResponse:
    services.finish(_changeable(request, pk), request.user)
    return _answer(request, pk)


@require_POST
def drop(request: Request, pk: int) -> HttpResponse:
    services.finish(_changeable(request, pk), request.user, state=ToDo.State.DROPPED)
    return _answer(request, pk)


@require_POST
def reopen(request: Request, pk: int) -> HttpResponse:
    services.reopen(_changeable(request, pk))
    return _answer(request, pk)


@require_POST
def postpone(request: Request, pk: int) -> HttpResponse:
    """By some days from today, or back to a day: the undo."""
    told = _changeable(request, pk)
    before, today = told.due_date, timezone.localdate()
    try:
        if "due_date" in request.POST:
            due, before_shown = dt.date.fromisoformat(request.POST["due_date"]), None
        else:
            due = max(told.due_date, today) + dt.timedelta(days=int(request.POST.get("days", "1")))
            before_shown = before
        if abs(due - today) > FURTHEST:
            raise ValueError
    except (ValueError, OverflowError):
        messages.error(request, message("to_do.far", lang()))
        return _answer(request, pk)
    try:
        services.change(told, request.user, owner=told.owner, due_date=due)
    except KeyAccountError as error:
        messages.error(request, error.text(lang()))
        before_shown = None
    return _answer(request, pk, before_shown)


def change(request: Request, pk: int) -> HttpResponse:
    """Another day, another owner."""
    told = _changeable(request, pk)
    about = services.subject(told)
    name = f"{told.owner.name}（{told.owner.username}）" if told.owner != request.user else ""
    initial = {"what": services.text(told, lang()), "due_date": told.due_date, "owner": name}
    data = {**request.POST.dict(), "what": initial["what"]} if request.method == "POST" else None
    form = ToDoForm(data, by=request.user, about=about, initial=initial)
    form.fields["what"].disabled = True
    if request.method == "POST" and form.is_valid():
        try:
            services.change(
                told,
                request.user,
                owner=form.cleaned_data["owner"],
                due_date=form.cleaned_data["due_date"],
            )
        except KeyAccountError as error:
            form.add_error(None, error.text(lang()))
        else:
            messages.success(request, message("to_do.changed", lang()))
            return back_to(request, reverse("to_dos"))
    context = {"to_do": told, "form": form, "next": request.GET.get("next", request.POST.get("next", ""))}
    return render(request, "work/to_do_change.html", context)
