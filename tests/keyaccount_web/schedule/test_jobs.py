"""The clock begins each job when it is due, once, whoever else looks at the clock."""

import datetime as dt

import pytest
from django.utils import timezone

from keyaccount_web.schedule.jobs import JOBS, Job, begin_due, clear_sessions

DAILY = Job("x", clear_sessions, dt.timedelta(hours=23), hour=3)


def at(text):
    return dt.datetime.fromisoformat(text).replace(tzinfo=timezone.get_default_timezone())


class TestADailyJob:
    @pytest.mark.parametrize(
        ("last", "now", "due"),
        [
            (None, "2026-01-05 02:59", False),
            (None, "2026-01-05 03:00", True),
            (None, "2026-01-05 18:00", True),
            ("2026-01-05 03:00", "2026-01-05 23:00", False),
            ("2026-01-05 03:00", "2026-01-06 02:30", False),
            ("2026-01-05 03:00", "2026-01-06 03:00", True),
            ("2026-01-05 18:00", "2026-01-06 03:00", False),
            ("2026-01-05 18:00", "2026-01-06 17:00", True),
        ],
    )
    def test_begins_once_a_day_after_its_hour(self, last, now, due):
        assert DAILY.is_due(at(last) if last else None, at(now)) is due


@pytest.mark.django_db
class TestTheClock:
    def test_begins_what_is_due_once(self):
        begun = []
        assert begin_due(at("2026-01-05 06:00"), enqueue=begun.append) == [job.name for job in JOBS]
        assert begin_due(at("2026-01-05 06:01"), enqueue=begun.append) == []
        assert begun == list(JOBS)

    def test_begins_nothing_before_its_hour(self):
        at_any_hour = [job.name for job in JOBS if job.hour is None]
        assert (
            begin_due(at("2026-01-05 01:00"), enqueue=lambda _: None)
            == at_any_hour
            == ["back_up_again", "deliver", "send_webhooks", "seal_audit"]
        )
        early = [job.name for job in JOBS if job.hour is None or job.hour <= 4]
        assert begin_due(at("2026-01-05 04:00"), enqueue=lambda _: None) == early

    def test_looks_each_half_hour_whether_a_backup_is_to_be_made_again(self):
        begin_due(at("2026-01-05 06:00"), enqueue=lambda _: None)
        assert "back_up_again" not in begin_due(at("2026-01-05 06:29"), enqueue=lambda _: None)
        assert "back_up_again" in begin_due(at("2026-01-05 06:30"), enqueue=lambda _: None)
