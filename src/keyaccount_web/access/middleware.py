"""What happens with each request before a page sees it: language, acting for a colleague, second factor."""

from collections.abc import Callable

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import translation

from keyaccount_web.access.services import acting_consent, log_acting

Respond = Callable[[HttpRequest], HttpResponse]

_COOKIE = "lang"
_CODES = {"zh": "zh-hans", "en": "en"}
# What somebody without a second factor must still reach, to get one.
_WITHOUT_FACTOR = ("/sign-in/", "/people/language/", "/static/")


class ReaderLanguage:
    """The language of the user, else of the cookie, else of the browser; Chinese where none says English."""

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
        if request.user.is_authenticated and "acting" in request.session:
            consent = acting_consent(request.session["acting"], helper=request.user)
            if consent is None:
                del request.session["acting"]
            else:
                log_acting(consent, request)
                request.acting = consent  # type: ignore[attr-defined]
                request.helper = request.user  # type: ignore[attr-defined]
                request.user = consent.user
        return self.respond(request)


class SecondFactor:
    """Who signed in with a password alone is led to set up a second factor before anything else."""

    def __init__(self, respond: Respond) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = getattr(request, "helper", request.user)
        if (
            settings.REQUIRE_SECOND_FACTOR
            and user.is_authenticated
            and not user.without_second_factor
            and not request.path.startswith(_WITHOUT_FACTOR)
            and not request.session.get("company_sign_in")
            and not is_mfa_enabled(user)
        ):
            return redirect(reverse("mfa_index"))
        return self.respond(request)
