"""Endpoints of the yearly key account list, of kinds and of potential (F5-F8)."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from ninja import Field, Router, Schema, Status

from keyaccount.find.list_basis import ListBasis
from keyaccount.find.year_on_year import year_reason
from keyaccount_web.access.roles import Right
from keyaccount_web.access.scope import may
from keyaccount_web.api.kit import (
    ApiRequest,
    Cursor,
    Id,
    Input,
    Limit,
    Named,
    add_list,
    by_number,
    in_query,
    named,
    needs,
    one_of,
    page_schema,
)
from keyaccount_web.find.bought_api import router as bought_router
from keyaccount_web.find.kind_listing import KIND_LIST
from keyaccount_web.find.listings import POTENTIAL
from keyaccount_web.find.lists.comparing import years_of
from keyaccount_web.find.lists.proposing import begin_list
from keyaccount_web.find.lists.reading import (
    entries_seen_by,
    list_before,
    lists_seen_by,
    progress,
    reasons_told,
    sees_whole,
)
from keyaccount_web.find.lists.reviewing import begin_review, decide
from keyaccount_web.find.models import KeyAccountList, ListEntry
from keyaccount_web.find.proof_api import router as proof_router
from keyaccount_web.lists.exports import json_value
from keyaccount_web.runs.models import Run
from keyaccount_web.runs.services import current_run
from keyaccount_web.shell.templatetags.pages import lang

router = Router(tags=["key lists"])
router.add_router("", bought_router)
router.add_router("", proof_router)

add_list(router, "/kinds", KIND_LIST, summary="Kind, role and class of accounts")
add_list(router, "/potential", POTENTIAL, summary="Accounts that grow towards the line")


class ListIn(Input):
    """Which list to propose; what is left out has its preset."""

    run_id: int | None = Field(None, ge=1, le=2**53, description="Preset: the current run.")
    year: int | None = Field(
        None, ge=1900, le=9998, description="Preset: the year that begins after the run's."
    )
    in_set: bool = True
    monthly_spend_from: Decimal | None = Field(None, gt=0, max_digits=18, decimal_places=4)
    mixed: Literal["any", "all"] = "any"
    guards_apply: bool = True
    correction: str = Field(
        "", max_length=2000, description="Why, where the year has a published list already."
    )


class EntryDecisionIn(Input):
    """One person's decision about an entry."""

    choice: Literal["accept", "refuse", "reopen"]
    reason: str = Field("", max_length=2000)
    version: int = Field(ge=1, le=2**31 - 1, description="The entry's, as it was read.")


class ProgressOut(Schema):
    """How far the decisions are, over the whole list."""

    proposed: int
    undecided: int
    accepted: int
    refused: int
    added: int


class ListOut(Schema):
    """The key account list of a year. `progress` is for those who see the whole of it."""

    id: int
    year: int
    state: KeyAccountList.State
    until: date
    run_id: int
    basis: dict[str, Any]
    made_by: Named
    made_at: datetime
    published_at: datetime | None
    document_sha256: str
    progress: ProgressOut | None = None


class EntryOut(Schema):
    """An account that the list judges."""

    id: int
    code: str
    name: str
    account_id: int
    proposed: bool
    ways: list[str]
    verdict: str
    decision: ListEntry.Decision
    reason: str
    decided_by: Named | None
    version: int
    figures: dict[str, Any]
    reasons: list[str]


class MoveOut(Schema):
    """How an account stands against the published list before."""

    account_id: str
    account_name: str | None
    change: Literal["entered", "left", "stayed"]
    cause: str
    why: str
    sales_before: str | None
    sales_after: str | None


def _lists(request: ApiRequest) -> QuerySet[KeyAccountList]:
    return lists_seen_by(request.user).select_related("made_by", "run")


def _list(request: ApiRequest, told: KeyAccountList) -> dict[str, Any]:
    names = ("id", "year", "state", "until", "run_id", "made_at", "published_at", "document_sha256")
    shown: dict[str, Any] = {name: getattr(told, name) for name in names}
    # Who had special standing is told by the entries, each to those who may see its account.
    basis = {name: value for name, value in told.basis.items() if name != "standings"}
    shown |= {"made_by": named(told.made_by), "basis": basis}
    if sees_whole(request.user):
        far = progress(told.entries.all())
        shown["progress"] = {name: getattr(far, name) for name in ProgressOut.model_fields}
    return shown


@router.get(
    "/key-lists",
    auth=needs("read"),
    response=page_schema("KeyList", ListOut),
    exclude_unset=True,
    summary="Key account lists, newest first",
)
def list_key_lists(
    request: ApiRequest,
    limit: Limit,
    after: Cursor = None,
    year: int | None = in_query(None, ge=1900, le=9998),
) -> Any:
    rows, at = _lists(request), by_number(after)
    if year is not None:
        rows = rows.filter(year=year)
    found = list(rows[at : at + limit + 1])
    return {
        "items": [_list(request, one) for one in found[:limit]],
        "after": str(at + limit) if len(found) > limit else None,
    }


@router.post(
    "/key-lists", auth=needs("runs"), response={201: ListOut}, exclude_unset=True, summary="Propose a list"
)
def propose_key_list(request: ApiRequest, told: ListIn) -> Any:
    """A draft from a finished run; people decide about it, and one asks another to publish it, on its pages."""
    if not may(request.user, Right.RUN):
        raise PermissionDenied
    current = current_run()
    # Its summary, which a list is made of, is read once more.
    run = one_of(Run.objects.all(), told.run_id or (current.pk if current else 0))
    basis = ListBasis(
        in_set=told.in_set,
        monthly_spend_from=told.monthly_spend_from,
        mixed=told.mixed,
        guards_apply=told.guards_apply,
    )
    made = begin_list(request.user, run, basis, year=told.year, correction=told.correction)
    return Status(201, _list(request, made))


@router.get(
    "/key-lists/{list_id}", auth=needs("read"), response=ListOut, exclude_unset=True, summary="A list"
)
def read_key_list(request: ApiRequest, list_id: Id) -> Any:
    return _list(request, one_of(_lists(request), list_id))


@router.get(
    "/key-lists/{list_id}/entries",
    auth=needs("read"),
    response=page_schema("Entry", EntryOut),
    summary="Its entries, largest first",
)
def list_entries(
    request: ApiRequest,
    list_id: Id,
    limit: Limit,
    after: Cursor = None,
    decision: ListEntry.Decision | None = in_query(None),
    on_list: bool | None = in_query(None, description="Accepted or added."),
) -> Any:
    """Of the accounts that may be seen; shares of the whole only for those who may see its figures."""
    told, at = one_of(_lists(request), list_id), by_number(after)
    rows = entries_seen_by(request.user, told).select_related("decided_by")
    if decision is not None:
        rows = rows.filter(decision=decision)
    if on_list is not None:
        on = {"decision__in": ListEntry.ON_LIST}
        rows = rows.filter(**on) if on_list else rows.exclude(**on)
    found = list(rows[at : at + limit + 1])
    return {
        "items": [_entry(request, one) for one in found[:limit]],
        "after": str(at + limit) if len(found) > limit else None,
    }


def _entry(request: ApiRequest, one: ListEntry) -> dict[str, Any]:
    company = may(request.user, Right.COMPANY_FIGURES)
    figures = {
        name: value
        for name, value in one.figures.items()
        if company or not ("share" in name and name != "largest_order_share")
    }
    names = (
        "id",
        "code",
        "name",
        "account_id",
        "proposed",
        "ways",
        "verdict",
        "decision",
        "reason",
        "version",
    )
    return {
        **{name: getattr(one, name) for name in names},
        "decided_by": named(one.decided_by),
        "figures": figures,
        "reasons": reasons_told(request.user, one.reasons, lang()),
    }


@router.patch(
    "/key-lists/{list_id}/entries/{entry_id}",
    auth=needs("write"),
    response=EntryOut,
    summary="Accept, refuse or reopen an entry",
)
def decide_entry(request: ApiRequest, list_id: Id, entry_id: Id, told: EntryDecisionIn) -> Any:
    """Accepting one that the ledger does not propose adds it; to refuse, and to add, needs a reason."""
    of = one_of(_lists(request), list_id)
    entry = one_of(entries_seen_by(request.user, of), entry_id)
    if not may(request.user, Right.REVIEW_LIST):
        raise PermissionDenied
    decide(request.user, of, {entry.pk: told.version}, told.choice, told.reason)
    return _entry(request, entries_seen_by(request.user, of).select_related("decided_by").get(pk=entry.pk))


@router.post(
    "/key-lists/{list_id}/review",
    auth=needs("runs"),
    response=ListOut,
    exclude_unset=True,
    summary="Let reviewers see a draft",
)
def review_key_list(request: ApiRequest, list_id: Id) -> Any:
    if not may(request.user, Right.RUN):
        raise PermissionDenied
    told = one_of(_lists(request), list_id)
    begin_review(told, request.user)
    return _list(request, one_of(_lists(request), list_id))


@router.get(
    "/key-lists/{list_id}/changes",
    auth=needs("read"),
    response=page_schema("Move", MoveOut),
    summary="Who entered, left and stayed since the list before",
)
def list_moves(request: ApiRequest, list_id: Id, limit: Limit, after: Cursor = None) -> Any:
    """For those who see the whole list. Empty: there is no published list of an earlier year."""
    if not sees_whole(request.user):
        raise PermissionDenied
    told, at = one_of(_lists(request), list_id), by_number(after)
    before = list_before(told)
    rows = years_of(before, told).to_pylist() if before else []
    items = [
        {
            **{name: row[name] for name in ("account_id", "account_name", "change", "cause")},
            "why": year_reason(row).text(lang()),
            "sales_before": json_value(row["sales_before"]),
            "sales_after": json_value(row["sales_after"]),
        }
        for row in rows[at : at + limit]
    ]
    return {"items": items, "after": str(at + limit) if at + limit < len(rows) else None}
