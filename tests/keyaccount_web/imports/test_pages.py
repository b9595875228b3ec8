"""What do the pages of an import say of a bad file, a large one, two columns for one field?"""

import pytest

from keyaccount_web.imports.models import FileImport
from tests.keyaccount_web.imports.books import ACCOUNTS, book, rows_of


class TestUpload:
    @pytest.mark.parametrize(
        ("content", "said"),
        [
            (b"", "空"),
            (b"\x00\x01\x02" * 50, ""),
            (b"<html><table></table></html>", ""),
            (b"PK\x03\x04broken", ""),
        ],
    )
    def test_of_a_file_that_is_none_is_refused_kindly(self, company, wizard, content, said):
        told = wizard("director")
        answer = told.upload(content)
        assert told.pk is None
        assert answer.status_code == 302
        body = told.client.get("/imports/").content.decode()
        assert "notice-error" in body
        assert said in body
        assert not FileImport.objects.exists()

    def test_beyond_the_limit_is_refused(self, company, wizard, settings):
        settings.UPLOAD_LIMIT = 1000
        told = wizard("director")
        told.upload(book(客户=[ACCOUNTS, *[(f"X{at}", "甲" * 50) for at in range(200)]]))
        assert told.pk is None
        assert "不能超过" in told.client.get("/imports/").content.decode()

    def test_is_not_for_everybody(self, company, as_user):
        assert as_user("planner").get("/imports/").status_code == 403
        assert as_user("owner").get("/imports/").status_code == 200


class TestColumns:
    def test_two_columns_for_one_field_are_asked(self, company, wizard):
        rows = [("客户编号", "公司名称", "单位名称"), ("Z1", "甲", "乙")]
        told = wizard("director")
        told.upload(book(客户=rows))
        page = told.page()
        assert "“客户名称”是哪一列？可能是：公司名称、单位名称" in page

    def test_what_was_chosen_stays_where_something_is_missing(self, company, wizard):
        told = wizard("director")
        told.upload(book(表=[("甲", "乙"), ("Z1", "某")]))
        fields = {**told.fields(), "sheet-0-kind": "accounts"}
        told.post(f"/imports/{told.pk}/columns/", **fields)
        fields |= {"sheet-0-was": "accounts", "sheet-0-column-1": "name"}
        answer = told.post(f"/imports/{told.pk}/columns/", **fields)
        body = answer.content.decode()
        assert answer.status_code == 422
        assert "需要选出：客户编号" in body
        assert '<option value="name" selected>' in body

    def test_a_hidden_sheet_is_not_taken_unless_chosen(self, company, wizard):
        import io

        import openpyxl

        told = openpyxl.load_workbook(
            io.BytesIO(book(客户=[ACCOUNTS, ("Z1", "甲")], 旧=[ACCOUNTS, ("Z2", "乙")]))
        )
        told["旧"].sheet_state = "hidden"
        stream = io.BytesIO()
        told.save(stream)
        one = wizard("director")
        one.upload(stream.getvalue())
        assert "隐藏的工作表" in one.page()
        assert one.fields()["sheet-1-kind"] == ""


class TestTemplates:
    @pytest.mark.parametrize("lang", ["zh", "en"])
    def test_are_read_as_they_are_and_their_examples_skipped(self, company, wizard, as_user, lang):
        content = b"".join(as_user("owner", lang=lang).get("/imports/template/all.xlsx").streaming_content)
        assert (
            len(rows_of(content)) == 3 + 34
        )  # staff is for those who manage people, skills and placements for heads
        told = wizard("owner", lang).check(content)
        assert told.told.report["rows"] == told.told.report["examples"] == 37
        staff = b"".join(as_user("admin", lang=lang).get("/imports/template/staff.xlsx").streaming_content)
        assert wizard("admin", lang).check(staff).told.report["examples"] == 1

    def test_of_sheets_not_theirs_are_not_there(self, company, as_user):
        assert as_user("owner").get("/imports/template/staff.xlsx").status_code == 404


class TestAsCsv:
    def test_in_gb18030_is_one_sheet(self, company, wizard):
        told = wizard("director").check(
            "客户编号,客户名称,部门编号\nC1,春晖食品,HZ\n".encode("gb18030"), name="客户.csv"
        )
        assert told.total["new"] == 1


class TestPages:
    def test_ask_the_same_few_questions_whatever_the_rows(
        self, company, wizard, django_assert_max_num_queries
    ):
        told = wizard("director").check(
            book(客户=[ACCOUNTS, *[(f"Q{at}", f"企业{at}", None, "HZ", "owner") for at in range(60)]])
        )
        with django_assert_max_num_queries(14):
            told.client.get(f"/imports/{told.pk}/check/")
        with django_assert_max_num_queries(12):
            told.client.get("/imports/")
