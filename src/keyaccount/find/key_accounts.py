"""Which customers are key accounts? From invoice lines to the list, the figures around it and what could not be judged.

result = find_key_accounts(ledger.lines)
result.accounts        # an Arrow table: one row per account, largest first
result.summary         # the figures of the whole
"""

import calendar
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import ibis
import pyarrow as pa

from keyaccount.errors import KeyAccountError
from keyaccount.find.account_years import Periods, account_years, periods_ending
from keyaccount.find.concentration import concentration, curve, ranked
from keyaccount.find.exact import decimal
from keyaccount.find.groups import rolled_up, top_parents
from keyaccount.find.names import latest_names
from keyaccount.find.profit import with_profit
from keyaccount.find.reasons import Reason, reasons_of
from keyaccount.find.settings import FindSettings
from keyaccount.find.verdicts import VERDICTS, reaches_back, with_verdicts
from keyaccount.ledger.rollup import measured
from keyaccount.money import TOTAL
from keyaccount.periods import Period
from keyaccount.tables import memory_table

LARGEST = 10
# A ledger that ends so near to a month's end was meant to be looked at to that end.
DAYS_FROM_MONTH_END = 7


class FindError(KeyAccountError):
    """The list cannot be made from this ledger."""


@dataclass(frozen=True)
class YearFigures:
    """One of the three years side by side. Money [company currency a year]."""

    period: Period
    complete: bool
    """Whether the ledger reaches back to the year's beginning."""
    accounts: int
    sales: Decimal
    profit: Decimal | None
    """Over accounts whose profit is judged; None: none is."""
    set_size: int
    top_amount_share: float | None


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
    regions: pa.Table | None
    """One row per region with its own concentration; None: the ledger has no regions."""
    notes: tuple[Reason, ...]
    """What could not be judged, and what to keep in mind."""
    groups: Mapping[str, str]
    """Account → top parent."""

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
    "history_short", "cost_incomplete", "is_unassigned",
)  # fmt: skip


def find_key_accounts(
    lines: Any,
    *,
    groups: pa.Table | None = None,
    cost_to_serve: pa.Table | None = None,
    settings: FindSettings | None = None,
    unassigned: str | None = None,
) -> KeyAccountList:
    """Find the key accounts of a year in invoice lines.

    Parameters
    ----------
    lines : Ibis table, one row per invoice line (`tables.INVOICE_LINES`); what is missing is not judged.
    groups : Arrow table, account_id, parent_id: members count as their top parent; orders stay the member's.
    cost_to_serve : Arrow table, account_id, amount and optionally date [company currency].
    settings : presets to change.
    unassigned : name for the lines without account (account_id null), which then count in totals but are not ranked.

    Raises
    ------
    FindError `find.nothing_to_rank`, `find.name_taken`; GroupError `groups.circle`, `groups.two_parents`;
    TableError `column.missing`.

    References
    ----------
    Rows F1–F4, F8, F9; design, "What key means, exactly".
    """
    settings = settings or FindSettings()
    tops = top_parents(groups) if groups is not None else {}
    condensed = measured(lines)
    first_day, last_day = _span(condensed)
    periods = periods_ending(settings.until or last_day)
    history = reaches_back(first_day, periods, settings)

    told = ibis.memtable(account_years(condensed, periods, tops=tops).to_pyarrow())
    names = ibis.memtable(latest_names(lines).to_pyarrow())
    costs = None if cost_to_serve is None else ibis.memtable(cost_to_serve)
    with_money = with_profit(told, costs, periods, cost_coverage=settings.cost_coverage, tops=tops)
    with_money = ibis.memtable(with_money.to_pyarrow())
    in_year = with_money.filter(with_money.lines_0 > 0).mutate(
        sales=lambda t: t.net_amount_0, cost_known=ibis.literal("cost" in lines.columns)
    )
    in_year = ibis.memtable(in_year.to_pyarrow())

    without_account = in_year.filter(in_year.account_id.isnull()).to_pyarrow().to_pylist()
    accounts = in_year.filter(in_year.account_id.notnull())
    placed = _ranked_both_ways(accounts, settings, without_account, periods, (first_day, last_day))
    smallest = (
        placed.filter(placed.in_set).agg(smallest=placed.basis.min()).to_pyarrow().to_pylist()[0]["smallest"]
    )
    placed = placed.mutate(smallest_in_set=ibis.null().cast(TOTAL) if smallest is None else decimal(smallest))
    judged = with_verdicts(placed, settings=settings, history=history)
    judged = judged.left_join(names, judged.account_id == names.account_id).drop("account_id_right")
    listed = _listed(judged, tops, without_account, unassigned)

    by_sales = ibis.memtable(listed)
    by_sales = by_sales.filter(~by_sales.is_unassigned)
    summary = _summary(by_sales, placed, settings, periods, smallest, without_account, unassigned)
    return KeyAccountList(
        settings=replace(settings, until=periods.year.until),
        summary=summary,
        accounts=listed,
        years=_years(with_money, settings, periods, first_day),
        losses=_losses(by_sales, settings, summary),
        sales_curve=_curve(accounts, "sales", settings).to_pyarrow(),
        profit_curve=_curve(accounts, "profit", settings).to_pyarrow()
        if summary.profit is not None
        else None,
        regions=_regions(lines, periods, tops, settings),
        notes=_notes(
            lines,
            cost_to_serve,
            summary,
            settings,
            listed,
            tops,
            history=history,
            first_day=first_day,
            last_day=last_day,
        ),
        groups=tops,
    )


def _span(condensed: Any) -> tuple[dt.date, dt.date]:
    row = condensed.agg(first=condensed.date.min(), last=condensed.date.max()).to_pyarrow().to_pylist()[0]
    if row["first"] is None:
        raise FindError("find.no_lines")
    return row["first"], row["last"]


def _ranked_both_ways(
    accounts: Any,
    settings: FindSettings,
    without_account: list[dict[str, Any]],
    periods: Periods,
    span: tuple[dt.date, dt.date],
) -> Any:
    """Rank by sales and by profit; `in_set`, `basis` and `rank` follow the basis."""
    totals = accounts.agg(
        sales=accounts.sales.sum(), profit=accounts.profit.sum(), n=accounts.count()
    ).to_pyarrow().to_pylist()[0]  # fmt: skip
    sales = (totals["sales"] or Decimal(0)) + sum((row["sales"] for row in without_account), Decimal(0))
    known = totals["profit"]
    profit = (
        None if known is None else known + sum((row["gross_profit_0"] for row in without_account), Decimal(0))
    )
    total = sales if settings.basis == "sales" else profit
    if not totals["n"] or total is None or total <= 0:
        raise FindError(
            "find.nothing_to_rank",
            basis=settings.basis,
            total=total or Decimal(0),
            accounts=totals["n"],
            begin=periods.year.begin,
            until=periods.year.until,
            first=span[0],
            last=span[1],
        )
    for value, whole in (("sales", sales), ("profit", profit or Decimal(0))):
        placed = ranked(accounts, value, share=settings.share, total_of=decimal(whole))
        accounts = placed.drop("running", "total").rename(
            {
                f"{value}_rank": "rank",
                f"{value}_share": "share_of_total",
                f"{value}_running_share": "running_share",
                f"in_set_by_{value}": "in_set",
            }
        )
    basis = settings.basis
    accounts = accounts.mutate(
        basis=accounts[basis],
        basis_rank=accounts[f"{basis}_rank"],
        in_set=accounts[f"in_set_by_{basis}"],
        basis_six_months=accounts.net_amount_six_months if basis == "sales" else accounts.profit_six_months,
    )
    return ibis.memtable(accounts.to_pyarrow())


def _listed(
    judged: Any, tops: Mapping[str, str], without_account: list[dict[str, Any]], unassigned: str | None
) -> pa.Table:
    members: dict[str, int] = {}
    for top in tops.values():
        members[top] = members.get(top, 0) + 1
    size = memory_table(
        {"top_id": "string", "members": "int64"}, {"top_id": list(members), "members": list(members.values())}
    )
    told = judged.left_join(size, judged.account_id == size.top_id)
    told = told.mutate(
        sales_year_before=told.net_amount_1,
        sales_two_years_before=told.net_amount_2,
        profit_year_before=told.profit_1,
        profit_two_years_before=told.profit_2,
        sales_six_months=told.net_amount_six_months,
        members=told.members.fill_null(0),
        orders=told.orders.fill_null(0),
        # A group whose parent never bought, and so has no name in the ledger, goes by the parent's id.
        account_name=(told.members > 0).ifelse(
            told.account_name.fill_null(told.account_id), told.account_name
        ),
        is_unassigned=ibis.literal(False),
    )
    table = (
        told.order_by([told.basis_rank.asc(nulls_first=False), told.account_id])
        .select(*ACCOUNT_COLUMNS, *_FURTHER_COLUMNS)
        .to_pyarrow()
    )
    if unassigned is None or not without_account:
        return table
    if unassigned in table["account_id"].to_pylist():
        raise FindError("find.name_taken", name=unassigned)
    row = dict.fromkeys(table.column_names) | {
        "account_id": unassigned,
        "account_name": unassigned,
        "sales": without_account[0]["sales"],
        "verdict": "ordinary",
        "in_set": False,
        "is_unassigned": True,
    }
    return pa.concat_tables([table, pa.Table.from_pylist([row], schema=table.schema)])


def _summary(
    listed: Any,
    placed: Any,
    settings: FindSettings,
    periods: Periods,
    smallest: Decimal | None,
    without_account: list[dict[str, Any]],
    unassigned: str | None,
) -> Summary:
    own = ranked(placed.select("account_id", "basis"), "basis", share=settings.share)
    told = concentration(own, "basis", top_share=settings.top_share).to_pyarrow().to_pylist()[0]
    counts = listed.group_by("verdict").agg(
        accounts=listed.count(), sales=listed.sales.sum(), profit=listed.profit.sum()
    ).to_pyarrow().to_pylist()  # fmt: skip
    by_verdict = {row["verdict"]: row for row in counts}
    totals = listed.agg(
        sales=listed.sales.sum(),
        profit=listed.profit.sum(),
        profit_accounts=listed.profit.count(),
        set_size=listed.count(where=listed.in_set),
        by_sales=listed.count(where=listed.in_set_by_sales),
        by_profit=listed.count(where=listed.in_set_by_profit),
    ).to_pyarrow().to_pylist()[0]  # fmt: skip
    outside = without_account[0]["sales"] if without_account else Decimal(0)
    outside_profit = without_account[0]["gross_profit_0"] if without_account else Decimal(0)
    sales = totals["sales"] + outside
    profit = None if totals["profit"] is None else totals["profit"] + outside_profit
    basis_total = sales if settings.basis == "sales" else profit
    top_amount = told["top_amount"]
    key = by_verdict.get("key", {}).get("accounts", 0)
    return Summary(
        periods=periods,
        accounts=told["accounts"],
        sales=sales,
        profit=profit,
        profit_accounts=totals["profit_accounts"],
        set_size=totals["set_size"],
        set_amount=_amount_in_set(listed, settings),
        set_size_by_sales=totals["by_sales"],
        set_size_by_profit=totals["by_profit"] if profit is not None and profit > 0 else None,
        top_accounts=told["top_accounts"],
        top_amount_share=float(top_amount) / float(basis_total)
        if basis_total and top_amount is not None
        else None,
        gini=told["gini"],
        positive_accounts=told["positive_accounts"],
        smallest_in_set=smallest,
        verdicts={verdict: by_verdict.get(verdict, {}).get("accounts", 0) for verdict in VERDICTS},
        verdict_sales={verdict: by_verdict.get(verdict, {}).get("sales", Decimal(0)) for verdict in VERDICTS},
        verdict_profit={verdict: by_verdict.get(verdict, {}).get("profit") for verdict in VERDICTS},
        department_pays=key >= settings.department_from,
        managers=-(-key // settings.accounts_per_manager),
        unassigned_sales=outside if unassigned is not None else None,
    )


def _amount_in_set(listed: Any, settings: FindSettings) -> Decimal:
    amount: Decimal | None = listed[settings.basis].sum(where=listed.in_set).to_pyarrow().as_py()
    return amount or Decimal(0)


def _years(
    with_money: Any, settings: FindSettings, periods: Periods, first_day: dt.date
) -> tuple[YearFigures, ...]:
    figures = []
    for number, (period, profit) in enumerate(
        zip(periods.years, ("profit", "profit_1", "profit_2"), strict=True)
    ):
        year = with_money.filter(with_money[f"lines_{number}"] > 0)
        # Lines kept without an account count in the totals; their profit is what their lines earn.
        nobody = year.account_id.isnull()
        year = year.select(
            "account_id",
            sales=year[f"net_amount_{number}"],
            profit=nobody.ifelse(year[f"gross_profit_{number}"], year[profit]),
        )
        sums = year.agg(
            sales=year.sales.sum(),
            profit=year.profit.sum(),
            judged=year.profit.count(where=year.account_id.notnull()),
        ).to_pyarrow().to_pylist()[0]  # fmt: skip
        total_profit = sums["profit"] if sums["judged"] else None
        total = (sums["sales"] if settings.basis == "sales" else total_profit) or Decimal(0)
        accounts = year.filter(year.account_id.notnull())
        placed = ranked(accounts, settings.basis, share=settings.share, total_of=decimal(total))
        row = concentration(placed, settings.basis, top_share=settings.top_share).to_pyarrow().to_pylist()[0]
        figures.append(
            YearFigures(
                period=period,
                complete=first_day <= period.begin + dt.timedelta(days=settings.history_days),
                accounts=row["accounts"],
                sales=sums["sales"] or Decimal(0),
                profit=total_profit,
                set_size=row["set_size"],
                top_amount_share=row["top_amount_share"],
            )
        )
    return tuple(figures)


def _losses(listed: Any, settings: FindSettings, summary: Summary) -> pa.Table:
    """What losing each of the ten largest would leave of sales and profit (F1)."""
    rank = listed[f"{settings.basis}_rank"]
    largest = listed.filter(rank <= LARGEST).order_by(f"{settings.basis}_rank")
    sales = decimal(summary.sales)
    figures = {
        "rank": largest[f"{settings.basis}_rank"],
        "sales_left": sales - largest.sales,
        "sales_lost_share": largest.sales.cast("float64") / float(summary.sales)
        if summary.sales
        else ibis.null().cast("float64"),
    }
    if summary.profit is not None:
        figures["profit_left"] = decimal(summary.profit) - largest.profit
        figures["profit_lost_share"] = largest.profit.cast("float64") / (
            float(summary.profit) or float("nan")
        )
    return largest.select("account_id", "account_name", "sales", "profit", **figures).to_pyarrow()


def _curve(accounts: Any, value: str, settings: FindSettings) -> Any:
    return curve(ranked(accounts, value, share=settings.share))


def _regions(
    lines: Any, periods: Periods, tops: Mapping[str, str], settings: FindSettings
) -> pa.Table | None:
    if "region" not in lines.columns:
        return None
    year = lines.filter(
        lines.date.between(periods.year.begin, periods.year.until) & lines.account_id.notnull()
    )
    rolled = rolled_up(year.select("account_id", "region", "net_amount"), tops)
    sums = (
        rolled.group_by("region", account_id=rolled.group_id).agg(sales=rolled.net_amount.sum()).to_pyarrow()
    )
    placed = ranked(ibis.memtable(sums), "sales", share=settings.share, within=["region"])
    figures = concentration(placed, "sales", top_share=settings.top_share, within=["region"])
    regions: pa.Table = figures.order_by([figures.total.desc(), figures.region]).to_pyarrow()
    return regions


def _served_outside(cost_to_serve: pa.Table, listed: pa.Table, tops: Mapping[str, str]) -> list[Reason]:
    """Costs of accounts that have no line in the year count nowhere; that is said."""
    known = set(listed["account_id"].to_pylist())
    outside = [
        row
        for row in cost_to_serve.to_pylist()
        if tops.get(row["account_id"], row["account_id"]) not in known
    ]
    if not outside:
        return []
    accounts = sorted({row["account_id"] for row in outside})
    money = sum((row["amount"] for row in outside), Decimal(0))
    return [Reason("note.served_outside", {"n": len(accounts), "money": money, "accounts": accounts})]


def _has_undated(cost_to_serve: pa.Table) -> bool:
    return "date" not in cost_to_serve.column_names or cost_to_serve["date"].null_count > 0


def _notes(
    lines: Any,
    cost_to_serve: Any | None,
    summary: Summary,
    settings: FindSettings,
    listed: pa.Table,
    tops: Mapping[str, str],
    *,
    history: bool,
    first_day: dt.date,
    last_day: dt.date,
) -> tuple[Reason, ...]:
    notes = []
    year = summary.periods.year
    if "cost" not in lines.columns:
        notes.append(Reason("note.no_cost", {}))
    elif summary.profit_accounts < summary.accounts:
        notes.append(
            Reason(
                "note.cost_incomplete",
                {"accounts": summary.accounts - summary.profit_accounts, "share": settings.cost_coverage},
            )
        )
    if cost_to_serve is None and "cost" in lines.columns:
        notes.append(Reason("note.no_cost_to_serve", {}))
    if cost_to_serve is not None and _has_undated(cost_to_serve):
        notes.append(Reason("note.undated_service", {}))
    if cost_to_serve is not None:
        notes += _served_outside(cost_to_serve, listed, tops)
    if "order_id" not in lines.columns:
        notes.append(Reason("note.no_orders", {}))
    if not history:
        notes.append(
            Reason("note.history_short", {"first": first_day, "needed": summary.periods.year_before.begin})
        )
    if first_day > year.begin + dt.timedelta(days=settings.history_days):
        notes.append(Reason("note.year_short", {"first": first_day, "begin": year.begin}))
    month_end = dt.date(last_day.year, last_day.month, calendar.monthrange(last_day.year, last_day.month)[1])
    if settings.until is None and 0 < (month_end - last_day).days <= DAYS_FROM_MONTH_END:
        notes.append(Reason("note.month_end", {"last": last_day, "month_end": month_end}))
    if last_day > year.until:
        notes.append(Reason("note.later_lines", {"last": last_day, "until": year.until}))
    if summary.positive_accounts < summary.accounts:
        notes.append(Reason("note.not_positive", {"accounts": summary.accounts - summary.positive_accounts}))
    if summary.verdicts["rising"]:
        notes.append(Reason("note.no_season", {}))
    return tuple(notes)
