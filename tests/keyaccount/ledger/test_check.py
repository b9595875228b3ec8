"""Is every row taken or refused with all its reasons, and does the money add up?"""

import datetime as dt
import random
import tempfile
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from .files import (
    HEADER,
    accounts,
    amounts,
    error,
    lines,
    read,
    refusals,
    table_text,
    write,
    write_csv,
    write_packed,
    write_parquet,
    write_xls,
    write_xlsx,
    write_zip,
)

TOP = ",".join(HEADER) + "\n"


class TestRefuse:
    def test_gives_all_reasons_of_a_row_at_once(self, tmp_path):
        ledger = read(write(tmp_path / "a.csv", TOP + "C1,2025-01-01,1\n,x,y\n"))
        assert refusals(ledger) == [(3, ["account.missing", "date.unreadable", "amount.unreadable"])]
        assert [problem.value for problem in ledger.refused[0].problems] == [None, "x", "y"]
        for lang in ("zh", "en"):
            assert all(f"“{value}”" in ledger.refused[0].reason(lang) for value in ("客户编号", "x", "y"))

    def test_keeps_the_money_of_refused_rows_apart(self, tmp_path):
        text = TOP + "C1,2025-01-01,100.01\n,2025-01-02,20.02\nC3,x,3.03\nC4,2025-01-04,y\n"
        report = read(write(tmp_path / "a.csv", text)).report
        # 100.01 + (20.02 + 3.03) = 123.06
        assert (report.money_accepted, report.money_refused, report.money) == (
            Decimal("100.01"),
            Decimal("23.05"),
            Decimal("123.06"),
        )
        assert (report.rows, report.accepted, report.refused) == (4, 1, 3)

    def test_goes_on_with_good_rows_where_40_percent_are_broken(self, tmp_path):
        days = ("2025-01-01", "2025-01-02", "2025-01-03", "x", "")
        rows = [(f"C{number}", days[number % 5], number) for number in range(100)]
        ledger = read(write_csv(tmp_path / "a.csv", rows))
        assert (ledger.report.accepted, ledger.report.refused) == (60, 40)
        assert ledger.report.money == sum(range(100))

    def test_keeps_lines_without_account_where_asked(self, tmp_path):
        ledger = read(
            write(tmp_path / "a.csv", TOP + ",2025-01-01,1\nC1,2025-01-01,2\n,,\n,,5\n"), keep_unassigned=True
        )
        assert lines(ledger, "account_id", "net_amount") == [(None, Decimal(1)), ("C1", Decimal(2))]
        assert refusals(ledger) == [(5, ["date.missing"])]
        assert ledger.report.blank == 1

    def test_keeps_lines_that_look_alike(self, tmp_path):
        assert amounts(read(write(tmp_path / "a.csv", TOP + "C1,2025-01-01,5\n" * 2))) == [
            Decimal(5),
            Decimal(5),
        ]


class TestTotals:
    @pytest.mark.parametrize("word", ["合计", "总计", "小计：", " 合 计 ", "Total", "Grand Total:"])
    def test_keeps_rows_of_totals_out(self, tmp_path, word):
        ledger = read(write(tmp_path / "a.csv", TOP + f"C1,2025-01-01,7\n{word},,7\n"))
        assert refusals(ledger) == [(3, ["row.total"])]
        assert (ledger.report.money_accepted, ledger.report.money_in_totals, ledger.report.money_refused) == (
            7,
            7,
            0,
        )

    def test_keeps_out_a_total_that_bears_the_date_of_its_end(self, tmp_path):
        ledger = read(write(tmp_path / "a.csv", TOP + "C1,2025-01-01,7\n合计,2025-01-31,7\n"))
        assert accounts(ledger) == ["C1"]
        assert ledger.report.money_in_totals == 7

    def test_keeps_out_a_total_where_lines_without_account_are_kept(self, tmp_path):
        text = "客户编号,客户名称,日期,金额\nC1,x,2025-01-01,7\n,合计,2025-01-31,7\n"
        assert amounts(read(write(tmp_path / "a.csv", text), keep_unassigned=True)) == [Decimal(7)]


class TestRepeats:
    def test_refuses_a_file_given_twice(self, tmp_path):
        path = write_csv(tmp_path / "a.csv", [("C1", "2025-01-01", "1")])
        assert error(path, path).code == "file.twice"

    def test_refuses_a_copy_under_another_name(self, tmp_path):
        path = write_csv(tmp_path / "a.csv", [("C1", "2025-01-01", "1")])
        problem = error(path, write(tmp_path / "b.csv", path.read_bytes()))
        assert problem.code == "file.twice"
        assert "a.csv" in problem.text("en")
        assert "b.csv" in problem.text("en")

    def test_refuses_a_packed_copy(self, tmp_path):
        path = write_csv(tmp_path / "a.csv", [("C1", "2025-01-01", "1")])
        assert error(path, write_packed(tmp_path / "a.csv.gz", path.read_bytes())).code == "file.twice"
        assert error(path, write_zip(tmp_path / "a.zip", ("x.csv", path.read_bytes()))).code == "file.twice"

    def test_refuses_a_line_id_that_was_there(self, tmp_path):
        day = "2025-01-01"
        rows = [("C1", day, 10, "a"), ("C2", day, 5, "a"), ("C3", day, 10, ""), ("C3", day, 10, "")]
        ledger = read(write_csv(tmp_path / "a.csv", rows, header=(*HEADER, "line_id")))
        assert refusals(ledger) == [(3, ["line_id.repeated"])]
        assert accounts(ledger) == ["C1", "C3", "C3"]
        assert ledger.report.money_refused == 5

    def test_refuses_a_line_id_that_another_file_has(self, tmp_path):
        header = (*HEADER, "line_id")
        one = write_csv(
            tmp_path / "1.csv",
            [("C1", "2025-01-01", "1", "a"), ("C2", "2025-01-01", "2", "b")],
            header=header,
        )
        two = write_csv(
            tmp_path / "2.csv",
            [("C2", "2025-01-01", "2", "b"), ("C3", "2025-01-01", "4", "c")],
            header=header,
        )
        ledger = read(one, two)
        assert accounts(ledger) == ["C1", "C2", "C3"]
        assert "1.csv" in ledger.refused[0].reason("zh")

    def test_lets_two_systems_number_their_lines_alike(self, tmp_path):
        # A line_id is the key of a line in its source.
        one = write_csv(tmp_path / "1.csv", [("C1", "2025-01-01", "1", "1")], header=(*HEADER, "line_id"))
        two = write_csv(
            tmp_path / "2.csv",
            [("甲", "2025-01-01", "2", "1")],
            header=("客户名称", "日期", "金额", "line_id"),
        )
        assert accounts(read(one, two)) == ["C1", "甲"]

    def test_asks_where_a_guessed_key_repeats_often(self, tmp_path):
        header = (*HEADER, "行ID")
        path = write_csv(
            tmp_path / "a.csv",
            [("C1", "2025-01-01", "1", "1"), ("C2", "2025-01-01", "1", "1")],
            header=header,
        )
        assert error(path).code == "line_id.repeats"
        assert accounts(read(path, columns={"line_id": ""})) == ["C1", "C2"]
        assert accounts(read(path, columns={"line_id": "行ID"})) == ["C1"]


# Names and ids as ledgers have them; amounts with as many decimals as float keeps exactly enough.
ACCOUNTS = st.sampled_from(
    ["C1", "00123", "北京华联", "联通", "O'Neill, Inc", 'A "quoted" 公司', "=SUM(1)", "𠮷野家", "x;y|z"]
)
LINES = st.lists(
    st.tuples(
        ACCOUNTS,
        st.dates(dt.date(2019, 1, 1), dt.date(2025, 12, 31)),
        st.decimals(-999_999, 999_999, places=2),
    ),
    min_size=1,
    max_size=12,
)
# Not shrunk: a failure of reading is clear from any example, and shrinking takes minutes.
QUICK = settings(
    max_examples=4, deadline=None, derandomize=True, database=None, phases=(Phase.explicit, Phase.generate)
)


BROKEN = (
    "C1,x,1",
    ",2025-01-01,1",
    "C1,2025-01-01",
    "C1,2025-01-01,1,1",
    "",
    ",,",
    '"C1,2025-01-01,1',
    "合计,,1",
)


def as_text(rows):
    return [(account, day.isoformat(), str(amount)) for account, day, amount in rows]


def as_cells(rows):
    return [(account, day, float(amount)) for account, day, amount in rows]


def as_columns(rows):
    names, days, money = zip(*rows, strict=True)
    return dict(zip(HEADER, (list(names), list(days), list(money)), strict=True))


def as_chinese(rows):
    return [
        (account, f"{day.year}年{day.month}月{day.day}日", f"¥{amount:,}") for account, day, amount in rows
    ]


def as_european(rows):
    # A first row of the writer's own makes both conventions certain.
    swap = str.maketrans(",.", ".,")
    return [(account, f"{day:%d.%m.%Y}", f"{amount:,.2f}".translate(swap)) for account, day, amount in rows]


FORMS = {
    "utf-8": lambda path, rows: write_csv(path, as_text(rows)),
    "utf-8 with mark": lambda path, rows: write_csv(
        path, as_text(rows), encoding="utf-8-sig", line_end="\r\n"
    ),
    "gb18030": lambda path, rows: write_csv(path, as_text(rows), encoding="gb18030"),
    "utf-16 with tabs": lambda path, rows: write_csv(path, as_text(rows), encoding="utf-16", delimiter="\t"),
    "semicolons": lambda path, rows: write_csv(path, as_text(rows), delimiter=";"),
    "chinese": lambda path, rows: write_csv(path, as_chinese(rows), encoding="gb18030"),
    "xlsx": lambda path, rows: write_xlsx(path.with_suffix(".xlsx"), as_cells(rows)),
    "xlsx of texts": lambda path, rows: write_xlsx(path.with_suffix(".xlsx"), as_text(rows)),
    "xls": lambda path, rows: write_xls(path.with_suffix(".xls"), as_cells(rows)),
    "parquet": lambda path, rows: write_parquet(path.with_suffix(".parquet"), **as_columns(rows)),
    "gz": lambda path, rows: write_packed(path.with_suffix(".gz"), table_text(as_text(rows)).encode()),
    "xz": lambda path, rows: write_packed(
        path.with_suffix(".xz"), table_text(as_text(rows)).encode("gb18030")
    ),
    "zip": lambda path, rows: write_zip(path.with_suffix(".zip"), ("账本.csv", table_text(as_text(rows)))),
}


def multiset(ledger):
    return Counter(lines(ledger, "account_id", "date", "net_amount"))


class TestSameLines:
    """A ledger is the same ledger however it is written."""

    @pytest.mark.parametrize("form", FORMS)
    @given(rows=LINES)
    @QUICK
    def test_in_every_encoding_and_kind_of_file(self, form, rows):
        # openpyxl and xlwt would write a text that begins with = as a formula.
        rows = [row for row in rows if "xls" not in form or not row[0].startswith("=")] or [
            ("C1", dt.date(2025, 1, 1), Decimal(1))
        ]
        with tempfile.TemporaryDirectory() as folder:
            ledger = read(FORMS[form](Path(folder) / "a.csv", rows))
            assert multiset(ledger) == Counter(rows)
            assert ledger.refused == ()

    @given(rows=LINES)
    @QUICK
    def test_with_points_for_thousands_and_days_first(self, rows):
        sure = [("C1", dt.date(2025, 1, 31), Decimal("1963.10")), *rows]
        with tempfile.TemporaryDirectory() as folder:
            assert multiset(
                read(write_csv(Path(folder) / "a.csv", as_european(sure), delimiter=";"))
            ) == Counter(sure)

    @given(rows=LINES, seed=st.integers(0, 999))
    @QUICK
    def test_with_its_rows_shuffled(self, rows, seed):
        shuffled = random.Random(seed).sample(rows, len(rows))  # noqa: S311
        with tempfile.TemporaryDirectory() as folder:
            assert multiset(read(write_csv(Path(folder) / "a.csv", as_text(shuffled)))) == Counter(rows)

    @given(
        rows=LINES,
        at=st.integers(1, 11),
        forms=st.tuples(
            st.sampled_from(["utf-8", "gb18030", "parquet", "zip"]), st.sampled_from(["gb18030", "gz"])
        ),
    )
    @QUICK
    def test_split_into_files(self, rows, at, forms):
        # A row of its own in each, or two equal halves would be one file given twice.
        parts = [
            [("一", dt.date(2025, 1, 1), Decimal(1)), *rows[:at]],
            [("二", dt.date(2025, 1, 1), Decimal(1)), *rows[at:]],
        ]
        with tempfile.TemporaryDirectory() as folder:
            files = []
            for number, (form, part) in enumerate(zip(forms, parts, strict=True)):
                Path(folder, str(number)).mkdir()
                files.append(FORMS[form](Path(folder) / str(number) / "a.csv", part))
            assert multiset(read(*files)) == Counter(parts[0] + parts[1])

    @given(
        rows=LINES,
        broken=st.lists(st.tuples(st.integers(0, 12), st.sampled_from(BROKEN)), min_size=1, max_size=6),
    )
    @settings(QUICK, max_examples=12)
    def test_with_broken_rows_among_them(self, rows, broken):
        texts = table_text(as_text(rows)).splitlines()[1:]
        for at, text in broken:
            texts.insert(min(at, len(texts)), text)
        with tempfile.TemporaryDirectory() as folder:
            ledger = read(write(Path(folder) / "a.csv", TOP + "\n".join(texts) + "\n"))
            assert multiset(ledger) == Counter(rows)
            refused = sorted(row.row for row in ledger.refused)
            assert refused == [
                row for row, text in enumerate(texts, start=2) if text in BROKEN and text.strip(",")
            ]
