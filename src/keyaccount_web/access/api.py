"""Endpoints on people and units: who one is, colleagues and the organisation as far as one may see them."""

from datetime import date
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from ninja import Field, Router, Schema, Status

from keyaccount_web.access.models import OrgUnit, Post, User
from keyaccount_web.access.roles import RULES, Right, Role
from keyaccount_web.access.scope import current_posts, may, visible_colleagues, visible_units
from keyaccount_web.access.services import add_user
from keyaccount_web.access.sign_in_views import invite_by_mail
from keyaccount_web.access.views import InviteForm
from keyaccount_web.api.kit import (
    ApiRequest,
    Cursor,
    Id,
    Input,
    Limit,
    Named,
    in_query,
    keyset,
    named,
    needs,
    one_of,
    page_schema,
)
from keyaccount_web.api.problems import ApiError, of_form

router = Router(tags=["people"])


class PostOut(Schema):
    """What somebody does where, and how far they see from there."""

    role: str
    unit: Named
    reach: str
    since: date
    until: date | None


class UserOut(Schema):
    """A colleague."""

    id: int
    username: str
    name: str
    staff_number: str
    email: str
    is_active: bool
    posts: list[PostOut]


class MeOut(UserOut):
    """Oneself, and what one may do."""

    rights: list[str]


class InviteIn(Input):
    """Somebody new, and their first post. Administrators are invited on the page, by who has a second factor at hand."""

    username: str = Field(min_length=1, max_length=60)
    name: str = Field(min_length=1, max_length=60)
    email: str = Field(
        "", max_length=254, description="Where the link goes; without it the answer has the link."
    )
    role: str = Field(max_length=30)
    unit: str = Field(max_length=30, description="Code of the unit.")


class InvitedOut(UserOut):
    """Who was invited."""

    link: str | None
    """By which they come in, once, within a week; null: it went by mail."""


class UnitOut(Schema):
    """A unit of the company; `path` has the codes from the top down."""

    id: int
    code: str
    name: str
    kind: str
    path: str
    parent_id: int | None


def _post(post: Post) -> dict[str, Any]:
    told = {name: getattr(post, name) for name in ("role", "reach", "since", "until")}
    return {**told, "unit": named(post.unit)}


def _user(user: User, posts: list[Post]) -> dict[str, Any]:
    names = ("id", "username", "name", "staff_number", "email", "is_active")
    return {**{name: getattr(user, name) for name in names}, "posts": [_post(one) for one in posts]}


def _colleagues(request: ApiRequest) -> QuerySet[User]:
    if not (may(request.user, Right.MANAGE_USERS) or may(request.user, Right.ASSIGN)):
        raise PermissionDenied
    return visible_colleagues(request.user).prefetch_related("posts__unit")


@router.get(
    "/me", auth=needs("read"), response=MeOut, summary="In whose name the token is, and what they may"
)
def read_me(request: ApiRequest) -> Any:
    posts = current_posts(request.user)
    rights = {right for post in posts for right in RULES[Role(post.role)].rights}
    return {**_user(request.user, posts), "rights": sorted(rights)}


@router.get("/users", auth=needs("admin"), response=page_schema("User", UserOut), summary="Colleagues")
def list_users(
    request: ApiRequest, limit: Limit, after: Cursor = None, is_active: bool | None = in_query(None)
) -> Any:
    """For administrators all, for heads those of their units."""
    rows = _colleagues(request)
    if is_active is not None:
        rows = rows.filter(is_active=is_active)
    found, next_page = keyset(rows, limit=limit, after=after, descending=False)
    return {"items": [_user(one, list(one.posts.all())) for one in found], "after": next_page}


@router.get("/users/{user_id}", auth=needs("admin"), response=UserOut, summary="A colleague")
def read_user(request: ApiRequest, user_id: Id) -> Any:
    found = one_of(_colleagues(request), user_id)
    return _user(found, list(found.posts.all()))


@router.get(
    "/units", auth=needs("read"), response=list[UnitOut], summary="Units of the company, from the top down"
)
def list_units(request: ApiRequest) -> Any:
    return visible_units(request.user)


@router.post(
    "/users", auth=needs("admin"), response={201: InvitedOut}, summary="Enter somebody and let them come in"
)
def invite(request: ApiRequest, told: InviteIn) -> Any:
    if not may(request.user, Right.MANAGE_USERS):
        raise PermissionDenied
    if told.role == Role.ADMINISTRATOR:
        raise ApiError("invite.by_page", status=403)
    unit = OrgUnit.objects.filter(code=told.unit).first()
    form = InviteForm({**told.dict(), "unit": unit.pk if unit else 0})
    if not form.is_valid():
        raise of_form(form)
    given = form.cleaned_data
    user = add_user(
        given["username"], given["name"], email=given["email"], role=Role(given["role"]), unit=given["unit"]
    )
    link = invite_by_mail(request, user)
    return Status(
        201, {**_user(user, list(user.posts.select_related("unit"))), "link": None if user.email else link}
    )
