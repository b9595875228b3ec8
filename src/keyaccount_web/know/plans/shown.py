"""How do figures, states and parts of a plan stand on its page? (K8)"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString

from keyaccount.know.plan_words import amount_text
from keyaccount.language import message
from keyaccount_web.know.plans.forms import plain
from keyaccount_web.know.plans.models import AccountPlan, Commitment, Goal, PlanAction, PlanReview
from keyaccount_web.know.plans.reckoning import GoalFigures, PlanFigures
from keyaccount_web.shell.templatetags import pages

STATES = {
    "reached": ("good", "circle-check"),
    "ahead": ("good", "arrow-up"),
    "on": ("rise", "check"),
    "behind": ("bad", "alert-triangle"),
    "missed": ("bad", "x"),
    "unknown": ("watch", "help"),
    "to_come": ("plain", "clock"),
    "empty": ("plain", ""),
    "none": ("watch", "flag"),
}


def standing_shown(standing: str) -> SafeString:
    """In word, icon and colour."""
    hue, icon = STATES[standing]
    text = message(f"plan_standing.{standing}", pages.lang())
    return format_html('<span class="state state-{}">{}{}</span>', hue, pages.icon(icon), text)


def measure_text(measure: str, goods: str, lang: str) -> str:
    """What is measured."""
    text = message(f"plan_goal.measure.{measure}", lang)
    return f"{text} · {goods}" if goods else text


@dataclass(frozen=True)
class GoalRow:
    """A goal on the page, with its actions."""

    goal: Goal
    measure: str
    base: str
    target: str
    reached: str
    expected: str
    percent: int
    """Of the way, for the bar."""
    progress: str
    state: SafeString
    url: str
    actions: list[dict[str, Any]]
    is_by_hand: bool
    counted: str


def goal_rows(told: PlanFigures, today: Any) -> list[GoalRow]:
    lang = pages.lang()
    return [
        _goal_row(one, [each for each in told.actions if each.goal_id == one.goal.pk], lang, today)
        for one in told.goals
    ]


def _goal_row(one: GoalFigures, actions: list[PlanAction], lang: str, today: Any) -> GoalRow:
    goal = one.goal

    def shown(amount: Decimal | None) -> str:
        return amount_text(goal.measure, goal.unit, amount, lang)

    progress = one.standing.progress
    return GoalRow(
        goal=goal,
        measure=measure_text(goal.measure, goal.goods, lang),
        base=shown(one.base),
        target=shown(goal.target),
        reached=shown(one.reached),
        expected=shown(one.standing.expected),
        percent=round((progress or 0) * 100),
        progress="—" if progress is None else f"{progress:.0%}",
        state=standing_shown(one.standing.standing),
        url=one.url,
        actions=[action_row(each, today) for each in actions],
        is_by_hand=goal.measure == Goal.Measure.HAND,
        counted=plain(goal.reached),
    )


def action_row(action: PlanAction, today: Any) -> dict[str, Any]:
    is_open = action.state == PlanAction.State.OPEN
    closed = {"done": ("good", "check", "done"), "dropped": ("plain", "x", "dropped")}
    hue, icon, code = closed.get(
        action.state,
        ("bad", "alert-triangle", "overdue") if action.due_on < today else ("plain", "clock", "open"),
    )
    return {
        "action": action,
        "is_open": is_open,
        "is_put_off": action.first_due != action.due_on,
        "state": _state(hue, icon, f"plan_action.state.{code}"),
    }


def _state(hue: str, icon: str, code: str) -> SafeString:
    text = message(code, pages.lang())
    return format_html('<span class="state state-{}">{}{}</span>', hue, pages.icon(icon), text)


def commitment_rows(rows: Iterable[Commitment], today: Any) -> list[dict[str, Any]]:
    """Ours and the customer's word of each, and whether the two differ."""
    return [
        {
            "one": one,
            "state": _commitment_state(one, today),
            "their_word": message(
                f"commitment.their_word.{one.their_word}" if one.their_word else "commitment.not_asked",
                pages.lang(),
            ),
            "differs": bool(one.their_word) and one.their_word != one.state,
        }
        for one in rows
    ]


def _commitment_state(one: Commitment, today: Any) -> SafeString:
    is_late = one.state == Commitment.State.OPEN and one.due_on < today
    closed = {"kept": ("good", "check"), "broken": ("bad", "x"), "dropped": ("plain", "x")}
    hue, icon = closed.get(one.state, ("bad", "alert-triangle") if is_late else ("plain", "clock"))
    return _state(hue, icon, "commitment.overdue" if is_late else f"commitment.state.{one.state}")


def review_rows(reviews: Iterable[PlanReview]) -> list[dict[str, Any]]:
    """Reviews with their frozen figures as text."""
    lang = pages.lang()
    return [
        {
            "review": one,
            "title": message("plan_review.quarter_of", lang, n=one.quarter),
            "progress": f"{one.figures['plan']['progress']:.0%}",
            "goals": [_frozen_row(goal, lang) for goal in one.figures["goals"]],
        }
        for one in reviews
    ]


def _frozen_row(goal: dict[str, Any], lang: str) -> dict[str, Any]:
    def shown(name: str) -> str:
        amount = None if goal[name] is None else Decimal(goal[name])
        return amount_text(goal["measure"], goal["unit"], amount, lang)

    return {
        "name": goal["name"],
        "state": standing_shown(goal["standing"]),
        **{name: shown(name) for name in ("target", "expected", "reached")},
    }


def text_rows(plan: AccountPlan, names: Iterable[str]) -> list[dict[str, Any]]:
    """Some texts of a plan with their headings."""
    return [
        {
            "title": message(f"account_plan.{name}", pages.lang()),
            "text": getattr(plan, name),
            "is_shared": name in plan.shared,
            "is_blank": not getattr(plan, name).strip(),
        }
        for name in names
    ]
