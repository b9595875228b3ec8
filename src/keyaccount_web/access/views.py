"""Pages on people: who is here, with which posts; invitations, hand-over, one's own consents."""

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.mail import send_mail
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from keyaccount.errors import KeyAccountError
from keyaccount.language import message
from keyaccount_web.access import services
from keyaccount_web.access.models import ActingConsent, OrgUnit, User
from keyaccount_web.access.requests import Request
from keyaccount_web.access.roles import Right, Role
from keyaccount_web.access.scope import may, visible_accounts, visible_units
from keyaccount_web.know.services import hand_over as hand_over_accounts
from keyaccount_web.shell.templatetags.pages import lang


class InviteForm(forms.Form):
    """Somebody new."""

    name = forms.CharField(max_length=60)
    username = forms.CharField(max_length=60)
    email = forms.EmailField(required=False)
    role = forms.ChoiceField()
    unit = forms.ModelChoiceField(OrgUnit.objects.all())

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["role"].choices = [(one.value, message(f"role.{one.value}", lang())) for one in Role]  # type: ignore[attr-defined]
        for name, field in self.fields.items():
            field.label = message(f"field.{name}", lang())
            field.widget.attrs["class"] = (
                "form-select"
                if isinstance(field, forms.ChoiceField | forms.ModelChoiceField)
                else "form-control"
            )


def _managers_only(request: Request) -> None:
    if not may(request.user, Right.MANAGE_USERS):
        raise PermissionDenied


def _people(request: Request):  # type: ignore[no-untyped-def]
    """The colleagues that one may see: all for administrators, else those of the visible units."""
    if not (may(request.user, Right.MANAGE_USERS) or may(request.user, Right.ASSIGN)):
        raise PermissionDenied
    if may(request.user, Right.MANAGE_USERS):
        return User.objects.all()
    return User.objects.filter(posts__unit__in=visible_units(request.user)).distinct()


@require_GET
def people(request: Request) -> HttpResponse:
    """Who works here, by unit."""
    found = _people(request).prefetch_related("posts__unit").order_by("-is_active", "name")
    return render(
        request,
        "access/people.html",
        {
            "people": found,
            "units": visible_units(request.user),
            "may_manage": may(request.user, Right.MANAGE_USERS),
        },
    )


@require_GET
def person(request: Request, pk: int) -> HttpResponse:
    """One colleague: posts, accounts, hand-over."""
    told = get_object_or_404(_people(request), pk=pk)
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
            "owned_count": told.accounts.count(),
            "successors": _people(request).filter(is_active=True).exclude(pk=pk).order_by("name"),
            "may_manage": may(request.user, Right.MANAGE_USERS),
        },
    )


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
            link = request.build_absolute_uri(reverse("welcome", args=[services.invite(user, request.user)]))
            if user.email:
                subject, body = (
                    message("invite.subject", lang()),
                    message("invite.body", lang(), name=user.name, link=link),
                )
                send_mail(subject, body, settings.DEFAULT_FROM_EMAIL, [user.email], fail_silently=True)
            form = InviteForm()
    return render(request, "access/invite.html", {"form": form, "link": link})


@login_not_required
def welcome(request: Request, token: str) -> HttpResponse:
    """The page behind an invitation: choose a password and come in."""
    invitation = services.open_invitation(token)
    if invitation is None:
        return render(request, "access/welcome.html", {"invitation": None}, status=410)
    problems: list[str] = []
    if request.method == "POST":
        password, again = request.POST.get("password", ""), request.POST.get("again", "")
        if password != again:
            problems = [message("welcome.differ", lang())]
        else:
            try:
                validate_password(password, invitation.user)
            except ValidationError as error:
                problems = list(error.messages)
        if not problems:
            user = services.accept_invitation(invitation, password)
            login(request, user, backend="django.contrib.auth.backends.ModelBackend")
            return redirect("home")
    return render(request, "access/welcome.html", {"invitation": invitation, "problems": problems})


@require_POST
def hand_over(request: Request, pk: int) -> HttpResponse:
    """Give a colleague's work to another, at once."""
    people = _people(request)
    leaving = get_object_or_404(people, pk=pk)
    successor = get_object_or_404(people.filter(is_active=True), pk=request.POST.get("successor") or 0)
    moved = hand_over_accounts(leaving, successor)
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
    helper = get_object_or_404(
        User, pk=request.POST.get("helper") or 0, is_active=True, posts__role=Role.ADMINISTRATOR
    )
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
