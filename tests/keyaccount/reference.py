"""What should the list of key accounts (F1-F4) say? The slow answer that tests compare with.

Follows `design.md`, "The ledger's fields" and "What 'key' means, exactly", sentence by sentence,
in dicts and loops. Knows nothing of the library and must not import it: two readings of one text.
Amounts are Decimal (exact up to 28 digits); whatever is multiplied by a share is compared as
Fraction; shares become float only when they are handed out.
"""

import calendar
import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

# The presets that `find` has no argument for.
HISTORY_LATE_DAYS = 31
JUDGED_SHARE = Fraction(95, 100)
ONE_TIME_ORDER_DAYS = 2
BIG_TICKET_ORDER_DAYS = 3
BIG_TICKET_SHARE = Fraction(1, 2)
BIG_TICKET_RETURN_SHARE = Fraction(1, 2)

ZERO = Decimal(0)

Line = Mapping[str, Any]


class Period(NamedTuple):
    """Both days included."""

    begin: dt.date
    until: dt.date

    def holds(self, date: dt.date) -> bool:
        return self.begin <= date <= self.until


@dataclass
class Found:
    year: Period
    year_before: Period
    six_months: Period
    n_accounts: int
    total_sales: Decimal
    total_profit: Decimal | None  # over judged accounts; None if none is judged
    set_size: int
    top_share: float  # of the basis, held by the first ceil(0.2 n) accounts
    gini: float | None  # over accounts with basis > 0; None if there is none
    history_short: bool
    accounts: list[dict[str, Any]]  # in rank order by the basis


@dataclass
class _Row:
    """What is handed out of an account, under these names."""

    account_id: str
    account_name: str | None
    sales: Decimal
    profit: Decimal | None
    profit_judged: bool
    cost_to_serve: Decimal
    orders: int
    order_days: int
    active_months: int
    largest_order_share: float | None
    sales_rank: int = 0
    sales_share: float | None = None
    sales_running_share: float | None = None
    profit_rank: int | None = None
    profit_running_share: float | None = None
    in_set: bool = False
    verdict: str = ""
    reasons: set[str] = field(default_factory=set)


@dataclass
class _Account(_Row):
    """With what only the rules need."""

    largest_order: Decimal = ZERO
    sales_year_before: Decimal = ZERO
    bought_year_before: bool = False
    basis: Decimal | None = None  # None: basis is profit, and profit is not judged
    basis_six_months: Decimal | None = None


def find(
    lines: Iterable[Line],
    *,
    until: dt.date | None = None,
    share: Decimal = Decimal("0.8"),
    basis: str = "sales",
    groups: Mapping[str, str] | None = None,
    cost_to_serve: Iterable[tuple[str, Decimal, dt.date | None]] | None = None,
    unassigned: str | None = None,
    merged: Mapping[str, str] | None = None,
) -> Found:
    """Rank the accounts of a year, mark the set, and give each a verdict with its reasons.

    Parameters
    ----------
    lines : one dict per invoice line
        account_id (None: unassigned), date, net_amount; where mapped also account_name,
        order_id, cost, freight. A key that no line has is a field that is not mapped.
    until : last day counted; preset: the last date of any line.
    basis : "sales" or "profit".
    groups : account_id -> parent_id.
    cost_to_serve : (account_id, amount, date or None for the whole year).
    unassigned : if given, lines without an account count in the totals, unranked.
    merged : account_id -> the account that it turned out to be; counts as if the id stood in its place.

    Raises
    ------
    ValueError `groups.circle`, `merged.circle`, `account.missing`, `find.nothing_to_rank`.
    """
    if basis not in ("sales", "profit"):
        raise ValueError("setting.range")
    lines = list(lines)
    if merged:
        lines = [
            {**line, "account_id": _end(line["account_id"], merged), "own_id": line["account_id"]}
            for line in lines
        ]
        groups = _merged_groups(groups or {}, merged)
        cost_to_serve = [(_end(one, merged), amount, date) for one, amount, date in cost_to_serve or ()]
    top_parents = _top_parents(groups or {})
    if unassigned is None and any(line["account_id"] is None for line in lines):
        raise ValueError("account.missing")
    if not lines:
        raise ValueError("find.nothing_to_rank")

    # 1. The periods, and whether the ledger reaches back.
    first_date = min(line["date"] for line in lines)
    if until is None:
        until = max(line["date"] for line in lines)
    year = months_ending(until, 12)
    year_before = months_ending(year.begin - dt.timedelta(days=1), 12)
    six_months = months_ending(until, 6)
    history_short = first_date > year_before.begin + dt.timedelta(days=HISTORY_LATE_DAYS)

    # 2. Lines and cost to serve, gathered by top parent.
    lines_of: dict[str, list[Line]] = defaultdict(list)
    unassigned_in_year: list[Line] = []
    for line in lines:
        account_id = line["account_id"]
        if account_id is not None:
            lines_of[top_parents.get(account_id, account_id)].append(line)
        elif year.holds(line["date"]):
            unassigned_in_year.append(line)
    serving_of: dict[str, list[tuple[Decimal, dt.date | None]]] = defaultdict(list)
    for account_id, amount, date in cost_to_serve or ():
        serving_of[top_parents.get(account_id, account_id)].append((amount, date))

    # 3. The figures of each account that has a line in the year.
    accounts = []
    for account_id, all_lines in lines_of.items():
        if any(year.holds(line["date"]) for line in all_lines):
            account = _figures(
                account_id, all_lines, serving_of[account_id], year, year_before, six_months, basis
            )
            if account.account_name is None and account_id in (groups or {}).values():
                account.account_name = account_id  # a parent without a name goes by its id
            accounts.append(account)
    if not accounts:
        raise ValueError("find.nothing_to_rank")

    # 4. Totals: negatives included, and the lines without an account where they are kept.
    total_sales = sum((a.sales for a in accounts), ZERO) + _sales(unassigned_in_year)
    judged = [a for a in accounts if a.profit_judged]
    total_profit = None
    if judged:
        total_profit = sum((a.profit for a in judged), ZERO) + _profit(unassigned_in_year)
    total = total_sales if basis == "sales" else total_profit
    if total is None or total <= 0:
        raise ValueError("find.nothing_to_rank")

    # 5. Rank by sales and by profit, largest first, ties by account id.
    by_sales = sorted(accounts, key=lambda a: (-a.sales, a.account_id))
    so_far = ZERO
    for rank, account in enumerate(by_sales, start=1):
        so_far += account.sales
        account.sales_rank = rank
        account.sales_share = _rate(account.sales, total_sales)
        account.sales_running_share = _rate(so_far, total_sales)
    by_profit = sorted(judged, key=lambda a: (-a.profit, a.account_id))
    so_far = ZERO
    for rank, account in enumerate(by_profit, start=1):
        so_far += account.profit
        account.profit_rank = rank
        account.profit_running_share = _rate(so_far, total_profit)

    # 6. The set: the account that crosses the line is in.
    if basis == "sales":
        ranked = by_sales
    else:
        not_judged = [a for a in accounts if not a.profit_judged]
        ranked = by_profit + sorted(not_judged, key=lambda a: a.account_id)
    line_to_cross = Fraction(share) * Fraction(total)
    before = ZERO
    for account in ranked:
        basis_amount = account.basis or ZERO
        account.in_set = basis_amount > 0 and before < line_to_cross
        before += basis_amount
    basis_in_set = [a.basis for a in ranked if a.in_set]

    # 7. Verdicts.
    cost_is_mapped = any("cost" in line for line in lines)
    for account in ranked:
        account.verdict, account.reasons = _judge(
            account,
            smallest_in_set=min(basis_in_set, default=None),
            history_short=history_short,
            cost_is_mapped=cost_is_mapped,
        )

    # 8. How far 80/20 really holds here.
    n = len(ranked)
    top = ranked[: -(-n // 5)]  # the first ceil(0.2 n)
    return Found(
        year=year,
        year_before=year_before,
        six_months=six_months,
        n_accounts=n,
        total_sales=total_sales,
        total_profit=total_profit,
        set_size=len(basis_in_set),
        top_share=float(Fraction(sum((a.basis or ZERO for a in top), ZERO)) / Fraction(total)),
        gini=gini([a.basis for a in ranked if a.basis is not None and a.basis > 0]),
        history_short=history_short,
        accounts=[{figure.name: getattr(a, figure.name) for figure in fields(_Row)} for a in ranked],
    )


def months_ending(until: dt.date, months: int) -> Period:
    """The `months` months that end on `until`, which is included."""
    months_since_zero = until.year * 12 + (until.month - 1) - months
    year, month = months_since_zero // 12, months_since_zero % 12 + 1
    last_day = calendar.monthrange(year, month)[1]
    if until.day == calendar.monthrange(until.year, until.month)[1]:
        # The period begins on the first of the month that follows the month of the namesake.
        namesake = dt.date(year, month, last_day)
    else:
        # 30 August has no namesake in February: its last day stands in.
        namesake = dt.date(year, month, min(until.day, last_day))
    return Period(namesake + dt.timedelta(days=1), until)


def gini(amounts: list[Decimal]) -> float | None:
    """sum((2i - n - 1) x_i) / (n * sum x), x ascending, i from 1; all amounts > 0."""
    if not amounts:
        return None
    n = len(amounts)
    weighted = sum(((2 * i - n - 1) * x for i, x in enumerate(sorted(amounts), start=1)), ZERO)
    return float(Fraction(weighted) / Fraction(n * sum(amounts, ZERO)))


def _top_parents(groups: Mapping[str, str]) -> dict[str, str]:
    """Account id -> the parent that has no parent itself, for every account listed."""
    top_parents = {}
    for account_id in groups:
        seen = {account_id}
        top = account_id
        while top in groups:
            top = groups[top]
            if top in seen:
                raise ValueError("groups.circle")
            seen.add(top)
        top_parents[account_id] = top
    return top_parents


def _end(account_id: str | None, merged: Mapping[str, str]) -> str | None:
    """The account that it counts as in the end."""
    seen = [account_id]
    while account_id in merged:
        account_id = merged[account_id]
        if account_id in seen:
            raise ValueError("merged.circle")
        seen.append(account_id)
    return account_id


def _merged_groups(groups: Mapping[str, str], merged: Mapping[str, str]) -> dict[str, str]:
    """An account's own parent, if it has one that is not itself now; else one of an account merged into it."""
    told: dict[str, str] = {}
    for is_own in (True, False):
        for account_id, parent_id in groups.items():
            account, parent = _end(account_id, merged), _end(parent_id, merged)
            if (account_id == account) == is_own and account != parent and account not in told:
                told[account] = parent
    return told


def _figures(
    account_id: str,
    all_lines: list[Line],
    serving: list[tuple[Decimal, dt.date | None]],
    year: Period,
    year_before: Period,
    six_months: Period,
    basis: str,
) -> _Account:
    """All figures of one account (with groups: of one top parent) that need no other account."""
    in_year = [line for line in all_lines if year.holds(line["date"])]
    in_year_before = [line for line in all_lines if year_before.holds(line["date"])]
    in_six_months = [line for line in in_year if six_months.holds(line["date"])]

    sales = _sales(in_year)
    for_the_year = sum((amount for amount, date in serving if date is None), ZERO)
    serving_year = for_the_year + _dated_within(year, serving)
    serving_six_months = for_the_year / 2 + _dated_within(six_months, serving)
    profit_judged = _is_judged(in_year)
    profit = _profit(in_year) - serving_year if profit_judged else None

    order_amounts: dict[tuple[str, str, Any], Decimal] = defaultdict(Decimal)
    for line in in_year:
        order_amounts[_order(line)] += line["net_amount"]
    largest_order = max(order_amounts.values())
    bought = [line["date"] for line in in_year if line["net_amount"] > 0]

    account = _Account(
        account_id=account_id,
        account_name=_name(account_id, all_lines),
        sales=sales,
        profit=profit,
        profit_judged=profit_judged,
        cost_to_serve=serving_year,
        orders=sum(amount > 0 for amount in order_amounts.values()),
        order_days=len(set(bought)),
        active_months=len({(date.year, date.month) for date in bought}),
        largest_order_share=_rate(largest_order, sales),
        largest_order=largest_order,
        sales_year_before=_sales(in_year_before),
        bought_year_before=any(line["net_amount"] > 0 for line in in_year_before),
    )
    if basis == "sales":
        account.basis = sales
        account.basis_six_months = _sales(in_six_months)
    elif profit_judged:
        account.basis = profit
        account.basis_six_months = _profit(in_six_months) - serving_six_months
    return account


def _judge(
    account: _Account,
    *,
    smallest_in_set: Decimal | None,
    history_short: bool,
    cost_is_mapped: bool,
) -> tuple[str, set[str]]:
    """The first rule that applies gives the verdict; every rule that applies gives a reason."""
    few_days = account.order_days <= BIG_TICKET_ORDER_DAYS
    one_large_order = account.sales > 0 and (
        account.largest_order >= BIG_TICKET_SHARE * Fraction(account.sales)
    )
    looks_like_big_ticket = few_days and one_large_order
    comes_back = not history_short and (
        account.sales_year_before >= BIG_TICKET_RETURN_SHARE * Fraction(account.sales)
    )
    is_big_ticket = looks_like_big_ticket and not comes_back
    has_no_profit = account.profit_judged and account.profit <= 0

    if not account.in_set:
        is_rising = (
            smallest_in_set is not None
            and account.basis_six_months is not None
            and 2 * account.basis_six_months >= smallest_in_set
            and not is_big_ticket
        )
        outside = {"set.out"}
        if cost_is_mapped and not account.profit_judged:
            outside.add("cost.incomplete")
        if not is_rising:
            return "ordinary", outside
        if has_no_profit:
            return "rising", outside | {"rising", "rising.profitless"}
        return "rising", outside | {"rising"}

    bought_rarely = account.order_days <= ONE_TIME_ORDER_DAYS
    reasons = {"set.in"}
    verdict = "key"
    # From the last rule to the first, so that the first that applies is what remains.
    if is_big_ticket:
        verdict = "big_ticket"
        reasons.add("big_ticket")
    if bought_rarely and not history_short and not account.bought_year_before:
        verdict = "one_time"
        reasons.add("one_time")
    if has_no_profit:
        verdict = "profitless"
        reasons.add("profitless")
    # What was not judged, or was let off.
    if looks_like_big_ticket and comes_back:
        reasons.add("big_ticket.returns")
    if bought_rarely and history_short:
        reasons.add("history.short")
    if cost_is_mapped and not account.profit_judged:
        reasons.add("cost.incomplete")
    return verdict, reasons


def _sales(lines: list[Line]) -> Decimal:
    return sum((line["net_amount"] for line in lines), ZERO)


def _profit(lines: list[Line]) -> Decimal:
    """Before cost to serve, over the lines whose cost is known."""
    profit = ZERO
    for line in lines:
        if line.get("cost") is not None:
            profit += line["net_amount"] - line["cost"] - (line.get("freight") or ZERO)
    return profit


def _is_judged(lines: list[Line]) -> bool:
    """Do lines with cost hold enough of the absolute net_amount?"""
    with_cost = [line for line in lines if line.get("cost") is not None]
    turnover = sum((abs(line["net_amount"]) for line in lines), ZERO)
    if turnover == 0:
        return len(with_cost) == len(lines)
    known = sum((abs(line["net_amount"]) for line in with_cost), ZERO)
    return known >= JUDGED_SHARE * Fraction(turnover)


def _dated_within(period: Period, serving: list[tuple[Decimal, dt.date | None]]) -> Decimal:
    dated = (amount for amount, date in serving if date is not None and period.holds(date))
    return sum(dated, ZERO)


def _order(line: Line) -> tuple[str, str, Any]:
    """What makes lines one order. Ids shared by two accounts of a group are two orders."""
    order_id = line.get("order_id")
    if order_id is None:
        return (line["account_id"], "date", line["date"])
    return (line["account_id"], "order_id", order_id)


def _name(account_id: str, all_lines: list[Line]) -> str | None:
    """The latest name on the account's own lines, or on a merged one's; of several that day the smallest."""
    own = [line for line in all_lines if line["account_id"] == account_id]
    named = [line for line in own if line.get("account_name") is not None]
    named = [line for line in named if line.get("own_id", account_id) == account_id] or named
    if not named:
        return None
    latest = max(line["date"] for line in named)
    return min(line["account_name"] for line in named if line["date"] == latest)


def _rate(part: Decimal, whole: Decimal) -> float | None:
    return float(Fraction(part) / Fraction(whole)) if whole > 0 else None
