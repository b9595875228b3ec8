"""What does a plan say, all of it, so that it can be printed; and which part of it may the customer read? (K8)

`for_customer(document)` is the one way to the customer's file: it takes over what is marked as shared, field by field, and
nothing else, so that what is added to the document later is internal until somebody names it there.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

INTERNAL, CUSTOMER = "internal", "customer"
EDITIONS = (INTERNAL, CUSTOMER)
SHAREABLE_TEXTS = ("field_of_play", "value", "how", "three_years", "trends", "opportunities")
"""Texts that can be shared: never what we gain, our strengths, our weak spot."""
INTERNAL_MEASURES = ("profit", "wallet")
"""Goals of these are never shared."""


@dataclass(frozen=True)
class ActionTold:
    """An action as it is printed."""

    what: str
    owner: str
    due: dt.date
    state: str
    result: str = ""
    is_shared: bool = False


@dataclass(frozen=True)
class GoalTold:
    """A goal as it is printed; figures [company currency, rate or a number, by its measure]."""

    name: str
    measure: str
    target: Decimal
    due: dt.date
    standing: str
    goods: str = ""
    unit: str = ""
    base: Decimal | None = None
    reached: Decimal | None = None
    expected: Decimal | None = None
    progress: float | None = None
    actions: tuple[ActionTold, ...] = ()
    is_shared: bool = False


@dataclass(frozen=True)
class RiskTold:
    """A risk; likelihood and effect from 1 (low) to 3 (high). Never shared."""

    what: str
    likelihood: int
    effect: int
    answer: str
    owner: str


@dataclass(frozen=True)
class CommitmentTold:
    """What one side promises the other."""

    what: str
    topic: str
    side: str
    due: dt.date
    state: str
    measure: str = ""
    their_word: str = ""
    agreed_by: str = ""
    agreed_on: dt.date | None = None
    note: str = ""
    is_shared: bool = False


@dataclass(frozen=True)
class ReviewTold:
    """A quarter's review; only `told_customer` is shared."""

    quarter: int
    held_on: dt.date
    progress: float | None = None
    decisions: str = ""
    next_steps: str = ""
    told_customer: str = ""


@dataclass(frozen=True)
class PlanDocument:
    """A plan as it is printed."""

    account: str
    year: int
    until: dt.date
    """The last day of the sales figures."""
    printed_on: dt.date
    owner: str
    company: str = ""
    """Our own name, where it is known."""
    edition: str = INTERNAL
    sales: tuple[Decimal, ...] = ()
    """By month of the year, up to `until`; the customer knows what it bought."""
    sales_before: tuple[Decimal, ...] = ()
    goals: tuple[GoalTold, ...] = ()
    commitments: tuple[CommitmentTold, ...] = ()
    reviews: tuple[ReviewTold, ...] = ()
    texts: Mapping[str, str] = field(default_factory=dict)
    """Name → text, blank ones left out."""
    shared: frozenset[str] = frozenset()
    """Names of texts that the customer may read."""
    state: str = ""
    number: int = 0
    progress: float | None = None
    standing: str = ""
    level_now: str = ""
    level_wanted: str = ""
    risks: tuple[RiskTold, ...] = ()
    team: tuple[str, ...] = ()
    players: tuple[str, ...] = ()
    blanks: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()


def for_customer(told: PlanDocument) -> PlanDocument:
    """The part that the customer may read: texts, goals, actions under shared goals, and commitments that are marked as shared, what
    reviews told it, and what it bought by month. A goal of profit or share of wallet, a text that cannot be shared, an action's
    result, a note, a risk never come along, whatever is marked."""
    return PlanDocument(
        account=told.account,
        year=told.year,
        until=told.until,
        printed_on=told.printed_on,
        owner=told.owner,
        company=told.company,
        edition=CUSTOMER,
        sales=told.sales,
        sales_before=told.sales_before,
        goals=tuple(
            _goal(one) for one in told.goals if one.is_shared and one.measure not in INTERNAL_MEASURES
        ),
        commitments=tuple(_commitment(one) for one in told.commitments if one.is_shared),
        reviews=tuple(
            ReviewTold(one.quarter, one.held_on, told_customer=one.told_customer)
            for one in told.reviews
            if one.told_customer.strip()
        ),
        texts={
            name: text for name, text in told.texts.items() if name in told.shared and name in SHAREABLE_TEXTS
        },
        shared=told.shared & frozenset(SHAREABLE_TEXTS),
    )


def _goal(one: GoalTold) -> GoalTold:
    return GoalTold(
        name=one.name,
        measure=one.measure,
        target=one.target,
        due=one.due,
        standing=one.standing,
        goods=one.goods,
        unit=one.unit,
        base=one.base,
        reached=one.reached,
        expected=one.expected,
        progress=one.progress,
        actions=tuple(
            ActionTold(each.what, each.owner, each.due, each.state, is_shared=True)
            for each in one.actions
            if each.is_shared
        ),
        is_shared=True,
    )


def _commitment(one: CommitmentTold) -> CommitmentTold:
    return CommitmentTold(
        what=one.what,
        topic=one.topic,
        side=one.side,
        due=one.due,
        state=one.state,
        measure=one.measure,
        their_word=one.their_word,
        agreed_by=one.agreed_by,
        agreed_on=one.agreed_on,
        is_shared=True,
    )
