"""What do programs send about plans, and what do they get? (K8)"""

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from ninja import Field, Schema

from keyaccount_web.api.kit import Input, Named

_LONG = 2000


class CarryIn(Input):
    """A goal of an earlier plan of the account, with its new day and target; of a share of wallet in per cent."""

    goal_id: int = Field(ge=1, le=2**53 - 1)
    due_on: date
    target: Decimal = Field(max_digits=20, decimal_places=4)


class PlanIn(Input):
    """A plan for a year: of blanks, and the goals that are carried over, each once."""

    year: int = Field(ge=2000, le=2200)
    carry: list[CarryIn] = Field(default_factory=list, max_length=100)


class FileAsked(Schema):
    """Which file: all that is internal, or what is shared with the customer."""

    edition: Literal["internal", "customer"]
    format: Literal["pdf", "pptx"]


class TextsIn(Input):
    """Texts and levels of a plan; what is left out stays. `shared`: of the texts given, those that the customer may read."""

    field_of_play: str | None = Field(None, max_length=_LONG)
    value: str | None = Field(None, max_length=_LONG)
    how: str | None = Field(None, max_length=_LONG)
    gain: str | None = Field(None, max_length=_LONG)
    three_years: str | None = Field(None, max_length=_LONG)
    trends: str | None = Field(None, max_length=_LONG)
    opportunities: str | None = Field(None, max_length=_LONG)
    strengths: str | None = Field(None, max_length=_LONG)
    vulnerability: str | None = Field(None, max_length=_LONG)
    level_now: str | None = Field(None, pattern="^(vendor|credible_source|problem_solver|trusted_advisor)?$")
    level_wanted: str | None = Field(
        None, pattern="^(vendor|credible_source|problem_solver|trusted_advisor)?$"
    )
    shared: list[str] | None = None
    version: int = Field(ge=0, le=2**31 - 1)


class GoalIn(Input):
    """A goal. A target of share of wallet is given in per cent; money in the company's currency."""

    name: str | None = Field(None, min_length=1, max_length=200)
    measure: str | None = Field(
        None,
        max_length=10,
        description="sales, profit, category, product, wallet, visits, needs, order_days or hand",
    )
    goods: str | None = Field(None, max_length=200)
    unit: str | None = Field(None, max_length=20)
    base: Decimal | None = Field(None, max_digits=20, decimal_places=4)
    target: Decimal | None = Field(None, max_digits=20, decimal_places=4)
    due_on: date | None = None
    weight: int | None = Field(None, ge=1, le=9)
    is_shared: bool | None = None
    version: int | None = Field(None, ge=0, le=2**31 - 1, description="To change one: as it was read.")


class CountIn(Input):
    """What a goal counted by hand stands at."""

    reached: Decimal = Field(max_digits=20, decimal_places=4)
    counted_on: date
    version: int = Field(ge=0, le=2**31 - 1)


class ActionIn(Input):
    """An action under a goal."""

    what: str | None = Field(None, min_length=1, max_length=300)
    owner_id: int | None = Field(None, ge=1, le=2**53 - 1)
    due_on: date | None = None
    is_shared: bool | None = None
    version: int | None = Field(None, ge=0, le=2**31 - 1)


class StateIn(Input):
    """Done or dropped with its result, or open again."""

    state: str = Field(pattern="^(open|done|dropped)$")
    result: str = Field("", max_length=1000)
    version: int = Field(ge=0, le=2**31 - 1)


class CommitmentIn(Input):
    """What one side promises the other; internal until it is shared."""

    what: str | None = Field(None, min_length=1, max_length=300)
    topic: str | None = Field(None, max_length=10)
    side: str | None = Field(None, max_length=6)
    measure: str | None = Field(None, max_length=200)
    due_on: date | None = None
    state: str | None = Field(None, max_length=10)
    their_word: str | None = Field(None, max_length=10)
    agreed_by_id: int | None = Field(None, ge=1, le=2**53 - 1)
    agreed_on: date | None = None
    note: str | None = Field(None, max_length=1000)
    is_shared: bool | None = None
    version: int | None = Field(None, ge=0, le=2**31 - 1)


class RiskIn(Input):
    """What may go wrong; never shared. Likelihood and effect: 1 low, 2 middle, 3 high."""

    what: str | None = Field(None, min_length=1, max_length=300)
    likelihood: int | None = Field(None, ge=1, le=3)
    effect: int | None = Field(None, ge=1, le=3)
    answer: str | None = Field(None, max_length=1000)
    owner_id: int | None = Field(None, ge=1, le=2**53 - 1)
    version: int | None = Field(None, ge=0, le=2**31 - 1)


class SubmitIn(Input):
    """Whom to ask, and what to say."""

    of_id: int = Field(ge=1, le=2**53 - 1)
    reason: str = Field(min_length=1, max_length=2000)


class ReviewTextsIn(Input):
    """Texts of a review; what is left out stays, and so do the figures."""

    decisions: str | None = Field(None, max_length=_LONG)
    next_steps: str | None = Field(None, max_length=_LONG)
    told_customer: str | None = Field(None, max_length=_LONG)
    version: int = Field(ge=0, le=2**31 - 1)


class ReviewIn(Input):
    """A quarter's review; its figures are frozen as reached."""

    quarter: int = Field(ge=1, le=4)
    held_on: date
    decisions: str = Field("", max_length=_LONG)
    next_steps: str = Field("", max_length=_LONG)
    told_customer: str = Field("", max_length=_LONG)


class ActionOut(Schema):
    """An action."""

    id: int
    goal_id: int
    what: str
    owner: Named
    due_on: date
    first_due: date
    state: str
    result: str
    is_shared: bool
    version: int


class GoalOut(Schema):
    """A goal with its figures of today, in the unit of its measure: a share of wallet in per cent."""

    id: int
    name: str
    measure: str
    goods: str
    unit: str
    base: Decimal | None
    target: Decimal
    reached: Decimal | None
    by_now: Decimal = Field(description="What should be reached by now.")
    progress: float | None
    standing: str
    due_on: date
    weight: int
    is_shared: bool
    version: int
    actions: list[ActionOut]


class CommitmentOut(Schema):
    """A commitment."""

    id: int
    what: str
    topic: str
    side: str
    measure: str
    due_on: date
    state: str
    their_word: str
    agreed_by: Named | None
    agreed_on: date | None
    note: str
    is_shared: bool
    version: int


class RiskOut(Schema):
    """A risk."""

    id: int
    what: str
    likelihood: int
    effect: int
    answer: str
    owner: Named
    version: int


class EditionOut(Schema):
    """A plan as it was approved; its document is what was signed, so a share of wallet stands in it as it is kept, as a rate."""

    number: int
    document: dict[str, Any]
    asked_by: Named
    approved_by: Named
    approved_at: datetime


class ReviewOut(Schema):
    """A review, with its frozen figures, in the units of their measures."""

    id: int
    quarter: int
    held_on: date
    until: date
    figures: dict[str, Any]
    decisions: str
    next_steps: str
    told_customer: str
    version: int


class PlanOut(Schema):
    """A plan of a year: texts, goals with their figures of today, commitments, risks, reviews. `version` is that of the texts."""

    id: int
    account: Named
    year: int
    owner: Named
    state: str
    edition: int
    texts: dict[str, str]
    level_now: str
    level_wanted: str
    shared: list[str]
    looked_on: date | None
    progress: float
    standing: str
    goals: list[GoalOut]
    commitments: list[CommitmentOut]
    risks: list[RiskOut]
    reviews: list[ReviewOut]
    version: int
