"""Does the library say what the definitions say? Compared with a plain second implementation."""

import datetime as dt
from decimal import Decimal

import duckdb
import ibis
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from keyaccount.demo import demo_ledger
from keyaccount.find.key_accounts import FindError, find_key_accounts
from keyaccount.find.settings import FindSettings
from keyaccount.ledger.read import read_ledger
from keyaccount.ledger.sources import ReadOptions

from ..data import shared
from ..reference import find as reference_find
from .comparison import assert_same
from .ledgers import AMOUNT, line, table

CHECKS = [HealthCheck.too_slow, HealthCheck.filter_too_much]
# A run takes half a second: making a failing ledger smaller would take minutes, and a small one is easily cut by hand.
PHASES = [Phase.explicit, Phase.reuse, Phase.generate]
DAYS = st.dates(dt.date(2023, 1, 1), dt.date(2025, 3, 1))
CENTS = st.integers(-5_000, 20_000).map(lambda cents: Decimal(cents) / 100)


@st.composite
def ledgers(draw):
    """Small ledgers with all that is awkward: returns, ties, missing orders and costs, accounts that come and go."""
    accounts = draw(st.integers(1, 8))
    # Few different days and amounts, so that ties and borders happen.
    days = draw(st.lists(DAYS, min_size=1, max_size=12, unique=True))
    amounts = draw(st.lists(CENTS, min_size=1, max_size=6))
    with_cost, with_freight, with_orders = draw(st.booleans()), draw(st.booleans()), draw(st.booleans())
    lines = []
    for _ in range(draw(st.integers(1, 40))):
        more = {}
        if with_cost:
            more["cost"] = draw(st.one_of(st.none(), CENTS))
        if with_freight:
            more["freight"] = draw(st.one_of(st.none(), CENTS))
        if with_orders:
            more["order_id"] = draw(st.sampled_from([None, "1", "2", "3"]))
        account = draw(st.integers(1, accounts))
        lines.append(
            line(
                f"K{account}", draw(st.sampled_from(days)).isoformat(), draw(st.sampled_from(amounts)), **more
            )
            | {"account_name": draw(st.sampled_from(["甲", "乙", None]))}
        )
    return lines


@st.composite
def runs(draw):
    """A ledger and how it is looked at."""
    lines = draw(ledgers())
    ids = sorted({one["account_id"] for one in lines})
    # A parent has a lower number than its members, so there is no circle.
    groups = {
        own: draw(st.sampled_from(["G", *ids[:at]])) for at, own in enumerate(ids) if draw(st.booleans())
    }
    service = draw(st.lists(st.tuples(st.sampled_from(ids), CENTS, st.one_of(st.none(), DAYS)), max_size=4))
    return {
        "lines": lines,
        "until": draw(st.one_of(st.none(), DAYS)),
        "share": draw(st.sampled_from([Decimal("0.8"), Decimal("0.5"), Decimal(1), Decimal("0.333")])),
        "basis": draw(st.sampled_from(["sales", "profit"])),
        "groups": draw(st.sampled_from([None, groups])),
        "cost_to_serve": draw(st.sampled_from([None, service])),
    }


def has_nothing_to_rank(lines, **arguments):
    try:
        reference_find(lines, **arguments)
    except ValueError as error:
        return str(error) == "find.nothing_to_rank"
    return False


def ours(run, *, unassigned=None):
    groups, service = run["groups"], run["cost_to_serve"]
    return find_key_accounts(
        table(run["lines"]),
        groups=None
        if groups is None
        else pa.table(
            {"account_id": list(groups), "parent_id": list(groups.values())},
            schema=pa.schema([("account_id", pa.string()), ("parent_id", pa.string())]),
        ),
        cost_to_serve=None
        if service is None
        else pa.Table.from_pylist(
            [dict(zip(("account_id", "amount", "date"), one, strict=True)) for one in service],
            schema=pa.schema([("account_id", pa.string()), ("amount", AMOUNT), ("date", pa.date32())]),
        ),
        settings=FindSettings(until=run["until"], share=run["share"], basis=run["basis"]),
        unassigned=unassigned,
    )


class TestAgainstTheReference:
    @settings(max_examples=60, deadline=None, suppress_health_check=CHECKS, phases=PHASES)
    @given(runs())
    def test_gives_the_same_list_for_any_ledger(self, run):
        lines, rest = run["lines"], {name: value for name, value in run.items() if name != "lines"}
        if has_nothing_to_rank(lines, **rest):
            with pytest.raises(FindError) as caught:
                ours(run)
            assert caught.value.code == "find.nothing_to_rank"
            return
        assert_same(ours(run), lines, **rest)

    @settings(max_examples=15, deadline=None, suppress_health_check=CHECKS, phases=PHASES)
    @given(runs(), st.data())
    def test_keeps_lines_without_account_in_the_totals_only(self, run, data):
        lines = [one | {"account_id": None} if data.draw(st.booleans()) else one for one in run["lines"]]
        rest = {name: value for name, value in run.items() if name != "lines"} | {"unassigned": "其他"}
        assume(not has_nothing_to_rank(lines, **rest))
        assert_same(ours(run | {"lines": lines}, unassigned="其他"), lines, **rest)

    def test_gives_the_demo_companys_list(self):
        demo = demo_ledger()
        result = find_key_accounts(
            ibis.memtable(demo.lines), groups=demo.groups, cost_to_serve=demo.cost_to_serve
        )
        columns = ["account_id", "account_name", "date", "order_id", "net_amount", "cost", "freight"]
        lines = demo.lines.select(columns).to_pylist()
        groups = dict(zip(*(column.to_pylist() for column in demo.groups.columns), strict=True))
        service = [tuple(row.values()) for row in demo.cost_to_serve.to_pylist()]
        assert_same(result, lines, groups=groups, cost_to_serve=service)
        # Every trap has its verdict, in our own list too.
        found = {row["account_id"]: row["verdict"] for row in result.accounts.to_pylist()}
        planted = [trap for trap in demo.traps.to_pylist() if trap["account_id"] in found]
        assert {trap["account_id"]: trap["verdict"] for trap in planted} == {
            trap["account_id"]: found[trap["account_id"]] for trap in planted
        }
        assert result.summary.verdicts == {
            "key": 328,
            "profitless": 25,
            "one_time": 15,
            "big_ticket": 9,
            "rising": 40,
            "ordinary": 1432,
        }


SUPERSTORE = {
    "account_id": "Customer ID",
    "date": "Order Date",
    "order_id": "Order ID",
    "net_amount": "Sales",
    "profit": "Profit",
}


class TestOnRealLedgers:
    """On the ledgers of the shared data folder; skipped where it is absent."""

    def test_matches_on_superstore(self):
        ledger = read_ledger(shared("superstore/superstore.csv"), options=ReadOptions(columns=SUPERSTORE))
        result = self.compared(ledger, dt.date(2017, 12, 31))
        assert (result.summary.accounts, result.summary.set_size) == (693, 260)
        assert result.summary.verdicts == {
            "key": 100,
            "profitless": 55,
            "one_time": 27,
            "big_ticket": 78,
            "rising": 43,
            "ordinary": 390,
        }

    def test_matches_on_superstore_by_profit(self):
        ledger = read_ledger(shared("superstore/superstore.csv"), options=ReadOptions(columns=SUPERSTORE))
        self.compared(ledger, dt.date(2017, 6, 29), basis="profit")

    def test_matches_on_adventureworks(self):
        columns = {
            "account_id": "ResellerKey",
            "date": "OrderDate",
            "order_id": "SalesOrderNumber",
            "net_amount": "SalesAmount",
            "cost": "TotalProductCost",
        }
        ledger = read_ledger(
            shared("adventureworks/FactResellerSales.parquet"), options=ReadOptions(columns=columns)
        )
        result = self.compared(ledger, dt.date(2012, 12, 31))
        assert (result.summary.accounts, result.summary.set_size) == (401, 108)
        assert result.summary.verdicts == {
            "key": 58,
            "profitless": 50,
            "one_time": 0,
            "big_ticket": 0,
            "rising": 4,
            "ordinary": 289,
        }

    def test_matches_on_online_retail_without_any_mapping(self):
        ledger = read_ledger(shared("online_retail/online_retail.csv.xz"))
        report = ledger.report
        # 135,080 lines without a customer; all net money is 9,747,747.93 (data/README.md).
        assert (report.rows, report.refused, report.money) == (541_909, 135_080, Decimal("9747747.934"))
        assert report.reconciles
        self.compared(ledger, dt.date(2011, 11, 30))

    def test_matches_on_northwind_and_refuses_its_broken_dates(self, tmp_path):
        joined = tmp_path / "northwind.csv"
        duckdb.sql(f"""
            COPY (SELECT customerId, companyName, orderDate, o.entityId AS orderId, quantity, unitPrice, d.discount
                  FROM read_csv('{shared("northwind/OrderDetail.csv")}') d
                  JOIN read_csv('{shared("northwind/SalesOrder.csv")}', all_varchar = true) o ON o.entityId = d.orderId
                  JOIN read_csv('{shared("northwind/Customer.csv")}', all_varchar = true) c ON c.entityId = o.customerId
                  ORDER BY d.entityId) TO '{joined}' (HEADER)""")
        ledger = read_ledger(joined)
        # Net sales 1,265,793.04 of 2,155 lines (data/README.md); five order dates read `2007-08-01- 00:00:00.000`.
        assert (ledger.report.rows, round(ledger.report.money, 2)) == (2155, Decimal("1265793.04"))
        assert {row.problems[0].code for row in ledger.refused} == {"date.unreadable"}
        assert len({row.cells[3] for row in ledger.refused}) == 5
        assert ledger.report.reconciles
        assert {code for code, _ in ledger.report.files[0].notes} == {"note.discount_rate"}
        self.compared(ledger, dt.date(2007, 12, 31))

    def test_gives_the_same_list_for_csv_and_xls_of_one_ledger(self):
        options = ReadOptions(columns={"date": "Order Date"})
        csv = read_ledger(shared("superstore_2022/Sample - Superstore.csv"), options=options)
        xls = read_ledger(shared("superstore_2022/Sample - Superstore.xls"), options=options)
        assert csv.sources[0].conventions.date_order == "dmy"
        assert xls.sources[0].tables[0].sheet == "Orders"
        one, other = find_key_accounts(csv.lines), find_key_accounts(xls.lines)
        assert one.accounts == other.accounts

    def compared(self, ledger, until, basis="sales"):
        result = find_key_accounts(ledger.lines, settings=FindSettings(until=until, basis=basis))
        wanted = ["account_id", "account_name", "date", "order_id", "net_amount", "cost"]
        lines = (
            ledger.lines.select([name for name in wanted if name in ledger.lines.columns])
            .to_pyarrow()
            .to_pylist()
        )
        assert_same(result, lines, until=until, basis=basis)
        return result
