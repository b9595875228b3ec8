"""Which few accounts carry the business? The 80/20 rule over a year of sales or profit (F1)."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import ibis

from keyaccount.find.exact import as_rate, at_least

CURVE_POINTS = 1000


def ranked(
    accounts: Any, value: str, *, share: Decimal, within: Sequence[str] = (), total_of: Any | None = None
) -> Any:
    """Rank accounts by `value` and mark those who together make `share` of the total.

    Parameters
    ----------
    accounts : one row per account (and `within`): account_id; `value` [company currency; null: unknown].
    share : in (0, 1].
    within : columns that part the accounts, each part ranked by itself (regions, say).
    total_of : total to measure against; preset: the sum over the accounts.

    Returns
    -------
    the same rows with
        rank (from 1, largest first, ties by account_id; null where the value is), running [value so far, the account
        included], total, share_of_total, running_share [above 1 where negatives follow; null where the total ≤ 0],
        in_set: value > 0 and the accounts before it make less than `share` of the total, so the account that
        crosses the line is in.

    References
    ----------
    Row F1; design, "What key means, exactly". Worked by hand in the docs, "Concentration".
    """
    amount = accounts[value]
    # Ties break by account_id, so that the same ledger always gives the same list.
    largest_first = [amount.desc(nulls_first=False), accounts.account_id]
    so_far = ibis.window(group_by=list(within), order_by=largest_first, rows=(None, 0))
    everyone = ibis.window(group_by=list(within)) if within else ibis.window()
    placed = accounts.mutate(
        rank=amount.notnull().ifelse(ibis.row_number().over(so_far) + 1, ibis.null().cast("int64")),
        running=amount.sum().over(so_far),
        total=amount.sum().over(everyone) if total_of is None else total_of,
    )
    before = placed.running - placed[value]
    reached = at_least(before, share, placed.total)
    return placed.mutate(
        share_of_total=as_rate(placed[value], placed.total),
        running_share=placed[value]
        .notnull()
        .ifelse(as_rate(placed.running, placed.total), ibis.null().cast("float64")),
        in_set=((placed[value] > 0) & ~reached).fill_null(False),
    )


def concentration(placed: Any, value: str, *, top_share: Decimal, within: Sequence[str] = ()) -> Any:
    """How far does 80/20 hold? One row (or one per part in `within`) from the rows of `ranked`.

    Returns
    -------
    accounts; total [company currency]; set_size; set_amount [company currency]; top_accounts: the first
        ceil(top_share × accounts); top_amount_share: their share of the total [null where it is ≤ 0]; gini: over
        accounts with value > 0 [0: all equal, near 1: one has all]; positive_accounts: how many those are.
    """
    amount = placed[value].cast("float64")
    numerator, denominator = top_share.as_integer_ratio()
    everyone = ibis.window(group_by=list(within)) if within else ibis.window()
    # Sums, not filtered counts: DuckDB would count a filtered window anew for every row.
    positive = (placed[value] > 0).fill_null(False).cast("int64")
    counted = placed.mutate(n=placed.count().over(everyone), positive=positive.sum().over(everyone))
    # ceil(n × top_share) in whole numbers: 0.2 × 15 is not 3 in floating point.
    counted = counted.mutate(top_n=-((-counted.n * numerator) // denominator))
    # With x ascending Gini = Σ (2i − n − 1) x ÷ (n Σ x); the place from below is i = n − rank + 1.
    weight = (counted.positive + 1 - 2 * counted["rank"]).cast("float64")
    is_positive = counted[value] > 0
    is_top = counted["rank"] <= counted.top_n
    summed = counted.aggregate(
        by=list(within),
        accounts=counted.count(),
        positive_accounts=counted.count(where=is_positive),
        total=counted.total.max(),
        set_size=counted.count(where=counted.in_set),
        set_amount=counted[value].sum(where=counted.in_set),
        top_accounts=counted.top_n.max(),
        top_amount=counted[value].sum(where=is_top),
        weighted=(weight * amount).sum(where=is_positive),
        positive_amount=amount.sum(where=is_positive),
    )
    return summed.mutate(
        top_amount_share=as_rate(summed.top_amount, summed.total),
        gini=summed.weighted / (summed.positive_accounts * summed.positive_amount).nullif(0),
    ).drop("weighted", "positive_amount")


def curve(placed: Any) -> Any:
    """The concentration curve (of profit: the whale curve): some 1,000 points at the most, largest account first.

    Returns accounts_share and running_share, both from 0 to (about) 1; the first point is the largest account.
    """
    counted = placed.filter(placed["rank"].notnull())
    counted = counted.mutate(n=counted.count().over(ibis.window()))
    step = (counted.n + CURVE_POINTS - 1) // CURVE_POINTS
    shown = counted.filter(((counted["rank"] - 1) % step == 0) | (counted["rank"] == counted.n))
    return shown.select(
        "rank", accounts_share=shown["rank"].cast("float64") / shown.n, running_share=shown.running_share
    ).order_by("rank")


def concentration_accounts(placed: Any) -> Any:
    """The accounts behind `concentration`: those in the set, largest first."""
    return placed.filter(placed.in_set).order_by("rank")
