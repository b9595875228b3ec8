"""Endpoints on plans, their reviews and files, and the way into force (K8). Those on their parts: `api_parts`."""

from typing import Any

from django.http import HttpResponse
from django.utils.http import content_disposition_header
from ninja import Query, Router, Status

from keyaccount.errors import KeyAccountError
from keyaccount.language import message
from keyaccount_web.access.scope import visible_accounts
from keyaccount_web.api.kit import ApiRequest, Id, add_list, named, needs, one_of
from keyaccount_web.api.problems import ApiError, of_form
from keyaccount_web.know.plans import acting, approving, printing
from keyaccount_web.know.plans.api_parts import parts, values_over
from keyaccount_web.know.plans.api_shapes import (
    EditionOut,
    FileAsked,
    PlanIn,
    PlanOut,
    ReviewIn,
    ReviewOut,
    ReviewTextsIn,
    SubmitIn,
    TextsIn,
)
from keyaccount_web.know.plans.api_told import part_seen, plan_refused, plan_told, review_told, seen
from keyaccount_web.know.plans.forms import ReviewForm, target_kept
from keyaccount_web.know.plans.listings import PLANS
from keyaccount_web.know.plans.models import Goal, PlanReview
from keyaccount_web.know.plans.reading import approvers_for, part_seen_by
from keyaccount_web.know.plans.reviewing import keep_review
from keyaccount_web.know.record_kit import editors_only
from keyaccount_web.shell.templatetags.pages import lang
from keyaccount_web.work.file_kinds import KINDS

router = Router(tags=["account-plans"])
router.add_router("", parts)


add_list(router, "/account-plans", PLANS, summary="Key accounts with this year's plans")


@router.post(
    "/accounts/{account_id}/plans", auth=needs("write"), response={201: PlanOut}, summary="Begin a plan"
)
def start(request: ApiRequest, account_id: Id, told: PlanIn) -> Any:
    """One of blanks, with the goals of an earlier plan of the account that are named; there is one a year."""
    account = one_of(visible_accounts(request.user).select_related("owner"), account_id)
    editors_only(request)
    earlier = part_seen_by(request.user, Goal).filter(plan__account=account)
    carry = [
        (goal := one_of(earlier, one.goal_id), one.due_on, target_kept(goal, one.target))
        for one in told.carry
    ]
    try:
        plan = acting.start_plan(by=request.user, account=account, year=told.year, carry=carry)
    except KeyAccountError as error:
        raise plan_refused(error) from error
    return Status(201, plan_told(request, seen(request, plan.pk)))


@router.get("/account-plans/{plan_id}", auth=needs("read"), response=PlanOut, summary="A plan")
def read(request: ApiRequest, plan_id: Id) -> Any:
    return plan_told(request, seen(request, plan_id))


@router.patch(
    "/account-plans/{plan_id}", auth=needs("write"), response=PlanOut, summary="Change a plan's texts"
)
def change(request: ApiRequest, plan_id: Id, told: TextsIn) -> Any:
    """Of a plan in force it makes the next edition, a draft again."""
    plan = seen(request, plan_id)
    editors_only(request)
    given = told.dict(exclude={"version", "shared"})
    values = {name: value for name, value in given.items() if value is not None}
    try:
        acting.keep_texts(plan, version=told.version, shared=told.shared, **values)
    except KeyAccountError as error:
        raise plan_refused(error) from error
    return plan_told(request, seen(request, plan_id))


@router.post(
    "/account-plans/{plan_id}/reviews",
    auth=needs("write"),
    response={201: ReviewOut},
    summary="Review a quarter",
)
def review(request: ApiRequest, plan_id: Id, told: ReviewIn) -> Any:
    """The figures are reckoned to the quarter's end, or today, and frozen."""
    plan = seen(request, plan_id)
    editors_only(request)
    form = ReviewForm(told.dict(), quarters=[1, 2, 3, 4])
    if not form.is_valid():
        raise of_form(form)
    values = {name: form.cleaned_data[name] for name in form.cleaned_data if name != "version"}
    try:
        kept: PlanReview = keep_review(plan, by=request.user, **values)
    except KeyAccountError as error:
        raise plan_refused(error) from error
    return Status(201, review_told(kept))


@router.patch(
    "/plan-reviews/{review_id}", auth=needs("write"), response=ReviewOut, summary="Change a review's texts"
)
def change_review(request: ApiRequest, review_id: Id, told: ReviewTextsIn) -> Any:
    """Its figures stay as they were frozen."""
    record: PlanReview = part_seen(request, PlanReview, review_id)
    names = ("decisions", "next_steps", "told_customer")
    before = {name: getattr(record, name) for name in names}
    texts = {name: value for name, value in values_over(told, before).items() if name in names}
    try:
        kept = keep_review(
            record.plan, by=request.user, quarter=record.quarter, held_on=record.held_on, record=record,
            version=told.version, **texts,
        )  # fmt: skip
    except KeyAccountError as error:
        raise plan_refused(error) from error
    return review_told(kept)


@router.post(
    "/account-plans/{plan_id}/looked", auth=needs("write"), response=PlanOut, summary="Take this month's look"
)
def looked(request: ApiRequest, plan_id: Id) -> Any:
    plan = seen(request, plan_id)
    editors_only(request)
    acting.look(plan, by=request.user)
    return plan_told(request, seen(request, plan_id))


@router.post(
    "/account-plans/{plan_id}/submit",
    auth=needs("write"),
    response=PlanOut,
    summary="Ask for approval of a plan",
)
def submit(request: ApiRequest, plan_id: Id, told: SubmitIn) -> Any:
    """Of somebody else with the right to, who sees the account; it is decided at `/approvals`."""
    plan = seen(request, plan_id)
    editors_only(request)
    of = approvers_for(plan.account, request.user).filter(pk=told.of_id).first()
    if of is None:
        raise ApiError("account_plan.no_approver", status=422)
    try:
        approving.submit(plan, by=request.user, of=of, reason=told.reason)
    except KeyAccountError as error:
        raise plan_refused(error) from error
    return plan_told(request, seen(request, plan_id))


@router.get(
    "/account-plans/{plan_id}/editions",
    auth=needs("read"),
    response=list[EditionOut],
    summary="A plan as it was approved",
)
def editions(request: ApiRequest, plan_id: Id) -> Any:
    """The latest first."""
    rows = seen(request, plan_id).editions.select_related("asked_by", "approved_by")
    return [
        {
            "number": one.number,
            "document": one.document,
            "asked_by": named(one.asked_by),
            "approved_by": named(one.approved_by),
            "approved_at": one.approved_at,
        }
        for one in rows
    ]


@router.get(
    "/account-plans/{plan_id}/file",
    auth=needs("read"),
    response={200: None},
    summary="A plan as a file",
    openapi_extra={
        "responses": {
            200: {
                "description": "The file.",
                "content": {KINDS[ending].media_type: {} for ending in printing.FORMATS},
            }
        }
    },
)
def plan_file(request: ApiRequest, plan_id: Id, asked: Query[FileAsked]) -> Any:
    """As its page gives it: the customer's has what is shared and nothing else. The audit log keeps who took which."""
    plan = seen(request, plan_id)
    try:
        content = printing.plan_file(
            plan, request.user, edition=asked.edition, ending=asked.format, lang=lang()
        )
    except KeyAccountError as error:
        raise plan_refused(error) from error
    name = message(
        f"account_plan.file.name_{asked.edition}", lang(), account=plan.account.name, year=plan.year
    )
    response = HttpResponse(content, content_type=KINDS[asked.format].media_type)
    response.headers["Content-Disposition"] = content_disposition_header(True, f"{name}.{asked.format}") or ""
    return response
