"""What does a reader see where something cannot be done? The error in its three sentences, instead of a broken page."""

import logging
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from keyaccount.errors import KeyAccountError
from keyaccount_web.operate.disk import in_words
from keyaccount_web.shell.templatetags.pages import lang

_log = logging.getLogger(__name__)


class SaidInWords:
    """Our own errors that no view has caught; a full disk, too."""

    def __init__(self, respond: Callable[[HttpRequest], HttpResponse]) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.respond(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if full := in_words(error):
            _log.exception("A disk is full", exc_info=error)
            return render(request, "shell/trouble.html", {"told": full.text(lang())}, status=507)
        if not isinstance(error, KeyAccountError):
            return None
        return render(request, "shell/trouble.html", {"told": error.text(lang())}, status=409)
