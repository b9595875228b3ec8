"""A disk that is full refuses what is being written, whole and in words; what was there stays, and afterwards all goes on.

The operating system itself refuses here: beyond a limit no file of this process grows, as on a disk without room.
"""

import json
import logging
import resource
import signal
import sqlite3
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, OperationalError
from django.test import RequestFactory

from keyaccount_web.api.problems import answer_for
from keyaccount_web.imports.models import FileImport
from keyaccount_web.lists.exports import export_path
from keyaccount_web.lists.models import Export
from keyaccount_web.lists.tasks import write_export
from keyaccount_web.operate.disk import in_words
from keyaccount_web.runs.models import Run
from keyaccount_web.work.models import Attachment
from tests.keyaccount_web.imports.books import ACCOUNTS, book

pytestmark = pytest.mark.django_db


@contextmanager
def full(room=0):
    """No file of this process grows beyond `room` bytes."""
    held = resource.getrlimit(resource.RLIMIT_FSIZE)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, held[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, held)


@pytest.fixture
def post(as_user, django_capture_on_commit_callbacks):
    """`post(user, address, **fields)`, with the tasks that it starts."""

    def posted(username, address, **fields):
        client = as_user(username)
        client.raise_request_exception = False
        with django_capture_on_commit_callbacks(execute=True):
            return client.post(address, fields)

    return posted


def files():
    return {
        path for path in Path(django_settings.HOME).rglob("*") if path.is_file() and path.suffix != ".lock"
    }


class TestAFullDisk:
    def test_refuses_a_file_to_import_and_takes_it_later(self, company, post):
        content, before = book(客户=[ACCOUNTS, ("X1", "新客户")]), files()

        def upload():
            return post("director", "/imports/upload/records/", file=SimpleUploadedFile("a.xlsx", content))

        with full():
            answer = upload()
        assert answer.status_code == 507
        assert "磁盘已满" in answer.content.decode()
        assert not FileImport.objects.exists()
        assert files() == before
        assert upload().status_code == 302

    def test_refuses_an_attachment(self, company, post):
        before, about = files(), f"account:{company.accounts['K7101'].pk}"
        file = SimpleUploadedFile("a.txt", "合同".encode() * 100)
        with full():
            answer = post("owner", "/files/add/", about=about, file=[file])
        assert answer.status_code == 507
        assert not Attachment.objects.exists()
        assert files() == before

    def test_ends_a_run_in_words_and_the_current_one_stays(self, company, post):
        with full(100):
            post("analyst", "/runs/start/")
        run = Run.objects.order_by("-pk").first()
        assert run.state == Run.State.FAILED
        assert "磁盘已满" in run.error["zh"]
        assert company.run.pk == Run.objects.get(is_current=True).pk
        post("analyst", "/runs/start/")
        assert Run.objects.order_by("-pk").first().state == Run.State.DONE

    def test_leaves_no_half_of_an_export(self, company, as_user):
        as_user("owner").post("/lists/accounts/export/", {"format": "csv"})
        export = Export.objects.get()
        with full(10), pytest.raises(OSError, match="File too large"):
            write_export.func(export.pk)
        export.refresh_from_db()
        assert export.state == Export.State.FAILED
        assert not list(export_path(export).parent.glob(f"*{export.pk}*"))

    def test_that_takes_no_line_of_the_log_breaks_no_page(self, company, as_user, tmp_path):
        handler = logging.FileHandler(tmp_path / "log")
        logger = logging.getLogger("keyaccount.request")
        before = logger.level
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
        client = as_user("owner")
        try:
            with full():
                assert client.get("/accounts/").status_code == 200
                assert (tmp_path / "log").read_text() == ""
        finally:
            logger.removeHandler(handler)
            logger.setLevel(before)
            handler.close()

    def test_of_the_database_is_said_by_pages_and_by_the_api(self, company, as_user, monkeypatch, tmp_path):
        con = sqlite3.connect(tmp_path / "small.sqlite3")
        con.execute("PRAGMA max_page_count = 3")
        con.execute("CREATE TABLE t (x)")
        with pytest.raises(sqlite3.OperationalError) as told:
            con.execute("INSERT INTO t VALUES (zeroblob(100000))")
        error = OperationalError(*told.value.args)

        def breaks(*_, **__):
            raise error

        monkeypatch.setattr("keyaccount_web.lists.views.state_of", breaks)
        client = as_user("owner")
        client.raise_request_exception = False
        assert client.get("/accounts/").status_code == 507
        answer = answer_for(RequestFactory().get("/api/v1/accounts"), error)
        assert (answer.status_code, json.loads(answer.content)["code"]) == (507, "disk.full")


def test_what_else_breaks_is_no_full_disk():
    assert in_words(OSError(13, "Permission denied")) is None
    assert in_words(DatabaseError("deadlock detected")) is None
