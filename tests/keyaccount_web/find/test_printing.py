"""A yearly list as a PDF and as a workbook: what was published, for whoever may see it and no further."""

import io

import openpyxl
import pytest

from keyaccount.find.document import document_of
from keyaccount.plain import to_plain
from keyaccount_web.access.scope import visible_codes
from keyaccount_web.find.lists.printing import list_document
from keyaccount_web.find.lists.publishing import document_path
from keyaccount_web.find.models import KeyAccountList
from keyaccount_web.lists.exports import export_path
from keyaccount_web.lists.models import Export
from tests.keyaccount_web.yearly import yearly_lists


@pytest.fixture
def published(company, again):
    again("yearly lists", lambda: yearly_lists(company))
    return KeyAccountList.objects.get(state="published")


class TestListDocument:
    def test_says_who_is_on_it_why_and_who_signed(self, company, published):
        told = list_document(company.users["director"], published)
        on_it = set(published.entries.filter(decision="accepted").values_list("code", flat=True))
        assert {one.account_id for one in told.listed} == on_it
        assert (told.status, told.holds_in) == ("published", 2026)
        assert [(one.part, one.name) for one in told.signatures] == [
            ("proposed", company.users["analyst"].name),
            ("decided", company.users["analyst"].name),
            ("published", company.users["director"].name),
        ]
        rows = {row["account_id"]: row for row in company.found.accounts.to_pylist()}
        for one in told.listed:
            assert one.figures["sales"] == rows[one.account_id]["sales"]
            assert one.reasons
        assert told.summary == company.found.summary
        assert told.whale == company.found.whale
        assert document_of(to_plain(told)) == told

    def test_is_cut_to_the_accounts_of_its_reader(self, company, published):
        told = list_document(company.users["owner"], published)
        assert {one.account_id for one in told.entries} <= set(visible_codes(company.users["owner"]))
        assert told.entries
        assert told.summary is None
        assert told.whale is None
        assert told.segments == {}
        codes = {reason.code for one in told.entries for reason in one.reasons}
        assert not [code for code in codes if code.startswith("reason.in_set")]

    def test_is_not_printed_where_its_document_was_changed(self, published, as_user):
        path = document_path(published)
        path.chmod(0o644)
        path.write_bytes(path.read_bytes().replace(b"2025", b"2024", 1))
        answer = as_user("director").get(f"/find/lists/{published.pk}/list.pdf", follow=True)
        assert published.document in answer.content.decode()


class TestFile:
    def test_is_for_those_who_see_the_list(self, published, as_user):
        draft = KeyAccountList.objects.get(state="in_review")
        for username, (of_published, of_draft) in {
            "director": (200, 200),
            "owner": (200, 404),
            "stranger": (200, 404),
            "admin": (404, 404),
        }.items():
            client = as_user(username)
            assert client.get(f"/find/lists/{published.pk}/list.xlsx").status_code == of_published, username
            assert client.get(f"/find/lists/{draft.pk}/list.pdf").status_code == of_draft, username

    def test_is_a_workbook_with_decisions_and_signatures(self, published, as_user):
        answer = as_user("director", lang="en").get(f"/find/lists/{published.pk}/list.xlsx")
        book = openpyxl.load_workbook(io.BytesIO(answer.content))
        said = {str(cell) for name in book.sheetnames for row in book[name].values for cell in row if cell}
        assert "同意" in said
        assert {"Signatures", "Whale curve"} <= set(book.sheetnames)

    def test_of_a_published_list_is_made_once(self, published, as_user, monkeypatch):
        address = f"/find/lists/{published.pk}/list.pdf"
        first = as_user("director").get(address).content
        monkeypatch.setattr("keyaccount_web.find.lists.printing.board_pdf", lambda *_: b"made again")
        assert as_user("director").get(address).content == first
        assert as_user("director", lang="en").get(address).content == b"made again"
        assert as_user("owner").get(address).content == b"made again"  # who sees less gets another

    def test_is_made_in_the_background_where_that_takes_longer(
        self, company, published, as_user, monkeypatch, django_capture_on_commit_callbacks
    ):
        address = f"/find/lists/{published.pk}/make/xlsx/"
        assert as_user("director").post(address).headers["Location"].endswith("/list.xlsx")
        monkeypatch.setattr("keyaccount_web.find.lists.printing.AT_ONCE", {"pdf": 0, "xlsx": 0})
        with django_capture_on_commit_callbacks(execute=True):
            answer = as_user("director").post(address)
        assert answer.headers["Location"] == "/lists/exports/"
        export = Export.objects.get(user=company.users["director"])
        assert (export.state, export.rows) == ("done", published.entries.count())
        assert openpyxl.load_workbook(export_path(export)).sheetnames
        assert as_user("admin").post(address).status_code == 404
