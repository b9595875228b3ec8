"""Is a date read as it is meant, and day against month never guessed?"""

import datetime as dt

import pytest

from .files import accounts, dates, error, lines, read, refusals, write_csv


def file_of(path, *texts):
    return write_csv(
        path, [(f"C{number}", text, "5") for number, text in enumerate(texts, start=1)], delimiter="\t"
    )


class TestReadDate:
    @pytest.mark.parametrize(
        "text",
        [
            "2025-01-31",
            "2025/1/31",
            "2025.1.31",
            "20250131",
            "20250131.0",
            "2025年1月31日",
            "2025 年 1 月 31 日",
            "２０２５年１月３１日",
            "２０２５－０１－３１",
            "31.01.2025",
            "1/31/2025",
            "1/31/2025 8:26",
            "1/31/2025 8:26:01 PM",
            "31/01/2025 00:00",
            "31-Jan-25",
            "31 January 2025",
            "Jan 31, 2025",
            "January 31st, 2025",
            "45688",
            "45688.35",
            "2025-01-31 10:00:00.123",
            "2025-01-31T10:00:00Z",
            "2025-01-31T23:30:00+08:00",
            "2025/1/31 8:26",
            "2025年1月31日 8:26",
            "2025/1/31 上午 8:26",
            "2025年1月31日 下午8:26",
        ],
    )
    def test_reads_every_common_form(self, tmp_path, text):
        assert dates(read(file_of(tmp_path / "a.txt", text))) == ["2025-01-31"]

    @pytest.mark.parametrize(
        "text",
        [
            "2025-02-30",
            "2025/13/01",
            "20250132",
            "abc",
            "2025",
            "2025-01",
            "1/31",
            "0",
            "29.02.2025",
            "2025-01-31 xx:xx?",
        ],
    )
    def test_refuses_what_is_no_day(self, tmp_path, text):
        ledger = read(file_of(tmp_path / "a.txt", "2025-01-01", text))
        assert refusals(ledger) == [(3, ["date.unreadable"])]
        assert text in ledger.refused[0].reason("en")

    @pytest.mark.parametrize("text", ["", " ", "#N/A", "-", "NULL"])
    def test_refuses_a_line_without_a_day(self, tmp_path, text):
        assert refusals(read(file_of(tmp_path / "a.txt", "2025-01-01", text))) == [(3, ["date.missing"])]

    @pytest.mark.parametrize("text", ["2090-01-01", "05/06/2090", "1969-12-31", "2027-01-01"])
    def test_refuses_days_that_cannot_be_right(self, tmp_path, text):
        assert refusals(read(file_of(tmp_path / "a.txt", "13/01/2025", text))) == [(3, ["date.outside"])]

    def test_reads_the_last_day_that_can_be_right(self, tmp_path):
        ledger = read(file_of(tmp_path / "a.txt", "2025-12-31", "2026-01-01"), latest=dt.date(2025, 12, 31))
        assert dates(ledger) == ["2025-12-31"]


class TestDecideOrder:
    @pytest.mark.parametrize(
        ("texts", "order", "days"),
        [
            (("1/31/2025 8:26", "2/1/2025 9:00"), "mdy", ["2025-01-31", "2025-02-01"]),
            (("31/1/2025", "2/1/2025"), "dmy", ["2025-01-31", "2025-01-02"]),
            (("03/01/19", "31/12/18"), "dmy", ["2019-01-03", "2018-12-31"]),
            (("25/01/31", "25/02/01"), "ymd", ["2025-01-31", "2025-02-01"]),
            (("29/02/2024", "01/02/2024"), "dmy", ["2024-02-29", "2024-02-01"]),
        ],
    )
    def test_decides_from_the_whole_column(self, tmp_path, texts, order, days):
        ledger = read(file_of(tmp_path / "a.txt", *texts))
        assert ledger.report.files[0].date_order == order
        assert dates(ledger) == days

    def test_refuses_to_guess_where_nothing_decides(self, tmp_path):
        path = file_of(tmp_path / "a.txt", "03/01/2019", "04/02/2019")
        problem = error(path)
        assert problem.code == "date.undecidable"
        assert (problem.values["row"], problem.values["value"]) == (2, "03/01/2019")
        assert dates(read(path, date_order="dmy")) == ["2019-01-03", "2019-02-04"]
        assert dates(read(path, date_order="mdy")) == ["2019-03-01", "2019-04-02"]

    def test_needs_no_decision_where_both_orders_agree(self, tmp_path):
        assert dates(read(file_of(tmp_path / "a.txt", "05/05/2019", "04/04/2019"))) == [
            "2019-05-05",
            "2019-04-04",
        ]

    def test_names_a_row_of_each_kind_where_they_contradict(self, tmp_path):
        path = file_of(tmp_path / "a.txt", "31/01/2019", "01/31/2019")
        problem = error(path)
        assert problem.code == "date.contradictory"
        assert "31/01/2019" in problem.text("en")
        assert "01/31/2019" in problem.text("en")
        assert refusals(read(path, date_order="dmy")) == [(3, ["date.unreadable"])]

    def test_asks_neither_nonsense_nor_days_far_ahead(self, tmp_path):
        ledger = read(file_of(tmp_path / "a.txt", "99/99/2019", "12/13/2090", "31/01/2019", "01/02/2019"))
        assert dates(ledger) == ["2019-01-31", "2019-02-01"]

    def test_is_not_decided_by_days_written_in_another_way(self, tmp_path):
        assert error(file_of(tmp_path / "a.txt", "2025-01-31", "01/02/2025")).code == "date.undecidable"

    def test_lets_one_file_of_a_source_decide_for_the_other(self, tmp_path):
        one, two = file_of(tmp_path / "1.txt", "03/01/2019"), file_of(tmp_path / "2.txt", "25/01/2019")
        assert dates(read(one, two)) == ["2019-01-03", "2019-01-25"]

    def test_does_not_let_another_source_decide(self, tmp_path):
        one = file_of(tmp_path / "1.txt", "03/01/2019")
        two = write_csv(
            tmp_path / "2.csv", [("C1", "25/01/2019", "1")], header=("客户编号", "开票日期", "销售额")
        )
        assert error(one, two).code == "date.undecidable"

    def test_keeps_the_order_of_each_source(self, tmp_path):
        one = file_of(tmp_path / "1.txt", "13/01/2019", "02/01/2019")
        two = write_csv(
            tmp_path / "2.csv",
            [("C9", "01/25/2019", "1"), ("C9", "01/02/2019", "1")],
            header=("客户编号", "开票日期", "销售额"),
        )
        ledger = read(one, two)
        assert dates(ledger) == ["2019-01-13", "2019-01-02", "2019-01-25", "2019-01-02"]
        assert accounts(ledger) == ["C1", "C2", "C9", "C9"]

    def test_decides_the_same_whatever_the_order_of_the_rows(self, tmp_path):
        texts = ["01/02/2019", "03/04/2019", "25/12/2019"]
        for at, shuffled in enumerate((texts, texts[::-1], texts[1:] + texts[:1])):
            assert sorted(lines(read(file_of(tmp_path / f"{at}.txt", *shuffled)), "date"))[0] == (
                dt.date(2019, 2, 1),
            )
