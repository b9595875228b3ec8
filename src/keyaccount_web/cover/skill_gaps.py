"""Which skills do the accounts that somebody sees ask for that their managers do not have? (L1)"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pyarrow as pa

from keyaccount.cover.skills import skill_factor, skill_fit, skill_gaps
from keyaccount_web.access.models import User
from keyaccount_web.access.scope import visible_accounts
from keyaccount_web.cover.models import SkillNeed, StaffSkill
from keyaccount_web.cover.tiered import tiered_accounts

SHOWN = 50
Account = tuple[int, int | None, str | None, str]
"""pk, owner, kind, industry."""


@dataclass(frozen=True)
class Gaps:
    """What managers lack."""

    fits: dict[int, float]
    """Manager (pk) → which part of what their accounts ask for they have; nobody of whom nothing is asked."""
    rows: list[dict[str, Any]]
    """Those with a gap, the largest weighted one first: manager_id [pk], kind, industry, skill, accounts, asked, had, gap, weighted."""


def gaps_of(user: User, people: Sequence[User]) -> Gaps:
    """The gaps of these managers at the accounts with a tier that `user` may see."""
    kinds = {row["account_id"]: row["kind"] for row in tiered_accounts().to_pylist() if row["tier"]}
    seen = visible_accounts(user).order_by("pk").values_list("pk", "owner_id", "industry")
    found = _gaps([(pk, owner, kinds[str(pk)], industry) for pk, owner, industry in seen if str(pk) in kinds])
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


def factors_of(accounts: Iterable[Account], weight: Decimal) -> dict[int, Decimal]:
    """Manager (pk) → by what their hours are multiplied in staffing, to four places; nothing is read where gaps cost nothing."""
    if not weight:
        return {}
    told = {int(pk): skill_factor(fit, weight) for pk, fit in skill_fit(_gaps(accounts)).items()}
    return {pk: round(Decimal(one.numerator) / Decimal(one.denominator), 4) for pk, one in told.items()}


def _gaps(accounts: Iterable[Account]) -> pa.Table:
    """`skill_gaps` of accounts; two queries at most."""
    needs = list(SkillNeed.objects.order_by("pk").values_list("skill__name", "kind", "industry", "level"))
    held = StaffSkill.objects.order_by("pk").values_list("user_id", "skill__name", "level") if needs else ()
    return skill_gaps(
        _table(
            [(str(pk), str(owner) if owner else None, kind, industry) for pk, owner, kind, industry in accounts],
            "account_id", "manager_id", "kind", "industry",
        ),
        _table(needs, "skill", "kind", "industry", "level"),
        _table([(str(user_id), skill, level) for user_id, skill, level in held], "manager_id", "skill", "level"),
    )  # fmt: skip


def _table(rows: list[Any], *names: str) -> pa.Table:
    kinds = [pa.int64() if name == "level" else pa.string() for name in names]
    return pa.table({name: pa.array([row[at] for row in rows], kinds[at]) for at, name in enumerate(names)})
