"""What stands around each request: its id, the log's line on it, its figures; and the addresses for machines."""

import logging
import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse

from keyaccount_web.operate import health, metrics
from keyaccount_web.operate.per_request import a_request
from keyaccount_web.operate.request_ids import HEADER, set_id, taken

_log = logging.getLogger("keyaccount.request")
_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


class Around:
    """The outermost: an id in and out, one line in the log, one count."""

    def __init__(self, respond: Callable[[HttpRequest], HttpResponse]) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_id = taken(request.headers.get(HEADER))
        set_id(request_id)
        began = time.perf_counter()
        try:
            with a_request():
                response = self.respond(request)
        finally:
            seconds = time.perf_counter() - began
        response[HEADER] = request_id
        match = request.resolver_match
        view = (match.view_name if match else "") or "other"
        method = request.method if request.method in _METHODS else "other"
        metrics.count_request(view, method or "other", response.status_code, seconds)
        user = getattr(request, "user", None)
        _log.info(
            "%s %s %d",
            method,
            view,
            response.status_code,
            extra={
                "view": view,
                "method": method,
                "status": response.status_code,
                "milliseconds": round(seconds * 1000, 1),
                "user": user.pk if user is not None and user.is_authenticated else None,
            },
        )
        return response


class ForMachines:
    """/health, /ready, /metrics: before sign-in, sessions, https and host names, which probes do not have."""

    def __init__(self, respond: Callable[[HttpRequest], HttpResponse]) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = {"/health": _health, "/ready": _ready, "/metrics": _metrics}.get(request.path_info)
        if answer is None:
            return self.respond(request)
        if request.method not in ("GET", "HEAD"):
            return HttpResponse(status=405)
        response = answer(request)
        response["Cache-Control"] = "no-store"
        return response


def _health(_request: HttpRequest) -> HttpResponse:
    return JsonResponse({"alive": True})


def _ready(_request: HttpRequest) -> HttpResponse:
    told = health.readiness()
    is_ready = all(told[name] for name in health.NEEDED)
    return JsonResponse({"ready": is_ready, "parts": told}, status=200 if is_ready else 503)


def _metrics(request: HttpRequest) -> HttpResponse:
    if not metrics.may_read(request):
        return HttpResponse(status=403)
    return HttpResponse(metrics.text(), content_type="text/plain; version=0.0.4; charset=utf-8")
