"""Which skills do the accounts that somebody sees ask for that their managers do not have? (L1)"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pyarrow as pa

from keyaccount.cover.skills import skill_factor, skill_fit, skill_gaps
from keyaccount_web.access.models import User
from keyaccount_web.access.scope import visible_accounts
from keyaccount_web.cover.models import SkillNeed, StaffSkill
from keyaccount_web.cover.tiered import tiered_accounts

SHOWN = 200


@dataclass(frozen=True)
class Gaps:
    """What managers lack."""

    fits: dict[int, float]
    """Manager (pk) → which part of what their accounts ask for they have; nobody of whom nothing is asked."""
    rows: list[dict[str, Any]]
    """Those with a gap, the largest weighted one first: manager_id [pk], kind, industry, skill, accounts, asked, had, gap, weighted."""


def gaps_of(user: User, people: Sequence[User]) -> Gaps:
    """The gaps of these managers at the accounts with a tier that `user` may see."""
    found = _gaps(user)
    wanted = {str(one.pk) for one in people}
    rows = [
        {**row, "manager_id": int(row["manager_id"])}
        for row in found.to_pylist()
        if row["gap"] and row["manager_id"] in wanted
    ]
    rows.sort(
        key=lambda row: (-row["weighted"], row["manager_id"], row["skill"], row["kind"], row["industry"])
    )
    fits = {int(pk): float(fit) for pk, fit in skill_fit(found).items() if pk in wanted}
    return Gaps(fits, rows)


def factors_of(user: User, weight: Decimal) -> dict[int, Decimal]:
    """Manager (pk) → by what their hours are multiplied in staffing, to four places; nothing is read where gaps cost nothing."""
    if not weight:
        return {}
    told = {int(pk): skill_factor(fit, weight) for pk, fit in skill_fit(_gaps(user)).items()}
    return {pk: round(Decimal(one.numerator) / Decimal(one.denominator), 4) for pk, one in told.items()}


def _gaps(user: User) -> pa.Table:
    """`skill_gaps` over the accounts that `user` may see; five queries at most."""
    kinds = {row["account_id"]: row["kind"] for row in tiered_accounts().to_pylist() if row["tier"]}
    accounts: defaultdict[str, list[Any]] = defaultdict(list)
    seen = visible_accounts(user).exclude(owner=None).order_by("pk").values_list("pk", "owner_id", "industry")
    for pk, owner, industry in seen:
        if str(pk) in kinds:
            told = {
                "account_id": str(pk),
                "manager_id": str(owner),
                "kind": kinds[str(pk)],
                "industry": industry,
            }
            for name, value in told.items():
                accounts[name].append(value)
    names = ("account_id", "manager_id", "kind", "industry")
    needs = list(SkillNeed.objects.order_by("pk").values_list("skill__name", "kind", "industry", "level"))
    held = list(StaffSkill.objects.order_by("pk").values_list("user_id", "skill__name", "level"))
    return skill_gaps(
        pa.table({name: pa.array(accounts[name], pa.string()) for name in names}),
        _table(needs, "skill", "kind", "industry", "level"),
        _table(
            [(str(user_id), skill, level) for user_id, skill, level in held], "manager_id", "skill", "level"
        ),
    )


def _table(rows: list[Any], *names: str) -> pa.Table:
    kinds = [pa.int64() if name == "level" else pa.string() for name in names]
    return pa.table({name: pa.array([row[at] for row in rows], kinds[at]) for at, name in enumerate(names)})
