"""Of which records is staffing made, as far as one user sees them? (C5)

They are kept beside a scenario, so that it can be made again when the records have changed.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from django.conf import settings as django_settings
from django.db.models import Count, Q, Sum
from django.utils import timezone

from keyaccount.cover.skills import skill_fit, skill_gaps
from keyaccount.cover.stretching import Effort
from keyaccount.find.key_accounts import KeyAccountList
from keyaccount.ledger.merged import merged_lines, survivors
from keyaccount.ledger.store.reading import LedgerStore
from keyaccount.periods import months_ending, year_ending
from keyaccount_web.access.models import Post, User
from keyaccount_web.access.roles import Right, Role
from keyaccount_web.access.scope import may, sees_all, visible_accounts, visible_units
from keyaccount_web.company.presets import setting
from keyaccount_web.cover.due import counted_touches
from keyaccount_web.cover.models import SkillNeed, StaffSkill, Touch
from keyaccount_web.cover.presets import effort
from keyaccount_web.cover.staffing.models import Quota, StaffTime
from keyaccount_web.cover.tiered import LARGEST_FIRST, tiered_accounts
from keyaccount_web.know.models import Account
from keyaccount_web.runs.models import Run
from keyaccount_web.runs.services import current_run, inputs_for, keep_table, kept_inputs, kept_table, of_summary

ORDERS = "staffing_orders"
"""Under which name a run keeps orders by account and month."""
YEARS = 2
_MONEY = pa.decimal128(38, 4)


def sees_staffing(user: User) -> bool:
    """Those who assign accounts, and those who see all accounts with the company's figures."""
    return may(user, Right.ASSIGN) or (sees_all(user) and may(user, Right.COMPANY_FIGURES))


@dataclass(frozen=True)
class Inputs:
    """Tables; accounts and managers by pk as text, branches by code."""

    accounts: pa.Table
    """account_id; branch; tier; kind; since; sales, profit, sales_before [company currency a year]; orders, complaints [a year]."""
    managers: pa.Table
    """manager_id; branch; employed [share of the year; null: not known]; fit [of skills, in [0, 1]; null: nothing asked]; support."""
    months: pa.Table
    """branch; month; orders."""
    activities: pa.Table
    """branch; activity; minutes, recorded in the year to `day`."""
    touches: pa.Table
    """account_id; touch; date, of the two years to `day`."""
    past: pa.Table
    """Who could have left: account_id; tier [by the sales of the year before the run's]; kind; since; left [no sales since]."""
    quotas: pa.Table
    """branch; managers."""
    days: pa.Table
    """One row: day [of the records]; until [last of the run's year; null: no run]."""

    @property
    def day(self) -> dt.date:
        told: dt.date = self.days["day"][0].as_py()
        return told

    @property
    def until(self) -> dt.date | None:
        told: dt.date | None = self.days["until"][0].as_py()
        return told


def inputs_of(user: User) -> Inputs:
    """As the records stand today."""
    day, run = timezone.localdate(), current_run()
    until = of_summary(run).until if run else None
    accounts, past, owners = _accounts(user)
    ids = [int(one) for one in accounts["account_id"].to_pylist()]
    branches = dict(zip(accounts["account_id"].to_pylist(), accounts["branch"].to_pylist(), strict=True))
    touched = counted_touches(day - dt.timedelta(days=366 * YEARS), day)
    visible = set(branches) | set(past["account_id"].to_pylist())
    mine = pa.array([one in visible for one in touched["account_id"].to_pylist()], pa.bool_())
    units = visible_units(user)
    quotas = list(Quota.objects.filter(unit__in=units).values_list("unit__code", "managers"))
    return Inputs(
        accounts,
        _managers(user, day, owners),
        _months(run, branches),
        _activities(ids, branches, day),
        touched.filter(mine).select(["account_id", "touch", "date"]),
        past,
        _table(quotas, branch=pa.string(), managers=pa.int64()),
        _table([(day, until)], day=pa.date32(), until=pa.date32()),
    )


def compute_orders(run: Run, store: LedgerStore, found: KeyAccountList) -> None:
    """Keep beside a run how many orders each account gave in each month of its year."""
    until = found.settings.until
    lines = store.lines()
    if until is None or "order_id" not in lines.columns:
        return
    into = survivors((kept_inputs(run) or inputs_for(run)).merged)
    year = year_ending(until)
    own = lines.filter(lines.date.between(year.begin, year.until) & lines.account_id.notnull())
    own = merged_lines(own, into) if into else own
    told = own.group_by("account_id", month=own.date.truncate("M")).agg(orders=own.order_id.nunique())
    keep_table(run, ORDERS, told.to_pyarrow())


def recorded_effort(user: User) -> tuple[Effort, frozenset[str]]:
    """How long touches take by what was recorded of the accounts that `user` sees, and which of it there was enough of; the rest by preset."""
    since = timezone.now() - dt.timedelta(days=365)
    rows = Touch.objects.filter(removed_at=None, began_at__gte=since, account__in=visible_accounts(user))
    visits, executive = Q(kind="visit", is_executive=False), Q(kind="visit", is_executive=True)
    calls, away = Q(kind__in=("call", "video")), Q(kind="visit", travel_minutes__gt=0)
    told = rows.aggregate(
        **{
            f"{name}_{what}": how
            for name, which, column in (
                ("visit", visits, "minutes"),
                ("executive", executive, "minutes"),
                ("call", calls, "minutes"),
                ("travel", away, "travel_minutes"),
            )
            for what, how in (("n", Count("pk", filter=which)), ("sum", Sum(column, filter=which)))
        }
    )
    least, preset = setting("staffing.least_touches"), effort()
    enough = {name for name in ("visit", "executive", "call", "travel") if told[f"{name}_n"] >= least}
    minutes = {
        name: round(told[f"{name}_sum"] / told[f"{name}_n"]) if name in enough else getattr(preset, name)
        for name in ("visit", "executive", "call", "travel")
    }
    return Effort(**minutes), frozenset(enough)


# --- kept beside a scenario


def keep_inputs(pk: int, inputs: Inputs) -> None:
    folder = _folder(pk)
    folder.mkdir(parents=True, exist_ok=True)
    for field in fields(Inputs):
        pq.write_table(getattr(inputs, field.name), folder / f"{field.name}.parquet")


def kept_inputs_of(pk: int) -> Inputs | None:
    """None: they are gone from the data folder."""
    folder = _folder(pk)
    if not all((folder / f"{field.name}.parquet").exists() for field in fields(Inputs)):
        return None
    return Inputs(**{field.name: pq.read_table(folder / f"{field.name}.parquet") for field in fields(Inputs)})


def _folder(pk: int) -> Path:
    return Path(django_settings.HOME) / "staffing" / str(pk)


# --- one table each


def _accounts(user: User) -> tuple[pa.Table, pa.Table, list[tuple[str, str, str, str]]]:
    """Those with a tier; those that bought the year before; of the former account, owner, kind and industry."""
    tiered = {row["account_id"]: row for row in tiered_accounts().to_pylist()}
    names = ("pk", "unit__code", "owner_id", "industry", "figures__sales", "figures__profit")
    more = ("figures__sales_year_before", "figures__orders", "kind_figures__kind")
    rows, past, owners = [], [], []
    for pk, unit, owner, industry, sales, profit, before, orders, kind in (
        visible_accounts(user).order_by("pk").values_list(*names, *more)
    ):
        one = tiered.get(str(pk))
        tier_before = _tier_of((before or Decimal(0)) / 12)
        if tier_before:
            past.append((str(pk), tier_before, kind or None, None, not sales or sales <= 0))
        if one is None or one["tier"] is None:
            continue
        told = (str(pk), unit, one["tier"], one["kind"], one["since"])
        rows.append((*told, sales or Decimal(0), profit or Decimal(0), before or Decimal(0), orders or 0, 0))
        owners.append((str(pk), str(owner) if owner else None, one["kind"] or "", industry or ""))
    text = pa.string()
    accounts = _table(
        rows, account_id=text, branch=text, tier=text, kind=text, since=pa.date32(), sales=_MONEY, profit=_MONEY,
        sales_before=_MONEY, orders=pa.int64(), complaints=pa.int64(),
    )  # fmt: skip
    left = _table(past, account_id=text, tier=text, kind=text, since=pa.date32(), left=pa.bool_())
    return accounts, left, owners  # type: ignore[return-value]


def _tier_of(monthly: Decimal) -> str | None:
    """Of key accounts, by the average monthly spend; None: below every line."""
    return next((tier.name for tier in LARGEST_FIRST if monthly >= tier.line), None)


def gaps_of(owners: Iterable[tuple[str, str | None, str, str]]) -> pa.Table:
    """`skill_gaps` of accounts with their owner, kind and industry; two queries."""
    text = pa.string()
    needs = list(SkillNeed.objects.order_by("pk").values_list("skill__name", "kind", "industry", "level"))
    held = [
        (str(user), skill, level)
        for user, skill, level in StaffSkill.objects.order_by("pk").values_list(
            "user_id", "skill__name", "level"
        )
    ]
    return skill_gaps(
        _table(list(owners), account_id=text, manager_id=text, kind=text, industry=text),
        _table(needs, skill=text, kind=text, industry=text, level=pa.int64()),
        _table(held, manager_id=text, skill=text, level=pa.int64()),
    )


def _managers(user: User, day: dt.date, owners: Iterable[tuple[str, str | None, str, str]]) -> pa.Table:
    """Who holds a manager's post today in a unit that is seen; without hours who is switched off."""
    posts = Post.objects.filter(role=Role.MANAGER, since__lte=day, unit__in=visible_units(user))
    posts = posts.filter(Q(until=None) | Q(until__gte=day)).select_related("user", "unit").order_by("pk")
    times = {one.user_id: one for one in StaffTime.objects.all()}
    fit = skill_fit(gaps_of(owners))
    rows: dict[int, tuple[Any, ...]] = {}
    for post in posts:
        time = times.get(post.user_id)
        employed = time.employed if time else _rest_of_year(post, day) if post.user.is_active else None
        has = fit.get(str(post.user_id))
        rows.setdefault(
            post.user_id,
            (
                str(post.user_id),
                post.unit.code,
                employed,
                None if has is None else Decimal(has.numerator) / Decimal(has.denominator),
                time.support if time else None,
            ),
        )
    share = pa.decimal128(9, 4)
    told = [
        (*row[:3], None if row[3] is None else round(row[3], 4), row[4])
        for row in sorted(rows.values(), key=lambda row: int(row[0]))
    ]
    return _table(
        told, manager_id=pa.string(), branch=pa.string(), employed=share, fit=share, support=share
    )


def _rest_of_year(post: Post, day: dt.date) -> Decimal:
    """Of the coming 365 days, the share until a post ends."""
    if post.until is None:
        return Decimal(1)
    return round(Decimal(min(365, (post.until - day).days + 1)) / 365, 4)


def _months(run: Run | None, branches: dict[str, str | None]) -> pa.Table:
    table = kept_table(run, ORDERS) if run is not None else None
    codes = dict(Account.objects.filter(pk__in=[int(one) for one in branches]).values_list("code", "pk"))
    sums: defaultdict[tuple[str, dt.date], int] = defaultdict(int)
    if table is not None and run is not None:
        until = of_summary(run).until
        begin = months_ending(until, months=12).begin if until else dt.date.min
        # Every month of the year counts, those without an order, too.
        months = sorted({_day(one) for one in table["month"].to_pylist() if _day(one) >= begin})
        for branch in {one for one in branches.values() if one}:
            for month in months:
                sums[branch, month] = 0
        for row in table.to_pylist():
            branch = branches.get(str(codes.get(row["account_id"], "")))
            if branch and _day(row["month"]) >= begin:
                sums[branch, _day(row["month"])] += row["orders"]
    rows = [(branch, month.isoformat()[:7], orders) for (branch, month), orders in sorted(sums.items())]
    return _table(rows, branch=pa.string(), month=pa.string(), orders=pa.int64())


def _day(told: dt.date | dt.datetime) -> dt.date:
    return told.date() if isinstance(told, dt.datetime) else told


def _activities(ids: list[int], branches: dict[str, str | None], day: dt.date) -> pa.Table:
    """Recorded minutes; travel is an activity of its own."""
    since = day - dt.timedelta(days=365)
    rows = Touch.objects.filter(removed_at=None, began_at__date__gt=since, began_at__date__lte=day)
    sums: defaultdict[tuple[str, str], int] = defaultdict(int)
    seen = set(ids)
    for account, kind, minutes, travel in (
        rows.order_by().values_list("account_id", "kind").annotate(Sum("minutes"), Sum("travel_minutes"))
    ):
        branch = branches.get(str(account)) if account in seen else None
        if branch:
            sums[branch, kind] += minutes
            sums[branch, "travel"] += travel
    told = [(*key, minutes) for key, minutes in sorted(sums.items()) if minutes]
    return _table(told, branch=pa.string(), activity=pa.string(), minutes=pa.int64())


def _table(rows: list[Any], **columns: pa.DataType) -> pa.Table:
    return pa.table(
        {
            name: pa.array([row[at] for row in rows], kind)
            for at, (name, kind) in enumerate(columns.items())
        }
    )


prepare_orders: Callable[[Run], Callable[[], None]] = lambda _run: lambda: None  # noqa: E731
"""Nothing of it is a record."""
