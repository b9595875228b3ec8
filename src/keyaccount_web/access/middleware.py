"""What happens with each request before a page sees it: language, rest, acting for a colleague, second factor."""

import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import translation
from django_htmx.http import HttpResponseClientRedirect

from keyaccount_web.access.services import acting_consent, log_acting
from keyaccount_web.access.sign_in import has_factor, has_proved

Respond = Callable[[HttpRequest], HttpResponse]

_COOKIE = "lang"
_CODES = {"zh": "zh-hans", "en": "en"}
_SIGN_IN = "/sign-in/"
# What somebody without a second factor must still reach, to get one.
_WITHOUT_FACTOR = (_SIGN_IN, "/people/language/", "/people/welcome/")


class ReaderLanguage:
    """The language that the switch on the page has set (a cookie), else the browser's; Chinese where neither says English."""

    def __init__(self, respond: Respond) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        chosen = request.COOKIES.get(_COOKIE)
        if chosen not in _CODES:
            wanted = request.headers.get("Accept-Language", "")[:2].lower()
            chosen = wanted if wanted in _CODES else "zh"
        translation.activate(_CODES[chosen])
        response = self.respond(request)
        response.headers.setdefault("Content-Language", _CODES[chosen])
        return response


class ActingAs:
    """Somebody of the support acts in a colleague's name: the request is the colleague's, and is logged."""

    def __init__(self, respond: Respond) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.acting = None  # type: ignore[attr-defined]
        # Passwords, factors and sessions are one's own: no consent covers those of a colleague.
        own = request.path_info.startswith(_SIGN_IN)
        if request.user.is_authenticated and "acting" in request.session and not own:
            consent = acting_consent(request.session["acting"], helper=request.user)
            if consent is None:
                del request.session["acting"]
            else:
                log_acting(consent, request)
                request.acting = consent  # type: ignore[attr-defined]
                request.helper = request.user  # type: ignore[attr-defined]
                request.user = consent.user
        return self.respond(request)


class AtRest:
    """Who has rested longer than the company allows signs in again; what a signed-in reader sees stays in no browser's store.

    What pages ask for by themselves does not count as somebody's doing.
    """

    _SEEN = "seen"
    _BY_THEMSELVES = ("import_progress", "run_progress")
    _NOTED_EACH = 60
    """Seconds: not each page is to write."""

    def __init__(self, respond: Respond) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.user.is_authenticated:
            return self.respond(request)
        allowed, now = settings.REST_MINUTES * 60, time.time()
        seen = request.session.get(self._SEEN, now) if allowed else now
        if allowed and now - seen > allowed:
            logout(request)
        response = self.respond(request)
        response.headers.setdefault("Cache-Control", "private, no-store")
        view = request.resolver_match.url_name if request.resolver_match else None
        # Also where it was noted by a clock that was ahead, or rest would not count until then.
        is_due = self._SEEN not in request.session or abs(now - seen) >= self._NOTED_EACH
        if allowed and request.user.is_authenticated and is_due and view not in self._BY_THEMSELVES:
            request.session[self._SEEN] = now
        return response


class SecondFactor:
    """Who signed in with a password alone is led to set up a second factor before anything else.

    Who has one but did not use it in this session (it was begun before, perhaps by somebody else) must sign in again.
    """

    def __init__(self, respond: Respond) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user: Any = getattr(request, "helper", request.user)
        if user.is_authenticated and not user.without_second_factor and not has_proved(request, user):
            if has_factor(user):
                logout(request)
                return _go(request, redirect_to_login(request.get_full_path()))
            if settings.REQUIRE_SECOND_FACTOR and not request.path_info.startswith(_WITHOUT_FACTOR):
                return _go(request, redirect(reverse("mfa_index")))
        return self.respond(request)


def _go(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """A part of a page cannot be sent elsewhere, only the page."""
    return HttpResponseClientRedirect(response.url) if request.htmx else response  # type: ignore[attr-defined]
