"""The doctor finds what is wrong, says how to mend it in both languages, and never raises."""

import datetime as dt
import re
import shutil
from importlib.resources import files

import pytest
from django.db import OperationalError, connections
from django.utils import timezone

from keyaccount.language import catalogue
from keyaccount.ledger.store.place import StorePlace
from keyaccount_web.access.models import User
from keyaccount_web.access.services import add_administrator
from keyaccount_web.operate import doctor, heartbeat
from keyaccount_web.operate.backup import nightly
from keyaccount_web.operate.backup.installation import Installation
from keyaccount_web.operate.backup.make import remember
from keyaccount_web.operate.models import Heartbeat
from keyaccount_web.schedule.models import JobRun
from keyaccount_web.work.models import Notification


@pytest.fixture
def one(db, tmp_path, ledger):  # noqa: ARG001
    home = tmp_path / "home"
    home.mkdir(mode=0o750)
    shutil.copytree(ledger.place.folder, home / "ledger")
    return Installation(home, StorePlace(home / "ledger"))


def found(one, check, **kwargs):
    told = [finding for finding in doctor.examine(one, **kwargs) if finding.check == check]
    assert told, check
    for finding in told:
        for lang in ("zh", "en"):
            assert finding.text(lang)
            assert bool(finding.to_do(lang)) == (finding.level != "ok")
    return [(finding.level, finding.state) for finding in told]


class TestDoctor:
    def test_every_finding_has_its_texts(self):
        source = files("keyaccount_web.operate").joinpath("doctor.py").read_text(encoding="utf-8")
        said = set(re.findall(r'Finding\("(\w+)", "(?:bad|warn)", "(\w+)"', source))
        assert len(said) > 20
        for check, state in said:
            assert f"doctor.{check}.{state}" in catalogue()
            assert f"doctor.{check}.{state}.to_do" in catalogue()

    def test_a_sound_installation_is_well_but_for_what_is_not_running(self, one, settings):
        settings.SECRET_KEY = "abcdefghij" * 6
        remember(one.home, last=timezone.now().isoformat(), place="/elsewhere", to="/elsewhere")
        heartbeat.beat(Heartbeat.Kind.WORKER)
        heartbeat.beat(Heartbeat.Kind.SCHEDULER)
        findings = doctor.examine(one, thorough=True)
        bad = [finding for finding in findings if finding.level == "bad"]
        assert bad == []
        assert doctor.is_well(findings)

    def test_processes_that_are_gone(self, one):
        assert found(one, "worker") == [("bad", "never")]
        heartbeat.beat(Heartbeat.Kind.WORKER)
        Heartbeat.objects.update(at=timezone.now() - dt.timedelta(minutes=10))
        assert found(one, "worker") == [("bad", "gone")]
        assert not heartbeat.is_alive(Heartbeat.Kind.WORKER)
        assert found(one, "scheduler") == [("bad", "never")]

    def test_nobody_who_lets_others_in(self, one):
        assert found(one, "people") == [("warn", "nobody")]
        add_administrator("wangfang", "王芳", company="启明")
        assert found(one, "people") == [("ok", "ok")]
        User.objects.update(is_active=False)
        assert found(one, "people") == [("warn", "nobody")]

    def test_a_clock_that_went_back(self, one):
        JobRun.objects.create(name="x", began_at=timezone.now() + dt.timedelta(hours=2))
        assert found(one, "clock") == [("bad", "back")]

    def test_backups(self, one, settings):
        assert found(one, "backup") == [("bad", "never")]
        remember(one.home, last=(timezone.now() - dt.timedelta(days=3)).isoformat(), place="/elsewhere")
        assert found(one, "backup") == [("bad", "old")]
        remember(one.home, last=timezone.now().isoformat(), place="/elsewhere")
        assert found(one, "backup") == [("warn", "by_hand")]
        settings.BACKUP = "x"
        assert found(one, "backup") == [("ok", "ok")]
        remember(one.home, place=str(one.home / "backups"))
        assert found(one, "backup") == [("warn", "same_disk")]

    @pytest.mark.parametrize(
        ("changes", "check", "finding"),
        [
            ({"DEBUG": True}, "debug", ("bad", "on")),
            ({"SECRET_KEY": "short"}, "secret", ("bad", "weak")),
            ({"SITE_URL": "http://crm.example"}, "address", ("bad", "plain")),
            ({"SITE_URL": "http://localhost", "HTTPS": True}, "address", ("bad", "local")),
            ({"ALLOWED_HOSTS": ["*"]}, "address", ("bad", "any")),
            ({"SITE_URL": "https://crm.example", "HTTPS": True}, "address", ("ok", "ok")),
            ({"REQUIRE_SECOND_FACTOR": True}, "factor", ("ok", "ok")),
        ],
    )
    def test_settings(self, one, settings, changes, check, finding):
        for name, value in changes.items():
            setattr(settings, name, value)
        assert found(one, check) == [finding]

    def test_mail_that_is_down(self, one, settings):
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
        assert found(one, "mail") == [("warn", "down")]

    def test_a_damaged_ledger(self, one):
        next(one.store.data.rglob("lines/*.parquet")).unlink()
        assert found(one, "ledger", thorough=True) == [("bad", "unsound")]
        one.store.catalog_file.write_bytes(b"not a database")
        assert found(one, "ledger") == [("bad", "trouble")]

    def test_what_was_left_by_the_killed(self, one):
        assert found(one, "locks") == [("ok", "ok")]
        (one.store.folder / "writer.json").write_text("{}")
        assert found(one, "locks") == [("warn", "left")]

    def test_no_database(self, one, monkeypatch):
        def gone(*_):
            raise OperationalError("connection refused")

        with monkeypatch.context() as patch:
            patch.setattr(connections["default"], "cursor", gone)
            assert found(one, "database") == [("bad", "unreachable")]

    def test_a_disk_that_is_nearly_full(self, one, monkeypatch):
        monkeypatch.setattr(doctor, "LEAST_FREE_GIB", 1 << 30)
        assert set(found(one, "space")) == {("bad", "low")}


class TestABackupThatFails:
    def test_is_told_to_administrators_once(self, one, company):
        add_administrator("admin2", "管理员", company="启明")
        for _ in range(2):
            nightly._failed(one.home, "s3://b", "backup.place", {"place": "s3://b", "reason": "away"})
        told = Notification.objects.filter(code="notice.backup_failed").values_list(
            "user__username", flat=True
        )
        assert "admin2" in told
        assert "owner" not in told
        assert len(told) == len(set(told))
        assert ("bad", "failed") in found(one, "backup")
        assert nightly.failure(one.home)["times"] == 2
