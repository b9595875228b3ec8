"""Which skills do accounts ask for that their managers do not have, and what does that leave of a manager's hours? (L1, used in C5)

Worked by hand in the docs, "Skill gaps".
"""

from collections import Counter, defaultdict
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pyarrow as pa

from keyaccount.cover.standards import require_columns
from keyaccount.errors import SettingError

LEVELS = (0, 1, 2, 3)
"""None of it, knows it, does it alone, teaches it."""
SKILL_WEIGHT = Decimal("0.2")
"""By so much the hours of a manager shrink who has nothing of what is asked. An assumption, and shown as one."""


def skill_gaps(accounts: pa.Table, needs: pa.Table, held: pa.Table) -> pa.Table:
    """What accounts ask for and their managers have not, by manager, kind and industry of account, and skill.

    Parameters
    ----------
    accounts : one row per account: account_id; manager_id [null: nobody's, left out]; kind, industry [null or empty: not known].
    needs : what accounts ask for: skill; kind, industry [null or empty: of all]; level [1 to 3]. Of several that hold for an account
        the highest counts.
    held : manager_id; skill; level [0 to 3]; who is not named has 0. The higher counts where one is named twice.

    Returns
    -------
    one row per manager, kind, industry and skill that is asked for, by these
        manager_id; kind; industry [both empty: not known]; skill; accounts; asked; had; gap [asked − had, at least 0]; weighted
        [gap × accounts].

    Raises
    ------
    TableError `column.missing`; SettingError `setting.range` for a level that is none.
    """
    require_columns(accounts, "accounts", "account_id", "manager_id", "kind", "industry")
    require_columns(needs, "needs", "skill", "kind", "industry", "level")
    require_columns(held, "held", "manager_id", "skill", "level")
    for told in (needs, held):
        for level in told["level"].to_pylist():
            if level not in LEVELS:
                raise SettingError("setting.range", name="skills.level", allowed=list(LEVELS), value=level)
    had: defaultdict[tuple[str, str], int] = defaultdict(int)
    for row in held.to_pylist():
        key = row["manager_id"], row["skill"]
        had[key] = max(had[key], row["level"])
    names = ("manager_id", "kind", "industry")
    numbers = Counter(
        (row["manager_id"], row["kind"] or "", row["industry"] or "")
        for row in accounts.select(list(names)).to_pylist()
        if row["manager_id"] is not None
    )
    rules = needs.to_pylist()
    rows = []
    for (manager, kind, industry), number in sorted(numbers.items()):
        for skill, asked in sorted(_asked(rules, kind, industry).items()):
            gap = max(0, asked - had[manager, skill])
            rows.append(
                {
                    "manager_id": manager,
                    "kind": kind,
                    "industry": industry,
                    "skill": skill,
                    "accounts": number,
                    "asked": asked,
                    "had": had[manager, skill],
                    "gap": gap,
                    "weighted": gap * number,
                }
            )
    return pa.Table.from_pylist(rows, schema=_GAPS)


def skill_fit(gaps: pa.Table) -> dict[str, Fraction]:
    """Manager → which part of what its accounts ask for it has: Σ accounts × (asked − gap) ÷ Σ accounts × asked, in [0, 1].

    `gaps` of `skill_gaps`. Managers of whom nothing is asked are left out.
    """
    sums: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0])
    for row in gaps.to_pylist():
        sums[row["manager_id"]][0] += row["accounts"] * (row["asked"] - row["gap"])
        sums[row["manager_id"]][1] += row["accounts"] * row["asked"]
    return {manager: Fraction(has, asked) for manager, (has, asked) in sums.items() if asked}


def skill_factor(fit: Fraction, weight: Decimal = SKILL_WEIGHT) -> Fraction:
    """By what the hours of a manager are multiplied in staffing: 1 − weight × (1 − fit). Raises SettingError `setting.range`."""
    if not 0 <= weight < 1:
        raise SettingError("setting.range", name="staffing.skill_weight", allowed="[0, 1)", value=weight)
    return 1 - Fraction(weight) * (1 - fit)


def _asked(rules: list[dict[str, Any]], kind: str, industry: str) -> dict[str, int]:
    """Skill → the highest level of the needs that hold for a kind and an industry."""
    found: dict[str, int] = {}
    for one in rules:
        if one["level"] and (one["kind"] or kind) == kind and (one["industry"] or industry) == industry:
            found[one["skill"]] = max(found.get(one["skill"], 0), one["level"])
    return found


_GAPS = pa.schema(
    [
        *((name, pa.string()) for name in ("manager_id", "kind", "industry", "skill")),
        *((name, pa.int64()) for name in ("accounts", "asked", "had", "gap", "weighted")),
    ]
)
