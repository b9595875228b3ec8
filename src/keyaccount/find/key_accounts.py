"""Which customers are key accounts? From invoice lines to the list, the figures around it and what could not be judged.

result = find_key_accounts(ledger.lines)
result.accounts        # an Arrow table: one row per account, largest first
result.summary         # the figures of the whole
"""

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
from keyaccount.find.groups import top_parents
from keyaccount.find.losses import losses
from keyaccount.find.names import latest_names
from keyaccount.find.notes import notes_on
from keyaccount.find.profit import with_profit
from keyaccount.find.reasons import Reason, reasons_of
from keyaccount.find.regions import regions
from keyaccount.find.settings import FindSettings
from keyaccount.find.three_years import YearFigures, three_years
from keyaccount.find.verdicts import VERDICTS, reaches_back, with_verdicts
from keyaccount.ledger.rollup import Condensed, condensed
from keyaccount.money import TOTAL
from keyaccount.tables import memory_table


class FindError(KeyAccountError):
    """The list cannot be made from this ledger."""


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
    ledger: Any,
    *,
    groups: pa.Table | None = None,
    cost_to_serve: pa.Table | None = None,
    settings: FindSettings | None = None,
    unassigned: str | None = None,
) -> KeyAccountList:
    """Find the key accounts of a year in a ledger.

    Parameters
    ----------
    ledger : Ibis table, one row per invoice line (`tables.INVOICE_LINES`), or what a store keeps of them condensed;
        what is missing is not judged.
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
    told_of = ledger if isinstance(ledger, Condensed) else condensed(ledger)
    rollup = told_of.rollup
    first_day, last_day = _span(rollup)
    periods = periods_ending(settings.until or last_day)
    history = reaches_back(first_day, periods, settings)

    told = ibis.memtable(account_years(rollup, periods, tops=tops).to_pyarrow())
    names = ibis.memtable(latest_names(told_of.names).to_pyarrow())
    costs = None if cost_to_serve is None else ibis.memtable(cost_to_serve)
    with_money = with_profit(told, costs, periods, cost_coverage=settings.cost_coverage, tops=tops)
    with_money = ibis.memtable(with_money.to_pyarrow())
    in_year = with_money.filter(with_money.lines_0 > 0).mutate(
        sales=lambda t: t.net_amount_0, cost_known=ibis.literal("cost" in told_of.fields)
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
        years=three_years(with_money, settings, periods, first_day),
        losses=losses(by_sales, basis=settings.basis, sales=summary.sales, profit=summary.profit),
        sales_curve=_curve(accounts, "sales", settings).to_pyarrow(),
        profit_curve=_curve(accounts, "profit", settings).to_pyarrow()
        if summary.profit is not None
        else None,
        regions=regions(rollup, periods.year, tops=tops, settings=settings)
        if "region" in told_of.fields
        else None,
        notes=notes_on(
            told_of.fields,
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


def _span(rollup: Any) -> tuple[dt.date, dt.date]:
    row = rollup.agg(first=rollup.date.min(), last=rollup.date.max()).to_pyarrow().to_pylist()[0]
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


def _curve(accounts: Any, value: str, settings: FindSettings) -> Any:
    return curve(ranked(accounts, value, share=settings.share))
