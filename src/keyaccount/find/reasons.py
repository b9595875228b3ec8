"""Why does an account have its verdict?"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from keyaccount.find.settings import FindSettings
from keyaccount.reasons import Reason

GUARDS = ("profitless", "one_time", "big_ticket")


def guard_reason(row: Mapping[str, Any], guard: str) -> Reason:
    """What a guard says of an account that meets it, in the set or not; `row` as for `reasons_of`."""
    if guard == "one_time":
        return Reason("reason.one_time", {"days": row["order_days"]})
    if guard == "big_ticket":
        figures = {"order": row["largest_order"], "share": row["largest_order_share"]}
        return Reason("reason.big_ticket", {"days": row["order_days"], **figures})
    if row["profit_before_service"] > 0:
        figures = {"before": row["profit_before_service"], "cost": row["cost_to_serve"]}
        return Reason("reason.profitless.after_service", {**figures, "profit": row["profit"]})
    return Reason("reason.profitless", {"sales": row["sales"], "profit": row["profit"]})


def reasons_of(
    row: Mapping[str, Any], *, settings: FindSettings, smallest_in_set: Decimal | None
) -> list[Reason]:
    """All reasons for one row of the key account list, the deciding one first.

    Parameters
    ----------
    row : a row of `KeyAccountList.accounts`.
    smallest_in_set : the smallest basis in the set [company currency].
    """
    if row["is_unassigned"]:
        return [Reason("reason.unassigned", {})]
    basis = settings.basis
    reasons: list[Reason] = []
    reasons += [guard_reason(row, guard) for guard in GUARDS if row[f"is_{guard}"]]
    if row["is_rising"]:
        recent = row[f"{basis}_six_months"]
        reasons.append(
            Reason(
                f"reason.rising.{basis}", {"recent": recent, "twice": recent * 2, "needed": smallest_in_set}
            )
        )
    if row["is_rising_profitless"]:
        reasons.append(Reason("reason.rising_profitless", {"profit": row["profit"]}))
    if row["in_set"]:
        values = {
            "rank": row[f"{basis}_rank"],
            "running": row[f"{basis}_running_share"],
            "share": row[f"{basis}_share"],
        }
        reasons.append(Reason(f"reason.in_set.{basis}", values))
        reasons.append(
            Reason("reason.active_months", {"months": row["active_months"], "orders": row["orders"]})
        )
    elif not row["is_rising"]:
        reasons.append(Reason(f"reason.out_of_set.{basis}", {"needed": smallest_in_set}))
    if row["comes_back"]:
        values = {"before": row["sales_year_before"], "share": row["largest_order_share"]}
        reasons.append(Reason("reason.comes_back", values))
    if row["history_short"]:
        reasons.append(Reason("reason.history_short", {"days": row["order_days"]}))
    if row["cost_incomplete"]:
        reasons.append(
            Reason(
                "reason.cost_incomplete", {"covered": row["cost_covered"], "needed": settings.cost_coverage}
            )
        )
    return reasons
