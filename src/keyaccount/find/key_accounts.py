"""Which customers are key accounts? From invoice lines to the list, the figures around it and what could not be judged.

result = find_key_accounts(ledger.lines)
result.accounts        # an Arrow table: one row per account, largest first
result.summary         # the figures of the whole
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from keyaccount.find.account_years import Periods
from keyaccount.find.concentration import concentration, curve, ranked
from keyaccount.find.department import managers_for, pays
from keyaccount.find.exact import TOTAL_TYPE, decimal_of, money_of, total, with_columns
from keyaccount.find.facts import AccountFacts, FindError, account_facts
from keyaccount.find.losses import losses
from keyaccount.find.notes import notes_on
from keyaccount.find.profit import with_profit
from keyaccount.find.reasons import reasons_of
from keyaccount.find.segments import segments
from keyaccount.find.settings import FindSettings
from keyaccount.find.three_years import YearFigures, three_years
from keyaccount.find.verdicts import VERDICTS, reaches_back, with_verdicts
from keyaccount.find.whale import Whale, whale
from keyaccount.ledger.merged import with_survivors
from keyaccount.reasons import Reason


@dataclass(frozen=True)
class Summary:
    """The figures of the whole. Money [company currency a year]."""

    periods: Periods
    accounts: int
    sales: Decimal
    profit: Decimal | None
    """Over accounts whose profit is judged; None: none is."""
    profit_accounts: int
    """How many accounts that is."""
    set_size: int
    set_amount: Decimal
    """Sales (or profit, by the basis) of the accounts in the set."""
    set_size_by_sales: int
    set_size_by_profit: int | None
    top_accounts: int
    top_amount_share: float | None
    gini: float | None
    positive_accounts: int
    """Accounts with basis > 0, over which gini is taken."""
    smallest_in_set: Decimal | None
    """None: nobody is in the set, as may be where unassigned lines make the total."""
    verdicts: Mapping[str, int]
    verdict_sales: Mapping[str, Decimal]
    verdict_profit: Mapping[str, Decimal | None]
    department_pays: bool
    """From the preset number of key accounts on (F9)."""
    managers: int
    """Managers for the key accounts by the preset load; workload refines it (C5)."""
    unassigned_sales: Decimal | None
    """Sales of lines kept without an account; None: such lines are not kept."""


@dataclass(frozen=True)
class KeyAccountList:
    """The outcome of one run."""

    settings: FindSettings
    """Those of the run, `until` always said."""
    summary: Summary
    accounts: pa.Table
    """One row per account with a line in the year, by rank on the basis; `ACCOUNT_COLUMNS` and the marks of the rules."""
    years: tuple[YearFigures, ...]
    """The year and the two before it, newest first."""
    losses: pa.Table
    """One row for each of the ten largest: what its loss would leave."""
    sales_curve: pa.Table
    profit_curve: pa.Table | None
    whale: Whale | None
    """What the accounts that lose money cost; None: no profit is judged."""
    segments: Mapping[str, pa.Table]
    """Field (region, say) → one row per segment with its shares and its own concentration; fields that the ledger has."""
    segment_rows: Mapping[str, pa.Table]
    """Field → one row per segment and account: what `segments` is made of."""
    year_accounts: pa.Table
    """One row per account with a line in any of the three years: what `years` is made of."""
    notes: tuple[Reason, ...]
    """What could not be judged, and what to keep in mind."""
    groups: Mapping[str, str]
    """Account → top parent."""
    merged: Mapping[str, str]
    """Merged account → the account that it counts as."""

    def reasons(self, row: Mapping[str, Any]) -> list[Reason]:
        """Why a row of `accounts` has its verdict."""
        return reasons_of(row, settings=self.settings, smallest_in_set=self.summary.smallest_in_set)

    def _repr_html_(self) -> str:
        from keyaccount.find.notebook import as_html

        return as_html(self)


ACCOUNT_COLUMNS = (
    "account_id", "account_name", "sales", "profit", "cost_to_serve", "orders", "order_days", "active_months",
    "largest_order_share", "sales_rank", "sales_share", "sales_running_share", "profit_rank", "profit_running_share",
    "in_set", "verdict",
)  # fmt: skip
_FURTHER_COLUMNS = (
    "in_set_by_sales", "in_set_by_profit", "profit_share", "largest_order", "profit_before_service", "cost_covered",
    "sales_year_before", "sales_two_years_before", "profit_year_before", "profit_two_years_before",
    "sales_six_months", "profit_six_months", "members",
    "is_profitless", "is_one_time", "is_big_ticket", "comes_back", "is_rising", "is_rising_profitless",
    "history_short", "cost_incomplete", "is_unassigned", "guard",
)  # fmt: skip


def find_key_accounts(
    ledger: Any,
    *,
    groups: pa.Table | None = None,
    cost_to_serve: pa.Table | None = None,
    merged: pa.Table | None = None,
    settings: FindSettings | None = None,
    unassigned: str | None = None,
    segments: Sequence[str] = ("region",),
) -> KeyAccountList:
    """Find the key accounts of a year in a ledger.

    Parameters
    ----------
    ledger : Ibis table, one row per invoice line (`tables.INVOICE_LINES`), or what a store keeps of them condensed;
        what is missing is not judged.
    groups : Arrow table, account_id, parent_id: members count as their top parent; orders stay the member's.
    cost_to_serve : Arrow table, account_id, amount and optionally date [company currency].
    merged : Arrow table, account_id, into_id: a merged account's lines, members and costs count as those of the account
        that it went into; orders with the same id become one.
    settings : presets to change.
    unassigned : name for the lines without account (account_id null), which then count in totals but are not ranked.
    segments : fields to part the business by (SEGMENT_FIELDS), those that the ledger has. On a store only `region` is at hand
        without going through all lines.

    Raises
    ------
    FindError `find.nothing_to_rank`, `find.name_taken`; GroupError `groups.circle`, `groups.two_parents`;
    MergeError `merged.circle`, `merged.two_ways`; TableError `column.missing`.

    References
    ----------
    Rows F1–F4, F8, F9, K9; design, "What key means, exactly".
    """
    settings = settings or FindSettings()
    facts = account_facts(
        ledger,
        groups=groups,
        merged=merged,
        until=settings.until,
        segments=segments,
        cost_coverage=settings.cost_coverage,
    )
    return key_accounts_of(facts, cost_to_serve=cost_to_serve, settings=settings, unassigned=unassigned)


def key_accounts_of(
    facts: AccountFacts,
    *,
    cost_to_serve: pa.Table | None = None,
    settings: FindSettings | None = None,
    unassigned: str | None = None,
) -> KeyAccountList:
    """The key accounts that the facts of a ledger show: `find_key_accounts` without its first step, which reads.

    So that other settings, or other costs to serve, can be tried on the same ledger in no time. The year is that of the
    facts, whatever `settings.until` says.
    """
    settings = replace(settings or FindSettings(), until=facts.until)
    periods, tops = facts.periods, facts.groups
    history = reaches_back(facts.first_day, periods, settings)
    if cost_to_serve is not None:
        cost_to_serve = with_survivors(cost_to_serve, ["account_id"], facts.merged)

    with_money = with_profit(
        facts.years, cost_to_serve, periods, cost_coverage=settings.cost_coverage, tops=tops
    )
    in_year = with_money.filter(pc.greater(with_money["lines_0"], 0))
    in_year = with_columns(
        in_year, {"sales": in_year["net_amount_0"], "cost_known": _same("cost" in facts.fields, in_year)}
    )
    nobody = in_year["account_id"].is_null()
    without_account = in_year.filter(nobody).to_pylist()
    accounts = in_year.filter(pc.invert(nobody))
    ways = _ranked_both_ways(accounts, settings, without_account, facts)
    (of_year,) = concentration(ways[settings.basis], settings.basis, top_share=settings.top_share)
    placed = _placed(ways, settings)
    smallest = pc.min(placed["basis"].filter(placed["in_set"])).as_py()
    placed = with_columns(
        placed, {"smallest_in_set": pa.array([smallest], TOTAL_TYPE).take(_same(0, placed))}
    )
    judged = with_verdicts(placed, settings=settings, history=history)
    by_sales = _listed(judged, tops)
    listed = _with_unassigned(by_sales, without_account, unassigned)
    summary = _summary(by_sales, of_year, settings, periods, smallest, without_account, unassigned)
    years, year_accounts = three_years(
        with_money, settings, periods, facts.first_day, of_year=ways[settings.basis]
    )
    return KeyAccountList(
        settings=replace(settings, until=periods.year.until),
        summary=summary,
        accounts=listed,
        years=years,
        losses=losses(by_sales, basis=settings.basis, sales=summary.sales, profit=summary.profit),
        sales_curve=curve(ways["sales"], "sales"),
        profit_curve=curve(ways["profit"], "profit") if summary.profit is not None else None,
        whale=whale(listed),
        segments={field: segments(rows, settings) for field, rows in facts.segments.items()},
        segment_rows=facts.segments,
        year_accounts=year_accounts,
        notes=notes_on(
            facts.fields,
            cost_to_serve,
            summary,
            settings,
            listed,
            tops,
            history=history,
            first_day=facts.first_day,
            last_day=facts.last_day,
        ),
        groups=tops,
        merged=facts.merged,
    )


def _same(value: Any, table: pa.Table) -> pa.Array:
    """The same value in every row."""
    return pa.array(np.full(len(table), value))


def _ranked_both_ways(
    accounts: pa.Table, settings: FindSettings, without_account: list[dict[str, Any]], facts: AccountFacts
) -> dict[str, pa.Table]:
    """The accounts ranked by sales, and by profit, each against the whole with the lines without account."""
    sales = _sum(accounts["sales"]) or Decimal(0)
    sales += sum((row["sales"] for row in without_account), Decimal(0))
    known = _sum(accounts["profit"])
    profit = (
        None if known is None else known + sum((row["gross_profit_0"] for row in without_account), Decimal(0))
    )
    total_basis = sales if settings.basis == "sales" else profit
    if not len(accounts) or total_basis is None or total_basis <= 0:
        raise FindError(
            "find.nothing_to_rank",
            basis=settings.basis,
            total=total_basis or Decimal(0),
            accounts=len(accounts),
            begin=facts.periods.year.begin,
            until=facts.periods.year.until,
            first=facts.first_day,
            last=facts.last_day,
        )
    wholes = {"sales": sales, "profit": profit or Decimal(0)}
    return {
        value: ranked(accounts, value, share=settings.share, total_of=whole)
        for value, whole in wholes.items()
    }


def _placed(ways: Mapping[str, pa.Table], settings: FindSettings) -> pa.Table:
    """Both ranks beside each other; `in_set`, `basis` and `basis_rank` follow the basis."""
    told, basis = ways["sales"], ways[settings.basis]
    places = {
        f"{value}_{name}": way[column]
        for value, way in ways.items()
        for name, column in (
            ("rank", "rank"),
            ("share", "share_of_total"),
            ("running_share", "running_share"),
        )
    }
    recent = "net_amount_six_months" if settings.basis == "sales" else "profit_six_months"
    return with_columns(
        told.drop_columns(["rank", "running", "total", "share_of_total", "running_share"]),
        {
            **places,
            **{f"in_set_by_{value}": way["in_set"] for value, way in ways.items()},
            "basis": told[settings.basis],
            "basis_rank": basis["rank"],
            "in_set": basis["in_set"],
            "basis_six_months": told[recent],
        },
    )


def _listed(judged: pa.Table, tops: Mapping[str, str]) -> pa.Table:
    """The rows of the list, by rank on the basis; unranked ones by account_id."""
    members = _members(judged["account_id"], tops)
    # A group whose parent never bought, and so has no name in the ledger, goes by the parent's id.
    names = pc.if_else(
        pc.greater(members, 0),
        pc.coalesce(judged["account_name"], judged["account_id"]),
        judged["account_name"],
    )
    told = with_columns(
        judged,
        {
            "sales_year_before": judged["net_amount_1"],
            "sales_two_years_before": judged["net_amount_2"],
            "profit_year_before": judged["profit_1"],
            "profit_two_years_before": judged["profit_2"],
            "sales_six_months": judged["net_amount_six_months"],
            "members": members,
            "account_name": names,
            "is_unassigned": _same(False, judged),
        },
    )
    # A rank is nobody else's, and rows without one stand by account_id: nothing need be sorted.
    rank = told["basis_rank"].fill_null(0).to_numpy()
    order = np.flatnonzero(rank == 0)
    order = np.concatenate([np.empty(len(told) - len(order), np.int64), order])
    order[rank[rank > 0] - 1] = np.flatnonzero(rank)
    return told.select([*ACCOUNT_COLUMNS, *_FURTHER_COLUMNS]).take(pa.array(order))


def _members(account_ids: Any, tops: Mapping[str, str]) -> pa.Array:
    """How many accounts of the tree count as each of these."""
    sizes = Counter(tops.values())
    if not sizes:
        return pa.array(np.zeros(len(account_ids), np.int64))
    place = pc.index_in(account_ids.combine_chunks(), value_set=pa.array(list(sizes), pa.string()))
    return pc.fill_null(pa.array(list(sizes.values()), pa.int64()).take(place), 0)


def _with_unassigned(
    listed: pa.Table, without_account: list[dict[str, Any]], unassigned: str | None
) -> pa.Table:
    if unassigned is None or not without_account:
        return listed
    if unassigned in listed["account_id"].to_pylist():
        raise FindError("find.name_taken", name=unassigned)
    row = dict.fromkeys(listed.column_names) | {
        "account_id": unassigned,
        "account_name": unassigned,
        "sales": without_account[0]["sales"],
        "verdict": "ordinary",
        "in_set": False,
        "is_unassigned": True,
    }
    return pa.concat_tables([listed, pa.Table.from_pylist([row], schema=listed.schema)])


def _summary(
    listed: pa.Table,
    told: Mapping[str, Any],
    settings: FindSettings,
    periods: Periods,
    smallest: Decimal | None,
    without_account: list[dict[str, Any]],
    unassigned: str | None,
) -> Summary:
    """The figures of the whole; `told`: the `concentration` of the year on the basis."""
    of_verdict = {verdict: listed.filter(pc.equal(listed["verdict"], verdict)) for verdict in VERDICTS}
    outside = without_account[0]["sales"] if without_account else Decimal(0)
    outside_profit = without_account[0]["gross_profit_0"] if without_account else Decimal(0)
    sales = (_sum(listed["sales"]) or Decimal(0)) + outside
    own_profit = _sum(listed["profit"])
    profit = None if own_profit is None else own_profit + outside_profit
    basis_total = sales if settings.basis == "sales" else profit
    top_amount = told["top_amount"]
    key = len(of_verdict["key"])
    return Summary(
        periods=periods,
        accounts=told["accounts"],
        sales=sales,
        profit=profit,
        profit_accounts=len(listed) - listed["profit"].null_count,
        set_size=_count(listed["in_set"]),
        set_amount=_sum(listed[settings.basis].filter(listed["in_set"])) or Decimal(0),
        set_size_by_sales=_count(listed["in_set_by_sales"]),
        set_size_by_profit=_count(listed["in_set_by_profit"]) if profit is not None and profit > 0 else None,
        top_accounts=told["top_accounts"],
        top_amount_share=float(top_amount) / float(basis_total)
        if basis_total and top_amount is not None
        else None,
        gini=told["gini"],
        positive_accounts=told["positive_accounts"],
        smallest_in_set=smallest,
        verdicts={verdict: len(rows) for verdict, rows in of_verdict.items()},
        verdict_sales={verdict: _sum(rows["sales"]) or Decimal(0) for verdict, rows in of_verdict.items()},
        verdict_profit={verdict: _sum(rows["profit"]) for verdict, rows in of_verdict.items()},
        department_pays=pays(key, settings),
        managers=managers_for(key, settings),
        unassigned_sales=outside if unassigned is not None else None,
    )


def _sum(column: Any) -> Decimal | None:
    """The sum of a column of money; None where nothing is known."""
    amount = money_of(column)
    return decimal_of(total(amount.units)) if amount.known.any() else None


def _count(marks: Any) -> int:
    return int(pc.sum(marks).as_py() or 0)
