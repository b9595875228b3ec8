"""Touches: recorded once, with what follows from them; put right, taken back; seen by whom they concern (C3, R4)."""

import datetime as dt
import io
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from PIL import Image

from keyaccount.periods import Period
from keyaccount_web.company.presets import change_setting
from keyaccount_web.cover.models import DueTouch, Touch
from keyaccount_web.cover.recording import (
    Place,
    Promise,
    TouchError,
    bring_back,
    change_touch,
    forget_places,
    record_touch,
    take_back,
)
from keyaccount_web.cover.touches import last_touch
from keyaccount_web.tables.kinds import kind_records
from keyaccount_web.tables.records import cost_to_serve_table
from keyaccount_web.tables.touches import touch_minutes
from keyaccount_web.work.models import FieldConfirmation

SHANGHAI = dt.timezone(dt.timedelta(hours=8))
THURSDAY = dt.datetime(2026, 11, 26, 10, 0, tzinfo=SHANGHAI)
JSON = {"Accept": "application/json", "Accept-Language": "zh"}


def picture():
    file = io.BytesIO()
    Image.new("RGB", (2, 2)).save(file, "PNG")
    return file.getvalue()


def moment(days=1, hour=10):
    """An hour of a day some days ago, on the company's clock."""
    day = timezone.localdate() - dt.timedelta(days)
    return timezone.make_aware(dt.datetime.combine(day, dt.time(hour)))


def record(company, code="K7101", user="owner", **told):
    account = company.accounts[code]
    told = {"kind": "visit", "began_at": moment(), "minutes": 90, **told}
    return record_touch(by=company.users[user], account=account, **told)


def form(company, code="K7101", **told):
    told = {"kind": "visit", "minutes": "60", "summary": "谈了框架合同", **told}
    began = timezone.localtime(moment()).strftime("%Y-%m-%dT%H:%M")
    return {"account": company.accounts[code].pk, "began_at": began, "client_id": str(uuid4()), **told}


class TestRecording:
    def test_keeps_what_was_said_and_what_follows_from_it(self, company, as_user):
        account = company.accounts["K7101"]
        contact = account.contacts.get()
        FieldConfirmation.objects.all().delete()  # nobody has confirmed anything yet
        tomorrow = timezone.localdate() + dt.timedelta(1)
        answer = as_user("owner").post(
            "/cover/touches/new/",
            form(
                company,
                contacts=[contact.pk],
                learned_rivals="对手在试样",
                next_step="寄样品",
                next_step_date=tomorrow,
                promise_0="账期延到 60 天的答复",
                promise_0_date=tomorrow,
                confirmed=[f"contact.phone/{contact.pk}"],
                photo=SimpleUploadedFile("门头.png", picture()),
            ),
        )
        told = Touch.objects.get()
        assert answer.status_code == 302
        assert answer["Location"] == f"/cover/touches/{told.pk}/"
        assert (told.account, told.by, told.minutes, told.done_how) == (
            account,
            company.users["owner"],
            60,
            "photo",
        )
        assert list(told.contacts.all()) == [contact]
        to_dos = account.todos.order_by("what").values_list("what", "due_date", "owner__username")
        assert list(to_dos) == [("寄样品", tomorrow, "owner"), ("账期延到 60 天的答复", tomorrow, "owner")]
        assert FieldConfirmation.objects.get(contact=contact, field="phone").source == "confirm"
        assert told.photo.account == account
        page = as_user("owner").get(answer["Location"]).content.decode()
        assert all(text in page for text in ("谈了框架合同", "对手在试样", "寄样品", "门头.png"))

    def test_what_is_sent_twice_is_kept_once(self, company, as_user):
        told = form(company)
        client = as_user("owner")
        first, second = (client.post("/cover/touches/new/", told, headers=JSON) for _ in range(2))
        assert (first.status_code, second.status_code) == (201, 200)
        assert first.json() == second.json()
        assert Touch.objects.count() == 1

    def test_a_number_of_somebody_else_is_refused_and_tells_nothing(self, company):
        number = UUID("11111111-1111-4111-8111-111111111111")
        record(company, "K7401", "stranger", client_id=number)
        with pytest.raises(TouchError) as error:
            record(company, client_id=number)
        assert error.value.code == "touch.known_otherwise"

    def test_the_outbox_is_told_why_something_is_refused(self, company, as_user):
        answer = as_user("owner").post("/cover/touches/new/", form(company, minutes=""), headers=JSON)
        assert answer.status_code == 422
        assert "分钟" in answer.json()["told"]

    @pytest.mark.parametrize(
        ("told", "code"),
        [
            ({"began_at": moment(-1)}, "touch.ahead"),
            ({"began_at": moment(400)}, "touch.too_old"),
            ({"next_step_date": dt.date(2027, 1, 1)}, "touch.next_step_date"),
        ],
    )
    def test_what_cannot_be_is_refused(self, company, told, code):
        with pytest.raises(TouchError) as error:
            record(company, **told)
        assert error.value.code == code
        assert not Touch.objects.exists()

    def test_people_of_another_account_are_refused(self, company):
        with pytest.raises(TouchError) as error:
            record(company, contacts=[company.accounts["K7401"].contacts.get()])
        assert error.value.code == "touch.not_their_contact"

    def test_a_file_that_is_no_picture_leaves_nothing_behind(self, company, as_user):
        told = form(company, photo=SimpleUploadedFile("a.png", b"<html>"))
        answer = as_user("owner").post("/cover/touches/new/", told)
        assert answer.status_code == 422
        assert "谈了框架合同" in answer.content.decode()
        assert not Touch.objects.exists()


class TestCheckIn:
    def place(self, at):
        return Place(Decimal("30.27410"), Decimal("120.15510"), 12, at)

    def test_is_taken_on_a_worked_day_within_hours(self, company):
        told, _ = record(company, place=self.place(THURSDAY), began_at=THURSDAY)
        assert (told.done_how, told.accuracy_metres, told.checked_in_at) == ("place", 12, THURSDAY)

    @pytest.mark.parametrize(
        "at", [THURSDAY.replace(hour=19), THURSDAY.replace(hour=7), THURSDAY.replace(day=22)]
    )
    def test_is_refused_outside_working_hours(self, company, at):
        with pytest.raises(TouchError) as error:
            record(company, place=self.place(at))
        assert error.value.code == "touch.place_hours"
        assert not Touch.objects.exists()

    def test_the_hours_are_the_companys(self, company):
        change_setting("visits.check_in_until", 20)
        told, _ = record(company, place=self.place(THURSDAY.replace(hour=19)))
        assert told.done_how == "place"

    def test_only_visits_have_a_place(self, company):
        with pytest.raises(TouchError) as error:
            record(company, kind="call", place=self.place(THURSDAY))
        assert error.value.code == "touch.place_not_here"

    def test_is_forgotten_after_its_days_in_the_history_too(self, company):
        told, _ = record(company, place=self.place(THURSDAY), began_at=THURSDAY)
        assert forget_places(THURSDAY + dt.timedelta(89)) == 0
        assert forget_places(THURSDAY + dt.timedelta(91)) == 1
        told.refresh_from_db()
        assert (told.latitude, told.done_how, told.checked_in_at) == (None, "place", THURSDAY)
        assert not Touch.history.filter(latitude__isnull=False).exists()


class TestPuttingRight:
    def test_a_change_is_in_the_history_and_the_late_one_is_told(self, company, as_user):
        told, _ = record(company, summary="旧")
        client = as_user("owner")
        seen = {"kind": "visit", "minutes": "30", "summary": "新", "version": told.version}
        assert client.post(f"/cover/touches/{told.pk}/change/", seen).status_code == 302
        late = client.post(f"/cover/touches/{told.pk}/change/", {**seen, "summary": "晚"})
        assert late.status_code == 409
        assert "晚" in late.content.decode()
        told.refresh_from_db()
        assert (told.summary, told.minutes) == ("新", 30)
        assert "旧" in client.get(f"/cover/touches/{told.pk}/").content.decode()

    def test_what_is_taken_back_counts_nowhere_until_it_is_restored(self, company, as_user):
        told, _ = record(company)
        account = company.accounts["K7101"]
        assert last_touch([account]) == {account.pk: told.began_at}
        take_back(told, by=company.users["owner"], version=told.version)
        assert last_touch([account]) == {}
        assert as_user("owner").get("/cover/touches/?part=count").content.decode() == "0 次拜访与联系"
        bring_back(told)
        assert last_touch([account], kinds=["visit"]) == {account.pk: told.began_at}
        assert last_touch([account], kinds=["call"]) == {}

    def test_others_may_look_and_not_change(self, company):
        told, _ = record(company)
        with pytest.raises(TouchError) as error:
            change_touch(told, version=99, summary="x")
        assert error.value.code == "touch.changed_meanwhile"


class TestWhoSeesWhat:
    @pytest.mark.parametrize(
        ("username", "sees", "changes"),
        [
            ("owner", 200, 200),
            ("head", 200, 200),
            ("director", 200, 200),
            ("service", 200, 403),
            ("analyst", 200, 403),
            ("colleague", 404, 404),
            ("stranger", 404, 404),
            ("admin", 404, 404),
        ],
    )
    def test_a_touch_is_seen_by_whoever_sees_its_account(self, company, as_user, username, sees, changes):
        told, _ = record(company, summary="只给看得到的人")
        client = as_user(username)
        assert client.get(f"/cover/touches/{told.pk}/").status_code == sees
        assert client.get(f"/cover/touches/{told.pk}/change/").status_code == changes
        listed = client.get("/cover/touches/?format=json").json()["rows"]
        assert len(listed) == (1 if sees == 200 else 0)

    @pytest.mark.parametrize(
        ("username", "status"), [("owner", 200), ("executive", 200), ("analyst", 403), ("admin", 403)]
    )
    def test_who_edits_accounts_and_executives_record(self, company, as_user, username, status):
        assert as_user(username).get("/cover/touches/new/").status_code == status

    def test_an_account_that_is_not_theirs_cannot_be_recorded_on(self, company, as_user):
        answer = as_user("colleague").post("/cover/touches/new/", form(company))
        assert answer.status_code == 422
        assert not Touch.objects.exists()
        page = as_user("colleague").get(f"/cover/touches/new/?account={company.accounts['K7101'].pk}")
        assert "云帆机械" not in page.content.decode()

    def test_the_timeline_shows_it(self, company, as_user):
        record(company, summary="看了新产线")
        account = company.accounts["K7101"]
        for only in ("", "?only=touch"):
            assert (
                "看了新产线"
                in as_user("owner").get(f"/accounts/{account.pk}/activity/{only}").content.decode()
            )

    def test_the_pages_ask_a_set_number_of_queries(self, company, as_user):
        client = as_user("owner")
        client.get("/cover/touches/")  # what is remembered from then on
        counts = []
        for rows in (1, 12):
            for at in range(rows):
                record(company, ("K7101", "K7102", "K7103")[at % 3], began_at=moment(at + 1))
            told = []
            for url in (
                "/cover/touches/",
                "/cover/touches/new/",
                f"/cover/touches/{Touch.objects.first().pk}/",
            ):
                with CaptureQueriesContext(connection) as queries:
                    assert client.get(url).status_code == 200
                told.append(len(queries))
            counts.append(told)
        assert counts[0] == counts[1]
        assert max(counts[0]) <= 20


class TestWhatOthersMakeOfIt:
    def test_cost_to_serve_is_worked_out_where_an_hour_has_a_price(self, company):
        record(company, minutes=90, travel_minutes=60, began_at=moment(3))
        assert len(cost_to_serve_table()) == 1
        change_setting("visits.cost_an_hour", Decimal(200))
        row = cost_to_serve_table().to_pylist()[1]
        # 150 minutes of 200 an hour
        assert (row["account_id"], row["amount"]) == ("K7101", Decimal("500.0000"))
        assert row["date"] == timezone.localdate(moment(3))

    def test_kinds_count_them_as_touches(self, company):
        for kind in ("visit", "mail"):
            record(company, kind=kind)
        today = timezone.localdate()
        rows = kind_records(today, today, ["总经理"]).to_pylist()
        assert next(row for row in rows if row["account_id"] == "K7101")["touches"] == 2

    def test_minutes_of_a_year_are_with_the_customer_and_on_the_way(self, company):
        record(company, minutes=90, travel_minutes=30)
        record(company, kind="call", minutes=20, began_at=moment(300))
        year = Period(timezone.localdate() - dt.timedelta(30), timezone.localdate())
        assert touch_minutes(year).to_pylist() == [{"account_id": "K7101", "minutes": 120}]

    def test_what_is_due_follows_at_once(self, company):
        account = company.accounts["K7101"]
        account.figures.verdict = "key"
        account.figures.save()
        told, _ = record(company, promises=[Promise("回电", timezone.localdate())])
        due = DueTouch.objects.get(account=account, touch="visit")
        assert due.last_date == timezone.localdate(told.began_at)
