"""What does a reader see where something cannot be done? The error in its three sentences, instead of a broken page."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from keyaccount.errors import KeyAccountError
from keyaccount_web.shell.templatetags.pages import lang


class SaidInWords:
    """Our own errors that no view has caught."""

    def __init__(self, respond: Callable[[HttpRequest], HttpResponse]) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.respond(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, KeyAccountError):
            return None
        return render(request, "shell/trouble.html", {"told": error.text(lang())}, status=409)
