"""Pages on coming in: behind an invitation, and what administrators do for who cannot."""

import logging

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from allauth.socialaccount.adapter import get_adapter as get_social_adapter
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.mail import send_mail
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from keyaccount.errors import KeyAccountError
from keyaccount.language import message
from keyaccount_web.access import services
from keyaccount_web.access.models import User
from keyaccount_web.access.requests import Request
from keyaccount_web.access.roles import Right
from keyaccount_web.access.scope import may
from keyaccount_web.access.sign_in import has_factor
from keyaccount_web.shell.templatetags.pages import lang

_log = logging.getLogger(__name__)


@login_not_required
@never_cache
@require_GET
def welcome(request: Request, token: str) -> HttpResponse:
    """Behind an invitation's link: the token goes from the address into the session at once."""
    invitation = services.open_invitation(token)
    request.session["welcome"] = invitation.pk if invitation else None
    response = redirect("welcome_in")
    response["Referrer-Policy"] = "no-referrer"
    return response


@login_not_required
@never_cache
@sensitive_post_parameters("password", "again")
@require_http_methods(["GET", "POST"])
def welcome_in(request: Request) -> HttpResponse:
    """Choose a password and come in, or come in by the company's service."""
    pk = request.session.get("welcome")
    invitation = services.invitation_by_id(pk) if pk else None
    problems: list[str] = []
    if invitation and request.method == "POST":
        problems = _password_problems(request, invitation.user)
        if not problems:
            user = services.accept_invitation(invitation, request.POST["password"])
            if user is not None:
                return _enter(request, user)
            invitation = None
    if invitation is None:
        return render(request, "access/welcome.html", {"invitation": None}, status=410)
    return render(request, "access/welcome.html", {"invitation": invitation, "problems": problems})


def _password_problems(request: Request, user: User) -> list[str]:
    password = request.POST.get("password", "")
    if password != request.POST.get("again", ""):
        return [message("welcome.differ", lang())]
    try:
        validate_password(password, user)
    except ValidationError as error:
        return list(error.messages)
    return []


def _enter(request: Request, user: User) -> HttpResponse:
    """By the same stages as any sign-in: an invitation does not spare the second factor of who has one."""
    if request.user.is_authenticated:
        logout(request)
    request.session.pop("welcome", None)
    record_authentication(request, user, "password")
    response: HttpResponse = perform_login(request, Login(user=user))
    return response


@never_cache
@require_http_methods(["GET", "POST"])
def person_sign_in(request: Request, pk: int) -> HttpResponse:
    """How a colleague comes in: a new link, a lost second factor, accounts of the company's services."""
    if not may(request.user, Right.MANAGE_USERS):
        raise PermissionDenied
    told = get_object_or_404(User, pk=pk)
    known = {one.app.provider_id: one.name for one in get_social_adapter().list_providers(request)}
    link, problem = None, None
    if request.method == "POST":
        # One's own factor goes by one's own pages, which ask for it first.
        if told == request.user or request.acting is not None:
            raise PermissionDenied
        deed, service = request.POST.get("do"), request.POST.get("service", "")
        if deed == "link" and told.is_active:
            link = invite_by_mail(request, told)
            _log.warning("%s made a sign-in link for %s", request.user.username, told.username)
        elif deed == "factor":
            services.forget_second_factor(told)
            _log.warning("%s cleared the second factor of %s", request.user.username, told.username)
            get_adapter(request).send_notification_mail("mfa/email/totp_deactivated", told)
            messages.success(request, message("sign_in.factor_forgotten", lang(), name=told.name))
        elif deed == "service" and service in known:
            try:
                _set_service(told, service, request.POST.get("uid", ""))
                _log.warning("%s set the %s account of %s", request.user.username, service, told.username)
            except KeyAccountError as error:
                problem = error.text(lang())
        else:
            raise Http404
    linked = dict(SocialAccount.objects.filter(user=told).values_list("provider", "uid"))
    return render(
        request,
        "access/sign_in.html",
        {
            "person": told,
            "link": link,
            "problem": problem,
            "has_password": told.has_usable_password(),
            "has_factor": has_factor(told),
            "services": [(code, name, linked.get(code, "")) for code, name in known.items()],
        },
    )


def _set_service(user: User, service: str, uid: str) -> None:
    if uid.strip():
        # WeCom tells its ids apart without regard to case; what it sends is compared in small letters.
        provider = get_social_adapter().get_app(None, service).provider
        services.link_service(user, service, uid.lower() if provider == "wecom" else uid)
    else:
        services.unlink_service(user, service)


def invite_by_mail(request: Request, user: User) -> str:
    """A link, shown to who invites, and mailed to who is invited."""
    link = request.build_absolute_uri(reverse("welcome", args=[services.invite(user, request.user)]))
    if user.email:
        subject, body = (
            message("invite.subject", user.lang),
            message("invite.body", user.lang, name=user.name, link=link),
        )
        send_mail(subject, body, settings.DEFAULT_FROM_EMAIL, [user.email], fail_silently=True)
    return link
