"""How does the API say that something went wrong? One shape for everything (RFC 9457): our code, what was expected, found, to do."""

import json
import logging
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.core.serializers.json import DjangoJSONEncoder
from django.forms import BaseForm
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from ninja.errors import HttpError, ValidationError

from keyaccount.errors import KeyAccountError
from keyaccount.language import knows, message
from keyaccount.ledger.store.tables import StoreError
from keyaccount_web.api.tokens import TokenError, TooOftenError
from keyaccount_web.duplicates.services import MergeRefusedError
from keyaccount_web.imports.services import UndoError
from keyaccount_web.know.contact_services import ContactConflictError
from keyaccount_web.know.services import EditConflictError
from keyaccount_web.operate.disk import in_words
from keyaccount_web.runs.services import RunError
from keyaccount_web.shell.templatetags.pages import lang

TYPE = "application/problem+json"
CONFLICTS = (
    *(EditConflictError, ContactConflictError, RunError, MergeRefusedError, UndoError, StoreError),
)  # fmt: skip
STATUSES = {"attachment.too_large": 413, "to_do.closed": 409, "comment.late": 409}
"""Of errors of other chapters that are no plain 422."""

logger = logging.getLogger("django.request")


@dataclass(frozen=True)
class FieldProblem:
    """What is wrong with one field."""

    field: str
    """Its name, with dots and numbers down to where it is: `sheets.0.kind`."""
    code: str
    message: str


class ApiError(KeyAccountError):
    """Something that only a program can do wrong, or that is told to it with more than a sentence."""

    def __init__(
        self,
        code: str,
        /,
        *,
        status: int,
        problems: Iterable[FieldProblem] = (),
        more: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        **values: Any,
    ) -> None:
        super().__init__(code, **values)
        self.status = status
        self.problems = list(problems)
        self.more = dict(more or {})
        self.headers = dict(headers or {})


def refused(*problems: FieldProblem) -> ApiError:
    """Fields that cannot be meant."""
    return ApiError("api.invalid", status=422, problems=problems, names=[one.field for one in problems])


def field_problem(field: str, kind: str, **values: Any) -> FieldProblem:
    """One of ours: the text is `api.field.<kind>`."""
    return FieldProblem(field, kind, message(f"api.field.{kind}", lang(), **values))


def of_form(form: BaseForm, names: Mapping[str, str] | None = None) -> ApiError:
    """What a form that pages use, too, has against its fields; `names`: what the API calls them."""
    return refused(
        *(
            FieldProblem(
                (names or {}).get(name, name), str(error.code or "invalid"), " ".join(error.messages)
            )
            for name, errors in form.errors.as_data().items()
            for error in errors
        )
    )


def conflict(code: str, differ: Mapping[str, tuple[Any, Any]], *, version: int, **values: Any) -> ApiError:
    """Somebody else was faster; `differ`: field → (yours, theirs). Nothing was written."""
    told = [{"field": name, "yours": yours, "theirs": theirs} for name, (yours, theirs) in differ.items()]
    return ApiError(code, status=409, more={"conflicts": told, "version": version}, **values)


def answer_for(request: HttpRequest, error: Exception) -> HttpResponse:
    """Any error as the API tells it."""
    return _answer(request, _as_api_error(error))


def _as_api_error(error: Exception) -> ApiError:
    match error:
        case ApiError():
            return error
        case TokenError() if error.code in (
            "token.unknown",
            "token.revoked",
            "token.expired",
            "token.user_off",
        ):
            challenge = {"WWW-Authenticate": 'Bearer realm="keyaccount", error="invalid_token"'}
            return _from(error, 401, challenge)
        case TooOftenError():
            return _from(error, 429, {"Retry-After": str(error.values["seconds"])})
        case EditConflictError():
            theirs = {name: (None, value) for name, value in error.theirs.items()}
            return conflict(error.code, theirs, version=error.account.version, **error.values)
        case KeyAccountError():
            status = STATUSES.get(error.code, 409 if isinstance(error, CONFLICTS) else 422)
            return _from(error, status)
        case ValidationError():
            return refused(*map(_of_pydantic, error.errors))
        case Http404():
            return ApiError("api.not_found", status=404)
        case PermissionDenied():
            return ApiError("api.forbidden", status=403)
        case RequestDataTooBig():
            return ApiError("api.too_large", status=413, megabytes=5)
        case HttpError() if error.status_code == 400:
            return ApiError("api.unreadable", status=400)
        case SuspiciousOperation() | UnreadablePostError():
            return ApiError("api.unreadable", status=400)
    logger.exception("API", exc_info=error)
    if full := in_words(error):
        return _from(full, 507)
    return ApiError("api.broken", status=500)


def _from(error: KeyAccountError, status: int, headers: Mapping[str, str] | None = None) -> ApiError:
    told = ApiError(error.code, status=status, headers=headers)
    told.values = error.values
    for sentence in ("expected", "found", "to_do"):
        # Some say it in a way of their own.
        setattr(told, sentence, getattr(error, sentence))
    return told


def _answer(request: HttpRequest, error: ApiError) -> HttpResponse:
    spoken = lang()
    body: dict[str, Any] = {
        "type": f"urn:keyaccount:problem:{error.code}",
        "title": message(f"api.title.{error.status}", spoken),
        "status": error.status,
        "detail": error.text(spoken),
        "instance": request.path,
        **error.as_dict(spoken),
        **error.more,
    }
    if error.problems:
        body["errors"] = [asdict(one) for one in error.problems]
    text = json.dumps(body, ensure_ascii=False, cls=DjangoJSONEncoder)
    return HttpResponse(text, status=error.status, content_type=TYPE, headers=error.headers)


def _of_pydantic(error: Mapping[str, Any]) -> FieldProblem:
    """Its complaint in our words; where it stands without "body" and the name of the parameter."""
    place = [str(part) for part in error["loc"]]
    place = (
        place[1:] if place[:1] and place[0] in ("body", "query", "path", "form", "file", "header") else place
    )
    # Ninja names the parameter of a body before its fields.
    if place[:1] and place[0] in ("told", "asked") and len(place) > 1:
        place = place[1:]
    kind = str(error["type"])
    context = {name: str(value) for name, value in (error.get("ctx") or {}).items()}
    code = f"api.field.{kind}"
    text = message(
        code if knows(code) else "api.field.other", lang(), **{"limit": _limit(context), **context}
    )
    return FieldProblem(".".join(place) or "body", kind, text)


def _limit(context: Mapping[str, str]) -> str:
    names = ("ge", "gt", "le", "lt", "min_length", "max_length", "expected", "pattern")
    return next((context[name] for name in names if name in context), "")
