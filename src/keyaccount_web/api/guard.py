"""What happens with every request to the API before and after its endpoint? Size, token, rate, a second try; then headers.

Sessions of browsers do not count here: a token must be sent, so that no other site can make a browser write.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt

from keyaccount_web.access.sign_in import client_address
from keyaccount_web.api import idempotency
from keyaccount_web.api.models import KeptAnswer, Token
from keyaccount_web.api.problems import ApiError, answer_for
from keyaccount_web.api.tokens import count_use, token_of

View = Callable[..., HttpResponseBase]
LARGEST_JSON = 1 << 20
CHALLENGE = 'Bearer realm="keyaccount"'


def guarded(view: View) -> View:
    """An endpoint that only a token gets at."""

    @login_not_required
    @csrf_exempt
    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            _refuse_large(request)
            _refuse_null(request)
            token = _come_in(request)
            kept = idempotency.begin(request, token)
        except Exception as error:  # noqa: BLE001 - whatever it is, a program is told in the one shape
            return _dressed(answer_for(request, error))
        if isinstance(kept, HttpResponse):
            return _dressed(kept)
        try:
            response = _in_our_shape(request, view(request, *args, **kwargs))
        except Exception as error:  # noqa: BLE001 - even what went wrong while something else was told
            response = answer_for(request, error)
        except BaseException:
            if kept is not None:
                idempotency.forget(kept)
            raise
        if isinstance(kept, KeptAnswer):
            idempotency.end(kept, response)
        return _dressed(response)

    return answer


@login_not_required
@csrf_exempt
def nothing_here(request: HttpRequest, **_: Any) -> HttpResponse:
    """An address of the API that is none."""
    response = answer_for(request, ApiError("api.not_found", status=404))
    return _dressed(response)  # type: ignore[return-value]


def _refuse_large(request: HttpRequest) -> None:
    """Before any of it is read."""
    told = request.headers.get("Content-Length") or "0"
    is_file = request.content_type == "multipart/form-data"
    # The envelope of a file needs some room of its own.
    most = settings.UPLOAD_LIMIT + (1 << 20) if is_file else LARGEST_JSON
    if told.isdecimal() and int(told) > most:
        raise ApiError("api.too_large", status=413, megabytes=most >> 20)


def _refuse_null(request: HttpRequest) -> None:
    """No database takes that character; in bodies the parser sees to it."""
    if "\x00" in request.path or any(
        "\x00" in text for name, text in request.GET.items() for text in (name, text)
    ):
        raise ApiError("api.unreadable", status=400)


def _come_in(request: HttpRequest) -> Token:
    kind, _, text = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not text.strip():
        raise ApiError("token.missing", status=401, headers={"WWW-Authenticate": CHALLENGE})
    address = client_address(request) or ""
    token = token_of(text.strip(), address=address)
    count_use(token, address=address)
    request.user = token.user
    request.token = token  # type: ignore[attr-defined]
    request.audit_detail = {"token": token.beginning}  # type: ignore[attr-defined]
    # Whoever's browser sent it: it is asked in the name of the token's user alone.
    request.acting = None  # type: ignore[attr-defined]
    if hasattr(request, "helper"):
        del request.helper
    return token


def _in_our_shape(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    if response.status_code == 405:
        allowed = response.headers.get("Allow", "")
        return answer_for(
            request, ApiError("api.method", status=405, allowed=allowed, headers={"Allow": allowed})
        )
    tag = response.headers.get("ETag")
    if tag and request.method == "GET" and request.headers.get("If-None-Match") == tag:
        return HttpResponse(status=304, headers={"ETag": tag})
    return response


def _dressed(response: HttpResponseBase) -> HttpResponseBase:
    response.headers.setdefault("Cache-Control", "private, no-store")
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Vary"] = "Authorization, Accept-Language"
    return response
