"""Does the ledger come in by the pages as by the command line: asked, shown, replaced or added, undone? (R1)"""

import csv
import io
import re

from keyaccount_web.imports.models import FileImport
from keyaccount_web.imports.tasks import import_file
from keyaccount_web.tables.ledger import imports_of_all
from tests.keyaccount_web.imports.books import book, rows_of

HEADER = ["客户编号", "客户名称", "日期", "订单号", "金额"]


def lines(*rows, header=HEADER):
    stream = io.StringIO()
    csv.writer(stream).writerows([header, *rows])
    return stream.getvalue().encode("gb18030")


FIRST = lines(
    ["K7101", "云帆机械", "2026-01-05", "A1", "100.50"],
    ["K7102", "鼎盛重工", "2026-01-31", "A2", "200"],
    ["K7103", "惠泽五金", "三月", "A3", "300"],
    ["", "", "2026-01-07", "A4", "400"],
)


class TestALedger:
    def test_is_checked_before_anything_is_written_and_then_comes_in(self, company, own_ledger, wizard):
        told = wizard("analyst").check(FIRST, kind="ledger", name="一月.csv", source="月报")
        assert told.told.state == "checked", told.told.error
        assert (told.told.report["rows"], told.told.report["accepted"], told.told.report["refused"]) == (
            4,
            2,
            2,
        )
        assert len(imports_of_all()) == 1
        page = told.page()
        assert "应是日期，写的是“三月”" in page
        told.start()
        record = imports_of_all()[-1]
        assert (record.source, record.lines, str(record.net_amount), record.imported_by) == (
            "月报",
            2,
            "300.5000",
            "顾思齐",
        )
        address = re.search(rf'"(/ledger/{record.import_id}/refused/[^"]+as=xlsx)"', told.page())[1]
        (rows,) = rows_of(b"".join(told.client.get(address).streaming_content)).values()
        assert rows[0][5:] == HEADER
        assert [row[7] for row in rows[1:]] == ["三月", "2026-01-07"]

    def test_sent_again_asks_what_to_do_and_the_same_file_is_known(self, company, own_ledger, wizard):
        wizard("analyst").check(FIRST, kind="ledger", name="一月.csv", source="月报").start()
        same = wizard("analyst").check(FIRST, kind="ledger", name="一月.csv", source="月报")
        assert "没有新的可以导入" in same.page()
        again = lines(
            ["K7101", "云帆机械", "2026-01-05", "A1", "150"], ["K7102", "鼎盛重工", "2026-01-31", "A2", "200"]
        )
        told = wizard("analyst").check(again, kind="ledger", name="一月改.csv", source="月报")
        page = told.page()
        assert "替换：以这次的为准" in page
        assert "去掉 1 行，新增 1 行" in page
        told.start()
        assert told.told.state == "checked"  # nothing was chosen
        told.start(on_overlap="replace")
        assert told.told.state == "done"
        assert imports_of_all()[-2].state == "displaced"
        assert imports_of_all()[-1].lines == 2

    def test_brought_by_a_worker_that_was_killed_before_it_could_say_so_is_known_as_its_own(
        self, company, own_ledger, wizard
    ):
        told = wizard("analyst").check(FIRST, kind="ledger", name="一月.csv", source="月报")
        told.start()
        whole = told.told.report
        # As the killed one left it: the lines are in, the import is under way.
        FileImport.objects.filter(pk=told.pk).update(state="importing", report={}, done_at=None)
        import_file.func(told.pk, told.told.attempt)
        again = told.told.report
        assert told.told.state == "done"
        assert {name: again[name] for name in ("lines", "net_amount", "imports", "files")} == {
            name: whole[name] for name in ("lines", "net_amount", "imports", "files")
        }
        assert len(imports_of_all()) == 2

    def test_is_undone_and_says_why_it_cannot_be(self, company, own_ledger, wizard, as_user):
        first = wizard("analyst").check(FIRST, kind="ledger", name="一月.csv", source="月报").start()
        again = lines(["K7101", "云帆机械", "2026-01-05", "A1", "150"])
        second = (
            wizard("analyst")
            .check(again, kind="ledger", name="改.csv", source="月报")
            .start(on_overlap="replace")
        )
        one, two = first.told.report["imports"][0], second.told.report["imports"][0]
        client = as_user("analyst")
        body = client.post(f"/imports/ledger/{one}/undo/", follow=True).content.decode()
        assert str(two) in body
        assert imports_of_all()[-2].undone_at is None
        client.post(f"/imports/ledger/{two}/undo/")
        client.post(f"/imports/ledger/{one}/undo/")
        assert [record.state for record in imports_of_all()[-2:]] == ["undone", "undone"]
        assert [told.told.state for told in (first, second)] == ["undone", "undone"]
        assert as_user("owner").post(f"/imports/ledger/{two}/undo/").status_code == 403

    def test_with_two_dates_asks_which(self, company, own_ledger, wizard):
        header = ["客户编号", "订单日期", "开票日期", "金额"]
        told = wizard("analyst")
        told.upload(
            lines(["K7101", "2026-01-05", "2026-01-06", "1"], header=header), kind="ledger", name="两.csv"
        )
        page = told.page()
        assert "“日期”是哪一列？可能是：订单日期、开票日期" in page
        answer = told.post(f"/imports/{told.pk}/columns/", **told.fields())
        assert answer.status_code == 422
        assert "需要选出：日期" in answer.content.decode()
        told.post(f"/imports/{told.pk}/columns/", **{**told.fields(), "sheet-0-column-2": "date"})
        assert told.told.state == "checked"
        # Remembered for the next file with this header.
        next_one = wizard("analyst")
        next_one.upload(
            lines(["K7102", "2026-02-05", "2026-02-06", "1"], header=header), kind="ledger", name="三.csv"
        )
        assert next_one.fields()["sheet-0-column-2"] == "date"
        assert "按上次的选择" in next_one.page()

    def test_with_dates_that_can_be_read_two_ways_asks_which(self, company, own_ledger, wizard):
        told = wizard("analyst").check(
            lines(["K7101", "云帆", "03/04/2026", "A", "1"]), kind="ledger", name="日.csv"
        )
        assert told.told.state == "uploaded"
        page = told.page("columns/")
        assert "03/04/2026" in page
        told.post(f"/imports/{told.pk}/columns/", **{**told.fields(), "date_order": "dmy"})
        told.start()
        assert str(imports_of_all()[-1].first_date) == "2026-04-03"

    def test_of_a_workbook_takes_the_sheets_chosen(self, company, own_ledger, wizard):
        rows = [HEADER, ["K7101", "云帆机械", "2026-03-05", "A9", 12]]
        told = wizard("analyst").check(
            book(说明=[("甲", "乙"), ("x", "y")], 明细=rows),
            kind="ledger",
            name="三月.xlsx",
            **{"sheet-0-kind": ""},
        )
        assert told.told.state == "checked", told.told.error
        told.start()
        assert imports_of_all()[-1].lines == 1

    def test_is_for_those_who_may(self, company, wizard):
        for username in ("owner", "admin", "head"):
            assert wizard(username).upload(FIRST, kind="ledger").status_code == 403
