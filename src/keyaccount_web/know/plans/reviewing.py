"""How is a quarter's review kept, with the figures as they were reached then? (K8)"""

import datetime as dt
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from keyaccount_web.access.models import User
from keyaccount_web.know.plans.acting import look
from keyaccount_web.know.plans.approving import PlanError
from keyaccount_web.know.plans.models import AccountPlan, PlanReview
from keyaccount_web.know.plans.reading import quarter_end
from keyaccount_web.know.plans.reckoning import PlanFigures, figures_of
from keyaccount_web.know.record_kit import changed


def frozen(told: PlanFigures) -> dict[str, Any]:
    """Figures as a review keeps them: amounts as text, exact."""
    standing = told.standing
    names = ("progress", "standing", "goals", "reached", "behind", "actions", "done", "overdue")
    return {
        "plan": {name: getattr(standing, name) for name in names},
        "goals": [
            {
                "goal": one.goal.pk,
                "name": one.goal.name,
                "measure": one.goal.measure,
                "goods": one.goal.goods,
                "unit": one.goal.unit,
                "base": _text(one.base),
                "target": _text(one.goal.target),
                "reached": _text(one.reached),
                "expected": _text(one.standing.expected),
                "progress": one.standing.progress,
                "standing": one.standing.standing,
                "until": one.until.isoformat(),
            }
            for one in told.goals
        ],
    }


def _text(amount: Any) -> str | None:
    return None if amount is None else f"{amount:f}"


def keep_review(
    plan: AccountPlan,
    *,
    by: User,
    quarter: int,
    held_on: dt.date,
    record: PlanReview | None = None,
    version: int | None = None,
    **texts: str,
) -> PlanReview:
    """A review of a quarter: its figures are reckoned once, in the eyes of the plan's owner, and frozen; its texts can be put right.

    Raises PlanError `plan_review.early`, `plan_review.there`, `plan_review.future`, `plan_review.nothing`; RecordChangedError.
    """
    today = timezone.localdate()
    begin = dt.date(plan.year, quarter * 3 - 2, 1)
    if begin > today:
        raise PlanError("plan_review.early", quarter=quarter, begin=begin)
    if held_on > today:
        raise PlanError("plan_review.future", day=held_on)
    told = {name: text.strip() for name, text in texts.items()}
    if not told.get("decisions") and not told.get("next_steps"):
        raise PlanError("plan_review.nothing")
    if record is not None:
        with transaction.atomic():
            return changed(record, version, {"held_on": held_on, **told})
    until = min(quarter_end(plan.year, quarter), today)
    figures = frozen(figures_of(plan, plan.owner, until=until))
    try:
        with transaction.atomic():
            review = PlanReview.objects.create(
                plan=plan, quarter=quarter, until=until, figures=figures, by=by, held_on=held_on, **told
            )
            look(plan, by=by)
    except IntegrityError as error:
        raise PlanError("plan_review.there", quarter=quarter) from error
    return review


def quarters_to_review(plan: AccountPlan, kept: set[int]) -> list[int]:
    """Quarters of the plan's year that have begun and have no review yet."""
    today = timezone.localdate()
    return [one for one in range(1, 5) if one not in kept and dt.date(plan.year, one * 3 - 2, 1) <= today]
