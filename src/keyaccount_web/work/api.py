"""Endpoints on daily work: to-dos, comments, files (S8, R4). What they hang on is named `account:17`, or `<kind>:<id>` of another kind."""

from datetime import date, datetime
from typing import Any, Literal

from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone
from ninja import Field, File, Form, Router, Schema, Status, UploadedFile

from keyaccount_web.access.models import User
from keyaccount_web.api.kit import (
    ApiRequest,
    Cursor,
    Done,
    Id,
    Input,
    Limit,
    Named,
    file_answer,
    in_query,
    keyset,
    named,
    needs,
    one_of,
    page_schema,
)
from keyaccount_web.api.problems import field_problem, refused
from keyaccount_web.company.presets import setting
from keyaccount_web.shell.templatetags.pages import lang
from keyaccount_web.work import attachments, comments, tags_api, to_do
from keyaccount_web.work.about import Subject, subject_of
from keyaccount_web.work.file_kinds import KINDS
from keyaccount_web.work.models import Attachment, Comment, ToDo
from keyaccount_web.work.views.files import may_remove_file
from keyaccount_web.work.views.to_do import FURTHEST, colleague_named

router = Router()
router.add_router("", tags_api.router)
ABOUT = r"^[a-z_]{1,30}:[0-9]{1,15}$"
About = in_query(None, pattern=ABOUT, description="Only what hangs on this record: `account:17`.")


class ToDoIn(Input):
    """Something to do; without `owner` (a user name) for oneself."""

    what: str = Field(min_length=1, max_length=300)
    due_date: date
    owner: str | None = Field(None, max_length=150)
    about: str | None = Field(None, pattern=ABOUT)


class ToDoChange(Input):
    """Postponed, or passed on; what is left out stays."""

    due_date: date | None = None
    owner: str | None = Field(None, max_length=150)


class ToDoOut(Schema):
    """A to-do."""

    id: int
    what: str
    due_date: date
    state: ToDo.State
    owner: Named
    given_by: Named | None
    account: Named | None
    about: str | None
    rule: str
    created_at: datetime
    closed_at: datetime | None


class CommentIn(Input):
    """Something said; `@name` mentions a colleague."""

    about: str = Field(pattern=ABOUT)
    text: str = Field(min_length=1, max_length=comments.LONGEST)


class CommentChange(Input):
    """Another text, for some minutes."""

    text: str = Field(min_length=1, max_length=comments.LONGEST)


class CommentOut(Schema):
    """A comment; of one that was removed only that it was there."""

    id: int
    account: Named
    about: str
    author: Named | None
    text: str | None
    created_at: datetime
    edited_at: datetime | None
    removed_at: datetime | None


class FileOut(Schema):
    """A file at an account."""

    id: int
    account: Named
    about: str
    name: str
    kind: str
    size: int
    sha256: str
    added_by: Named | None
    created_at: datetime


def _about(record: Any) -> str | None:
    return Subject(record.account, record.about_kind, record.about_id).token if record.account else None


def _hanging_on(request: HttpRequest, rows: Any, about: str | None) -> Any:
    if about is None:
        return rows
    subject = subject_of(request.user, about)  # type: ignore[arg-type]
    rows = rows.filter(account=subject.account)
    return (
        rows
        if subject.kind == "account"
        else rows.filter(about_kind=subject.kind, about_id=subject.record_id)
    )


# --- to-dos


def _to_do(told: ToDo) -> dict[str, Any]:
    names = ("id", "due_date", "state", "rule", "created_at", "closed_at")
    return {
        **{name: getattr(told, name) for name in names},
        "what": to_do.text(told, lang()),
        "owner": named(told.owner),
        "given_by": named(told.given_by),
        "account": named(told.account),
        "about": _about(told),
    }


def _changeable(request: ApiRequest, pk: int) -> ToDo:
    told = one_of(to_do.to_dos_seen_by(request.user), pk)
    if not to_do.may_change(request.user, told):
        raise PermissionDenied
    return told


def _day(day: date) -> date:
    if abs(day - timezone.localdate()) > FURTHEST:
        raise refused(field_problem("due_date", "far"))
    return day


def _owner(request: ApiRequest, username: str | None, about: Subject | None) -> User:
    return colleague_named(username or "", request.user, about)


@router.get(
    "/to-dos",
    auth=needs("read"),
    response=page_schema("ToDo", ToDoOut),
    tags=["to-dos"],
    summary="To-dos, by day",
)
def list_to_dos(
    request: ApiRequest,
    limit: Limit,
    after: Cursor = None,
    whose: Literal["mine", "given", "all"] = in_query(
        "mine", description="One's own, those given to others, all that one may see."
    ),
    state: ToDo.State | None = in_query(ToDo.State.OPEN),
    about: str | None = About,
) -> Any:
    rows = _hanging_on(request, to_do.to_dos_seen_by(request.user), about)
    own = {
        "mine": Q(owner=request.user),
        "given": Q(given_by=request.user) & ~Q(owner=request.user),
        "all": Q(),
    }
    rows = rows.filter(own[whose])
    if state is not None:
        rows = rows.filter(state=state)
    found, next_page = keyset(rows, limit=limit, after=after, path="due_date", descending=False)
    return {"items": [_to_do(one) for one in found], "after": next_page}


@router.post(
    "/to-dos",
    auth=needs("write"),
    response={201: ToDoOut},
    tags=["to-dos"],
    summary="Give somebody something to do",
)
def give_to_do(request: ApiRequest, told: ToDoIn) -> Any:
    about = subject_of(request.user, told.about) if told.about else None
    owner = _owner(request, told.owner, about)
    made = to_do.give(request.user, owner, told.what, due_date=_day(told.due_date), about=about)
    return Status(201, _to_do(made))


@router.get("/to-dos/{to_do_id}", auth=needs("read"), response=ToDoOut, tags=["to-dos"], summary="A to-do")
def read_to_do(request: ApiRequest, to_do_id: Id) -> Any:
    return _to_do(one_of(to_do.to_dos_seen_by(request.user), to_do_id))


@router.patch(
    "/to-dos/{to_do_id}",
    auth=needs("write"),
    response=ToDoOut,
    tags=["to-dos"],
    summary="Postpone it, or pass it on",
)
def change_to_do(request: ApiRequest, to_do_id: Id, told: ToDoChange) -> Any:
    held = _changeable(request, to_do_id)
    owner = _owner(request, told.owner, to_do.subject(held)) if told.owner else held.owner
    day = _day(told.due_date) if told.due_date else held.due_date
    to_do.change(held, request.user, owner=owner, due_date=day)
    held.refresh_from_db()
    return _to_do(held)


@router.post(
    "/to-dos/{to_do_id}/{deed}",
    auth=needs("write"),
    response=ToDoOut,
    tags=["to-dos"],
    summary="Done, dropped, or open again",
)
def close_to_do(request: ApiRequest, to_do_id: Id, deed: Literal["done", "drop", "reopen"]) -> Any:
    held = _changeable(request, to_do_id)
    if deed == "reopen":
        to_do.reopen(held)
    else:
        to_do.finish(held, request.user, state=ToDo.State.DONE if deed == "done" else ToDo.State.DROPPED)
    held.refresh_from_db()
    return _to_do(held)


# --- comments


def _comment(told: Comment) -> dict[str, Any]:
    names = ("id", "created_at", "edited_at", "removed_at")
    return {
        **{name: getattr(told, name) for name in names},
        "text": None if told.removed_at else told.text,
        "account": named(told.account),
        "author": named(told.author),
        "about": _about(told),
    }


@router.get(
    "/comments",
    auth=needs("read"),
    response=page_schema("Comment", CommentOut),
    tags=["comments"],
    summary="Comments, newest first",
)
def list_comments(request: ApiRequest, limit: Limit, after: Cursor = None, about: str | None = About) -> Any:
    rows = _hanging_on(request, comments.comments_seen_by(request.user), about)
    found, next_page = keyset(rows, limit=limit, after=after)
    return {"items": [_comment(one) for one in found], "after": next_page}


@router.post(
    "/comments", auth=needs("write"), response={201: CommentOut}, tags=["comments"], summary="Say something"
)
def say(request: ApiRequest, told: CommentIn) -> Any:
    about = subject_of(request.user, told.about)
    return Status(201, _comment(comments.say_about(request.user, about, told.text)))


@router.patch(
    "/comments/{comment_id}",
    auth=needs("write"),
    response=CommentOut,
    tags=["comments"],
    summary="Change one's own",
)
def change_comment(request: ApiRequest, comment_id: Id, told: CommentChange) -> Any:
    held = one_of(comments.comments_seen_by(request.user), comment_id)
    if held.author_id != request.user.pk:
        raise PermissionDenied
    if not comments.may_edit(request.user, held, minutes=setting("comment.edit_minutes")):
        raise comments.CommentError("comment.late", minutes=setting("comment.edit_minutes"))
    comments.edit(held, told.text)
    return _comment(one_of(comments.comments_seen_by(request.user), comment_id))


@router.delete(
    "/comments/{comment_id}", auth=needs("write"), response=Done, tags=["comments"], summary="Remove it"
)
def remove_comment(request: ApiRequest, comment_id: Id) -> Any:
    held = one_of(comments.comments_seen_by(request.user), comment_id)
    if not comments.may_remove(request.user, held):
        raise PermissionDenied
    comments.remove(held, request.user)
    return {}


# --- files


def _file(told: Attachment) -> dict[str, Any]:
    names = ("id", "name", "kind", "size", "sha256", "created_at")
    told_names = {name: getattr(told, name) for name in names}
    return {
        **told_names,
        "account": named(told.account),
        "added_by": named(told.added_by),
        "about": _about(told),
    }


def _files(request: ApiRequest) -> Any:
    return attachments.attachments_seen_by(request.user).filter(removed_at=None)


@router.get(
    "/files",
    auth=needs("read"),
    response=page_schema("File", FileOut),
    tags=["files"],
    summary="Files at accounts, newest first",
)
def list_files(request: ApiRequest, limit: Limit, after: Cursor = None, about: str | None = About) -> Any:
    found, next_page = keyset(_hanging_on(request, _files(request), about), limit=limit, after=after)
    return {"items": [_file(one) for one in found], "after": next_page}


@router.post("/files", auth=needs("write"), response={201: FileOut}, tags=["files"], summary="Add a file")
def add_file(request: ApiRequest, about: Form[str], file: File[UploadedFile]) -> Any:
    subject = subject_of(request.user, about)
    return Status(
        201, _file(attachments.attach(request.user, subject, (file.name or "")[:200], file.chunks()))
    )


@router.get(
    "/files/{file_id}", auth=needs("read"), response=FileOut, tags=["files"], summary="What a file is"
)
def read_file(request: ApiRequest, file_id: Id) -> Any:
    return _file(one_of(_files(request), file_id))


@router.get("/files/{file_id}/content", auth=needs("read"), tags=["files"], summary="The file itself")
def download(request: ApiRequest, file_id: Id) -> Any:
    told = one_of(_files(request), file_id)
    return file_answer(attachments.path_of(told.sha256), told.name, KINDS[told.kind].media_type)


@router.delete(
    "/files/{file_id}",
    auth=needs("write"),
    response=Done,
    tags=["files"],
    summary="Remove it, to be brought back for a while",
)
def remove_file(request: ApiRequest, file_id: Id) -> Any:
    told = one_of(_files(request), file_id)
    if not may_remove_file(request.user, told):
        raise PermissionDenied
    attachments.remove(told, request.user)
    return {}
