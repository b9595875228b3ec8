"""Addresses of signing in: the company's services by ours, the rest by allauth, less what would open another door."""

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import include, path, re_path

from keyaccount_web.access.company import base


@login_not_required
def closed(request: HttpRequest, **_: str) -> HttpResponse:  # noqa: ARG001
    """No such page here.

    E-mail addresses are entered by administrators (they decide whom the company's service lets in), accounts of services
    are linked by invitation, passwords are first set by invitation.
    """
    raise Http404


def no_password(request: HttpRequest) -> HttpResponse:
    """Who comes in by the company's service alone is told so, where others change their password."""
    return render(request, "account/no_password.html")


urlpatterns = [
    path("email/", closed),
    path("confirm-email/", closed),
    re_path(r"^confirm-email/.+$", closed),
    path("password/set/", no_password),
    path("login/code/confirm/", closed),
    path("3rdparty/", closed),
    path("3rdparty/signup/", closed),
    re_path(r"^social/.*$", closed),
    path("company/<str:provider_id>/", base.sign_in, name="company_sign_in"),
    path("company/<str:provider_id>/callback/", base.callback, name="company_callback"),
    path("sessions/", include("allauth.usersessions.urls")),
    path("", include("allauth.urls")),
]
