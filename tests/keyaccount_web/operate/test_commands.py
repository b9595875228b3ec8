"""The commands say what they did in both languages, as JSON too, and their exit codes tell."""

import json
from dataclasses import replace

import pytest
from django.db import DatabaseError, connections

from keyaccount.cli import _report
from keyaccount.errors import KeyAccountError
from keyaccount_web.audit.commands import audit_command
from keyaccount_web.operate import commands
from keyaccount_web.operate.backup.make import last_backup, remember
from keyaccount_web.operate.upgrade import upgrade
from keyaccount_web.schedule.jobs import JOBS


@pytest.fixture
def run(installation, monkeypatch, capsys):
    """Run a command on the installation: code, what it says, what it complains of."""
    state = last_backup(installation.home)
    monkeypatch.setattr(commands, "_this", lambda: installation)

    def of(command, *words, lang="zh"):
        try:
            code = command(lang).main(list(words), standalone_mode=False)
        except KeyAccountError as error:
            code = _report(error, lang, as_json="--json" in words)
        told = capsys.readouterr()
        return code, told.out, told.err

    yield of
    remember(installation.home, **{"to": None, "keep": None, **state})


class TestBackup:
    def test_makes_verifies_lists_and_schedules(self, run, installation, tmp_path):
        to = str(tmp_path / "to")
        code, out, err = run(commands.backup_command, to, "--schedule", "--keep", "3")
        assert code == 0
        assert "已重新核对" in out
        assert "每天凌晨 2 点" in out
        assert "备份记录" in err
        assert last_backup(installation.home)["to"] == to
        assert any(job.name == "back_up" and job.hour == 2 for job in JOBS)
        # From now on it is where backups go.
        code, out, _ = run(commands.backup_command, "--verify", lang="en")
        assert (code, "is sound" in out) == (0, True)
        code, out, _ = run(commands.backup_command, "--list", "--json")
        assert len(json.loads(out)["names"]) == 1
        assert run(commands.backup_command, "--unschedule")[0] == 0
        assert last_backup(installation.home)["to"] is None

    def test_says_what_is_damaged(self, run, tmp_path):
        run(commands.backup_command, str(tmp_path))
        next((tmp_path / "content").rglob("??*/*")).write_bytes(b"")
        code, _, err = run(commands.backup_command, str(tmp_path), "--verify", lang="en")
        assert code == 2
        assert "Missing or changed: content/" in err

    def test_says_that_there_is_none(self, run, tmp_path):
        code, out, _ = run(commands.restore_command, str(tmp_path), "--json", lang="en")
        assert code == 2
        assert json.loads(out)["error"]["code"] == "backup.none"


class TestRestore:
    def test_refuses_what_is_not_empty(self, run, tmp_path):
        run(commands.backup_command, str(tmp_path))
        code, _, err = run(commands.restore_command, str(tmp_path), lang="en")
        assert code == 2
        assert "--replace" in err

    def test_refuses_while_a_worker_runs(self, run, installation, tmp_path):
        from django.utils import timezone

        from keyaccount_web.operate.models import Heartbeat

        run(commands.backup_command, str(tmp_path))
        beats = Heartbeat.objects.using(installation.alias)
        beats.create(kind="worker", process="elsewhere:7", at=timezone.now())
        try:
            code, _, err = run(commands.restore_command, str(tmp_path), "--replace", lang="en")
        finally:
            beats.all().delete()
        assert code == 2
        assert "worker elsewhere:7" in err


class TestUpgrade:
    def test_has_nothing_to_do_the_second_time(self, run, installation, tmp_path):
        code, out, _ = run(commands.upgrade_command, "--to", str(tmp_path), lang="en")
        assert (code, "nothing to do" in out) == (0, True)
        assert list(tmp_path.iterdir()) == []

    def test_a_database_that_is_away_is_told(self, run, monkeypatch, tmp_path):
        def away(*_, **__):
            raise DatabaseError("server closed the connection")

        monkeypatch.setattr("keyaccount_web.operate.upgrade.pending", away)
        code, _, err = run(commands.upgrade_command, "--to", str(tmp_path), lang="en")
        assert code == 2
        assert "server closed the connection" in err


class TestDoctor:
    @pytest.mark.django_db
    def test_tells_by_its_exit_code(self, run, installation, monkeypatch, tmp_path):
        monkeypatch.setattr(commands, "_this", lambda: replace(installation, alias="default", home=tmp_path))
        code, out, _ = run(commands.doctor_command, lang="en")
        assert code == 1
        assert "✗ There has never been a backup\n  → Run keyaccount backup" in out
        code, out, _ = run(commands.doctor_command, "--json")
        told = json.loads(out)
        assert told["well"] is False
        assert {one["level"] for one in told["findings"]} == {"ok", "warn", "bad"}


@pytest.mark.django_db
class TestAudit:
    def test_verifies_and_exports(self, run, settings, tmp_path):
        from django.utils import timezone

        from keyaccount_web.audit import chain
        from keyaccount_web.audit.models import Entry

        Entry.objects.create(at=timezone.now().replace(year=2025), kind="saw", user_name="u")
        chain.seal()
        code, out, _ = run(audit_command, "verify", lang="en")
        assert (code, "No sign that anybody has altered it." in out) == (0, True)
        run(audit_command, "export", str(tmp_path / "log.jsonl"))
        (line,) = (tmp_path / "log.jsonl").read_text(encoding="utf-8").splitlines()
        assert json.loads(line)["seal"] == 1
        Entry.objects.update(user_name="other")
        code, out, _ = run(audit_command, "verify", "--json")
        assert code == 1
        assert json.loads(out)["problems"] == [{"problem": "changed", "seal": 1}]


def test_serving_upgrades_first(installation, monkeypatch, tmp_path, settings):
    asked = []
    monkeypatch.setattr(commands, "_this", lambda: installation)
    monkeypatch.setattr(
        "keyaccount_web.operate.upgrade.upgrade", lambda *a, **k: asked.append(a) or upgrade(*a, **k)
    )
    settings.BACKUP = str(tmp_path)
    commands.upgraded_before_serving("zh")
    assert len(asked) == 1
    assert connections[installation.alias].introspection.table_names()
