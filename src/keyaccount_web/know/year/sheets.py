"""The sheets of a customer's year: its plan, targets month by month, assessments, buying steps (K3, K9)."""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from keyaccount.know.workbook.chapters import MONTH_FIELDS
from keyaccount_web.imports.sheets.registry import Given, Refuse, Sheet
from keyaccount_web.know.provenance import SOURCE_FIELDS
from keyaccount_web.know.record_kit import RecordError
from keyaccount_web.know.year.models import Assessment, BuyingStep, CustomerYear, YearTarget
from keyaccount_web.know.year.services import check_weight, checked_plan, checked_target, reckon

TOLD = ("year", "set_by", "supplier", "business_line", "our_part", "reached_told")
PLAN = ("year", "begins_in", "priorities", "plan")
ASSESSMENT = ("department", "measured_by", "our_weight", "gap")
STEP = ("place", "what", "department", "approver", "up_to", "working_days", "asks_of_us")


def _told(one: YearTarget) -> dict[str, Any]:
    months = {name: Decimal(amount) for name, amount in zip(MONTH_FIELDS, one.months, strict=True)}
    return {"account": one.account, **months, **{name: getattr(one, name) for name in TOLD}}


def _values(given: Given) -> dict[str, Any]:
    kept = checked_target(
        by=given.by,
        source=given.plain(*SOURCE_FIELDS),
        months=[given[name] for name in MONTH_FIELDS],
        **given.plain(*TOLD),
    )
    for name in ("supplier", "our_part", "reached_told"):
        if (given[name] or None) != (kept[name] or None):
            raise RecordError("target.not_of_these", set_by=given["set_by"])
    return {"account": given["account"], **kept}


def _plan_values(given: Given) -> dict[str, Any]:
    begins_in = 1 if given["begins_in"] is None else given["begins_in"]
    kept = checked_plan(given["year"], begins_in, given["priorities"], given["plan"])
    return {"account": given["account"], **kept, **given.source()}


def _assessment_values(given: Given) -> dict[str, Any]:
    check_weight(given["our_weight"])
    return {"account": given["account"], **given.plain(*ASSESSMENT), **given.source()}


def _step_values(given: Given) -> dict[str, Any]:
    return {"account": given["account"], **given.plain(*STEP), **given.source()}


def _in_a_row(rows: Sequence[tuple[Any, Given]], refuse: Refuse) -> None:
    """Steps are counted from 1 without a gap, each number once: those there are as the rows leave them, and those that come."""
    coming: defaultdict[str, list[tuple[Any, Given]]] = defaultdict(list)
    for row, given in rows:
        coming[given["account"].code].append((row, given))
    for those in coming.values():
        account = those[0][1]["account"]
        changed = {given.record.pk for _, given in those if given.record is not None}
        left = BuyingStep.objects.filter(account=account).exclude(pk__in=changed) if account.pk else ()
        taken = {one.place: one.what for one in left}
        places = {*taken, *(given["place"] for _, given in those)}
        for row, given in those:
            place = given["place"]
            missing = next((n for n in range(1, place) if n not in places), None)
            if missing is not None or place < 1:
                refuse(row, "place", "step.gap", {"missing": missing or 1, "place": place})
            elif place in taken:
                refuse(row, "place", "step.taken", {"place": place, "what": taken[place]})
            taken.setdefault(place, given["what"])


def _told_of(*names: str) -> Any:
    return lambda one: {"account": one.account, **{name: getattr(one, name) for name in names}}


YEAR_PLANS = Sheet(
    "year_plans",
    CustomerYear,
    order=59,
    records=lambda _user, accounts: CustomerYear.objects.filter(account__in=accounts).select_related(
        "account"
    ),
    told=_told_of(*PLAN),
    values=_plan_values,
    # In which months a target's year lies follows from it.
    after=lambda accounts: reckon(YearTarget.objects.filter(account__in=accounts)),
)
ASSESSMENTS = Sheet(
    "assessments",
    Assessment,
    order=61,
    records=lambda _user, accounts: Assessment.objects.filter(account__in=accounts).select_related("account"),
    told=_told_of(*ASSESSMENT),
    values=_assessment_values,
)
STEPS = Sheet(
    "steps",
    BuyingStep,
    order=62,
    records=lambda _user, accounts: BuyingStep.objects.filter(account__in=accounts).select_related(
        "account", "approver"
    ),
    told=_told_of(*STEP),
    values=_step_values,
    together=_in_a_row,
)
TARGETS = Sheet(
    "targets",
    YearTarget,
    order=60,
    records=lambda _user, accounts: YearTarget.objects.filter(account__in=accounts).select_related("account"),
    told=_told,
    values=_values,
    after=lambda accounts: reckon(YearTarget.objects.filter(account__in=accounts)),
    words={"set_by": {one: f"target.set_by.{one}" for one in YearTarget.SetBy.values}},
)
