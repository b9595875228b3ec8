"""What do work, settings and a plan give? By the library, from kept values only, so that it gives the same again. (C5)"""

import json
import math
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pyarrow as pa

from keyaccount.cover.staffing import Staffing, StaffingSettings, staffing, with_more
from keyaccount.cover.standards import Standard, StandardSettings
from keyaccount.cover.stretching import Effort, impossible, stretch_factor
from keyaccount.find.export import json_value
from keyaccount.reasons import Reason
from keyaccount_web.cover.presets import effort, standard_settings
from keyaccount_web.cover.staffing.presets import staffing_settings
from keyaccount_web.cover.staffing.work import Work

_STAFFING = (
    "complaint_minutes",
    "order_minutes",
    "selling_hours",
    "peak",
    "accounts_per_manager",
    "yearly_cost",
)


@dataclass(frozen=True)
class Asked:
    """What a plan has otherwise than today."""

    more: int = 0
    tier: str = ""
    """Those more are of this tier; empty: spread as those that are there."""
    skill: Decimal = Decimal(1)
    support: Decimal = Decimal(1)
    """Times what every manager does today."""
    times: dict[str, int] = field(default_factory=dict)
    """`<tier>.<touch>` → so many in the period of its standard."""
    changed: dict[str, str] = field(default_factory=dict)
    """Name of `StaffingSettings`, or travel_minutes → another value."""

    def as_json(self) -> dict[str, Any]:
        told = {"more": self.more, "tier": self.tier, "skill": str(self.skill), "support": str(self.support)}
        return {**told, "times": self.times, "changed": self.changed}

    @classmethod
    def of(cls, told: dict[str, Any]) -> "Asked":
        numbers = {name: Decimal(told[name]) for name in ("skill", "support")}
        return cls(**{**told, **numbers})


def company_settings() -> dict[str, Any]:
    """Standards, effort and staffing of the company as plain values."""
    own, touch, kept = standard_settings(), effort(), staffing_settings()
    return {
        "standards": [[one.tier, one.touch, one.times, one.period] for one in own.standards],
        "kind_shares": {kind: str(share) for kind, share in own.kind_shares.items()},
        "tier_weights": {tier: str(weight) for tier, weight in own.tier_weights.items()},
        "effort": [touch.visit, touch.executive, touch.call, touch.travel],
        "staffing": {name: str(getattr(kept, name)) for name in _STAFFING},
    }


@dataclass(frozen=True)
class Settings:
    """The company's settings with what a plan changes."""

    standards: StandardSettings
    staffing: StaffingSettings


def settings_for(company: dict[str, Any], asked: Asked) -> Settings:
    """Raises SettingError `setting.range`."""
    told = [Standard(*one) for one in company["standards"]]
    held = {(one.tier, one.touch): one for one in told}
    for name, times in asked.times.items():
        tier, touch = name.split(".")
        was = held.get((tier, touch))
        held[tier, touch] = replace(was, times=times) if was else Standard(tier, touch, times, "quarter")
    kept = {
        **company["staffing"],
        **{name: text for name, text in asked.changed.items() if name in _STAFFING},
    }
    minutes = [*company["effort"]]
    if "travel_minutes" in asked.changed:
        minutes[3] = int(asked.changed["travel_minutes"])
    whole = ("complaint_minutes", "order_minutes", "accounts_per_manager")
    values: dict[str, Any] = {
        name: int(text) if name in whole else Decimal(text) for name, text in kept.items()
    }
    # What every manager does more is as if the year had more hours.
    values["selling_hours"] *= asked.skill * asked.support
    return Settings(
        StandardSettings(
            standards=tuple(one for one in held.values() if one.times),
            kind_shares={kind: Decimal(share) for kind, share in company["kind_shares"].items()},
            tier_weights={tier: Decimal(one) for tier, one in company["tier_weights"].items()},
        ),
        StaffingSettings(effort=Effort(*minutes), **values),
    )


@dataclass(frozen=True)
class Worked:
    """The library's outcome, and what goes with it."""

    staffing: Staffing
    settings: Settings
    accounts: pa.Table
    managers: pa.Table
    impossible: list[Reason]


def work_out(work: Work, company: dict[str, Any], asked: Asked | None = None) -> Worked:
    """Raises SettingError `setting.range`, `staffing.nobody_like`."""
    asked = asked or Asked()
    settings = settings_for(company, asked)
    accounts, service = _accounts(work)
    if asked.more:
        accounts = with_more(accounts, asked.more, tier=asked.tier or None)
    managers = _managers(work)
    hours_an_order = Decimal(settings.staffing.order_minutes) / 60
    months = pa.table(
        {
            "branch": pa.array([one[0] for one in work.months], pa.string()),
            "month": pa.array([one[1] for one in work.months], pa.string()),
            "hours": pa.array([float(one[2] * hours_an_order) for one in work.months], pa.float64()),
        }
    )
    told = staffing(
        accounts,
        managers,
        service=service,
        months=months,
        quotas=work.quotas,
        standards=settings.standards,
        settings=settings.staffing,
    )
    kept = impossible(
        settings.standards,
        effort=settings.staffing.effort,
        hours_of_one=settings.staffing.selling_hours,
    )
    return Worked(told, settings, accounts, managers, kept)


def outcome(worked: Worked, work: Work) -> dict[str, Any]:
    """As it is kept and shown: branches, tiers, totals, problems; plain values."""
    branches = [
        {**row, "name": work.names.get(row["branch"], row["branch"])}
        for row in worked.staffing.branches.to_pylist()
        if row["accounts"] or row["actual"] or row["quota"] is not None or row["actual_years"]
    ]
    hours_of_one = _mean_capacity(worked)
    norm = worked.settings.staffing.accounts_per_manager
    tiers = [
        {
            **row,
            "needed_exact": row["hours"] / hours_of_one,
            "norm": math.ceil(Fraction(row["accounts"], norm)),
            **({"quota": work.tier_quotas.get(row["tier"])} if work.tier_quotas else {}),
        }
        for row in worked.staffing.tiers.to_pylist()
    ]
    problems = [
        {"code": one.code, "values": dict(one.values)}
        for one in (*worked.staffing.problems, *worked.impossible)
    ]
    told = {
        "branches": branches,
        "tiers": tiers,
        "totals": _totals(branches, worked),
        "capacity": hours_of_one,
        "problems": problems,
    }
    kept: dict[str, Any] = json.loads(json.dumps(told, default=json_value))
    return kept


def hours_there(worked: Worked) -> Decimal:
    """Selling hours a year of all managers together."""
    there = Decimal(0)
    for row in worked.managers.to_pylist():
        there += (row["employed"] or Decimal(0)) * (row["skill"] or 1) * (row["support"] or 1)
    return there * worked.settings.staffing.selling_hours


def _mean_capacity(worked: Worked) -> float:
    """Hours a year of one manager, on average over those who are there; of an ordinary one where nobody is."""
    able = sum(1 for row in worked.managers.to_pylist() if (row["employed"] or 0) > 0)
    return float(hours_there(worked) / able) if able else float(worked.settings.staffing.selling_hours)


def _totals(branches: list[dict[str, Any]], worked: Worked) -> dict[str, Any]:
    whole = ("accounts", "needed", "norm", "actual", "gap")
    exact = ("hours", "needed_exact", "actual_years", "burst_hours")
    told: dict[str, Any] = {name: sum(row[name] for row in branches) for name in (*whole, *exact)}
    quotas = [row["quota"] for row in branches if row["quota"] is not None]
    costs = [row["cost"] for row in branches if row["cost"] is not None]
    there = hours_there(worked)
    asked = worked.accounts.append_column("since", pa.nulls(len(worked.accounts), pa.date32()))
    factor = None
    if there > 0:
        stretch = stretch_factor(
            asked.filter(asked["branch"].is_valid()),
            hours_there=there,
            settings=worked.settings.standards,
            effort=worked.settings.staffing.effort,
        )
        factor = float(stretch.factor) if stretch.factor is not None else None
    return {
        **told,
        "accounts": len(worked.accounts),
        "quota": sum(quotas) if quotas else None,
        "cost": sum(costs) if costs else None,
        "hours_there": float(there),
        "stretch": factor,
    }


def _accounts(work: Work) -> tuple[pa.Table, pa.Table]:
    """One row per account, the first of each group with the group's service: the sums are the same."""
    columns: dict[str, list[Any]] = {"account_id": [], "branch": [], "tier": [], "kind": []}
    service: list[tuple[str, int]] = []
    nameless = iter(work.no_branch)
    for at, (branch, tier, kind, number, orders) in enumerate(work.groups):
        ids = (
            [next(nameless, f"{at}") for _ in range(number)]
            if branch is None
            else [f"{at}/{n}" for n in range(number)]
        )
        service.append((ids[0], orders))
        for name, values in zip(
            columns, (ids, [branch] * number, [tier] * number, [kind] * number), strict=True
        ):
            columns[name] += values
    told = pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()})
    return told, pa.table(
        {
            "account_id": pa.array([one for one, _ in service], pa.string()),
            "complaints": pa.nulls(len(service), pa.int64()),
            "orders": pa.array([orders for _, orders in service], pa.int64()),
        }
    )


def _managers(work: Work) -> pa.Table:
    share = pa.decimal128(12, 6)

    def decimals(at: int) -> pa.Array:
        return pa.array([None if one[at] is None else Decimal(one[at]) for one in work.managers], share)

    return pa.table(
        {
            "manager_id": pa.array([one[0] for one in work.managers], pa.string()),
            "branch": pa.array([one[1] for one in work.managers], pa.string()),
            "employed": decimals(2),
            "skill": decimals(3),
            "support": decimals(4),
        }
    )
