"""The activity of an account: everything, the newest first, page by page without a gap or a repeat."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from keyaccount_web.know.models import Account
from keyaccount_web.know.services import edit_account
from keyaccount_web.work.attachments import attach
from keyaccount_web.work.comments import say_about
from keyaccount_web.work.models import Attachment, Comment, ToDo
from keyaccount_web.work.timeline import timeline
from keyaccount_web.work.to_do import finish, give


@pytest.fixture
def busy(company, about, today):
    """An account at which everything happened, much of it at the same moment."""
    owner, account = company.users["owner"], company.accounts["K7101"]
    for number in range(4):
        say_about(owner, about("K7101"), f"第{number}条评论")
        attach(owner, about("K7101"), f"{number}.txt", [b"x%d" % number])
        finish(give(owner, owner, f"第{number}件事", due_date=today, about=about("K7101")), owner)
        account = edit_account(account.pk, {"remark": f"第{number}版"}, version=account.version, user=owner)
    contact = account.contacts.first()
    contact.phone = "13900009999"
    contact.save()
    same = timezone.now() - dt.timedelta(days=1)
    Comment.objects.update(created_at=same)
    Attachment.objects.update(created_at=same)
    ToDo.objects.update(created_at=same, closed_at=same)
    Account.history.filter(id=account.pk).update(history_date=same)
    return account


class TestTimeline:
    def test_shows_each_thing_once_whatever_the_page_size(self, company, busy):
        owner = company.users["owner"]
        whole, end = timeline(owner, busy, most=1000)
        assert end == ""
        # 4 comments, 4 files, 4 asked, 4 done; 5 versions of the account, 2 of its contact.
        assert len(whole) == 23
        for most in (1, 2, 5, 22, 23):
            found, cursor = [], ""
            while True:
                page, cursor = timeline(owner, busy, after=cursor, most=most)
                found += page
                if not cursor:
                    break
            assert [(one.order, one.pk) for one in found] == [(one.order, one.pk) for one in whole], most

    def test_is_newest_first(self, company, busy):
        moments = [one.at for one in timeline(company.users["owner"], busy, most=1000)[0]]
        assert moments == sorted(moments, reverse=True)

    @pytest.mark.parametrize(
        "cursor",
        [
            "x",
            "2025-01-01|1|1",
            "2025-01-01T00:00:00+00:00|a|1",
            "||",
            "2025-01-01T00:00:00+00:00|1|" + "9" * 30,
        ],
    )
    def test_begins_at_the_beginning_for_what_is_no_cursor(self, company, busy, cursor):
        owner = company.users["owner"]
        assert timeline(owner, busy, after=cursor) == timeline(owner, busy)

    def test_shows_one_kind_alone(self, company, busy):
        found, _ = timeline(company.users["owner"], busy, only="file")
        assert {one.template for one in found} == {"work/entry_file.html"}


class TestPage:
    def test_tells_what_changed_from_what_to_what(self, company, as_user, busy):
        body = as_user("owner").get(f"/accounts/{busy.pk}/activity/?only=edit").content.decode()
        assert "<del>第2版</del> → <ins>第3版</ins>" in body
        body = as_user("owner").get(f"/accounts/{busy.pk}/activity/?only=contact").content.decode()
        assert "<del>13900007101</del> → <ins>13900009999</ins>" in body

    def test_names_old_and_new_owners(self, company, as_user, busy):
        busy.owner = company.users["colleague"]
        busy.save()
        body = as_user("head").get(f"/accounts/{busy.pk}/activity/?only=edit").content.decode()
        assert "<del>钟离春</del> → <ins>闻人悦</ins>" in body

    def test_goes_on_as_a_part(self, company, as_user, busy, monkeypatch):
        monkeypatch.setattr("keyaccount_web.work.timeline.ENTRIES", 3)
        monkeypatch.setattr(
            "keyaccount_web.work.timeline.timeline.__kwdefaults__", {"after": "", "only": "", "most": 3}
        )
        client = as_user("owner")
        body = client.get(f"/accounts/{busy.pk}/activity/").content.decode()
        more = body.split('hx-get="')[1:]
        address = next(one.split('"')[0] for one in more if one.startswith("?after="))
        part = client.get(
            f"/accounts/{busy.pk}/activity/{address}", headers={"HX-Request": "true"}
        ).content.decode()
        assert "<html" not in part
        assert part.count("<time") == 3

    def test_takes_as_many_queries_for_much_as_for_little(self, company, as_user, about, today):
        owner, client = company.users["owner"], as_user("owner")
        address = f"/accounts/{company.accounts['K7101'].pk}/activity/"
        client.get(address)
        counts = []
        for _ in range(2):
            for _ in range(8):
                say_about(owner, about("K7101"), "@葛文斌 好")
                give(owner, owner, "一件事", due_date=today, about=about("K7101"))
                finish(give(owner, owner, "一件事", due_date=today, about=about("K7101")), owner)
            with CaptureQueriesContext(connection) as told:
                client.get(address)
            counts.append(len(told))
        assert counts[0] == counts[1]
        assert counts[0] <= 20

    def test_is_not_there_for_who_may_not_see_the_account(self, company, as_user, busy):
        for name in ("stranger", "admin", "nobody"):
            assert as_user(name).get(f"/accounts/{busy.pk}/activity/").status_code == 404
