"""What if a program asks for the same thing twice, since it heard no answer? It is done once, and answered alike (for a day at least)."""

import datetime as dt
import hashlib
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone

from keyaccount_web.api.models import KeptAnswer, Token
from keyaccount_web.api.problems import ApiError
from keyaccount_web.work.sealed import seal, unseal

HEADER = "Idempotency-Key"
KEPT = dt.timedelta(hours=24)
"""At least: it is removed by a nightly job alone, which waits while the clock cannot be trusted."""
GIVEN_UP = dt.timedelta(minutes=10)
"""Work of which nothing was heard for so long is dead; the key is free again."""
LONGEST = 200
LARGEST = 1 << 20
"""Characters of an answer that are kept."""
COPIED = ("Content-Type", "ETag", "Location")


def begin(request: HttpRequest, token: Token) -> KeptAnswer | HttpResponse | None:
    """A place for the answer; or the answer that was given before; None: no key was sent.

    Raises ApiError `api.key_long`, `api.key_other`, `api.key_running`.
    """
    key = request.headers.get(HEADER)
    if request.method != "POST" or key is None:
        return None
    if not 1 <= len(key) <= LONGEST or not key.isprintable():
        raise ApiError("api.key_long", status=422, longest=LONGEST)
    now, digest = timezone.now(), _digest(request)
    kept, is_new = KeptAnswer.objects.get_or_create(
        token=token, key=key, defaults={"digest": digest, "created_at": now}
    )
    if is_new:
        return kept
    if kept.digest != digest:
        raise ApiError("api.key_other", status=422, key=key)
    if kept.status is None:
        dead = KeptAnswer.objects.filter(pk=kept.pk, status=None, created_at__lt=now - GIVEN_UP)
        if dead.update(created_at=now):
            return kept
        raise ApiError("api.key_running", status=409, key=key, headers={"Retry-After": "5"})
    again = HttpResponse(unseal(kept.body) or "", status=kept.status, headers=kept.headers)
    again.headers["Idempotency-Replayed"] = "true"
    return again


def end(kept: KeptAnswer, response: HttpResponseBase) -> None:
    """Keep an answer that did something; what was refused wrote nothing, and may be tried again with the same key."""
    body = getattr(response, "content", None)
    if body is None or not 200 <= response.status_code < 300 or len(body) > LARGEST:
        forget(kept)
        return
    # Sealed: an answer may hold a secret that nobody can look up later.
    kept.status, kept.body = response.status_code, seal(body.decode())
    kept.headers = {name: response.headers[name] for name in COPIED if name in response.headers}
    with transaction.atomic():
        kept.save(update_fields=["status", "body", "headers"])


def forget(kept: KeptAnswer) -> None:
    kept.delete()


def clear(now: dt.datetime | None = None) -> int:
    """Remove what is older than a day. Gives how many."""
    return KeptAnswer.objects.filter(created_at__lt=(now or timezone.now()) - KEPT).delete()[0]


def _digest(request: HttpRequest) -> str:
    """Of method, address and body; of files their names and content, read piece by piece."""
    told = hashlib.sha256(f"{request.method} {request.get_full_path()}\n".encode())
    if request.content_type != "multipart/form-data":
        told.update(request.body)
        return told.hexdigest()
    for name, values in sorted(request.POST.lists()):
        told.update(repr((name, values)).encode())
    files: list[tuple[str, list[Any]]] = sorted(request.FILES.lists())
    for name, given in files:
        for file in given:
            told.update(repr((name, file.name, file.size)).encode())
            for chunk in file.chunks():
                told.update(chunk)
            file.seek(0)
    return told.hexdigest()
