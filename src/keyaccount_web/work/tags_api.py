"""Endpoints on tags: which there are, and which an account bears (K1)."""

from typing import Any

from django.core.exceptions import PermissionDenied
from ninja import Field, Router, Schema, Status

from keyaccount_web.access.roles import Right
from keyaccount_web.access.scope import may, sees_all, visible_accounts
from keyaccount_web.api.kit import ApiRequest, Done, Id, Input, needs, one_of
from keyaccount_web.know.models import Account
from keyaccount_web.work import tags
from keyaccount_web.work.models import AccountTag, Tag

router = Router(tags=["tags"])


class TagIn(Input):
    """Made if there is none of that name."""

    name: str = Field(min_length=1, max_length=tags.LONGEST)


class TagOut(Schema):
    """A word that the company marks accounts with."""

    id: int
    name: str
    hue: str


def _to_change(request: ApiRequest, account_id: int) -> Account:
    account = one_of(visible_accounts(request.user), account_id)
    if not may(request.user, Right.EDIT_ACCOUNTS):
        raise PermissionDenied
    return account


@router.get("/tags", auth=needs("read"), response=list[TagOut], summary="The tags that one's accounts bear")
def list_tags(request: ApiRequest) -> Any:
    borne = AccountTag.objects.all()
    if not sees_all(request.user):
        borne = borne.filter(account__in=visible_accounts(request.user))
    return Tag.objects.filter(pk__in=borne.values("tag"))


@router.get(
    "/accounts/{account_id}/tags", auth=needs("read"), response=list[TagOut], summary="The tags of an account"
)
def list_tags_of(request: ApiRequest, account_id: Id) -> Any:
    account = one_of(visible_accounts(request.user), account_id)
    return Tag.objects.filter(pk__in=AccountTag.objects.filter(account=account).values("tag"))


@router.post(
    "/accounts/{account_id}/tags", auth=needs("write"), response={201: TagOut}, summary="Mark an account"
)
def add_tag(request: ApiRequest, account_id: Id, told: TagIn) -> Any:
    account = _to_change(request, account_id)
    marked = tags.tag_named(told.name, request.user)
    tags.tag([account], marked, request.user)
    return Status(201, marked)


@router.delete(
    "/accounts/{account_id}/tags/{tag_id}",
    auth=needs("write"),
    response=Done,
    summary="Take a tag off an account",
)
def remove_tag(request: ApiRequest, account_id: Id, tag_id: Id) -> Any:
    account = _to_change(request, account_id)
    borne = Tag.objects.filter(pk__in=AccountTag.objects.filter(account=account).values("tag"))
    tags.untag([account], one_of(borne, tag_id))
    return {}
