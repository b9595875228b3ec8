"""What work is there, and who does it, as far as somebody sees? Put together so that it can be kept with a plan. (C5)"""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from django.db.models import Q, QuerySet
from django.utils import timezone

from keyaccount_web.access.models import OrgUnit, Post, User
from keyaccount_web.access.roles import Right, Role
from keyaccount_web.access.scope import may, sees_all, visible_accounts, visible_colleagues, visible_units
from keyaccount_web.company.presets import setting
from keyaccount_web.cover.skill_gaps import factors_of
from keyaccount_web.cover.staffing.models import ManagerTime, TierQuota
from keyaccount_web.cover.tiered import tiered_accounts
from keyaccount_web.find.lists.reading import sees_whole
from keyaccount_web.runs.models import Run
from keyaccount_web.runs.services import current_run, kept_table

MONTHS = "staffing_months"
"""Under which name a run keeps the orders by account and month."""


def sees_staffing(user: User) -> bool:
    """Those who assign accounts, and those for whom the figures of the whole are."""
    return may(user, Right.ASSIGN) or sees_whole(user)


def managers_seen_by(user: User) -> QuerySet[User]:
    """Active account managers of the units that `user` may see; of all for whom the whole is."""
    people = User.objects.all() if sees_whole(user) else visible_colleagues(user)
    return people.filter(pk__in=current_managers().values("user"), is_active=True).order_by("name", "pk")


def current_managers() -> QuerySet[Post]:
    """The posts of account managers held today."""
    today = timezone.localdate()
    held = Post.objects.filter(role=Role.MANAGER, since__lte=today)
    return held.filter(Q(until=None) | Q(until__gte=today)).order_by()


@dataclass(frozen=True)
class Served:
    """One account with what staffing asks of it."""

    pk: int
    code: str
    name: str
    branch: int | None
    owner: int | None
    industry: str
    tier: str | None
    kind: str | None
    orders: int
    sales: Decimal
    profit: Decimal | None


def served_accounts(user: User) -> list[Served]:
    """The accounts with a tier that `user` may see, by pk."""
    seen = visible_accounts(user)
    names = ("pk", "code", "name", "unit_id", "owner_id", "industry")
    of_run = ("figures__orders", "figures__sales", "figures__profit")
    tiered = {int(row["account_id"]): row for row in tiered_accounts().to_pylist() if row["tier"]}
    rows = seen if len(tiered) > MANY else seen.filter(pk__in=list(tiered))
    return [
        Served(
            pk, code, name, unit, owner, industry, tiered[pk]["tier"], tiered[pk]["kind"], orders or 0, sales or Decimal(0), profit
        )
        for pk, code, name, unit, owner, industry, orders, sales, profit in rows.order_by("pk").values_list(*names, *of_run)
        if pk in tiered
    ]  # fmt: skip


MANY = 20_000
"""More ids than this are not sent to the database."""


@dataclass
class Work:
    """Plain values only, so that it is kept as JSON. Branches by pk as text."""

    groups: list[list[Any]] = field(default_factory=list)
    """branch (None: none), tier, kind, accounts, orders a year."""
    no_branch: list[str] = field(default_factory=list)
    """Name and code of the accounts in no branch."""
    managers: list[list[Any]] = field(default_factory=list)
    """name, branch, employed, skill, support, pk; shares and factors as text, null: not known."""
    months: list[list[Any]] = field(default_factory=list)
    """branch, month, orders."""
    quotas: dict[str, int] = field(default_factory=dict)
    tier_quotas: dict[str, int] = field(default_factory=dict)
    """Of the whole company: empty for those who see a part of it."""
    names: dict[str, str] = field(default_factory=dict)
    """Branch → its name."""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def accounts(self) -> int:
        return sum(group[3] for group in self.groups)


def work_seen_by(user: User, served: list[Served]) -> Work:
    """The work of these accounts and the managers that `user` sees, with branches of the visible units."""
    numbers: Counter[tuple[str | None, str | None, str | None]] = Counter()
    orders: Counter[tuple[str | None, str | None, str | None]] = Counter()
    for one in served:
        key = (str(one.branch) if one.branch else None, one.tier, one.kind)
        numbers[key] += 1
        orders[key] += one.orders
    seen = list(visible_units(user).values_list("pk", "name", "manager_quota__quota"))
    units = {pk: name for pk, name, _ in seen}
    quotas = {pk: quota for pk, _, quota in seen if quota is not None}
    managers = _managers(user, served)
    # A unit somebody sees an account or a colleague of has a name for them, too.
    branches = {key[0] for key in numbers} | {one[1] for one in managers}
    missing = {int(one) for one in branches if one and int(one) not in units}
    if missing:
        units |= dict(OrgUnit.objects.filter(pk__in=missing).values_list("pk", "name"))
    return Work(
        groups=[[*key, numbers[key], orders[key]] for key in sorted(numbers, key=lambda one: [part or "" for part in one])],
        no_branch=[f"{one.name} {one.code}" for one in served if not one.branch],
        managers=managers,
        months=_months(current_run(), {one.code: one.branch for one in served if one.branch}),
        quotas={str(pk): quota for pk, quota in quotas.items()},
        tier_quotas=dict(TierQuota.objects.values_list("tier", "quota")) if sees_whole(user) else {},
        names={str(pk): name for pk, name in units.items()},
    )  # fmt: skip


def _managers(user: User, served: Sequence[Served]) -> list[list[Any]]:
    posts = current_managers().filter(user__in=managers_seen_by(user).order_by().values("pk"))
    told_of = posts.order_by("user__name", "user_id", "-since", "pk").values_list(
        "user_id", "user__name", "unit_id"
    )
    rows = list(told_of)
    people = {pk: name for pk, name, _ in rows}
    branch = {pk: str(unit) for pk, _, unit in reversed(rows)}  # of two posts the newer
    times = {one.user_id: one for one in ManagerTime.objects.filter(user__in=list(people))}
    owned = [(one.pk, one.owner, one.kind, one.industry) for one in served]
    factor = factors_of(owned, setting("staffing.gap_cost"))
    told = []
    for pk, name in people.items():
        time = times.get(pk)
        employed = None if time and time.employed is None else str(time.employed if time else 1)
        skill = (time.skill if time else Decimal(1)) * factor.get(pk, Decimal(1))
        told.append([name, branch[pk], employed, str(skill), str(time.support if time else 1), pk])
    return told


def _months(run: Run | None, branch_of: dict[str, int | None]) -> list[list[Any]]:
    """Orders by branch and month of the run's year, from what it kept."""
    table = kept_table(run, MONTHS) if run is not None else None
    if table is None or not branch_of:
        return []
    own = table.filter(pc.is_in(table["account_id"], pa.array(list(branch_of), pa.string())))
    sums: defaultdict[tuple[int, dt.date], int] = defaultdict(int)
    months = sorted(set(own["month"].to_pylist()))
    for branch in {one for one in branch_of.values() if one}:
        for month in months:
            sums[branch, month] = 0
    for row in own.to_pylist():
        of = branch_of[row["account_id"]]
        if of is not None:
            sums[of, row["month"]] += row["orders"]
    return [[str(branch), month.isoformat(), orders] for (branch, month), orders in sorted(sums.items())]


def may_set_quota(user: User) -> bool:
    return may(user, Right.MANAGE_SETTINGS) and sees_all(user)


def yearly_cost() -> Decimal:
    """Of one manager; 0: the company has not said."""
    cost: Decimal = setting("staffing.yearly_cost")
    return cost
