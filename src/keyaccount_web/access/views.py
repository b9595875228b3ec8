"""Pages on people: who is here, with which posts; invitations, hand-over, one's own consents."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from keyaccount.errors import KeyAccountError
from keyaccount.language import message
from keyaccount_web.access import services
from keyaccount_web.access.listings import people_seen
from keyaccount_web.access.models import ActingConsent, OrgUnit, Post, User
from keyaccount_web.access.requests import Request
from keyaccount_web.access.roles import Reach, Right, Role
from keyaccount_web.access.scope import may, visible_accounts
from keyaccount_web.access.sign_in_views import invite_by_mail
from keyaccount_web.know.models import Account
from keyaccount_web.know.services import hand_over as hand_over_accounts
from keyaccount_web.shell.templatetags.pages import lang


class InviteForm(forms.Form):
    """Somebody new."""

    name = forms.CharField(max_length=60)
    username = forms.CharField(max_length=60)
    email = forms.EmailField(required=False)
    role = forms.ChoiceField()
    unit = forms.ModelChoiceField(OrgUnit.objects.all())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = _choices("role", Role.values)  # type: ignore[attr-defined]
        _styled(self)


def _styled(form: forms.Form) -> None:
    """Labels in the reader's language, controls as everywhere."""
    for name, field in form.fields.items():
        field.label = message(f"field.{name}", lang())
        is_choice = isinstance(field, forms.ChoiceField | forms.ModelChoiceField)
        field.widget.attrs["class"] = "form-select" if is_choice else "form-control"


def _choices(prefix: str, values: Iterable[str]) -> list[tuple[str, str]]:
    return [(value, message(f"{prefix}.{value}", lang())) for value in values]


class PostForm(forms.Form):
    """One more post for somebody."""

    role = forms.ChoiceField()
    unit = forms.ModelChoiceField(OrgUnit.objects.all())
    reach = forms.ChoiceField(required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = _choices("role", Role.values)  # type: ignore[attr-defined]
        self.fields["reach"].choices = [("", "—"), *_choices("reach", Reach.values)]  # type: ignore[attr-defined]
        _styled(self)


class UnitForm(forms.Form):
    """A new unit."""

    code = forms.SlugField(max_length=30)
    name = forms.CharField(max_length=100)
    kind = forms.ChoiceField()
    parent = forms.ModelChoiceField(OrgUnit.objects.all(), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = _choices("unit", OrgUnit.Kind.values)  # type: ignore[attr-defined]
        _styled(self)


def _managers_only(request: Request) -> None:
    if not may(request.user, Right.MANAGE_USERS):
        raise PermissionDenied


def _disposable(request: Request) -> QuerySet[Account]:
    """The accounts that one may hand over: all for administrators, who do not see them, else the visible ones."""
    if may(request.user, Right.MANAGE_USERS):
        return Account.objects.all()
    return visible_accounts(request.user)


def _number(text: str | None) -> int:
    """The id that a form names; 0 where it is none."""
    return int(text) if text and text.isdecimal() else 0


@require_GET
def person(request: Request, pk: int) -> HttpResponse:
    """One colleague: posts, accounts, hand-over."""
    told = get_object_or_404(people_seen(request), pk=pk)
    owned = (
        visible_accounts(request.user)
        .filter(owner=told)
        .select_related("figures")
        .order_by("-figures__sales")
    )
    return render(
        request,
        "access/person.html",
        {
            "person": told,
            "posts": told.posts.select_related("unit"),
            "owned": owned[:20],
            "owned_count": _disposable(request).filter(owner=told).count(),
            "successors": people_seen(request).filter(is_active=True).exclude(pk=pk).order_by("name"),
            "may_manage": may(request.user, Right.MANAGE_USERS),
            "post_form": PostForm() if may(request.user, Right.MANAGE_USERS) else None,
        },
    )


@require_POST
def give_post(request: Request, pk: int) -> HttpResponse:
    """One more post for a colleague."""
    _managers_only(request)
    told, form = get_object_or_404(User, pk=pk), PostForm(request.POST)
    if form.is_valid():
        given = form.cleaned_data
        services.give_post(told, Role(given["role"]), given["unit"], reach=given["reach"] or None)
        messages.success(request, message("post.given", lang(), name=told.name))
    else:
        messages.error(request, " ".join(str(error) for errors in form.errors.values() for error in errors))
    return redirect("person", pk)


@require_POST
def end_post(request: Request, pk: int, post: int) -> HttpResponse:
    """A post is over, at once."""
    _managers_only(request)
    services.end_post(get_object_or_404(Post, pk=post, user=pk))
    return redirect("person", pk)


def add_unit(request: Request) -> HttpResponse:
    """A new unit of the organisation."""
    _managers_only(request)
    form = UnitForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.add_unit(**form.cleaned_data)
        except KeyAccountError as error:
            form.add_error("code", error.text(lang()))
        else:
            return redirect("people")
    return render(request, "access/unit.html", {"form": form})


def invite(request: Request) -> HttpResponse:
    """Enter somebody and give them a link to come in."""
    _managers_only(request)
    form = InviteForm(request.POST or None)
    link = None
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        try:
            user = services.add_user(
                told["username"],
                told["name"],
                email=told["email"],
                role=Role(told["role"]),
                unit=told["unit"],
            )
        except KeyAccountError as error:
            form.add_error("username", error.text(lang()))
        else:
            link = invite_by_mail(request, user)
            form = InviteForm()
    return render(request, "access/invite.html", {"form": form, "link": link})


@require_POST
def hand_over(request: Request, pk: int) -> HttpResponse:
    """Give a colleague's work to another, at once."""
    people = people_seen(request)
    leaving = get_object_or_404(people, pk=pk)
    successor = get_object_or_404(people.filter(is_active=True), pk=_number(request.POST.get("successor")))
    moved = hand_over_accounts(leaving, successor, within=_disposable(request))
    messages.success(
        request, message("hand_over.done", lang(), n=moved, name=leaving.name, successor=successor.name)
    )
    return redirect("person", pk)


@require_POST
def switch(request: Request, pk: int) -> HttpResponse:
    """Switch a user off, or on again."""
    _managers_only(request)
    told = get_object_or_404(User, pk=pk)
    if told == request.user:
        raise PermissionDenied
    if told.is_active:
        services.switch_off(told)
    else:
        services.switch_on(told)
    return redirect("person", pk)


@require_GET
def me(request: Request) -> HttpResponse:
    """One's own page: posts, sessions, consents."""
    user = request.user
    return render(
        request,
        "access/me.html",
        {
            "posts": user.posts.select_related("unit"),
            "given": user.consents_given.select_related("helper").prefetch_related("log")[:20],
            "held": [
                one
                for one in user.consents_held.select_related("user")[:20]
                if services.acting_consent(one.pk, helper=user)
            ],
            "helpers": User.objects.filter(is_active=True, posts__role=Role.ADMINISTRATOR)
            .exclude(pk=user.pk)
            .distinct(),
        },
    )


@require_POST
def consent(request: Request) -> HttpResponse:
    """Let somebody of the support act in one's name."""
    if request.acting is not None:
        raise PermissionDenied
    helpers = User.objects.filter(is_active=True, posts__role=Role.ADMINISTRATOR).distinct()
    helper = get_object_or_404(helpers, pk=_number(request.POST.get("helper")))
    services.consent(request.user, helper)
    return redirect("me")


@require_POST
def withdraw(request: Request, pk: int) -> HttpResponse:
    """Take the consent back."""
    held = get_object_or_404(ActingConsent, pk=pk, user=request.user)
    held.withdrawn_at = timezone.now()
    held.save(update_fields=["withdrawn_at"])
    return redirect("me")


@require_POST
def act(request: Request, pk: int) -> HttpResponse:
    """Begin to act in the name of a colleague who consents."""
    if services.acting_consent(pk, helper=request.user) is None:
        raise Http404
    request.session["acting"] = pk
    return redirect("home")


@require_POST
def stop_acting(request: Request) -> HttpResponse:
    """Be oneself again."""
    request.session.pop("acting", None)
    return redirect("me")


@login_not_required
@require_POST
def language(request: Request) -> HttpResponse:
    """Read in the other language from now on."""
    chosen = request.POST.get("lang", "zh")
    if chosen not in ("zh", "en"):
        raise Http404
    back = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}):
        back = "/"
    if request.user.is_authenticated:
        User.objects.filter(pk=request.user.pk).update(lang=chosen)
    response = redirect(back)
    response.set_cookie(
        "lang", chosen, max_age=365 * 24 * 3600, samesite="Lax", httponly=True, secure=settings.HTTPS
    )
    return response
