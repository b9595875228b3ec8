"""How does a chapter declare its endpoints? A `router` in its `api.py`, from these pieces; `main.CHAPTERS` names the chapter.

router = Router(tags=["accounts"])

@router.get("/accounts/{account_id}", auth=needs("read"), response=AccountOut)
def read_account(request: ApiRequest, account_id: Id) -> dict[str, Any]: …

add_list(router, "/accounts", ACCOUNTS)   # a list of the kit: filters, order, pages by key, count
"""

from functools import cache
from typing import Annotated, Any, Literal, TypeVar

from django.db.models import Model, QuerySet
from django.http import FileResponse, Http404, HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Field, Query, Router, Schema
from ninja.security import HttpBearer
from pydantic import BaseModel, ConfigDict, create_model

from keyaccount_web.access.models import User
from keyaccount_web.access.requests import Request
from keyaccount_web.api.models import Token
from keyaccount_web.api.problems import ApiError, field_problem, refused
from keyaccount_web.lists.exports import json_value
from keyaccount_web.lists.kit import Column, Least, Listing, listings, number_of
from keyaccount_web.lists.models import SavedView
from keyaccount_web.lists.paging import page_of, place_of
from keyaccount_web.lists.state import State
from keyaccount_web.lists.views import page_for

PER_PAGE = 50
MOST_ROWS = 500

Row = TypeVar("Row", bound=Model)
Id = Annotated[int, Field(ge=1, le=2**53 - 1, description="The id of a record.")]
Limit = Annotated[int, Query(PER_PAGE, ge=1, le=MOST_ROWS, description="How many rows at most.")]
Cursor = Annotated[str | None, Query(None, max_length=500, description="`after` of the page before.")]


def in_query(default: Any = ..., **told: Any) -> Any:
    """A parameter of the address: `state: State | None = in_query(None, description=…)`."""
    return Query(default, **told)  # type: ignore[type-arg]


class ApiRequest(Request):
    """Only for its types: a request that a token came in by."""

    token: Token


class Input(Schema):
    """What a program sends: a field that is not known is refused, not passed over."""

    model_config = ConfigDict(extra="forbid")


class Named(Schema):
    """A record that another refers to."""

    id: int
    code: str | None = None
    username: str | None = None
    name: str


class Problem(Schema):
    """RFC 9457, with our code and its three sentences."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: str
    expected: str
    found: str
    to_do: str
    errors: list[dict[str, Any]] | None = None


class Done(Schema):
    """It was done."""

    done: bool = True


class _Needs(HttpBearer):
    """A token with one scope. The guard has let it in by then."""

    def __init__(self, scope: str) -> None:
        super().__init__()
        self.scope = scope

    def __call__(self, request: HttpRequest) -> Token:
        token: Token = request.token  # type: ignore[attr-defined]
        if self.scope and self.scope not in token.scopes:
            raise ApiError("token.scope", status=403, scope=self.scope, scopes=token.scopes)
        return token

    def authenticate(self, request: HttpRequest, token: str) -> Token:
        raise NotImplementedError


@cache
def needs(scope: str) -> _Needs:
    """`auth=needs("write")` at an endpoint; an empty scope: any token will do."""
    kind = type("Token", (_Needs,), {"__doc__": _Needs.__doc__})
    found: _Needs = kind(scope)
    return found


def one_of(rows: QuerySet[Row], pk: int) -> Row:
    """A record that may be seen; for one that may not the answer is the same as for none."""
    return get_object_or_404(rows, pk=pk)


def named(record: Any) -> dict[str, Any] | None:
    """A unit, account or colleague as others refer to it."""
    if record is None:
        return None
    told = {"id": record.pk, "name": str(record)}
    if isinstance(record, User):
        return {**told, "username": record.username}
    return {**told, "code": getattr(record, "code", None)}


def keyset(
    rows: QuerySet[Any], *, limit: int, after: str | None, path: str = "id", descending: bool = True
) -> tuple[list[Any], str | None]:
    """A page of records that are no list of the kit, by the last one seen; and the cursor of the next.

    Raises ApiError `api.invalid` for a cursor that is none.
    """
    if after and place_of(after, rows, path) is None:
        raise refused(field_problem("after", "cursor"))
    page = page_of(rows, path, descending=descending, size=limit, after=after)
    return page.rows, page.after


def by_number(after: str | None) -> int:
    """The place in a result that never changes. Raises ApiError `api.invalid`."""
    if not after:
        return 0
    if not after.isascii() or not after.isdecimal() or len(after) > 9:
        raise refused(field_problem("after", "cursor"))
    return int(after)


def file_answer(path: Any, name: str, content_type: str) -> FileResponse:
    """Always to be saved. Raises Http404 where the content is gone."""
    try:
        content = path.open("rb")
    except FileNotFoundError as error:
        raise Http404 from error
    return FileResponse(content, as_attachment=True, filename=name, content_type=content_type)


def page_schema(name: str, row: Any) -> type[Schema]:
    """Rows and the cursor of the next page (null: this was the last)."""
    return create_model(f"{name}Page", __base__=Schema, items=(list[row], ...), after=(str | None, None))


# --- lists of the kit


def add_list(router: Router, path: str, listing: Listing, *, summary: str) -> None:
    """`GET path`: a list as its page has it, by the same filters, for the same eyes."""
    # As other chapters have extended it.
    listing = listings[listing.name]
    query, answer = _query_schema(listing), _list_schema(listing)

    def view(request: ApiRequest, asked: Any) -> dict[str, Any]:
        return list_answer(request, listings[listing.name], asked.limit, with_count=asked.count)

    view.__name__ = f"list_{listing.name}"
    view.__annotations__["asked"] = Query[query]  # type: ignore[misc, valid-type]
    router.get(path, auth=needs("read"), response=answer, exclude_unset=True, summary=summary)(view)


def list_answer(request: ApiRequest, listing: Listing, limit: int, *, with_count: bool) -> dict[str, Any]:
    """One page. Raises ApiError `api.invalid` for what a list cannot be asked."""
    state = _state(request, listing)
    columns = state.written_columns(request)
    page = page_for(request, state, columns, limit)
    told: dict[str, Any] = {
        "items": [{"id": row.pk, **{one.name: _cell(one, row) for one in columns}} for row in page.rows],
        "after": page.after,
        "before": page.before,
    }
    if with_count:
        told["count"] = state.rows(request).count()
    return told


def _cell(column: Column, row: Any) -> Any:
    return json_value(column.coded(row) if column.coded else column.of(row))


def _state(request: ApiRequest, listing: Listing) -> State:
    """What the address asks; never the reader's favourite view, which a program does not know of."""
    filters = {one.name: one for one in listing.filters}
    known = {*filters, "whose", "sort", "columns"}
    beside = {"after", "before", "limit", "count", "view"}
    problems = [
        field_problem(name, "unknown", allowed=sorted(known | beside))
        for name in request.GET
        if name not in known | beside
    ]
    asked = {name: request.GET[name].strip() for name in request.GET if name in known}
    there = {one.name: one for one in listing.columns_for(request)}
    for name, text in asked.items():
        if name in filters and isinstance(filters[name], Least) and text and number_of(text) is None:
            problems.append(field_problem(name, "number"))
    problems += [
        field_problem("columns", "one_of", allowed=sorted(there), value=name)
        for name in asked.get("columns", "").split(",")
        if name and name not in there
    ]
    saved = None
    if request.GET.get("view"):
        saved = SavedView.seen_by(request.user, listing.name).filter(pk=int(request.GET["view"])).first()
        if saved is None:
            problems.append(field_problem("view", "not_there"))
    told = {**(saved.asked if saved else {}), **asked}
    state = State(listing, {name: value for name, value in told.items() if value and name in known}, saved)
    sort = there.get(state.sort.lstrip("-"))
    if sort is None or not sort.path:
        problems.append(field_problem("sort", "not_sorted"))
    else:
        problems += [
            field_problem(name, "cursor")
            for name in ("after", "before")
            if request.GET.get(name) and place_of(request.GET[name], listing.rows(request), sort.path) is None
        ]
    if problems:
        raise refused(*problems)
    return state


def _query_schema(listing: Listing) -> type[BaseModel]:
    from keyaccount.language import message

    sorts = [one.name for one in listing.columns if one.path and one.is_sorted]
    orders = tuple(sign + name for name in sorts for sign in ("", "-"))
    names = ", ".join(one.name for one in listing.columns)
    fields: dict[str, Any] = {
        one.name: (str | None, Field(None, max_length=200, description=message(one.title, "en")))
        for one in listing.filters
    }
    fields |= {
        "whose": (
            Literal[tuple(one.name for one in listing.scenes)] | None,
            Field(None, description="Whose, or which, as the page's views say."),
        ),
        "sort": (Literal[orders] | None, Field(None, description=f"Preset: {listing.sort}.")),
        "columns": (str | None, Field(None, max_length=500, description=f"With commas: {names}.")),
        "view": (Id | None, Field(None, description="A saved view.")),
        "after": (str | None, Field(None, max_length=500, description="`after` of the page before.")),
        "before": (str | None, Field(None, max_length=500, description="`before` of the page behind.")),
        "limit": (int, Field(PER_PAGE, ge=1, le=MOST_ROWS, description="How many rows at most.")),
        "count": (bool, Field(False, description="Count all rows, too.")),
    }
    return create_model(f"{listing.name.title()}Query", __base__=Schema, **fields)


_KINDS: dict[str, Any] = {"percent": float, "change": float, "count": int}


def _list_schema(listing: Listing) -> type[Schema]:
    columns: dict[str, Any] = {one.name: (_KINDS.get(one.show, str) | None, None) for one in listing.columns}
    row = create_model(f"{listing.name.title()}Row", __base__=Schema, id=(int, ...), **columns)
    return create_model(
        f"{listing.name.title()}List",
        __base__=Schema,
        items=(list[row], ...),  # type: ignore[valid-type]
        after=(str | None, None),
        before=(str | None, None),
        count=(int | None, None),
    )
