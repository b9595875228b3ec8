"""Machines that watch the app get what they need and nothing more; lines of the log belong together by their request."""

import datetime as dt
import io
import json
import logging
import os
import re
import subprocess
import sys
import textwrap

import pytest
from django.db import OperationalError, connection
from django.utils import timezone
from django_tasks import task

from keyaccount_web.config.logs import AsJson, WithRequestId
from keyaccount_web.operate import health, heartbeat
from keyaccount_web.operate.models import Heartbeat, TaskOrigin
from keyaccount_web.operate.request_ids import current_id, set_id


@pytest.fixture(autouse=True)
def _home(settings):
    settings.HOME.mkdir(parents=True, exist_ok=True)


class TestHealth:
    def test_answers_without_a_sign_in_a_name_or_the_database(self, client, settings):
        settings.SECURE_SSL_REDIRECT = True
        answer = client.get("/health", headers={"Host": "10.0.0.7"})
        assert (answer.status_code, answer.json()) == (200, {"alive": True})
        assert not answer.cookies

    def test_ready_tells_which_part_is_not(self, company, client, monkeypatch):
        told = client.get("/ready")
        assert (told.status_code, told.json()["ready"]) == (200, True)
        assert told.json()["parts"] == {
            "database": True,
            "migrations": True,
            "ledger": True,
            "worker": False,
            "messages": True,
            "backup": True,
            "space": True,
        }
        heartbeat.beat(Heartbeat.Kind.WORKER)
        assert client.get("/ready").json()["parts"]["worker"] is True

        def gone(*_):
            raise OperationalError("password=secret")

        with monkeypatch.context() as patch:
            patch.setitem(health.CHECKS, "database", gone)
            down = client.get("/ready")
        assert down.status_code == 503
        assert down.json()["parts"]["database"] is False
        assert "secret" not in down.content.decode()
        monkeypatch.setattr(health, "LEAST_FREE_BYTES", 1 << 62)
        assert client.get("/ready").status_code == 503

    @pytest.mark.parametrize("path", ["/health", "/ready", "/metrics"])
    def test_only_reads(self, client, path):
        assert client.post(path).status_code == 405


def figures(client, **headers):
    answer = client.get("/metrics", headers=headers)
    assert answer.status_code == 200
    lines = [line for line in answer.content.decode().splitlines() if not line.startswith("#")]
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines}


class TestMetrics:
    def test_are_for_this_machine_or_who_bears_the_token(self, db, client, settings):
        assert client.get("/metrics").status_code == 200
        assert client.get("/metrics", headers={"X-Forwarded-For": "10.0.0.7"}).status_code == 403
        assert client.get("/metrics", REMOTE_ADDR="10.0.0.7").status_code == 403
        settings.METRICS_TOKEN = "t0ken"  # noqa: S105
        assert client.get("/metrics").status_code == 403
        assert client.get("/metrics", headers={"Authorization": "Bearer other"}).status_code == 403
        assert figures(client, Authorization="Bearer t0ken")

    def test_count_requests_by_view_never_by_address(self, company, as_user, client):
        name = 'keyaccount_requests_total{method="GET",status="200",view="account"}'
        before = figures(client).get(name, 0)
        as_user("owner").get(f"/accounts/{company.accounts['K7101'].pk}/")
        told = figures(client)
        assert told[name] == before + 1
        assert told['keyaccount_runs{state="done"}'] == 1
        assert told['keyaccount_request_seconds_count{view="account"}'] >= 1
        assert not re.search(r"/accounts/\d", client.get("/metrics").content.decode())

    def test_count_failed_sign_ins(self, company, sign_in, client):
        before = figures(client)["keyaccount_sign_in_failures_total"]
        sign_in("owner", "wrong-password-7")
        assert figures(client)["keyaccount_sign_in_failures_total"] == before + 1

    def test_tell_what_waits(self, db, client):
        from django_tasks_db.models import DBTaskResult

        one = DBTaskResult.objects.create(
            task_path="x", args_kwargs={}, backend_name="default", run_after=timezone.now()
        )
        DBTaskResult.objects.filter(pk=one.pk).update(enqueued_at=timezone.now() - dt.timedelta(minutes=5))
        told = figures(client)
        assert told['keyaccount_tasks{state="ready"}'] == 1
        assert 300 <= told['keyaccount_oldest_task_seconds{state="ready"}'] < 360
        assert told['keyaccount_processes{kind="worker"}'] == 0

    def test_several_processes_are_summed(self, tmp_path):
        count = "from keyaccount_web.operate.metrics import REQUESTS\nREQUESTS.labels('home', 'GET', '200').inc()\n"
        show = (
            "from prometheus_client import CollectorRegistry, generate_latest\n"
            "from prometheus_client.multiprocess import MultiProcessCollector\n"
            "r = CollectorRegistry(); MultiProcessCollector(r); print(generate_latest(r).decode())"
        )
        folder = tmp_path / "counted"
        folder.mkdir()
        told = os.environ | {
            "PROMETHEUS_MULTIPROC_DIR": str(folder),
            "DJANGO_SETTINGS_MODULE": "keyaccount_web.config.settings",
        }
        for script in (count, count):
            subprocess.run([sys.executable, "-c", script], env=told, check=True)  # noqa: S603
        out = subprocess.run(  # noqa: S603
            [sys.executable, "-c", show], env=told, check=True, capture_output=True, text=True
        )
        assert 'keyaccount_requests_total{method="GET",status="200",view="home"} 2.0' in out.stdout


seen = []


@task()
def note_id() -> None:
    """Which request does it think it belongs to?"""
    seen.append(current_id())


class TestRequestIds:
    def test_go_in_and_out(self, client):
        assert (
            client.get("/health", headers={"X-Request-ID": "abcdef-12345678"})["X-Request-ID"]
            == "abcdef-12345678"
        )
        for bad in ("short", "x" * 65, "new\nline-here", "<script>alert(1)"):
            assert client.get("/health", headers={"X-Request-ID": bad})["X-Request-ID"] != bad
        first, second = (client.get("/health")["X-Request-ID"] for _ in range(2))
        assert first != second

    def test_a_task_carries_the_id_of_its_request(self, db, settings):
        from django_tasks_db.management.commands.db_worker import Worker
        from django_tasks_db.models import DBTaskResult

        settings.TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": []}}
        set_id("request-of-the-page")
        note_id.enqueue()
        assert TaskOrigin.objects.get().request_id == "request-of-the-page"
        set_id("")  # the worker is another process
        worker = Worker(
            queue_names=["*"],
            excluded_queue_names=[],
            interval=0,
            batch=True,
            backend_name="default",
            startup_delay=False,
            max_tasks=None,
            worker_id="w",
        )
        worker.run_task(DBTaskResult.objects.get())
        assert seen == ["request-of-the-page"]
        assert current_id() == ""

    def test_a_line_of_the_log_is_json_with_the_id(self):
        stream = io.StringIO()
        handler = logging.StreamHandler(stream)
        handler.setFormatter(AsJson())
        handler.addFilter(WithRequestId())
        logger = logging.getLogger("test.json")
        logger.addHandler(handler)
        logger.propagate = False
        set_id("request-12345678")
        try:
            raise ValueError("列")
        except ValueError:
            logger.exception("not done: %s", "甲")
        finally:
            set_id("")
        (line,) = stream.getvalue().splitlines()
        told = json.loads(line)
        assert (told["level"], told["message"], told["request_id"]) == (
            "ERROR",
            "not done: 甲",
            "request-12345678",
        )
        assert "ValueError: 列" in told["error"]


def test_the_settings_choose_the_form_of_the_logs(tmp_path):
    script = textwrap.dedent("""
        import django, logging
        django.setup()
        logging.getLogger("keyaccount.request").info("hello", extra={"view": "home", "status": 200})
    """)
    for form, expected in (("json", True), ("plain", False)):
        told = os.environ | {
            "DJANGO_SETTINGS_MODULE": "keyaccount_web.config.settings",
            "KEYACCOUNT_LOG": form,
            "KEYACCOUNT_HOME": str(tmp_path),
        }
        out = subprocess.run(  # noqa: S603
            [sys.executable, "-c", script], env=told, check=True, capture_output=True, text=True
        )
        lines = [line for line in out.stderr.splitlines() if "hello" in line]
        assert bool(lines) == expected
        if expected:
            assert json.loads(lines[0]) | {"view": "home", "status": 200} == json.loads(lines[0])
    assert connection.vendor
