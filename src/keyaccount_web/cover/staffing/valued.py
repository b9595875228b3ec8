"""What is one more manager worth, and what could others do, by this company's own records? (C5)"""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pyarrow as pa
from django.db.models import Count, F, Sum
from django.utils import timezone

from keyaccount.cover.next_manager import (
    ChurnDifference,
    churn_difference,
    managers_that_pay,
    next_managers,
)
from keyaccount.cover.staffing import back_office
from keyaccount.cover.standards import PERIODS, compliance
from keyaccount.cover.stretching import hours_a_year
from keyaccount.cover.tiers import TierSettings
from keyaccount.errors import KeyAccountError
from keyaccount.periods import months_ending, year_ending
from keyaccount_web.access.models import User
from keyaccount_web.access.scope import visible_codes
from keyaccount_web.cover.due import counted_touches
from keyaccount_web.cover.models import Touch
from keyaccount_web.cover.staffing.presets import ACTIVITIES, coverage_settings, movable
from keyaccount_web.cover.staffing.work import Served, yearly_cost
from keyaccount_web.cover.staffing.worked import Settings
from keyaccount_web.know.models import Account
from keyaccount_web.runs.models import Run
from keyaccount_web.runs.parts import parts_of
from keyaccount_web.runs.services import current_run, of_summary
from keyaccount_web.tables.touches import touches_since

LARGEST_FIRST = TierSettings().of("key_account")[::-1]
NEXT_SHOWN = 12
MONTHS = 12


@dataclass(frozen=True)
class Value:
    """What each further manager would keep."""

    difference: ChurnDifference
    rows: list[dict[str, Any]]
    pays: int | None
    """How many pay before the first that does not; None: nobody has said what one costs."""
    lacking_accounts: int
    lacking_hours: float
    cost: Decimal
    lacking: dict[str, dict[str, Any]]
    """Key of the account → sales, profit and the hours a year by which it falls short."""


def value_of_more(user: User, served: Sequence[Served], settings: Settings, capacity: float) -> Value:
    """By the accounts that are not served to their standard, the most sales for an hour lacking first."""
    since = touches_since()
    lacking = _lacking(served, settings, since)
    difference = churn_difference(_history(user, settings, since), coverage_settings())
    cost = yearly_cost()
    hours = Decimal(str(round(capacity, 4))) or Decimal(1)
    rows = next_managers(lacking, difference, capacity=hours, cost=cost)
    told = {row["account_id"]: row for row in lacking.to_pylist()}
    return Value(
        difference,
        rows.to_pylist()[:NEXT_SHOWN],
        managers_that_pay(rows) if cost else None,
        len(told),
        sum(row["hours_lacking"] for row in told.values()),
        cost,
        told,
    )


def _lacking(served: Sequence[Served], settings: Settings, since: dt.date | None) -> pa.Table:
    """Hours a year by which each account is served less than its standard asks, judged over the last period of each."""
    today = timezone.localdate()
    by_pk = {str(one.pk): one for one in served}
    first = months_ending(today, months=max(PERIODS.values())).begin
    touches = counted_touches(first, today, [one.pk for one in served])
    hours: defaultdict[str, Decimal] = defaultdict(Decimal)
    # Before anything was recorded nobody knows who was seen.
    rows = (
        compliance(_asked(served), touches, until=today, settings=settings.standards).to_pylist()
        if since
        else []
    )
    periods = {(one.tier, one.touch): PERIODS[one.period] for one in settings.standards.standards}
    for row in rows:
        missing = Decimal(str(row["asked"])) - Decimal(str(row["kept"]))
        if row["is_judged"] and missing > 0:
            times = missing * 12 / periods[row["tier"], row["touch"]]
            effort = settings.staffing.effort.hours(row["touch"])
            hours[row["account_id"]] += times * effort.numerator / effort.denominator
    kept = [(key, told) for key, told in hours.items() if told > 0]
    money = pa.decimal128(38, 4)
    return pa.table(
        {
            "account_id": pa.array([key for key, _ in kept], pa.string()),
            "sales": pa.array([by_pk[key].sales for key, _ in kept], money),
            "profit": pa.array([by_pk[key].profit for key, _ in kept], money),
            "hours_lacking": pa.array([float(told) for _, told in kept], pa.float64()),
        }
    )  # fmt: skip


def _asked(served: Sequence[Served]) -> pa.Table:
    return pa.table(
        {
            "account_id": pa.array([str(one.pk) for one in served], pa.string()),
            "tier": pa.array([one.tier for one in served], pa.string()),
            "kind": pa.array([one.kind for one in served], pa.string()),
            "since": pa.nulls(len(served), pa.date32()),
        }
    )


def _history(user: User, settings: Settings, since: dt.date | None) -> pa.Table:
    """One year of the company's own: the accounts that `user` may see which were key the year before the run's, how they were served
    then, whether they left.

    Tiers by their spend of that year. None of it where visits were not recorded over all of that year yet.
    """
    schema = pa.schema(
        [
            ("account_id", pa.string()),
            ("tier", pa.string()),
            ("compliance", pa.float64()),
            ("left", pa.bool_()),
        ]
    )
    run = current_run()
    until = of_summary(run).until if run else None
    if run is None or until is None or since is None:
        return schema.empty_table()
    before = year_ending(year_ending(until).begin - dt.timedelta(days=1))
    if since > before.begin:
        return schema.empty_table()
    codes = visible_codes(user)
    rows = _year_before(run, None if codes is None else set(codes))
    told = compliance(
        pa.table(
            {
                "account_id": pa.array([row["account_id"] for row in rows], pa.string()),
                "tier": pa.array([row["tier"] for row in rows], pa.string()),
                "kind": pa.nulls(len(rows), pa.string()),
                "since": pa.nulls(len(rows), pa.date32()),
            }
        ),
        _by_code(counted_touches(before.begin, before.until)),
        until=before.until,
        settings=settings.standards,
    )
    sums: defaultdict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for one in told.to_pylist():
        sums[one["account_id"]][0] += one["kept"]
        sums[one["account_id"]][1] += one["asked"]
    return pa.Table.from_pylist(
        [
            {
                "account_id": row["account_id"],
                "tier": row["tier"],
                "compliance": sums[row["account_id"]][0] / sums[row["account_id"]][1]
                if sums[row["account_id"]][1]
                else None,
                "left": row["left"],
            }
            for row in rows
        ],
        schema=schema,
    )


def _year_before(run: Run, codes: set[str] | None) -> list[dict[str, Any]]:
    """Those in the set of the year before the run's, of these codes or of all."""
    try:
        table = parts_of(run).year_accounts("account_id", "lines_0", "sales_1", "in_set_1")
    except KeyAccountError:
        return []
    return [
        {
            "account_id": row["account_id"],
            "tier": next((one.name for one in LARGEST_FIRST if row["sales_1"] / 12 >= one.line), LARGEST_FIRST[-1].name),
            "left": row["lines_0"] == 0,
        }
        for row in table.to_pylist()
        if row["in_set_1"] and (codes is None or row["account_id"] in codes)
    ]  # fmt: skip


def _by_code(touches: pa.Table) -> pa.Table:
    codes = {str(pk): code for pk, code in Account.objects.values_list("pk", "code")}
    ids = [codes.get(one) for one in touches["account_id"].to_pylist()]
    at = touches.schema.get_field_index("account_id")
    return touches.set_column(at, "account_id", pa.array(ids, pa.string()))


# --- hours by activity


@dataclass(frozen=True)
class Activity:
    """Hours a year of one activity."""

    name: str
    preset_hours: float
    """By the standards, or by how long an order takes."""
    recorded_hours: float | None
    """Of the last twelve months; None: nobody recorded any."""
    touches: int
    is_movable: bool

    @property
    def hours(self) -> float:
        return self.preset_hours if self.recorded_hours is None else self.recorded_hours


@dataclass(frozen=True)
class Activities:
    """All of them, and what others could do of them by branch."""

    rows: list[Activity]
    branches: list[dict[str, Any]]


def activities(
    served: Sequence[Served], settings: Settings, capacity: float, names: dict[str, str]
) -> Activities:
    """Recorded time where there is any of an activity, presets otherwise."""
    preset: defaultdict[tuple[str, int | None], float] = defaultdict(float)
    standards = defaultdict(list)
    for one in settings.standards.standards:
        standards[one.tier].append(one)
    an_order = settings.staffing.order_minutes / 60
    for account in served:
        for one in standards[account.tier or ""]:
            asked = hours_a_year(one, settings.standards, settings.staffing.effort, kind=account.kind or "")
            preset[one.touch, account.branch] += float(asked)
        preset["order", account.branch] += account.orders * an_order
    recorded, touches = _recorded(served)
    moved, told = movable(), []
    by_branch: list[dict[str, Any]] = []
    for name in ACTIVITIES:
        own = {branch: hours for (what, branch), hours in recorded.items() if what == name}
        expected = {branch: hours for (what, branch), hours in preset.items() if what == name}
        told.append(
            Activity(
                name, sum(expected.values()), sum(own.values()) if own else None, touches[name], name in moved
            )
        )
        by_branch += [
            {"branch": names.get(str(branch), ""), "activity": name, "hours": hours}
            for branch, hours in (own or expected).items()
            if branch
        ]
    table = pa.Table.from_pylist(
        by_branch,
        schema=pa.schema([("branch", pa.string()), ("activity", pa.string()), ("hours", pa.float64())]),
    )
    rows = back_office(table, moved, capacity=Decimal(str(round(capacity, 4)))).to_pylist()
    return Activities(told, rows)  # fmt: skip


def _recorded(served: Sequence[Served]) -> tuple[dict[tuple[str, int | None], float], dict[str, int]]:
    """Hours by activity and branch of the accounts in the last twelve months, and how many touches."""
    branch_of = {one.pk: one.branch for one in served}
    since = months_ending(timezone.localdate(), months=MONTHS).begin
    rows = Touch.objects.filter(removed_at=None, began_at__date__gte=since).order_by()
    sums = rows.values_list("account_id", "kind", "is_executive").annotate(
        spent=Sum(F("minutes") + F("travel_minutes")), number=Count("pk")
    )
    hours: defaultdict[tuple[str, int | None], float] = defaultdict(float)
    touches: defaultdict[str, int] = defaultdict(int)
    for account_id, kind, is_executive, spent, number in sums:
        if account_id not in branch_of:
            continue
        name = "executive" if kind == "visit" and is_executive else "call" if kind == "video" else kind
        hours[name, branch_of[account_id]] += spent / 60
        touches[name] += number
    return dict(hours), touches
