"""Is a workbook of records read as it stands, and is every row that cannot be right refused with its reasons? (K9)"""

import io
import zipfile

import openpyxl
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from keyaccount.know.workbook import (
    KINDS,
    BookError,
    Chosen,
    check_records,
    kind_of,
    read_book,
    write_refused_book,
    write_template,
)
from keyaccount.know.workbook.check import circles, guess_columns
from keyaccount.know.workbook.sheets import RawSheet
from keyaccount.ledger.raw import FileError
from keyaccount.tables import RECORD_TABLES

from ..data import shared


@pytest.fixture
def saved(tmp_path):
    """`saved(客户=[rows])`: an xlsx, with errors and formulas as Excel stores them."""

    def save(**sheets):
        path = tmp_path / "book.xlsx"
        book = xlsxwriter.Workbook(str(path))
        for name, rows in sheets.items():
            page = book.add_worksheet(name)
            for at, row in enumerate(rows):
                for column, cell in enumerate(row):
                    if isinstance(cell, tuple):
                        page.write_formula(at, column, cell[0], None, cell[1])
                    elif cell is not None:
                        page.write(at, column, cell)
        book.close()
        return path

    return save


def checked(path, **told):
    book = read_book(path)
    chosen = [one for one in map(Chosen.guessed, book.sheets) if one]
    return check_records(chosen, **told)


def sheet(*rows, name="客户", columns=("客户编号", "客户名称")):
    return RawSheet(name, columns, tuple(range(2, 2 + len(rows))), tuple(rows))


class TestReadBook:
    def test_finds_the_header_below_titles_and_counts_rows_as_excel_does(self, saved):
        path = saved(
            客户=[(), ("2026 年客户资料",), (), ("客户编号", "客户名称"), ("A1", "甲"), (), ("A2", "乙")]
        )
        (told,) = read_book(path).sheets
        assert (told.columns, told.numbers) == (("客户编号", "客户名称"), (5, 7))
        assert told.rows == (("A1", "甲"), ("A2", "乙"))

    def test_takes_the_values_of_formulas_and_marks_errors(self, saved):
        path = saved(
            客户=[("客户编号", "客户名称"), ("A1", ('="甲"&"乙"', "甲乙")), ("A2", ("=1/0", "#DIV/0!"))]
        )
        told = checked(path)
        assert [row.values["name"] for row in told.rows] == ["甲乙", ""]
        assert told.rows[1].reason("zh") == "“客户名称”里是表格的错误值，不是内容"

    def test_of_merged_cells_fills_nothing_in(self, tmp_path):
        book = openpyxl.Workbook()
        page = book.active
        page.title = "联系人"
        for row in (("客户编号", "联系人姓名"), ("A1", "张一"), (None, "李二")):
            page.append(row)
        page.merge_cells("A2:A3")
        book.save(tmp_path / "m.xlsx")
        told = checked(tmp_path / "m.xlsx")
        assert told.rows[1].reason("zh").startswith("“客户编号”是空的")

    def test_keeps_hidden_sheets_apart(self, tmp_path):
        book = openpyxl.Workbook()
        book.active.append(("客户编号", "客户名称"))
        book.active.append(("A1", "甲"))
        book.active.sheet_state = "visible"
        hidden = book.create_sheet("旧")
        hidden.append(("客户编号", "客户名称"))
        hidden.append(("A2", "乙"))
        hidden.sheet_state = "veryHidden"
        book.save(tmp_path / "h.xlsx")
        told = read_book(tmp_path / "h.xlsx").sheets
        assert [one.is_hidden for one in told] == [False, True]
        assert Chosen.guessed(told[1]) is None

    @pytest.mark.parametrize("encoding", ["gb18030", "utf-8-sig", "utf-16"])
    def test_reads_a_csv_whatever_its_encoding(self, tmp_path, encoding):
        path = tmp_path / "客户.csv"
        path.write_bytes("客户编号;客户名称\r\n００１;春晖食品\r\n".encode(encoding))
        (row,) = checked(path).rows
        assert (row.key, row.values["name"]) == (("001",), "春晖食品")

    def test_of_an_archive_reads_every_file(self, tmp_path):
        with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
            archive.writestr("客户.csv", "客户编号,客户名称\nA1,甲\n")
            archive.writestr("旧/客户.csv", "客户编号,客户名称\nA2,乙\n")
        assert [one.name for one in read_book(tmp_path / "x.zip").sheets] == ["客户", "旧/客户"]

    def test_tells_a_row_of_a_csv_whose_quote_never_ends(self, tmp_path):
        path = tmp_path / "客户.csv"
        path.write_text('客户编号,客户名称\nA1,甲\nA2,"乙\n', encoding="utf-8")
        told = checked(path)
        assert told.rows[1].reason("en") == "a quote is never closed"

    def test_of_an_empty_workbook_says_so(self, saved):
        with pytest.raises(BookError, match="needed") as error:
            read_book(saved(甲=[], 乙=[("客户编号", "客户名称")]))
        assert error.value.code == "book.empty"

    def test_of_a_file_that_is_no_table_says_what_the_ledger_says(self, tmp_path):
        (tmp_path / "x.xlsx").write_bytes(b"<html></html>")
        with pytest.raises(FileError) as error:
            read_book(tmp_path / "x.xlsx")
        assert error.value.code == "file.markup"

    def test_keeps_cells_beside_the_header(self, saved):
        (told,) = read_book(saved(客户=[("客户编号", "客户名称"), ("A1", "甲", "旁边")])).sheets
        assert told.columns == ("客户编号", "客户名称", "#3")
        assert told.rows == (("A1", "甲", "旁边"),)


class TestKinds:
    def test_are_told_by_header_and_name(self):
        assert kind_of("x", ["客户编号", "客户名称", "税号"]) == "accounts"
        assert kind_of("x", ["客户编号", "联系人姓名", "电话"]) == "contacts"
        assert kind_of("x", ["用户名", "姓名", "角色"]) == "staff"
        assert kind_of("x", ["成员客户编号", "上级客户编号"]) == "groups"
        assert kind_of("x", ["Account code", "Account name"]) == "accounts"
        assert kind_of("x", ["甲", "乙"]) is None

    def test_two_columns_for_a_field_are_a_question(self):
        mapped, asked = guess_columns(KINDS["accounts"], ["客户编号", "公司名称", "单位名称"])
        assert (mapped, asked) == ({"code": "客户编号"}, {"name": ("公司名称", "单位名称")})

    def test_a_columns_own_title_needs_no_question(self):
        mapped, asked = guess_columns(KINDS["accounts"], ["客户编号", "客户名称", "公司名称"])
        assert (mapped["name"], asked) == ("客户名称", {})


class TestCheckRecords:
    @pytest.mark.parametrize(
        ("field", "cell", "value", "code"),
        [
            ("code", "1001.0", "1001", None),
            ("code", "００１Ａ", "001A", None),
            ("code", '="0012"', "0012", None),
            ("code", "1.23E+11", "1.23E+11", "number.rounded"),
            ("code", "A" * 101, "A" * 101, "cell.too_long"),
            ("name", "'=1+1", "=1+1", None),
            ("name", "N/A", "", None),
            ("name", "#REF!", "", "cell.error"),
            ("tax_number", "91330106MA2CFRY77X", "91330106MA2CFRY77X", "tax.unreadable"),
            ("tax_number", "330106 123456789", "330106123456789", None),
            ("tax_number", "DE123456789", "DE123456789", None),
            ("website", "www.example.com", "http://www.example.com", None),
            ("website", "没有", "没有", "url.unreadable"),
        ],
    )
    def test_reads_a_cell_of_an_account(self, field, cell, value, code):
        columns = {"code": "c", "name": "n", field: "f"}
        row = {"c": "A1", "n": "甲", "f": cell}
        one = Chosen(RawSheet("s", ("c", "n", "f"), (2,), (tuple(row.values()),)), "accounts", columns)
        (told,) = check_records([one]).rows
        assert told.values[field] == value
        assert [problem.code for problem in told.problems] == ([code] if code else [])

    @pytest.mark.parametrize(
        ("field", "cell", "code"),
        [
            ("phone", "０５７１－８８００１２３４ 转 802", None),
            ("phone", "+86 (571) 8800-1234", None),
            ("phone", "13800001234.0", None),
            ("phone", "1.38E+10", "number.rounded"),
            ("phone", "问张总", "phone.unreadable"),
            ("phone", "123", "phone.unreadable"),
            ("email", "a.b@example.com.cn", None),
            ("email", "a@b", "email.unreadable"),
            ("email", "a@example.com;b@example.com", "email.unreadable"),
        ],
    )
    def test_reads_a_cell_of_a_contact(self, field, cell, code):
        columns = {"account": "c", "name": "n", field: "f"}
        one = Chosen(RawSheet("s", ("c", "n", "f"), (2,), (("A1", "甲", cell),)), "contacts", columns)
        (told,) = check_records([one]).rows
        assert [problem.code for problem in told.problems] == ([code] if code else [])

    @pytest.mark.parametrize(
        ("cell", "day", "code"),
        [
            ("2026-01-05 00:00:00", "2026-01-05", None),
            ("2026年1月5日", "2026-01-05", None),
            ("05/01/2026", "05/01/2026", "date.two_ways"),
            ("31/01/2026", "2026-01-31", None),
            ("昨天", "昨天", "date.unreadable"),
        ],
    )
    def test_reads_a_date(self, cell, day, code):
        one = Chosen(
            RawSheet("s", ("u", "d"), (2,), (("li", cell),)), "staff", {"username": "u", "since": "d"}
        )
        (told,) = check_records([one]).rows
        assert (told.values["since"], [problem.code for problem in told.problems]) == (
            day,
            [code] if code else [],
        )

    def test_tells_all_that_is_wrong_with_a_row_at_once(self):
        one = Chosen(
            RawSheet("s", ("c", "p", "e"), (7,), ((None, "x", "y"),)),
            "contacts",
            {"account": "c", "phone": "p", "email": "e"},
        )
        (told,) = check_records([one]).rows
        assert {problem.code for problem in told.problems} == {
            "phone.unreadable",
            "email.unreadable",
            "key.missing",
        }

    def test_refuses_a_key_given_twice_naming_the_first_across_sheets(self):
        columns = {"code": "客户编号", "name": "客户名称"}
        told = check_records(
            [
                Chosen(sheet(("A1", "甲")), "accounts", columns),
                Chosen(sheet(("A1", "乙"), name="又"), "accounts", columns),
            ]
        )
        assert [row.reason("zh") for row in told.rows] == ["", "“A1”已在工作表“客户”第 2 行出现"]

    def test_takes_choices_by_their_words(self):
        one = Chosen(
            RawSheet("s", ("u", "r"), (2, 3), (("li", "客户经理"), ("wu", "皇帝"))),
            "staff",
            {"username": "u", "role": "r"},
        )
        told = check_records([one], choices={"role": {"客户经理": "manager"}})
        assert told.rows[0].values["role"] == "manager"
        assert told.rows[1].reason("zh") == "“r”的“皇帝”不在可选范围内"

    def test_gives_tables_that_meet_their_contracts(self):
        told = check_records(
            [Chosen(sheet(("A1", "甲"), (None, "乙")), "accounts", {"code": "客户编号", "name": "客户名称"})]
        )
        table = told.table("accounts")
        assert table.column_names == list(RECORD_TABLES["accounts"].columns)
        assert (table.num_rows, table["name"].to_pylist(), table["owner"].to_pylist()) == (1, ["甲"], [None])
        assert len(told.refused) == 1

    @settings(max_examples=60, deadline=None)
    @given(
        st.lists(
            st.tuples(st.sampled_from(["A", "B", "１", "1.0", "", None, "#REF!"]), st.text(max_size=8)),
            max_size=12,
        )
    )
    def test_every_row_is_good_or_refused_or_an_example(self, rows):
        if not rows:
            return
        told = check_records([Chosen(sheet(*rows), "accounts", {"code": "客户编号", "name": "客户名称"})])
        assert len(told.good("accounts")) + len(told.refused) + told.examples == len(rows)


class TestCircles:
    def test_are_named_once_from_their_smallest_code(self):
        assert circles({"c": "a", "a": "b", "b": "c", "x": "a", "s": "s"}) == [("a", "b", "c"), ("s",)]
        assert circles({"a": "b", "b": "c"}) == []

    def test_refuse_the_rows_that_make_them_over_both_sheets(self, saved):
        accounts = [
            ("客户编号", "客户名称", "上级客户编号"),
            ("A", "甲", "B"),
            ("B", "乙", "C"),
            ("D", "丁", "A"),
        ]
        told = checked(saved(客户=accounts, 集团=[("客户编号", "上级编号"), ("C", "A")]))
        assert [(row.sheet, row.row, row.problems[0].values["circle"]) for row in told.refused] == [
            ("客户", 2, "A → B → C → A"),
            ("客户", 3, "A → B → C → A"),
            ("集团", 2, "A → B → C → A"),
        ]


class TestRefusedBook:
    def test_is_read_again_without_its_notes(self, tmp_path):
        raw = sheet(("001", "=SUM(A1)"), ("A2", "乙"))
        write_refused_book(tmp_path / "r.xlsx", [(raw, {2: "原因"})], "zh")
        (told,) = read_book(tmp_path / "r.xlsx").sheets
        assert told.own_columns == ("客户编号", "客户名称")
        assert told.rows == (("2", "原因", "001", "'=SUM(A1)"),)
        (row,) = check_records([Chosen.guessed(told)]).rows
        assert row.values == {"code": "001", "name": "=SUM(A1)"}

    def test_names_its_sheets_as_a_spreadsheet_can_whatever_the_files_were_called(self, tmp_path):
        """Names of files and of an archive's files: signs that no sheet may have, and some that are alike but for capitals."""
        names = ["客户[新]", "a:b", "'客户'", "客户", "Kunden", "KUNDEN", "x" * 40, "x" * 41]
        raw = [sheet(("A1", "甲"), name=name) for name in names]
        write_refused_book(tmp_path / "r.xlsx", [(one, {2: "原因"}) for one in raw], "zh")
        told = [one.name for one in read_book(tmp_path / "r.xlsx").sheets]
        alike = ["x" * 31, f"{'x' * 27} (2)"]
        assert told == ["客户_新_", "a_b", "客户", "客户 (2)", "Kunden", "KUNDEN (2)", *alike]

    @settings(max_examples=40, deadline=None)
    @given(
        st.lists(st.tuples(st.text(min_size=1, max_size=12), st.text(max_size=12)), min_size=1, max_size=6)
    )
    def test_holds_no_cell_that_a_spreadsheet_would_run(self, tmp_path_factory, rows):
        path = tmp_path_factory.mktemp("r") / "r.xlsx"
        raw = sheet(*rows)
        try:
            write_refused_book(path, [(raw, dict.fromkeys(raw.numbers, "原因"))], "zh")
        finally:
            content = path.read_bytes() if path.exists() else b""
        for page in openpyxl.load_workbook(io.BytesIO(content)):
            for line in page.iter_rows(min_row=2, min_col=3):
                assert all(cell.data_type != "f" for cell in line)


class TestTemplates:
    @pytest.mark.parametrize("lang", ["zh", "en"])
    def test_are_understood_without_a_question_and_hold_only_examples(self, tmp_path, lang):
        write_template(tmp_path / "t.xlsx", list(KINDS), lang, choices={"role": ["客户经理"]})
        book = read_book(tmp_path / "t.xlsx")
        chosen = [Chosen.guessed(one) for one in book.sheets]
        assert [one.kind for one in chosen] == list(KINDS)
        assert all(set(one.columns) == {field.name for field in KINDS[one.kind].fields} for one in chosen)
        told = check_records(chosen)
        assert (told.rows, told.examples) == ((), len(KINDS))


class TestRealFiles:
    def test_northwinds_customers_are_accounts_and_contacts(self):
        told = read_book(shared("northwind/Customer.csv")).sheets[0]
        mapped, asked = guess_columns(KINDS["accounts"], told.own_columns)
        assert (mapped["code"], mapped["name"], mapped["region"], asked) == (
            "entityId",
            "companyName",
            "region",
            {},
        )
        records = check_records([Chosen(told, "accounts", mapped)])
        assert (len(records.good("accounts")), records.refused) == (91, [])

    def test_adventureworks_resellers_are_accounts(self):
        told = read_book(shared("adventureworks/DimReseller.parquet")).sheets[0]
        mapped, _ = guess_columns(KINDS["accounts"], told.own_columns)
        assert (mapped["code"], mapped["name"]) == ("ResellerKey", "ResellerName")
        assert len(check_records([Chosen(told, "accounts", mapped)]).good("accounts")) == 701
