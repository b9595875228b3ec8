"""Notifications in the app and by mail: only for eyes that may still see, sent once, waiting where they cannot go."""

import datetime as dt
from smtplib import SMTPServerDisconnected

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from keyaccount_web.access.services import switch_off
from keyaccount_web.work import notify as module
from keyaccount_web.work.delivery import WAITS, deliver_due, try_again
from keyaccount_web.work.models import Delivery, MailChoice, Notification
from keyaccount_web.work.notify import next_digest, notify, unread_count


@pytest.fixture
def owner(company):
    user = company.users["owner"]
    user.email = "owner@example.com"
    user.save()
    return user


@pytest.fixture
def tell(owner, about):
    """One notification about an account, to the owner."""

    def told(code="K7101", **values):
        subject = about(code)
        notify(
            [owner], "notice.mentioned", url=subject.url, subject=subject, values={"by": "葛文斌"} | values
        )
        return Notification.objects.order_by("-pk").first()

    return told


def at_once(user):
    MailChoice.objects.update_or_create(user=user, defaults={"mode": "at_once"})


def lose_sight(company, code="K7101"):
    company.accounts[code].owner = company.users["stranger"]
    company.accounts[code].save()


class TestPages:
    def test_count_show_and_lead_to_the_record(self, company, as_user, tell):
        client, told = as_user("owner"), tell()
        assert "1 条未读通知" in client.get("/accounts/").content.decode()
        page = client.get("/notifications/").content.decode()
        assert "葛文斌在 云帆机械 的评论中提到了您。" in page
        told.refresh_from_db()
        assert told.read_at is None  # looking reads nothing
        answer = client.post(f"/notifications/{told.pk}/open/")
        assert answer.url == f"/accounts/{company.accounts['K7101'].pk}/activity/"
        told.refresh_from_db()
        assert told.read_at is not None
        assert "未读通知" not in client.get("/accounts/").content.decode()

    def test_read_all(self, company, as_user, tell, owner):
        tell(), tell()
        as_user("owner").post("/notifications/read/")
        assert unread_count(owner) == 0

    def test_show_nothing_of_what_may_no_longer_be_seen(self, company, as_user, tell, owner):
        told = tell()
        lose_sight(company)
        client = as_user("owner")
        assert "云帆机械" not in client.get("/notifications/").content.decode()
        assert "未读通知" not in client.get("/").content.decode()
        assert client.post(f"/notifications/{told.pk}/open/").status_code == 404
        assert as_user("head").post(f"/notifications/{told.pk}/open/").status_code == 404

    def test_cost_one_query_more_however_many_are_unread(self, company, as_user, tell):
        client = as_user("owner")
        tell()
        client.get("/notifications/")  # a session begins
        counts = []
        for _ in range(2):
            with CaptureQueriesContext(
                connection,
            ) as told:
                client.get("/notifications/")
            counts.append(len(told))
            for _ in range(40):
                tell()
        assert counts[0] == counts[1]
        with CaptureQueriesContext(connection) as told:
            client.get("/people/me/")
        assert sum('FROM "work_' in query["sql"] for query in told) == 1
        client.post("/notifications/read/")
        with CaptureQueriesContext(connection) as told:
            client.get("/people/me/")
        assert sum('FROM "work_' in query["sql"] for query in told) == 1


class TestMail:
    def test_goes_once_in_the_readers_language_with_all_that_is_due(self, company, owner, tell):
        at_once(owner)
        owner.lang = "en"
        owner.save()
        tell(), tell("K7102")
        assert deliver_due() == 2
        assert deliver_due() == 0
        (letter,) = mail.outbox
        assert letter.to == ["owner@example.com"]
        assert letter.subject == "Key accounts: 2 notifications"
        assert "葛文斌 mentioned you in a comment on 云帆机械." in letter.body
        assert f"http://localhost/accounts/{company.accounts['K7101'].pk}/activity/" in letter.body

    def test_waits_for_the_morning_unless_asked_at_once(self, owner, tell):
        tell()
        assert deliver_due() == 0
        assert deliver_due(next_digest(timezone.now())) == 1
        assert len(mail.outbox) == 1

    def test_tells_nothing_of_what_may_no_longer_be_seen_or_was_read(self, company, owner, tell):
        at_once(owner)
        read = tell("K7102")
        module.mark_read(owner, [read.pk])
        tell()
        lose_sight(company)
        assert deliver_due() == 0
        assert mail.outbox == []
        assert set(Delivery.objects.values_list("state", flat=True)) == {"withheld"}

    def test_goes_to_nobody_who_is_switched_off_or_wants_none(self, owner, tell):
        at_once(owner)
        tell()
        switch_off(owner)
        assert deliver_due() == 0
        owner.is_active = True
        MailChoice.objects.update(mode="none")
        tell()
        assert Delivery.objects.filter(state="waiting").count() == 0
        assert mail.outbox == []

    def test_is_not_prepared_where_no_server_is_set_up(self, owner, tell, settings):
        settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
        tell()
        assert not Delivery.objects.exists()

    def test_waits_and_is_tried_again_until_it_is_given_up(self, owner, tell, monkeypatch):
        at_once(owner)
        tell()

        def down(*_args, **_told):
            raise SMTPServerDisconnected("secret of the server")

        monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", down)
        now = timezone.now() + dt.timedelta(seconds=1)
        for minutes in WAITS:
            assert deliver_due(now) == 0
            waiting = Delivery.objects.get()
            assert (waiting.state, waiting.next_at) == ("waiting", now + dt.timedelta(minutes=minutes))
            assert deliver_due(now) == 0  # not before its time
            now = waiting.next_at
        deliver_due(now)
        failed = Delivery.objects.get()
        assert (failed.state, failed.attempts) == ("failed", len(WAITS) + 1)
        assert failed.error == {"code": "mail.failed", "values": {"reason": "SMTPServerDisconnected"}}
        monkeypatch.undo()
        try_again(failed)
        assert deliver_due(timezone.now() + dt.timedelta(seconds=1)) == 1

    def test_of_a_worker_that_died_is_sent_by_the_next(self, owner, tell):
        at_once(owner)
        tell()
        Delivery.objects.update(state="sending")
        now = timezone.now()
        assert deliver_due(now + dt.timedelta(minutes=10)) == 0
        assert deliver_due(now + dt.timedelta(minutes=16)) == 1

    def test_choice_is_kept(self, company, as_user, owner):
        client = as_user("owner")
        client.post("/notifications/mail/", {"mode": "at_once"})
        client.post("/notifications/mail/", {"mode": "nonsense"})
        assert MailChoice.objects.get().mode == "at_once"
        page = client.get("/notifications/").content.decode()
        assert '<option value="at_once" selected>' in page


class TestNextDigest:
    @pytest.mark.parametrize(
        ("now", "then"),
        [
            ("2025-12-31T07:59:59+08:00", "2025-12-31T08:00:00+08:00"),
            ("2025-12-31T08:00:00+08:00", "2026-01-01T08:00:00+08:00"),
            ("2025-12-31T16:30:00+00:00", "2026-01-01T08:00:00+08:00"),
        ],
    )
    def test_is_eight_where_the_company_is(self, now, then):
        assert next_digest(dt.datetime.fromisoformat(now)) == dt.datetime.fromisoformat(then)
