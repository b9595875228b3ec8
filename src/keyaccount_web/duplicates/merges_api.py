"""Endpoints on merging: what it would do, doing it, and taking it back (K9)."""

from datetime import datetime
from typing import Any, Literal

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from ninja import Field, Router, Schema, Status

from keyaccount_web.access.roles import Right
from keyaccount_web.access.scope import may, visible_accounts
from keyaccount_web.api.kit import (
    ApiRequest,
    Cursor,
    Id,
    Input,
    Limit,
    Named,
    keyset,
    named,
    needs,
    one_of,
    page_schema,
)
from keyaccount_web.api.problems import field_problem, refused
from keyaccount_web.duplicates import services
from keyaccount_web.duplicates.models import Merge
from keyaccount_web.duplicates.services import FIELDS, FieldChoice, Side
from keyaccount_web.duplicates.views import visible_merges
from keyaccount_web.know.models import Account
from keyaccount_web.lists.exports import json_value

router = Router(tags=["merges"])


class ChoiceOut(Schema):
    """A field of the two accounts, and whose value would be taken."""

    field: str
    survivor: str | None
    merged: str | None
    preset: Literal["survivor", "merged"]
    may_take: list[Literal["survivor", "merged"]]


class MovingOut(Schema):
    """Records of one kind that would move, become one with the survivor's of the same name, or stay since it has the like."""

    kind: str
    moved: int
    joined: int
    kept: int


class MergePreviewOut(Schema):
    """What merging would do. `versions` are to be sent back with it."""

    survivor: Named
    merged: Named
    versions: list[int]
    fields: list[ChoiceOut]
    moving: list[MovingOut]


class MergeIn(Input):
    """`merged` becomes part of `survivor`. A field that is not named takes its preset."""

    survivor: Id
    merged: Id
    versions: list[int] = Field(
        min_length=2, max_length=2, description="Of survivor and merged, as they were read."
    )
    take: dict[str, Literal["survivor", "merged"]] = Field(default_factory=dict)


class MergeOut(Schema):
    """One merge."""

    id: int
    survivor: Named
    merged: Named
    merged_at: datetime
    merged_by: Named
    moved: int
    """Records that went to the survivor."""
    undone_at: datetime | None


class UndoneOut(MergeOut):
    """A merge taken back; fields that were changed since stay as they are."""

    kept_fields: list[str]


def _merges(request: ApiRequest) -> QuerySet[Merge]:
    if not (may(request.user, Right.EDIT_ACCOUNTS) or may(request.user, Right.MERGE)):
        raise PermissionDenied
    return visible_merges(request)


def _mergers_only(request: ApiRequest) -> None:
    if not may(request.user, Right.MERGE):
        raise PermissionDenied


def _account(request: ApiRequest, pk: int) -> Account:
    return one_of(visible_accounts(request.user).select_related("owner", "unit", "parent"), pk)


def _merge(record: Merge) -> dict[str, Any]:
    return {
        "id": record.pk,
        "survivor": named(record.survivor),
        "merged": named(record.merged),
        "merged_at": record.merged_at,
        "merged_by": named(record.merged_by),
        "moved": sum(len(one["ids"]) for one in record.moved),
        "undone_at": record.undone_at,
    }


def _choice(one: FieldChoice) -> dict[str, Any]:
    survivor, merged = (
        None if value in (None, "") else json_value(value) for value in (one.survivor, one.merged)
    )
    told = {"field": one.name, "survivor": survivor, "merged": merged}
    return {**told, "preset": one.preset, "may_take": list(one.may_take)}


@router.get(
    "/merges", auth=needs("read"), response=page_schema("Merge", MergeOut), summary="Merges, newest first"
)
def list_merges(request: ApiRequest, limit: Limit, after: Cursor = None) -> Any:
    found, next_page = keyset(_merges(request), limit=limit, after=after)
    return {"items": [_merge(one) for one in found], "after": next_page}


@router.get(
    "/merges/preview/{account_id}/{other_id}",
    auth=needs("read"),
    response=MergePreviewOut,
    summary="What merging two accounts would do",
)
def preview(request: ApiRequest, account_id: Id, other_id: Id) -> Any:
    """If `other_id` became part of `account_id`. Nothing is written."""
    _mergers_only(request)
    kept, other = _account(request, account_id), _account(request, other_id)
    told = services.preview(kept, other)
    return {
        "survivor": named(kept),
        "merged": named(other),
        "versions": [kept.version, other.version],
        "fields": [_choice(one) for one in told.fields if one.differs],
        "moving": [
            {
                "kind": one.text_code.rpartition(".")[2],
                "moved": one.moved,
                "joined": one.joined,
                "kept": one.kept,
            }
            for one in told.moving
        ],
    }


@router.post("/merges", auth=needs("write"), response={201: MergeOut}, summary="Merge two accounts")
def make(request: ApiRequest, told: MergeIn) -> Any:
    """In one transaction; whoever is late gets 409, and nothing is written."""
    _mergers_only(request)
    for pk in (told.survivor, told.merged):
        _account(request, pk)
    unknown = [name for name in told.take if name not in FIELDS]
    if unknown:
        raise refused(
            *(field_problem(f"take.{name}", "one_of", allowed=list(FIELDS), value=name) for name in unknown)
        )
    chosen: dict[str, Side] = dict(told.take)
    record = services.merge(
        told.survivor, told.merged, chosen, versions=(told.versions[0], told.versions[1]), user=request.user
    )
    return Status(201, _merge(record))


@router.get("/merges/{merge_id}", auth=needs("read"), response=MergeOut, summary="A merge")
def read_merge(request: ApiRequest, merge_id: Id) -> Any:
    return _merge(one_of(_merges(request), merge_id))


@router.post("/merges/{merge_id}/undo", auth=needs("write"), response=UndoneOut, summary="Take a merge back")
def undo(request: ApiRequest, merge_id: Id) -> Any:
    """What was added to the survivor since stays with it."""
    _mergers_only(request)
    record = one_of(_merges(request), merge_id)
    kept = services.undo(record.pk, user=request.user)
    return {**_merge(one_of(_merges(request), merge_id)), "kept_fields": kept}
