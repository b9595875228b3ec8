"""The sheets of a plan's texts, what is agreed with the customer, and the quarterly reviews (K8, K9).

Texts and commitments are of drafts, as goals are. A review is of any plan: a row gives its words, its figures are reckoned when it is
written, from the ledger up to its day, and stay from then on.
"""

import datetime as dt
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from keyaccount.know.plan_document import SHAREABLE_TEXTS
from keyaccount_web.access.models import User
from keyaccount_web.imports.sheets.registry import Given, Sheet, check_sees
from keyaccount_web.know.models import Account
from keyaccount_web.know.plans.acting import check_part, follow
from keyaccount_web.know.plans.approving import PlanError
from keyaccount_web.know.plans.models import AccountPlan, Commitment, PlanReview
from keyaccount_web.know.plans.reading import TEXTS, quarter_end
from keyaccount_web.know.plans.reckoning import figures_of
from keyaccount_web.know.plans.reviewing import frozen
from keyaccount_web.know.plans.sheets import draft_of, kept_plan, parts_of_plans

LEVELS = ("level_now", "level_wanted")
COMMITMENT = ("topic", "side", "measure", "due_on", "state", "their_word", "agreed_by", "agreed_on", "note", "is_shared")  # fmt: skip
REVIEW = ("quarter", "held_on", "until", "decisions", "next_steps", "told_customer")


def _plans(_user: User, accounts: QuerySet[Account]) -> QuerySet[AccountPlan]:
    return AccountPlan.objects.filter(account__in=accounts).select_related("account__owner", "owner")


def _texts_told(plan: AccountPlan) -> dict[str, Any]:
    names = ("account", "year", "owner", *TEXTS, *LEVELS)
    return {
        **{name: getattr(plan, name) for name in names},
        "shared": [name for name in SHAREABLE_TEXTS if name in plan.shared],
    }


def _texts_values(given: Given) -> dict[str, Any]:
    plan = draft_of(given)
    check_sees(given, "owner")
    return {
        **given.plain("account", "year", *TEXTS, *LEVELS),
        "owner": given["owner"] or plan.owner,
        "shared": sorted(given["shared"]),
    }


def _commitment_told(one: Commitment) -> dict[str, Any]:
    told = {name: getattr(one, name) for name in COMMITMENT}
    return {"account": one.plan.account, "year": one.plan.year, "commitment": one.what, **told}


def _commitment_values(given: Given) -> dict[str, Any]:
    plan = draft_of(given)
    values = {
        **given.plain(*COMMITMENT),
        "what": given["commitment"],
        "topic": given["topic"] or Commitment.Topic.OTHER,
        "state": given["state"] or Commitment.State.OPEN,
        "is_shared": bool(given["is_shared"]),
    }
    check_part(Commitment, plan, given.record, values)
    return {"plan": kept_plan(given, plan), **values}


def _review_told(one: PlanReview) -> dict[str, Any]:
    told = {name: getattr(one, name) for name in REVIEW}
    return {"account": one.plan.account, "year": one.plan.year, **told}


def _review_values(given: Given) -> dict[str, Any]:
    """Raises PlanError `plan_review.*`."""
    plan = _plan_of(given)
    if not 1 <= given["quarter"] <= 4:
        raise PlanError("plan_review.quarter_unknown", quarter=given["quarter"])
    begin, end = dt.date(given["year"], given["quarter"] * 3 - 2, 1), quarter_end(given["year"], given["quarter"])  # fmt: skip
    if begin > timezone.localdate():
        raise PlanError("plan_review.early", quarter=given["quarter"], begin=begin)
    if given["held_on"] > timezone.localdate():
        raise PlanError("plan_review.future", day=given["held_on"])
    until = given["until"] or max(begin, min(end, given["held_on"]))
    if not begin <= until <= min(end, timezone.localdate()) or (given.record and given.record.until != until):
        raise PlanError("plan_review.until", day=until)
    if not given["decisions"] and not given["next_steps"]:
        raise PlanError("plan_review.nothing")
    values = {"plan": plan, **given.plain(*REVIEW), "until": until}
    if given.record is None:
        values["by"] = given.by
        if not given.is_check and plan is not None:
            values["figures"] = frozen(figures_of(plan, plan.owner, until=until))
    return values


def _plan_of(given: Given) -> AccountPlan | None:
    """The plan of the row's year; at the check None for one that comes with the same workbook. Raises PlanError `plan_review.no_plan`."""
    account, year = given["account"], given["year"]
    found = account.plans.filter(year=year).select_related("account", "owner").first() if account.pk else None
    comes = any(
        key[:2] == (account.code, str(year))
        for sheet in ("plan_texts", "goals", "risks", "commitments")
        for key in given.coming.get(sheet, ())
    )
    if found is None and not comes:
        raise PlanError("plan_review.no_plan", account=account.name, year=year)
    return found


_LEVEL_WORDS = {one: f"account_plan.level.{one}" for one in AccountPlan.Level.values}
PLAN_TEXTS = Sheet(
    "plan_texts",
    AccountPlan,
    order=69,
    records=_plans,
    told=_texts_told,
    values=_texts_values,
    after=follow,
    words={
        "level_now": _LEVEL_WORDS,
        "level_wanted": _LEVEL_WORDS,
        "shared": {one: f"account_plan.{one}" for one in SHAREABLE_TEXTS},
    },
)
COMMITMENTS = Sheet(
    "commitments",
    Commitment,
    order=73,
    records=parts_of_plans(Commitment, "plan", "agreed_by"),
    told=_commitment_told,
    values=_commitment_values,
    after=follow,
    words={
        "topic": {one: f"commitment.topic.{one}" for one in Commitment.Topic.values},
        "side": {one: f"commitment.side.{one}" for one in Commitment.Side.values},
        "state": {one: f"commitment.state.{one}" for one in Commitment.State.values},
        "their_word": {one: f"commitment.their_word.{one}" for one in Commitment.Word.values},
    },
)
REVIEWS = Sheet(
    "plan_reviews",
    PlanReview,
    order=74,
    records=parts_of_plans(PlanReview, "plan", "plan__owner"),
    told=_review_told,
    values=_review_values,
)
