"""What does staffing say of inputs under settings? The same for the same, so that a scenario can be made again. (C5)"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pyarrow as pa

from keyaccount.cover.next_manager import churn_difference, managers_that_pay, next_managers
from keyaccount.cover.skills import skill_factor
from keyaccount.cover.staffing import StaffingSettings, back_office, staffing, with_more
from keyaccount.cover.standards import by_tier, compliances
from keyaccount.cover.stretching import hours_a_year, impossible, stretch_factor
from keyaccount.find.exact import with_columns
from keyaccount.periods import year_ending
from keyaccount_web.cover.staffing.asked import Asked
from keyaccount_web.cover.staffing.inputs import Inputs

MOST_NEXT = 50
NAMED = 200
"""Of problems of one kind so many are named; the others are counted."""
_FACTOR = pa.decimal128(12, 6)


def staffed(inputs: Inputs, asked: Asked) -> dict[str, Any]:
    """Plain JSON: branches, tiers, problems, activities, moved, stretch, difference, next, pays, whole.

    Money and hours as the library has them, money as text [company currency].
    """
    accounts, service = _with_more(inputs, asked)
    managers = managers_of(inputs, asked)
    told = staffing(
        accounts.select(["account_id", "branch", "tier", "kind"]),
        managers,
        service=service,
        months=_months(inputs.months, asked.staffing),
        quotas=dict(
            zip(inputs.quotas["branch"].to_pylist(), inputs.quotas["managers"].to_pylist(), strict=True)
        ),
        standards=asked.standards,
        settings=asked.staffing,
    )
    branches = _plain(told.branches)
    capacity = _mean_capacity(branches, asked.staffing)
    there = sum(row["actual"] * row["capacity"] for row in branches)
    activities = _activities(inputs, service, accounts, asked)
    return {
        "branches": branches,
        "tiers": _plain(told.tiers),
        "problems": _problems(told.problems, asked),
        "activities": _plain(activities),
        "moved": _plain(back_office(activities, asked.movable, capacity=capacity)),
        "stretch": _stretch(accounts, there, asked),
        **_worth(inputs, asked, capacity),
        "whole": _whole(branches, asked.more_managers),
        "has_months": len(inputs.months) > 0,
    }


def managers_of(inputs: Inputs, asked: Asked) -> pa.Table:
    """Managers as `staffing` takes them, with the skill and support that are asked for."""
    skills: list[Decimal] = []
    supports: list[Decimal] = []
    for fit, support in zip(
        inputs.managers["fit"].to_pylist(), inputs.managers["support"].to_pylist(), strict=True
    ):
        factor = skill_factor(Fraction(1 if fit is None else fit), asked.skill_weight)
        own = Decimal(factor.numerator) / Decimal(factor.denominator)
        skills.append(round(own if asked.skill is None else asked.skill, 6))
        supports.append(round((Decimal(1) if support is None else support) * asked.support, 6))
    kept = {name: inputs.managers[name] for name in ("manager_id", "branch", "employed")}
    return pa.table({**kept, "skill": pa.array(skills, _FACTOR), "support": pa.array(supports, _FACTOR)})


def _with_more(inputs: Inputs, asked: Asked) -> tuple[pa.Table, pa.Table]:
    """Accounts with those added; service of all. An added one asks for the mean service of its tier."""
    own = inputs.accounts
    service = own.select(["account_id", "complaints", "orders"])
    if not asked.more_accounts:
        return own, service
    more = with_more(own, asked.more_accounts, tier=asked.more_tier or None).slice(len(own))
    ids = pa.array([f"+{number}" for number in range(1, len(more) + 1)], pa.string())
    more = with_columns(more, {"account_id": ids}).append_column("since", pa.nulls(len(more), pa.date32()))
    columns = ["account_id", "branch", "tier", "kind", "since"]
    sums: defaultdict[str | None, list[int]] = defaultdict(lambda: [0, 0, 0])
    for row in own.select(["tier", "complaints", "orders"]).to_pylist():
        for at, value in enumerate((1, row["complaints"], row["orders"])):
            sums[row["tier"]][at] += value
    kind = pa.decimal128(18, 6)
    means = [
        tuple(round(Decimal(sums[tier][at]) / sums[tier][0], 6) for at in (1, 2))
        for tier in more["tier"].to_pylist()
    ]
    added = pa.table(
        {
            "account_id": ids,
            "complaints": pa.array([one[0] for one in means], kind),
            "orders": pa.array([one[1] for one in means], kind),
        }
    )
    return (
        pa.concat_tables([own.select(columns), more.select(columns)]),
        pa.concat_tables([service.cast(added.schema), added]),
    )


def _months(months: pa.Table, settings: StaffingSettings) -> pa.Table:
    """Hours of service by branch and month, of the orders."""
    hours = [orders * settings.order_minutes / 60 for orders in months["orders"].to_pylist()]
    return pa.table(
        {"branch": months["branch"], "month": months["month"], "hours": pa.array(hours, pa.float64())}
    )


def _activities(inputs: Inputs, service: pa.Table, accounts: pa.Table, asked: Asked) -> pa.Table:
    """Hours a year by branch and activity: visits, calls and mails as recorded, orders and complaints by preset."""
    sums: defaultdict[tuple[str, str], float] = defaultdict(float)
    for row in inputs.activities.to_pylist():
        sums[row["branch"], row["activity"]] += row["minutes"] / 60
    branch_of = dict(zip(accounts["account_id"].to_pylist(), accounts["branch"].to_pylist(), strict=True))
    minutes = {"orders": asked.staffing.order_minutes, "complaints": asked.staffing.complaint_minutes}
    for row in service.to_pylist():
        branch = branch_of[row["account_id"]]
        for name, each in minutes.items():
            if branch and row[name]:
                sums[branch, name[:-1]] += float(row[name]) * each / 60
    rows = [{"branch": key[0], "activity": key[1], "hours": hours} for key, hours in sorted(sums.items())]
    return pa.Table.from_pylist(
        rows, schema=pa.schema([("branch", pa.string()), ("activity", pa.string()), ("hours", pa.float64())])
    )


def _problems(found: Any, asked: Asked) -> list[dict[str, Any]]:
    """One by one; of very many of a kind the first, and how many more."""
    by_code: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for one in (*found, *impossible(asked.standards, effort=asked.staffing.effort, hours_of_one=asked.staffing.selling_hours)):
        by_code[one.code].append(one.values)
    return [
        {"code": code, "n": len(values), "values": [_jsonable(dict(one)) for one in values[:NAMED]]}
        for code, values in by_code.items()
    ]  # fmt: skip


def _stretch(accounts: pa.Table, there: float, asked: Asked) -> dict[str, Any] | None:
    """By how much intervals must grow for the hours there are; None: nobody is there."""
    if there <= 0:
        return None
    told = stretch_factor(
        accounts.select(["account_id", "tier", "kind", "since"]),
        hours_there=Decimal(str(there)),
        settings=asked.standards,
        effort=asked.staffing.effort,
    )
    return {
        "asked": told.hours_asked,
        "there": told.hours_there,
        "factor": None if told.factor is None else float(told.factor),
    }


def _worth(inputs: Inputs, asked: Asked, capacity: Decimal) -> dict[str, Any]:
    """What one more manager is worth, and until which one it pays."""
    past = inputs.past
    history: list[dict[str, Any]] = []
    if inputs.until is not None and len(past):
        before = year_ending(year_ending(inputs.until).begin.replace(day=1)).until
        kept = _kept(past, inputs.touches, before, asked)
        history = [
            {"account_id": row["account_id"], "tier": row["tier"], "compliance": kept.get(row["account_id"]), "left": row["left"]}
            for row in past.to_pylist()
        ]  # fmt: skip
    difference = churn_difference(pa.Table.from_pylist(history, schema=_HISTORY), asked.coverage)
    lacking = lacking_accounts(inputs, asked)
    rows = next_managers(
        pa.Table.from_pylist(lacking, schema=_LACKING),
        difference,
        capacity=capacity,
        cost=asked.staffing.yearly_cost,
        most=MOST_NEXT,
    )
    return {
        "difference": asdict(difference),
        "next": _plain(rows),
        "pays": managers_that_pay(rows) if asked.staffing.yearly_cost else None,
        "lacking": {
            "accounts": len(lacking),
            "hours": sum(row["hours_lacking"] for row in lacking),
            "sales": str(sum((row["sales"] for row in lacking), Decimal(0))),
        },
    }


def lacking_accounts(inputs: Inputs, asked: Asked) -> list[dict[str, Any]]:
    """The accounts that are badly covered, with the hours that they lack for their standard."""
    shares = _shares(inputs.accounts, inputs.touches, inputs.day, asked)
    of_tier = by_tier(asked.standards)
    found = []
    for row in inputs.accounts.to_pylist():
        told = shares.get(row["account_id"], {})
        if not told or _mean(told) >= float(asked.coverage.badly):
            continue
        hours = sum(
            float(hours_a_year(one, asked.standards, asked.staffing.effort, kind=row["kind"] or ""))
            * max(0.0, 1 - told[one.touch][0] / told[one.touch][1])
            for one in of_tier.get(row["tier"], ())
            if one.touch in told
        )
        if hours > 0:
            found.append(
                {
                    "account_id": row["account_id"],
                    "sales": row["sales"],
                    "profit": row["profit"],
                    "hours_lacking": hours,
                }
            )
    return found


def _kept(accounts: pa.Table, touches: pa.Table, until: Any, asked: Asked) -> dict[str, float]:
    """Account → compliance on a day, over all that its standards ask for."""
    return {one: _mean(told) for one, told in _shares(accounts, touches, until, asked).items()}


def _shares(
    accounts: pa.Table, touches: pa.Table, until: Any, asked: Asked
) -> dict[str, dict[str, tuple[float, float]]]:
    """Account → touch → kept and asked in the period that ends on a day."""
    told = compliances(accounts, touches, untils=[until], settings=asked.standards)[0]
    found: defaultdict[str, dict[str, tuple[float, float]]] = defaultdict(dict)
    for row in told.to_pylist():
        if row["is_judged"] and row["asked"] > 0:
            found[row["account_id"]][row["touch"]] = (row["kept"], row["asked"])
    return dict(found)


def _mean(told: Mapping[str, tuple[float, float]]) -> float:
    return sum(kept for kept, _ in told.values()) / sum(asked for _, asked in told.values())


def _mean_capacity(branches: list[dict[str, Any]], settings: StaffingSettings) -> Decimal:
    """Of one manager of all that are there; where nobody is, that of one who is there all year."""
    there = sum(row["actual"] for row in branches)
    if not there:
        return settings.selling_hours
    mean = Decimal(str(sum(row["actual"] * row["capacity"] for row in branches) / there))
    return mean if mean > 0 else settings.selling_hours


def _whole(branches: list[dict[str, Any]], more: int) -> dict[str, Any]:
    """All branches together."""
    names = ("accounts", "visit_hours", "call_hours", "executive_hours", "service_hours", "burst_hours", "hours")
    told: dict[str, Any] = {
        name: sum(row[name] for row in branches)
        for name in (*names, "needed_exact", "needed", "norm", "actual", "actual_years")
    }
    quotas = [row["quota"] for row in branches if row["quota"] is not None]
    costs = [Decimal(row["cost"]) for row in branches if row["cost"] is not None]
    told["quota"] = sum(quotas) if quotas else None
    told["cost"] = str(sum(costs, Decimal(0))) if costs else None
    told["actual"] += more
    told["gap"] = told["needed"] - told["actual"]
    return told  # fmt: skip


def _plain(table: pa.Table) -> list[dict[str, Any]]:
    return [_jsonable(row) for row in table.to_pylist()]


def _jsonable(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: str(value) if isinstance(value, Decimal) else value for name, value in row.items()}


_HISTORY = pa.schema(
    [("account_id", pa.string()), ("tier", pa.string()), ("compliance", pa.float64()), ("left", pa.bool_())]
)
_LACKING = pa.schema(
    [
        ("account_id", pa.string()),
        ("sales", pa.decimal128(38, 4)),
        ("profit", pa.decimal128(38, 4)),
        ("hours_lacking", pa.float64()),
    ]
)
