"""A clock that was ahead, or leaps, holds nobody up, does nothing twice, and has nothing removed."""

import datetime as dt

import pytest
from axes.models import AccessAttempt
from django.test import Client
from django.utils import timezone

from keyaccount_web.access.models import User
from keyaccount_web.api.models import Token
from keyaccount_web.api.tokens import TokenError, make_token, token_of
from keyaccount_web.operate import heartbeat
from keyaccount_web.operate.models import Heartbeat
from keyaccount_web.schedule import clock, jobs
from keyaccount_web.schedule.models import JobRun
from keyaccount_web.work.models import Delivery
from keyaccount_web.work.notify import notify
from tests.keyaccount_web.api.conftest import Program
from tests.keyaccount_web.company import PASSWORD

YEAR = dt.timedelta(days=365)


@pytest.fixture
def wall(monkeypatch):
    """The clock on the wall, to be put where one likes, and one that only goes on."""

    class Wall:
        now = timezone.now().replace(hour=4, minute=0)
        steady = 1000.0

        def goes_on(self, seconds):
            self.now += dt.timedelta(seconds=seconds)
            self.steady += seconds

    wall = Wall()
    monkeypatch.setattr(timezone, "now", lambda: wall.now)
    return wall


@pytest.fixture
def begun(monkeypatch):
    """The names of the jobs that begin, which do nothing."""
    names, name_of = [], {job.run.module_path: job.name for job in jobs.JOBS}
    monkeypatch.setattr(jobs, "enqueue_with_records", lambda run: names.append(name_of[run.module_path]))
    return names


@pytest.mark.django_db
class TestAClockThatWasAhead:
    def test_has_jobs_begin_again(self, wall, begun):
        told = clock.Clock(lambda: wall.steady)
        wall.now += YEAR
        told.tick()
        assert "back_up" not in begun or JobRun.objects.get(name="back_up").began_at > wall.now - YEAR
        wall.now -= YEAR
        begun.clear()
        wall.goes_on(24 * 3600)
        told.tick()
        assert "deliver" in begun
        assert not JobRun.objects.filter(began_at__gt=wall.now).exists()

    def test_locks_nobody_out_until_then(self, company, wall):
        company.users["owner"].set_password(PASSWORD)
        company.users["owner"].save()
        for _ in range(6):
            Client().post("/sign-in/login/", {"login": "owner", "password": "wrong"})
        AccessAttempt.objects.update(attempt_time=wall.now + YEAR)
        clock.put_right()
        answer = Client().post("/sign-in/login/", {"login": "owner", "password": PASSWORD})
        assert answer.status_code == 302

    def test_does_not_unlock_who_guesses_now(self, company, wall):
        AccessAttempt.objects.create(
            username="owner", ip_address="127.0.0.1", failures_since_start=6, attempt_time=wall.now
        )
        AccessAttempt.objects.update(attempt_time=wall.now)
        assert clock.put_right() == {}
        assert AccessAttempt.objects.exists()

    def test_lets_mails_go_that_would_wait_until_then(self, company, wall):
        owner = company.users["owner"]
        User.objects.filter(pk=owner.pk).update(email="owner@example.com")
        owner.refresh_from_db()
        notify([owner], "notice.token_made", url="/", values={"name": "x"})
        Delivery.objects.update(next_at=wall.now + YEAR)
        assert clock.put_right() == {"mails": 1}
        assert Delivery.objects.get().next_at == wall.now

    def test_makes_no_dead_worker_look_alive(self, db, wall):
        Heartbeat.objects.create(kind="worker", process="x", at=wall.now + YEAR)
        assert not heartbeat.is_alive(Heartbeat.Kind.WORKER)
        heartbeat.beat(Heartbeat.Kind.WORKER)
        assert heartbeat.is_alive(Heartbeat.Kind.WORKER)
        assert Heartbeat.objects.count() == 1

    def test_ends_tokens_while_it_is_ahead_and_no_longer(self, company, wall):
        _, text = make_token(company.users["owner"], name="x", scopes=["read"], days=90)
        wall.now += YEAR
        with pytest.raises(TokenError, match="expired"):
            token_of(text)
        wall.now -= YEAR
        assert token_of(text).name == "x"

    def test_counts_uses_of_a_token_anew(self, company, wall, settings):
        settings.API_PER_MINUTE = 3
        told = Program("owner")
        wall.now += YEAR
        assert [told.get("/me").status_code for _ in range(4)] == [401] * 4  # ended, a year on
        wall.now -= YEAR
        assert [told.get("/me").status_code for _ in range(4)] == [200, 200, 200, 429]
        Token.objects.update(minute=10**9)
        assert told.get("/me").status_code == 200


@pytest.mark.django_db
class TestAClockThatLeaps:
    FORGET = frozenset(job.name for job in jobs.JOBS if job.forgets)

    def test_has_nothing_removed_for_its_age_in_the_next_hours(self, wall, begun):
        told = clock.Clock(lambda: wall.steady)
        told.tick()
        assert {*begun} >= self.FORGET
        begun.clear()
        wall.now += YEAR
        wall.goes_on(30)
        told.tick()
        assert "back_up" in begun
        assert not self.FORGET & {*begun}
        wall.goes_on(5 * 3600)
        told.tick()
        assert not self.FORGET & {*begun}
        wall.goes_on(3600)
        told.tick()
        assert {*begun} >= self.FORGET

    @pytest.mark.parametrize("leap", [dt.timedelta(hours=1), dt.timedelta(days=1)])
    def test_ahead_and_back_begins_each_daily_job_once_a_day(self, wall, begun, leap):
        daily = {job.name for job in jobs.JOBS if job.hour is not None and not job.forgets}
        told = clock.Clock(lambda: wall.steady)
        wall.now = wall.now.replace(hour=1)  # nine o'clock in Shanghai
        told.tick()
        assert set(begun) >= daily
        wall.now += leap
        told.tick()
        wall.now -= leap
        begun.clear()
        for _ in range(22):
            wall.goes_on(3600)
            told.tick()
        assert not daily & set(begun)
        for _ in range(22):
            wall.goes_on(3600)
            told.tick()
        assert {name: begun.count(name) for name in daily} == dict.fromkeys(daily, 1)

    def test_ahead_does_nothing_twice_that_is_asked_twice_with_one_key(self, company, wall):
        told = Program("owner")
        body = {"about": f"account:{company.accounts['K7101'].pk}", "text": "一次"}
        first = told.post("/comments", body, Idempotency_Key="leap")
        wall.now += dt.timedelta(days=2)
        clock.Clock(lambda: wall.steady).tick()
        assert told.post("/comments", body, Idempotency_Key="leap").json() == first.json()

    def test_back_has_who_rests_signed_out_all_the_same(self, company, settings, monkeypatch):
        settings.REST_MINUTES = 30
        now = [1_800_000_000.0]
        monkeypatch.setattr("keyaccount_web.access.middleware.time.time", lambda: now[0])
        client = Client()
        client.force_login(company.users["owner"])
        settings.REQUIRE_SECOND_FACTOR = False
        assert client.get("/").status_code == 200
        now[0] -= 24 * 3600
        assert client.get("/").status_code == 200
        now[0] += 31 * 60
        assert client.get("/").status_code == 302

    def test_by_little_is_none(self, wall, begun):
        told = clock.Clock(lambda: wall.steady)
        told.tick()
        wall.now += dt.timedelta(seconds=200)  # what a time server does
        wall.goes_on(24 * 3600)
        begun.clear()
        told.tick()
        assert {*begun} >= self.FORGET


@pytest.mark.django_db
def test_a_database_that_is_away_is_asked_again(monkeypatch, caplog):
    from django.db import OperationalError

    def away():
        raise OperationalError("gone")

    monkeypatch.setattr(clock, "put_right", away)
    assert clock.Clock().tick() == []
    assert "did not answer" in caplog.text
