"""Which requests belong into the audit log, and as what?"""

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from keyaccount_web.access.sign_in import client_address
from keyaccount_web.audit import record
from keyaccount_web.audit.models import Entry
from keyaccount_web.operate.request_ids import current_id

Kind = Entry.Kind

MOST_CHANGES = 200
_SAFE = ("GET", "HEAD", "OPTIONS")
_PERSONAL = {"contacts", "contact", "person", "people", "search", "search_results", "audit", "calendar_feed"}
"""Pages beside those of an account that show people."""
_QUIET = {"account_seen", "account_buying", "language", "bell", "import_progress", "run_progress"}
"""Parts that pages load by themselves, and what changes nothing but one's own view."""
_RIGHTS = {
    "invite",
    "unit_add",
    "post_give",
    "post_end",
    "hand_over",
    "person_switch",
    "person_sign_in",
    "consent",
    "consent_withdraw",
}
_ACTING = {"act", "act_stop"}

changes: ContextVar[list[list[Any]] | None] = ContextVar("audit_changes", default=None)
"""The records that the request under way has changed; None: there is none."""


class Audit:
    """Writes one entry at most for a request, after its answer is made."""

    def __init__(self, respond: Callable[[HttpRequest], HttpResponse]) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user, helper = request.user, getattr(request, "helper", None)
        token = changes.set([])
        try:
            response = self.respond(request)
            changed = changes.get() or []
        finally:
            changes.reset(token)
        kind = kind_of(request, response)
        if kind is None:
            return response
        # Who has just come in is known now, who has just gone was known before.
        person: Any = user if user.is_authenticated else _person(request)
        entry = _entry(request, response, kind, person, helper, changed)
        if kind == Kind.SAW:
            record.soon(entry)
        else:
            record.at_once(entry)
        return response


def kind_of(request: HttpRequest, response: HttpResponse) -> Kind | None:
    """What the request was; None: nothing that is kept."""
    told: Kind | None = getattr(request, "audit_kind", None)  # sign-in, by its signals
    if told is not None:
        return told
    match = request.resolver_match
    view = (match.url_name if match else "") or ""
    if not _person(request).is_authenticated or view in _QUIET or "part" in request.GET:
        return None
    about_account = _account_of(request) is not None
    if response.status_code == 403 or (response.status_code == 404 and about_account):
        return Kind.REFUSED
    if response.status_code >= 400:
        return None
    if view in _ACTING:
        return Kind.ACTING
    if request.method not in _SAFE:
        return Kind.RIGHTS if view in _RIGHTS else Kind.CHANGED
    if response.has_header("Content-Disposition") and "attachment" in response["Content-Disposition"]:
        return Kind.EXPORTED
    if request.GET.get("format") == "json" and view in _PERSONAL | {"accounts"}:
        return Kind.EXPORTED
    if about_account or view in _PERSONAL or request.path_info.startswith("/api/"):
        return Kind.SAW if response.status_code == 200 else None
    return None


def _person(request: HttpRequest) -> Any:
    """Who asks; one who comes by a token and no session is told by `request.audit_user`."""
    return getattr(request, "audit_user", None) or request.user


def _account_of(request: HttpRequest) -> int | None:
    """The account that the address names."""
    match = request.resolver_match
    if match is None or not match.route.startswith("accounts/<int:pk>/"):
        return None
    return int(match.kwargs["pk"])


def _entry(
    request: HttpRequest,
    response: HttpResponse,
    kind: Kind,
    person: Any,
    helper: Any,
    changed: list[list[Any]],
) -> Entry:
    match = request.resolver_match
    detail: dict[str, Any] = getattr(request, "audit_detail", {})
    if changed:
        detail = {**detail, "changes": changed[:MOST_CHANGES], "changed": len(changed)}
    if kind == Kind.EXPORTED and request.META.get("QUERY_STRING"):
        detail = {**detail, "asked": request.META["QUERY_STRING"][:500]}
    return Entry(
        at=timezone.now(),
        kind=kind,
        user_id=person.pk if person.is_authenticated else None,
        user_name=person.get_username()[:150] if person.is_authenticated else "",
        helper_id=helper.pk if helper else None,
        helper_name=helper.get_username()[:150] if helper else "",
        account_id=_account_of(request),
        view=(match.view_name if match else "")[:100],
        # The secret of an invitation or of a calendar must not stand in a log that others read.
        path=(f"/{match.route}" if match and {"token", "key"} & set(match.kwargs) else request.path_info)[
            :300
        ],
        method=(request.method or "")[:10],
        status=response.status_code,
        address=(client_address(request) or "")[:45],
        request_id=current_id(),
        detail=detail,
    )
