"""A run as a PDF and as a workbook, for whoever may see it and no further."""

import io

import openpyxl
import pytest

from keyaccount.find.document import document_of
from keyaccount.plain import to_plain
from keyaccount_web.find import documents
from keyaccount_web.find.documents import run_document
from keyaccount_web.lists.models import Export


@pytest.fixture
def book(as_user, company):
    def of(username, **told):
        answer = as_user(username, **told).get(f"/find/runs/{company.run.pk}/list.xlsx")
        assert answer.status_code == 200
        return openpyxl.load_workbook(io.BytesIO(answer.content))

    return of


class TestRunDocument:
    def test_says_what_the_library_says(self, company):
        told = run_document(company.users["director"], company.run)
        found = {row["account_id"]: row for row in company.found.accounts.to_pylist()}
        assert [one.account_id for one in told.of("key")] == [
            one for one, row in found.items() if row["verdict"] == "key"
        ]
        for one in told.entries:
            assert one.figures["sales"] == found[one.account_id]["sales"]
            assert list(one.reasons) == company.found.reasons(found[one.account_id])
        assert told.summary == company.found.summary
        assert told.settings == company.found.settings
        assert told.years == company.found.years
        assert told.losses == tuple(company.found.losses.to_pylist())
        assert told.snapshot == company.snapshot
        assert not told.is_cut
        assert document_of(to_plain(told)) == told

    def test_names_nobody_that_the_reader_may_not_see(self, company):
        told = run_document(company.users["executive"], company.run)
        assert {one.account_id for one in told.entries} <= {"K7401"}
        assert told.is_cut
        assert told.summary is not None  # he has the figures of the company
        assert told.losses == ()  # these would name the ten largest

    def test_has_no_figure_of_the_whole_for_those_without_the_right(self, company):
        told = run_document(company.users["owner"], company.run)
        assert told.entries
        assert told.summary is None
        assert not told.years + told.sales_curve + told.notes
        codes = {reason.code for one in told.entries for reason in one.reasons}
        assert not [code for code in codes if code.startswith(("reason.in_set", "reason.rising."))]

    def test_names_no_folder(self, company):
        company.run.imports = [{"file": "/srv/secret/账本.xlsx", "sha256": "ab", "source": "用友"}]
        told = run_document(company.users["director"], company.run)
        assert [one.file for one in told.imports] == ["账本.xlsx"]


class TestFile:
    def test_is_a_pdf(self, company, as_user):
        answer = as_user("director", lang="en").get(f"/find/runs/{company.run.pk}/list.pdf")
        assert answer.content.startswith(b"%PDF-")
        assert answer.headers["Content-Type"] == "application/pdf"
        assert answer.headers["Content-Disposition"].startswith("attachment")

    def test_is_a_workbook_of_the_visible_accounts(self, company, book):
        rows = [row[0] for row in book("director")["accounts"].iter_rows(min_row=2, values_only=True)]
        assert rows == company.found.accounts["account_id"].to_pylist()
        own = book("executive")
        said = {str(cell) for name in own.sheetnames for row in own[name].values for cell in row if cell}
        assert any("金陵纺机" in one for one in said)
        assert not any("云帆机械" in one for one in said)

    def test_is_refused_to_those_who_may_not_look_at_runs(self, company, as_user):
        for username in ("owner", "colleague", "stranger", "head", "service", "planner", "admin"):
            client = as_user(username)
            for ending in ("pdf", "xlsx"):
                assert client.get(f"/find/runs/{company.run.pk}/list.{ending}").status_code == 403
                assert client.post(f"/find/runs/{company.run.pk}/list.{ending}/make/").status_code == 403
        assert Export.objects.count() == 0

    def test_of_another_kind_is_not_there(self, company, as_user):
        assert as_user("director").get(f"/find/runs/{company.run.pk}/list.exe").status_code == 404
        assert as_user("director").get("/find/runs/987654/list.pdf").status_code == 404

    def test_that_takes_long_is_made_in_the_background(
        self, company, as_user, monkeypatch, django_capture_on_commit_callbacks
    ):
        page = f"/runs/{company.run.pk}/"
        client = as_user("director")
        assert f'href="/find{page}list.pdf"' in client.get(page).content.decode()
        monkeypatch.setattr(documents, "AT_ONCE", {"pdf": 1, "xlsx": 1})
        body = client.get(page).content.decode()
        assert f'action="/find{page}list.pdf/make/"' in body
        with django_capture_on_commit_callbacks(execute=True):
            answer = client.post(f"/find{page}list.pdf/make/")
        assert answer.headers["Location"] == "/lists/exports/"
        export = Export.objects.get()
        assert (export.state, export.rows) == ("done", company.found.summary.verdicts["key"])
        assert "大客户名单.pdf" in client.get("/lists/exports/").content.decode()
        file = b"".join(client.get(f"/lists/exports/{export.pk}/").streaming_content)
        assert file.startswith(b"%PDF-")
