"""How many account managers does the work ask for, branch by branch, and what would there be with another plan? (C5)

Worked by hand in the docs, "Staffing". What one more manager is worth: `next_manager`.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pyarrow as pa

from keyaccount.cover.standards import StandardSettings, by_tier, require_columns
from keyaccount.cover.stretching import Effort, hours_a_year
from keyaccount.errors import SettingError
from keyaccount.reasons import Reason


@dataclass(frozen=True)
class StaffingSettings:
    """What a company says of its work. The presets are those of design, "Cover, exactly"."""

    effort: Effort = field(default_factory=Effort)
    complaint_minutes: int = 180
    order_minutes: int = 10
    selling_hours: Decimal = Decimal(1200)
    """Of one manager who is there all year."""
    peak: Decimal = Decimal("0.95")
    """The month that must still be carried: so many of all months need no more."""
    accounts_per_manager: int = 10
    """The norm: so many accounts to one manager, whatever they ask for."""
    yearly_cost: Decimal = Decimal(0)
    """Of one manager [company currency]; 0: not known."""

    def __post_init__(self) -> None:
        for name, value, least in (
            ("selling_hours", self.selling_hours, Decimal("0.01")),
            ("accounts_per_manager", self.accounts_per_manager, 1),
            ("complaint_minutes", self.complaint_minutes, 0),
            ("order_minutes", self.order_minutes, 0),
            ("yearly_cost", self.yearly_cost, 0),
        ):
            if value < least:
                raise SettingError(
                    "setting.range", name=f"staffing.{name}", allowed=f"≥ {least}", value=value
                )
        if not 0 < self.peak < 1:
            raise SettingError("setting.range", name="staffing.peak", allowed="(0, 1)", value=self.peak)


@dataclass(frozen=True)
class Staffing:
    """What the work asks for."""

    branches: pa.Table
    tiers: pa.Table
    problems: tuple[Reason, ...]
    """What could not be counted, one by one; all else is."""


def staffing(
    accounts: pa.Table,
    managers: pa.Table,
    *,
    service: pa.Table | None = None,
    months: pa.Table | None = None,
    quotas: Mapping[str, int] | None = None,
    standards: StandardSettings | None = None,
    settings: StaffingSettings | None = None,
) -> Staffing:
    """Put the work, the norm, the company's own quota and those who are there side by side.

    Parameters
    ----------
    accounts : one row per account: account_id [null: added by a plan (`with_more`), asks for the mean service of those of its branch,
        tier and kind]; branch [null: named among the problems, counted in no branch]; tier [null or without
        a standard: no visits]; kind [null: not known]; since [not used here].
    managers : one row per account manager: manager_id; branch; employed [share of the year, in [0, 1]; null: named, counted as 0];
        skill, support [multipliers; null: 1].
    service : one row per account: account_id; complaints, orders [a year].
    months : one row per branch and month: branch; month; hours [of service]. For the burst; none: 0.
    quotas : branch → managers that the company allows.

    Returns
    -------
    branches, by branch
        branch; accounts; visit_hours, call_hours, executive_hours [a year, with the way there]; service_hours [complaints ×
        complaint_minutes + orders × order_minutes]; burst_hours [95th-percentile month − mean month, linear between months; once];
        hours [all of these]; capacity [hours a year of one manager of the branch: selling hours × mean of employed × skill ×
        support; selling hours where nobody is there]; needed_exact = hours ÷ capacity; needed [rounded up]; norm [accounts ÷
        accounts_per_manager, rounded up]; quota [null: none]; actual [number]; actual_years [Σ employed]; gap = needed − actual;
        cost [needed × yearly_cost; null: not known].
    tiers, by tier: tier [null: none]; accounts; hours [standards and service, without burst].

    Raises
    ------
    TableError `column.missing`; SettingError `setting.range`.

    References
    ----------
    Row C5; design, "Cover, exactly": hours = Σ frequency × (duration + travel) + service hours + burst; capacity = 1,200 selling hours ×
    share of the year employed × skill × support.
    """
    settings, standards = settings or StaffingSettings(), standards or StandardSettings()
    require_columns(accounts, "accounts", "account_id", "branch", "tier", "kind")
    require_columns(managers, "managers", "manager_id", "branch", "employed", "skill", "support")
    problems: list[Reason] = []
    asked = _served(service, settings)
    of_tier = by_tier(standards)
    hours: defaultdict[str, dict[str, Fraction]] = defaultdict(dict)
    numbers: Counter[str] = Counter()
    tiers: defaultdict[str | None, list[Fraction]] = defaultdict(lambda: [Fraction(0), Fraction(0)])
    columns = [accounts[name].to_pylist() for name in ("account_id", "branch", "tier", "kind")]
    problems += [
        Reason("staffing.no_branch", {"account": account})
        for account, branch in zip(*columns[:2], strict=True)
        if branch is None
    ]
    for (branch, tier, kind), number in Counter(zip(*columns[1:], strict=True)).items():
        own = {
            one.touch: number * hours_a_year(one, standards, settings.effort, kind=kind or "")
            for one in of_tier.get(tier, ())
        }
        tiers[tier][0] += number
        tiers[tier][1] += sum(own.values(), Fraction(0))
        if branch is not None:
            numbers[branch] += number
            _add(hours[branch], own)
    for (branch, tier), served in _service_hours(columns, asked).items():
        tiers[tier][1] += served
        if branch is not None:
            _add(hours[branch], {"service": served})
    there = _there(managers, problems)
    bursts = _bursts(months, settings)
    names = sorted(numbers.keys() | there.keys() | bursts.keys() | (quotas or {}).keys())
    rows = [
        _branch(name, numbers[name], hours[name], there.get(name, []), bursts, quotas or {}, settings)
        for name in names
    ]
    by_name = sorted(tiers.items(), key=lambda one: one[0] or "~")
    return Staffing(
        pa.Table.from_pylist(rows, schema=_BRANCHES),
        pa.Table.from_pylist(
            [{"tier": tier, "accounts": int(told[0]), "hours": float(told[1])} for tier, told in by_name],
            schema=_TIERS,
        ),
        tuple(problems),
    )


def with_more(accounts: pa.Table, number: int, *, tier: str | None = None) -> pa.Table:
    """The accounts with `number` more of a tier (None: of all), like those that are there and spread as they are over branch, tier and kind.

    Those added have no account_id. The shares are rounded by the largest remainder, ties by branch, tier, kind.

    Raises SettingError `staffing.nobody_like` where no account is of that tier.
    """
    require_columns(accounts, "accounts", "account_id", "branch", "tier", "kind")
    rows = accounts.select(["branch", "tier", "kind"]).to_pylist()
    like = Counter(
        (row["branch"], row["tier"], row["kind"]) for row in rows if tier is None or row["tier"] == tier
    )
    if not like:
        raise SettingError("staffing.nobody_like", name="tier", tier=tier or "—")
    total = sum(like.values())
    exact = {key: Fraction(number * one, total) for key, one in like.items()}
    given = {key: math.floor(one) for key, one in exact.items()}
    rest = number - sum(given.values())
    order = sorted(exact, key=lambda key: (given[key] - exact[key], [one or "" for one in key]))
    for key in order[:rest]:
        given[key] += 1
    added = [
        key for key in sorted(given, key=lambda key: [one or "" for one in key]) for _ in range(given[key])
    ]
    columns = {
        "account_id": pa.nulls(len(added), pa.string()),
        **{
            name: pa.array([key[at] for key in added], pa.string())
            for at, name in enumerate(("branch", "tier", "kind"))
        },
    }
    own = accounts.select(list(columns)).cast(pa.schema([(name, pa.string()) for name in columns]))
    return pa.concat_tables([own, pa.table(columns)])


def back_office(activities: pa.Table, movable: Sequence[str], *, capacity: Decimal) -> pa.Table:
    """What of the recorded time could be done in the back office.

    Parameters
    ----------
    activities : one row per branch and activity: branch; activity; hours [a year, recorded].
    movable : activities that need no account manager. capacity : hours a year of one manager, above 0.

    Returns
    -------
    one row per branch: branch; hours; movable_hours; share [movable ÷ all; null: no hours]; managers_freed [movable_hours ÷ capacity].
    """
    require_columns(activities, "activities", "branch", "activity", "hours")
    if capacity <= 0:
        raise SettingError("setting.range", name="staffing.capacity", allowed="> 0", value=capacity)
    sums: defaultdict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for row in activities.select(["branch", "activity", "hours"]).to_pylist():
        sums[row["branch"]][0] += row["hours"]
        sums[row["branch"]][1] += row["hours"] if row["activity"] in movable else 0.0
    return pa.Table.from_pylist(
        [
            {
                "branch": branch,
                "hours": total,
                "movable_hours": moved,
                "share": moved / total if total else None,
                "managers_freed": moved / float(capacity),
            }
            for branch, (total, moved) in sorted(sums.items())
        ],
        schema=_MOVED,
    )


_HOURS = ("visit_hours", "call_hours", "executive_hours", "service_hours", "burst_hours", "hours", "capacity")
_BRANCHES = pa.schema(
    [
        ("branch", pa.string()),
        ("accounts", pa.int64()),
        *((name, pa.float64()) for name in _HOURS),
        ("needed_exact", pa.float64()),
        ("needed", pa.int64()),
        ("norm", pa.int64()),
        ("quota", pa.int64()),
        ("actual", pa.int64()),
        ("actual_years", pa.float64()),
        ("gap", pa.int64()),
        ("cost", pa.decimal128(38, 4)),
    ]
)
_TIERS = pa.schema([("tier", pa.string()), ("accounts", pa.int64()), ("hours", pa.float64())])
_MOVED = pa.schema(
    [
        ("branch", pa.string()),
        ("hours", pa.float64()),
        ("movable_hours", pa.float64()),
        ("share", pa.float64()),
        ("managers_freed", pa.float64()),
    ]
)


def _served(service: pa.Table | None, settings: StaffingSettings) -> dict[str, Fraction]:
    if service is None:
        return {}
    require_columns(service, "service", "account_id", "complaints", "orders")
    return {
        row["account_id"]: (
            Fraction(row["complaints"] or 0) * settings.complaint_minutes
            + Fraction(row["orders"] or 0) * settings.order_minutes
        )
        / 60
        for row in service.select(["account_id", "complaints", "orders"]).to_pylist()
    }


def _service_hours(
    columns: Sequence[Sequence[Any]], asked: Mapping[str, Fraction]
) -> dict[tuple[str | None, str | None], Fraction]:
    """Hours of service by branch and tier; `columns`: account, branch, tier, kind."""
    known: defaultdict[Any, Fraction] = defaultdict(Fraction)
    there: Counter[Any] = Counter()
    added: Counter[Any] = Counter()
    for account, *like in zip(*columns, strict=True):
        key = tuple(like)
        if account is None:
            added[key] += 1
            continue
        there[key] += 1
        if account in asked:
            known[key] += asked[account]
    told: defaultdict[tuple[str | None, str | None], Fraction] = defaultdict(Fraction)
    for (branch, tier, kind), hours in known.items():
        key = (branch, tier, kind)
        told[branch, tier] += hours + hours * added[key] / there[key]
    return told


def _add(sums: dict[str, Fraction], more: Mapping[str, Fraction]) -> None:
    for name, value in more.items():
        sums[name] = sums.get(name, Fraction(0)) + value


def _there(managers: pa.Table, problems: list[Reason]) -> dict[str, list[tuple[Fraction, Fraction]]]:
    """Branch → share of the year and share × skill × support of each manager."""
    found: dict[str, list[tuple[Fraction, Fraction]]] = {}
    for row in managers.to_pylist():
        if row["branch"] is None:
            problems.append(Reason("staffing.manager_no_branch", {"manager": row["manager_id"]}))
            continue
        if row["employed"] is None or row["employed"] <= 0:
            problems.append(Reason("staffing.no_hours", {"manager": row["manager_id"]}))
        share = Fraction(row["employed"] or 0)
        worth = share * Fraction(1 if row["skill"] is None else row["skill"])
        worth *= Fraction(1 if row["support"] is None else row["support"])
        found.setdefault(row["branch"], []).append((share, worth))
    return found


def _bursts(months: pa.Table | None, settings: StaffingSettings) -> dict[str, float]:
    if months is None:
        return {}
    require_columns(months, "months", "branch", "month", "hours")
    by_branch: defaultdict[str, list[float]] = defaultdict(list)
    for row in months.select(["branch", "hours"]).to_pylist():
        by_branch[row["branch"]].append(float(row["hours"]))
    return {
        branch: max(0.0, percentile(hours, float(settings.peak)) - sum(hours) / len(hours))
        for branch, hours in by_branch.items()
    }


def percentile(values: Sequence[float], share: float) -> float:
    """Linear between the two nearest, as spreadsheets' PERCENTILE.INC."""
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])


def _branch(
    name: str,
    accounts: int,
    hours: Mapping[str, Any],
    there: Sequence[tuple[Fraction, Fraction]],
    bursts: Mapping[str, float],
    quotas: Mapping[str, int],
    settings: StaffingSettings,
) -> dict[str, Any]:
    exact = sum(hours.values(), Fraction(0)) + Fraction(bursts.get(name, 0.0))
    able = [worth for share, worth in there if share > 0]
    mean = sum(able, Fraction(0)) / len(able) if able else Fraction(1)
    capacity = Fraction(settings.selling_hours) * (mean or 1)
    needed = math.ceil(exact / capacity)
    cost = settings.yearly_cost
    return {
        "branch": name,
        "accounts": accounts,
        **{
            f"{touch}_hours": float(hours.get(touch, 0))
            for touch in ("visit", "call", "executive", "service")
        },
        "burst_hours": bursts.get(name, 0.0),
        "hours": float(exact),
        "capacity": float(capacity),
        "needed_exact": float(exact / capacity),
        "needed": needed,
        "norm": math.ceil(Fraction(accounts, settings.accounts_per_manager)),
        "quota": quotas.get(name),
        "actual": len(able),
        "actual_years": float(sum((share for share, _ in there), Fraction(0))),
        "gap": needed - len(able),
        "cost": needed * cost if cost else None,
    }
