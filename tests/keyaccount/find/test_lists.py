"""The yearly list: its basis, what changes it, mid-year, year on year; by hand, against plain Python, at the edges."""

import csv
import datetime as dt
import io
import random
import tomllib
from decimal import Decimal
from fractions import Fraction

import ibis
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from keyaccount.errors import SettingError
from keyaccount.find.facts import account_facts
from keyaccount.find.key_accounts import key_accounts_of
from keyaccount.find.list_basis import ListBasis, ListError, candidates, propose
from keyaccount.find.list_changes import list_changes
from keyaccount.find.mid_year import mid_year
from keyaccount.find.monthly_spend import average_monthly_spend, full_months_before, monthly_spend_lines
from keyaccount.find.profit import cost_at_rate
from keyaccount.find.settings import FindSettings
from keyaccount.find.year_on_year import price_and_volume, price_lines, year_on_year, year_reason
from keyaccount.periods import Period, year_ending
from keyaccount.tables import TableError

from ..data import ROOT

UNTIL = dt.date(2025, 12, 31)
YEARS = (year_ending(dt.date(2024, 12, 31)), year_ending(UNTIL))
KINDS = {
    "account_id": pa.string(),
    "account_name": pa.string(),
    "date": pa.date32(),
    "net_amount": pa.decimal128(18, 4),
    "cost": pa.decimal128(18, 4),
    "quantity": pa.decimal128(18, 6),
    "product_id": pa.string(),
    "product_name": pa.string(),
    "unit": pa.string(),
}


def lines_of(rows):
    """Invoice lines from rows of texts."""
    told = [
        {
            name: None
            if value in ("", None)
            else dt.date.fromisoformat(value)
            if name == "date"
            else Decimal(str(value))
            if name in ("net_amount", "cost", "quantity")
            else value
            for name, value in row.items()
        }
        for row in rows
    ]
    names = [name for name in KINDS if any(name in row for row in told)]
    return ibis.memtable(
        pa.Table.from_pylist(told, schema=pa.schema([(name, KINDS[name]) for name in names]))
    )


def line(account, date, amount, **more):
    return {"account_id": account, "date": date, "net_amount": amount, **more}


def found_in(rows, until=UNTIL, **settings):
    facts = account_facts(lines_of(rows), until=until)
    return key_accounts_of(facts, settings=FindSettings(until=until, **settings))


def proposed(rows, basis=None, *, until=UNTIL, standing=None, **settings):
    found = found_in(rows, until, **settings)
    spend = average_monthly_spend(lines_of(rows), until + dt.timedelta(days=1))
    return propose(
        found.accounts, basis or ListBasis(), settings=found.settings, monthly_spend=spend, standing=standing
    )


def ids(table):
    return table["account_id"].to_pylist()


def by_id(table):
    return {row["account_id"]: row for row in table.to_pylist()}


def texts(reasons):
    return [reason.text("en") for reason in reasons]


def monthly(account, year, amount, months=range(1, 13), **more):
    return [line(account, f"{year}-{month:02}-15", amount, **more) for month in months]


STANDING = pa.table({"account_id": ["S"], "standing": ["government"], "account_name": ["City"]})
# A 6,000, B 3,000 of 10,200 in 2025; the 80% line is 8,160: A and B are in, C (1,200) is not.
THREE = [
    *(row for year in (2024, 2025) for row in monthly("A", year, 500)),
    *(row for year in (2024, 2025) for row in monthly("B", year, 250)),
    *(row for year in (2024, 2025) for row in monthly("C", year, 100)),
]


class TestTheWorkedExamples:
    """The pages of the docs, from the same files."""

    def test_on_the_list(self):
        worked = _worked("on_the_list")
        standing = pa.Table.from_pylist(_rows(worked["standing"]))
        told = proposed(
            _rows(worked["lines"]),
            ListBasis(monthly_spend_from=Decimal(str(worked["monthly_spend_from"])), standing=True),
            standing=standing,
        )
        ways = pa.array([" ".join(one) for one in told.accounts["ways"].to_pylist()])
        _same_rows(worked, told.accounts.drop_columns(["ways"]).append_column("ways", ways))
        assert len(told.candidates) == worked["summary"]["candidates"]

    def test_who_enters_and_leaves(self):
        worked = _worked("list_changes")
        rows = _rows(worked["lines"])
        before, after = proposed(rows), proposed(rows, share=Decimal(str(worked["share_after"])))
        changes = list_changes(before, after)
        _same_rows(worked, changes.rows)
        assert texts(changes.why(row) for row in changes.rows.to_pylist()) == worked["sentences"]

    def test_year_on_year(self):
        worked = _worked("year_on_year")
        rows = _rows(worked["lines"])
        lists = [proposed(rows, until=dt.date(year, 12, 31)) for year in (2024, 2025)]
        every = sorted({one for told in lists for one in ids(told.accounts)})
        effects = price_and_volume(lines_of(rows), every, YEARS)
        told = year_on_year(
            lists[0].candidates,
            lists[1].candidates,
            accounts_before=lists[0].accounts,
            accounts_after=lists[1].accounts,
            effects=effects,
        )
        _same_rows(worked, told)

    def test_mid_year(self):
        worked = _worked("mid_year")
        rows = _rows(worked["lines"])
        on_list = proposed(rows).candidates
        now = proposed(rows, until=dt.date.fromisoformat(str(worked["now"])))
        told = mid_year(on_list, now)
        _same_rows(worked, told.rows)
        assert [texts(told.why(row))[0] for row in told.rows.to_pylist()] == worked["sentences"]


def _worked(name):
    return tomllib.loads((ROOT / "docs" / "worked" / f"{name}.toml").read_text(encoding="utf-8"))


def _rows(text):
    return list(csv.DictReader(io.StringIO(text.strip())))


def _same_rows(worked, table):
    expected = list(csv.reader(io.StringIO(worked["expected"].strip())))
    for ours, theirs in zip(table.select(worked["columns"]).to_pylist(), expected, strict=True):
        for value, text in zip(ours.values(), theirs, strict=True):
            if isinstance(value, bool):
                assert str(value).lower() == text, (ours, theirs)
            elif isinstance(value, Decimal | int | float):
                assert float(value) == pytest.approx(float(text), abs=1e-4), (ours, theirs)
            else:
                assert (value or "") == text, (ours, theirs)


class TestMonthlySpend:
    def test_takes_the_full_months_before_a_day_whatever_the_day(self):
        for day in (1, 15, 31):
            assert full_months_before(dt.date(2025, 3, day)) == Period(
                dt.date(2024, 3, 1), dt.date(2025, 2, 28)
            )

    @pytest.mark.parametrize(
        ("first", "months"),
        [("2025-12-31", 3), ("2025-10-01", 3), ("2025-09-30", 4), ("2025-01-01", 12), ("2020-05-05", 12)],
    )
    def test_divides_by_the_months_since_the_first_purchase_three_to_twelve(self, first, months):
        told = average_monthly_spend(
            lines_of([line("A", first, 1200), line("A", "2025-12-31", 0)]), dt.date(2026, 1, 1)
        )
        row = told.to_pylist()[0]
        assert row["months"] == months
        expected = Decimal(1200) / months if first >= "2025" else Decimal(0)
        assert row["monthly_spend"] == expected.quantize(Decimal("0.0001"))

    def test_counts_neither_the_month_of_the_day_nor_returns_as_a_first_purchase(self):
        rows = [line("A", "2025-06-03", -50), line("A", "2025-11-02", 900), line("A", "2026-01-02", 99)]
        row = average_monthly_spend(lines_of(rows), dt.date(2026, 1, 20)).to_pylist()[0]
        # (900 − 50) ÷ 3: November and December are two months, at least three count.
        assert (row["spend"], row["months"]) == (850, 3)
        assert row["monthly_spend"] == Decimal("283.3333")

    def test_of_one_who_never_bought_is_over_twelve(self):
        row = average_monthly_spend(
            lines_of([line("A", "2025-06-03", -60)]), dt.date(2026, 1, 1)
        ).to_pylist()[0]
        assert (row["first_date"], row["months"], row["monthly_spend"]) == (None, 12, Decimal(-5))

    def test_is_a_groups_and_a_merged_accounts_together(self):
        rows = [line("A", "2025-12-02", 30), line("B", "2024-01-02", 60), line("B", "2025-12-02", 60), line("C", "2025-12-03", 6)]  # fmt: skip
        told = average_monthly_spend(
            lines_of(rows),
            dt.date(2026, 1, 1),
            groups=pa.table({"account_id": ["B"], "parent_id": ["A"]}),
            merged=pa.table({"account_id": ["C"], "into_id": ["B"]}),
        )
        # B began in 2024, so the group is divided by 12: (30 + 60 + 6) ÷ 12.
        assert [(row["account_id"], row["monthly_spend"]) for row in told.to_pylist()] == [("A", Decimal(8))]

    def test_has_its_lines(self):
        rows = [line("A", "2025-12-02", 30), line("A", "2026-01-02", 60), line("B", "2025-12-02", 1)]
        told = monthly_spend_lines(lines_of(rows), ["A"], dt.date(2026, 1, 1)).to_pyarrow()
        assert told["net_amount"].to_pylist() == [30]

    def test_agrees_with_plain_python(self):
        chance = random.Random(7)  # noqa: S311 - invented figures
        rows = [
            line(
                chance.choice("ABCDE"),
                (dt.date(2024, 1, 1) + dt.timedelta(days=chance.randrange(760))).isoformat(),
                chance.randrange(-500, 2000),
            )
            for _ in range(120)
        ]
        day = dt.date(2025, 12, 10)
        told = by_id(average_monthly_spend(lines_of(rows), day))
        for account in "ABCDE":
            own = [
                (dt.date.fromisoformat(one["date"]), one["net_amount"])
                for one in rows
                if one["account_id"] == account
            ]
            before = [(date, amount) for date, amount in own if (date.year, date.month) < (2025, 12)]
            window = [amount for date, amount in before if (date.year, date.month) >= (2024, 12)]
            first = min(date for date, amount in before if amount > 0)
            months = min(12, max(3, (2025 - first.year) * 12 + 12 - first.month))
            assert told[account]["spend"] == sum(window)
            assert told[account]["months"] == months


class TestTheBasis:
    def test_needs_a_way(self):
        with pytest.raises(ListError) as caught:
            ListBasis(in_set=False)
        assert caught.value.code == "list.no_way"

    @pytest.mark.parametrize("spend", ["0", "-1", "NaN"])
    def test_needs_a_spend_above_zero(self, spend):
        with pytest.raises(SettingError):
            ListBasis(monthly_spend_from=Decimal(spend))

    def test_is_any_or_all(self):
        with pytest.raises(SettingError):
            ListBasis(mixed="some")

    def test_needs_the_tables_of_its_ways(self):
        found = found_in(THREE)
        for basis, code in (
            (ListBasis(monthly_spend_from=Decimal(1)), "list.no_spend"),
            (ListBasis(standing=True), "list.no_standing"),
        ):
            with pytest.raises(ListError) as caught:
                propose(found.accounts, basis)
            assert caught.value.code == code
        with pytest.raises(TableError):
            propose(found.accounts.drop_columns(["guard"]), ListBasis())
        with pytest.raises(TableError):
            propose(found.accounts, ListBasis(standing=True), standing=STANDING.drop_columns(["standing"]))


class TestTheProposal:
    def test_is_the_key_accounts_where_the_set_is_the_way(self):
        found = found_in(THREE)
        assert ids(candidates(found.accounts, ListBasis(), settings=found.settings)) == ["A", "B"]

    def test_lets_in_at_the_line_to_the_cent(self):
        # C: 1,200 ÷ 12 = 100 a month.
        for line_at, is_in in (("100", True), ("100.01", False)):
            basis = ListBasis(in_set=False, monthly_spend_from=Decimal(line_at))
            assert ("C" in ids(proposed(THREE, basis).candidates)) is is_in

    def test_compares_the_sum_and_not_the_rounded_average(self):
        # 1,000.0001 ÷ 12 = 83.33334166…, shown as 83.3333, is above a line of 83.33334.
        rows = [*THREE, line("D", "2024-01-01", 1), line("D", "2025-05-05", "1000.0001")]
        basis = ListBasis(in_set=False, monthly_spend_from=Decimal("83.33334"), guards_apply=False)
        assert "D" in ids(proposed(rows, basis).candidates)

    def test_takes_any_way_or_asks_for_all(self):
        ways = {"monthly_spend_from": Decimal(400), "standing": True}
        standing = pa.table({"account_id": ["B", "A"], "standing": ["army", "reference"]})
        any_of = proposed(THREE, ListBasis(in_set=False, **ways), standing=standing)
        all_of = proposed(THREE, ListBasis(in_set=False, **ways, mixed="all"), standing=standing)
        assert (ids(any_of.candidates), ids(all_of.candidates)) == (["A", "B"], ["A"])
        assert by_id(any_of.candidates)["A"]["ways"] == ["monthly_spend", "standing"]

    def test_proposes_one_of_standing_that_bought_nothing(self):
        told = proposed(THREE, ListBasis(standing=True), standing=STANDING)
        row = by_id(told.candidates)["S"]
        assert (row["account_name"], row["sales"], row["in_set"]) == ("City", None, False)
        assert texts(told.why(row)) == ["special standing: government", "no line in the ledger this year"]

    def test_counts_a_members_standing_for_its_group(self):
        found = found_in(THREE)
        told = propose(
            found.accounts, ListBasis(in_set=False, standing=True), standing=STANDING, tops={"S": "C"}
        )
        assert ids(told.candidates) == ["C"]

    def test_keeps_off_whom_a_guard_catches_in_the_set_or_not(self):
        # D: one order of 900 in 2025, nothing before; 900 ÷ 3 = 300 a month, outside the set.
        rows = [*THREE, line("D", "2025-11-11", 900)]
        ways = {"in_set": False, "monthly_spend_from": Decimal(250)}
        told = proposed(rows, ListBasis(**ways))
        row = by_id(told.accounts)["D"]
        assert (row["verdict"], row["barred_by"], row["proposed"]) == ("ordinary", "one_time", False)
        assert texts(told.why(row))[:2] == [
            "kept off by a guard",
            "ordered on 1 day only and not at all the year before (one-time)",
        ]
        free = proposed(rows, ListBasis(**ways, guards_apply=False))
        assert by_id(free.accounts)["D"]["proposed"]

    def test_lets_standing_pass_the_guards(self):
        rows = [*THREE, line("S", "2025-11-11", 9000)]
        told = proposed(rows, ListBasis(standing=True), standing=STANDING)
        assert by_id(told.candidates)["S"]["barred_by"] == "one_time"

    def test_says_what_is_missing(self):
        told = proposed(THREE, ListBasis(monthly_spend_from=Decimal(150)))
        assert texts(told.why(by_id(told.accounts)["C"])) == [
            "spends ¥100 a month on average, below ¥150",
            "sales below the line of ¥3.0k",
        ]
        both = proposed(THREE, ListBasis(standing=True, mixed="all"), standing=STANDING)
        assert texts(both.why(by_id(both.accounts)["A"]))[0] == "no special standing"

    def test_is_the_same_for_shuffled_accounts(self):
        found, basis = found_in(THREE), ListBasis()
        shuffled = found.accounts.take([2, 0, 1])
        assert set(ids(candidates(shuffled, basis))) == set(ids(candidates(found.accounts, basis)))


class TestWhoEntersAndLeaves:
    def test_by_another_setting_is_told_with_figure_and_rule(self):
        changes = list_changes(proposed(THREE), proposed(THREE, share=Decimal("0.5")))
        (row,) = changes.rows.to_pylist()
        assert (row["account_id"], row["enters"], row["cause"]) == ("B", False, "set")
        assert changes.why(row).text("en") == (
            "was no. 2 by sales with the line at no. 2; is no. 2, the line at no. 1"
        )

    def test_by_a_guard_names_its_rule(self):
        rows = [
            *THREE,
            line("D", "2025-03-03", 4000),
            line("D", "2025-04-03", 4000),
            line("D", "2024-04-03", 1),
        ]
        loose = proposed(rows, big_ticket_days=1)
        strict = proposed(rows, big_ticket_days=2)
        changes = list_changes(loose, strict)
        row = by_id(changes.rows)["D"]
        assert (row["cause"], row["enters"]) == ("guard", False)
        assert "the rule is at most 2 and at least 50%" in changes.why(row).text("en")
        back = list_changes(strict, loose)
        assert changes.why(row).code == "change.guard.leaving.big_ticket"
        assert back.why(by_id(back.rows)["D"]).code == "change.guard.entering.big_ticket"

    @pytest.mark.parametrize(
        ("before", "after", "cause", "code"),
        [
            (ListBasis(), ListBasis(monthly_spend_from=Decimal(100)), "spend", "change.on.spend"),
            (ListBasis(monthly_spend_from=Decimal(100)), ListBasis(), "spend", "change.off.spend"),
            (
                ListBasis(monthly_spend_from=Decimal(200)),
                ListBasis(monthly_spend_from=Decimal(100)),
                "spend",
                "change.spend.entering",
            ),
            (
                ListBasis(monthly_spend_from=Decimal(100)),
                ListBasis(monthly_spend_from=Decimal(100), mixed="all"),
                "ways",
                "change.ways.leaving",
            ),
        ],
    )
    def test_by_the_ways_is_told(self, before, after, cause, code):
        changes = list_changes(proposed(THREE, before), proposed(THREE, after))
        row = by_id(changes.rows)["C"]
        assert (row["cause"], changes.why(row).code) == (cause, code)

    def test_by_another_basis_says_the_rank_on_it(self):
        # By sales A, B; C alone earns much.
        rows = [
            dict(
                one,
                cost=one["net_amount"] * (Decimal("0.1") if one["account_id"] == "C" else Decimal("0.99")),
            )
            for one in THREE
        ]
        changes = list_changes(proposed(rows), _by_profit(rows))
        assert {
            account: (row["enters"], changes.why(row).code) for account, row in by_id(changes.rows).items()
        } == {
            "C": (True, "change.set.entering.to_profit.ranked"),
            "A": (False, "change.set.leaving.to_profit.ranked"),
            "B": (False, "change.set.leaving.to_profit.ranked"),
        }

    def test_by_groups_is_told(self):
        lines = lines_of(THREE)
        tops = pa.table({"account_id": ["B"], "parent_id": ["A"]})
        told = []
        for groups in (None, tops):
            found = key_accounts_of(account_facts(lines, groups=groups, until=UNTIL))
            told.append(propose(found.accounts, ListBasis(), settings=found.settings, tops=found.groups))
        changes = list_changes(*told)
        row = by_id(changes.rows)["B"]
        assert changes.why(row).text("en") == "now counts as part of A"
        back = list_changes(told[1], told[0])
        assert back.why(by_id(back.rows)["B"]).code == "change.grouped.entering"

    def test_is_told_which_setting_alone_makes_it(self):
        after = proposed(THREE, ListBasis(guards_apply=False), share=Decimal("0.5"))
        singles = {
            "share": proposed(THREE, share=Decimal("0.5")).candidates,
            "guards": proposed(THREE, ListBasis(guards_apply=False)).candidates,
        }
        changes = list_changes(proposed(THREE), after, singles=singles)
        assert by_id(changes.rows)["B"]["by"] == ["share"]

    def test_of_the_same_is_nobody(self):
        assert len(list_changes(proposed(THREE), proposed(THREE)).rows) == 0

    def test_leads_from_one_list_to_the_other(self):
        chance = random.Random(3)  # noqa: S311 - invented figures
        rows = [
            line(
                f"K{chance.randrange(30)}", f"2025-{chance.randrange(1, 13):02}-10", chance.randrange(1, 900)
            )
            for _ in range(200)
        ]
        for share in ("0.3", "0.6", "0.95"):
            before = proposed(rows)
            after = proposed(rows, ListBasis(monthly_spend_from=Decimal(90)), share=Decimal(share))
            changes = list_changes(before, after).rows.to_pylist()
            entering = {row["account_id"] for row in changes if row["enters"]}
            leaving = {row["account_id"] for row in changes if not row["enters"]}
            assert set(ids(before.candidates)) - leaving | entering == set(ids(after.candidates))
            assert all(list_changes(before, after).why(row).text("zh") for row in changes)


def _by_profit(rows):
    found = found_in(rows, basis="profit")
    return propose(found.accounts, ListBasis(), settings=found.settings)


def bought(account, date, amount, quantity, product="P", **more):
    return line(account, date, amount, quantity=quantity, product_id=product, **more)


class TestPriceAndVolume:
    def test_of_one_product_by_hand(self):
        rows = [bought("A", "2024-05-05", 100, 10), bought("A", "2025-05-05", 240, 20)]
        (row,) = price_and_volume(lines_of(rows), ["A"], YEARS).to_pylist()
        # Price 10 → 12: (12 − 10) × 20 = 40; volume (20 − 10) × 10 = 100; together 240 − 100.
        assert (row["price_effect"], row["volume_effect"]) == (40, 100)

    def test_adds_up_to_the_change_and_agrees_with_fractions(self):
        chance = random.Random(11)  # noqa: S311 - invented figures
        rows = [
            bought(
                chance.choice("AB"),
                f"{chance.choice((2024, 2025))}-{chance.randrange(1, 13):02}-03",
                Decimal(chance.randrange(-900, 90_000)) / 100,
                chance.randrange(-2, 9),
                chance.choice(("P", "Q", "R")),
                unit=chance.choice(("box", "kg")),
            )
            for _ in range(200)
        ]
        told = price_and_volume(lines_of(rows), ["A", "B"], YEARS).to_pylist()
        plain = {}
        for row in rows:
            if row["net_amount"] > 0 and row["quantity"] > 0:
                key = (row["account_id"], row["product_id"], row["unit"])
                sums = plain.setdefault(
                    key, {2024: [Fraction(0), Fraction(0)], 2025: [Fraction(0), Fraction(0)]}
                )
                of_year = sums[int(row["date"][:4])]
                of_year[0] += Fraction(row["net_amount"])
                of_year[1] += row["quantity"]
        plain = {key: sums for key, sums in plain.items() if sums[2024][1] and sums[2025][1]}
        assert [(row["account_id"], row["product"], row["unit"]) for row in told] == sorted(plain)
        for row in told:
            (a0, q0), (a1, q1) = plain[row["account_id"], row["product"], row["unit"]].values()
            assert abs(Fraction(row["price_effect"]) - (a1 / q1 - a0 / q0) * q1) <= Fraction(1, 20_000)
            assert row["price_effect"] + row["volume_effect"] == row["amount_after"] - row["amount_before"]

    def test_keeps_units_and_products_apart_and_leaves_out_what_one_year_lacks(self):
        rows = [
            bought("A", "2024-05-05", 10, 1, unit="box"), bought("A", "2025-05-05", 30, 1, unit="kg"),
            bought("A", "2024-05-05", 10, 1, "Q"), bought("A", "2025-05-05", 15, 1, "Q"),
            bought("A", "2025-05-05", 15, 1, "new"),
        ]  # fmt: skip
        told = price_and_volume(lines_of(rows), ["A"], YEARS).to_pylist()
        assert [(row["product"], row["price_effect"]) for row in told] == [("Q", 5)]

    def test_is_nothing_without_products_or_quantities(self):
        assert len(price_and_volume(lines_of(THREE), ["A"], YEARS)) == 0

    def test_is_a_groups_with_what_was_merged_into_it(self):
        rows = [
            bought("A", "2024-05-05", 10, 1),
            bought("B", "2025-05-05", 15, 1),
            bought("C", "2025-05-06", 15, 1),
        ]
        told = price_and_volume(lines_of(rows), ["A"], YEARS, tops={"B": "A"}, merged={"C": "B"})
        assert [(row["account_id"], row["amount_after"]) for row in told.to_pylist()] == [("A", 30)]
        behind = price_lines(lines_of(rows), ["A"], YEARS, tops={"B": "A"}, merged={"C": "B"})
        assert behind.count().to_pyarrow().as_py() == 3


class TestYearOnYear:
    def listed(self, *rows):
        return pa.Table.from_pylist(
            [
                {"account_id": one, "account_name": one, "sales": Decimal(sales), "verdict": verdict}
                for one, sales, verdict in rows
            ],
            schema=pa.schema([
                ("account_id", pa.string()), ("account_name", pa.string()),
                ("sales", pa.decimal128(38, 4)), ("verdict", pa.string()),
            ]),
        )  # fmt: skip

    def compared(self, before, after, effects=None):
        was, now = self.listed(*before), self.listed(*after)
        on = lambda table: table.filter(pc.equal(table["verdict"], "key"))  # noqa: E731
        return by_id(year_on_year(on(was), on(now), accounts_before=was, accounts_after=now, effects=effects))

    def test_takes_the_first_cause_that_applies(self):
        told = self.compared(
            [("A", 100, "key"), ("B", 100, "key"), ("C", 50, "ordinary"), ("D", 90, "key"), ("E", 70, "key")],
            [("A", 140, "profitless"), ("B", 60, "ordinary"), ("C", 120, "key"), ("D", 90, "key")],
        )
        assert {account: (row["change"], row["cause"]) for account, row in told.items()} == {
            "A": ("left", "guard"), "B": ("left", "less"), "C": ("entered", "more"), "D": ("stayed", "same"),
            "E": ("left", "less"),
        }  # fmt: skip
        assert year_reason(told["A"]).text("en") == "became profitless"
        assert year_reason(told["E"]).text("en") == "buys less: sales ¥70 → ¥0"

    def test_says_that_the_line_moved(self):
        told = self.compared(
            [("A", 100, "key"), ("B", 50, "ordinary")], [("A", 120, "ordinary"), ("B", 40, "key")]
        )
        assert year_reason(told["A"]).code == "year.more.line_moved"
        assert year_reason(told["B"]).code == "year.less.line_moved"

    def test_calls_it_price_where_that_is_the_larger_part(self):
        rows = [bought("A", "2024-05-05", 100, 10), bought("A", "2025-05-05", 200, 11)]
        effects = price_and_volume(lines_of(rows), ["A"], YEARS)
        told = self.compared([("A", 100, "ordinary")], [("A", 200, "key")], effects)
        # Volume (11 − 10) × 10 = 10, price 200 − 110 = 90.
        assert (told["A"]["cause"], told["A"]["price_effect"], told["A"]["products"]) == ("price", 90, 1)
        equal = price_and_volume(
            lines_of([bought("A", "2024-05-05", 100, 10), bought("A", "2025-05-05", 300, 20)]), ["A"], YEARS
        )
        # Both are 100: not larger.
        assert self.compared([("A", 100, "ordinary")], [("A", 300, "key")], equal)["A"]["cause"] == "more"

    def test_goes_by_the_lists_own_guard_where_both_have_it(self):
        was, now = self.listed(("A", 100, "ordinary")), self.listed(("A", 90, "ordinary"))
        was = was.append_column("barred_by", pa.array(["one_time"], pa.string()))
        now = now.append_column("barred_by", pa.array([None], pa.string()))
        (row,) = year_on_year(was.slice(0, 0), now, accounts_before=was, accounts_after=now).to_pylist()
        assert year_reason(row).text("en") == "was barred as one-time the year before and is so no more"

    def test_of_empty_lists_is_empty(self):
        assert self.compared([], []) == {}

    def test_needs_its_columns(self):
        table = self.listed(("A", 1, "key"))
        with pytest.raises(TableError):
            year_on_year(table, table, accounts_before=table.drop_columns(["sales"]), accounts_after=table)


class TestMidYear:
    def test_leaves_the_list_alone_and_says_who_would_rise_and_fall(self):
        rows = [*THREE, *monthly("C", 2026, 900, range(1, 7)), *monthly("A", 2026, 500, range(1, 7))]
        told = mid_year(proposed(THREE).candidates, proposed(rows, until=dt.date(2026, 6, 30)))
        assert {row["account_id"]: row["rises"] for row in told.rows.to_pylist()} == {"C": True, "B": False}
        assert by_id(told.rows)["B"]["sales_then"] == 3000

    def test_tells_one_that_vanished(self):
        on_list = pa.table({"account_id": ["A", "Z"], "account_name": ["A", "Zebra"]})
        told = mid_year(on_list, proposed(THREE))
        row = by_id(told.rows)["Z"]
        assert (row["account_name"], row["rises"]) == ("Zebra", False)
        assert texts(told.why(row)) == ["no line in the ledger this year"]

    def test_needs_account_ids(self):
        with pytest.raises(TableError):
            mid_year(pa.table({"name": ["A"]}), proposed(THREE))


class TestCostAtRate:
    def test_is_a_part_of_the_sales_above_zero(self):
        years = account_facts(lines_of([*THREE, line("R", "2025-05-05", -7)]), until=UNTIL).years
        told = {
            row["account_id"]: row["amount"] for row in cost_at_rate(years, Decimal("0.00005")).to_pylist()
        }
        # 6,000 × 0.005% = 0.3, 3,000 → 0.15, 1,200 → 0.06; returns cost nothing.
        assert told == {"A": Decimal("0.3"), "B": Decimal("0.15"), "C": Decimal("0.06")}

    @pytest.mark.parametrize("rate", ["-0.1", "1.1", "NaN"])
    def test_lies_between_none_and_all(self, rate):
        with pytest.raises(SettingError):
            cost_at_rate(account_facts(lines_of(THREE), until=UNTIL).years, Decimal(rate))
