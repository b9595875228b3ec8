"""A task whose worker was killed is taken up by another, once; where that happens again and again its record says why it ended."""

import datetime as dt
import os

import pytest
from django.db import OperationalError, connection, transaction
from django.utils import timezone
from django_tasks import task
from django_tasks.base import TaskResultStatus
from django_tasks_db.models import DBTaskResult, get_date_max

from keyaccount.find.settings import FindSettings
from keyaccount_web.operate import heartbeat, queue
from keyaccount_web.operate.lost import MOST_TRIES, Watch, says_so, take_up_lost
from keyaccount_web.operate.models import Heartbeat
from keyaccount_web.operate.worker import PatientWorker
from keyaccount_web.runs import tasks
from keyaccount_web.runs.models import Run
from keyaccount_web.runs.services import begin_find, new_find

ELSEWHERE = "other-machine#4026531836/17:abcd1234"


def a_task(*workers, path="keyaccount_web.runs.tasks.run_find", args=(1,)):
    return DBTaskResult.objects.create(
        status=TaskResultStatus.RUNNING,
        started_at=timezone.now(),
        args_kwargs={"args": list(args), "kwargs": {}},
        task_path=path,
        worker_ids=list(workers),
        backend_name="default",
        run_after=get_date_max(),
        exception_class_path="",
        traceback="",
    )


def state_of(told):
    told.refresh_from_db()
    return told.status


class Steady:
    """A clock that only goes on."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.mark.django_db
class TestTakeUpLost:
    def test_what_a_worker_of_this_machine_left_when_it_was_killed(self):
        lost = a_task(f"{heartbeat.here()}/{dead_process()}:abcd1234")
        assert take_up_lost(Watch()) == [lost.task_path]
        assert state_of(lost) == TaskResultStatus.READY
        assert lost in DBTaskResult.objects.ready()
        assert take_up_lost(Watch()) == []

    def test_leaves_alone_who_is_at_work(self):
        heartbeat.beat(Heartbeat.Kind.WORKER)
        mine = a_task(heartbeat.name_of())
        theirs = a_task(f"{heartbeat.here()}/{os.getppid()}:abcd1234")
        assert take_up_lost(Watch()) == []
        assert state_of(mine) == state_of(theirs) == TaskResultStatus.RUNNING

    def test_one_elsewhere_is_gone_after_ninety_seconds_without_a_word(self):
        steady = Steady()
        watch = Watch(steady)
        told = a_task(ELSEWHERE)
        Heartbeat.objects.create(kind="worker", process=ELSEWHERE, at=timezone.now())
        assert take_up_lost(watch) == []
        steady.now += 80
        Heartbeat.objects.update(at=timezone.now() + dt.timedelta(seconds=80))
        assert take_up_lost(watch) == []
        steady.now += 89
        assert take_up_lost(watch) == []
        steady.now += 1
        assert take_up_lost(watch) == [told.task_path]

    def test_a_clock_that_leaps_makes_nobody_look_dead(self):
        steady = Steady()
        watch = Watch(steady)
        a_task(ELSEWHERE)
        # Its own clock is years behind, or ahead: only that it moves counts.
        for year in (2001, 2040, 2002):
            Heartbeat.objects.update_or_create(
                kind="worker",
                process=ELSEWHERE,
                defaults={"at": dt.datetime(year, 1, 1, tzinfo=dt.UTC)},
            )
            steady.now += 60
            assert take_up_lost(watch) == []

    def test_what_ended_meanwhile_stays_ended(self, monkeypatch):
        lost = a_task(f"{heartbeat.here()}/{dead_process()}:abcd1234")

        def done_first(_, workers):
            DBTaskResult.objects.filter(pk=lost.pk).update(status=TaskResultStatus.SUCCESSFUL)
            return set(workers)

        monkeypatch.setattr(Watch, "gone", done_first)
        assert take_up_lost(Watch()) == []
        assert state_of(lost) == TaskResultStatus.SUCCESSFUL

    def test_after_three_dead_workers_the_run_says_so(self, company):
        run = new_find(company.users["director"], FindSettings())
        Run.objects.filter(pk=run.pk).update(state=Run.State.RUNNING)
        dead = f"{heartbeat.here()}/{dead_process()}:abcd1234"
        lost = a_task(*[dead] * MOST_TRIES, args=(run.pk,))
        assert take_up_lost(Watch()) == [lost.task_path]
        assert state_of(lost) == TaskResultStatus.FAILED
        run.refresh_from_db()
        assert run.state == Run.State.FAILED
        assert "3 次" in run.error["zh"]
        assert "3 times" in run.error["en"]

    def test_every_task_with_a_record_that_waits_says_so(self):
        for path in (
            *("runs.tasks.run_find", "imports.tasks.check_file", "imports.tasks.import_file"),
            *("lists.tasks.write_export", "find.trying.facts.read_facts", "find.tasks.fill_key_list"),
        ):
            assert says_so(f"keyaccount_web.{path}") is not None, path
        assert says_so("keyaccount_web.gone.tasks.of_an_older_release") is None


@pytest.mark.django_db
class TestEnqueueWithRecords:
    def test_record_and_task_are_committed_together(self, company, settings, monkeypatch):
        """Killed before the commit there is neither; after it there are both: no run waits for nobody."""
        settings.TASKS = {"default": {"BACKEND": queue.DATABASE, "QUEUES": []}}
        put = []
        monkeypatch.setattr(
            type(tasks.run_find), "enqueue", lambda _, pk: put.append((pk, connection.in_atomic_block))
        )
        before = Run.objects.count()

        def begin_and_die():
            with transaction.atomic():
                begin_find(company.users["director"], FindSettings())
                raise RuntimeError

        with pytest.raises(RuntimeError):
            begin_and_die()
        assert Run.objects.count() == before
        assert [inside for _, inside in put] == [True]


def dead_process():
    """The number of a process that is no more."""
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    return child


@task()
def for_a_worker(word):
    if word == "away":
        raise OperationalError("server closed the connection unexpectedly")
    if word == "stopped":
        raise SystemExit(1)
    if word == "broken":
        raise ValueError(word)


@pytest.mark.django_db
class TestPatientWorker:
    def run(self, word, *workers):
        told = a_task(*workers, "me", path=for_a_worker.module_path, args=(word,))
        worker = PatientWorker(
            queue_names=["*"],
            interval=1,
            batch=True,
            backend_name="default",
            startup_delay=False,
            max_tasks=None,
            worker_id="me",
            excluded_queue_names=[],
        )
        worker.run_task(told)
        return state_of(told)

    def test_puts_back_what_the_database_left_alone(self, settings, monkeypatch):
        settings.TASKS = {"default": {"BACKEND": queue.DATABASE, "QUEUES": []}}
        # The test's own connection is in a transaction: PostgreSQL would not have it closed.
        monkeypatch.setattr("keyaccount_web.operate.worker.close_old_connections", lambda: None)
        assert self.run("away") == self.run("stopped") == TaskResultStatus.READY
        assert self.run("away", "before", "long before") == TaskResultStatus.FAILED

    def test_ends_what_is_broken_and_what_is_done(self, settings):
        settings.TASKS = {"default": {"BACKEND": queue.DATABASE, "QUEUES": []}}
        assert self.run("broken") == TaskResultStatus.FAILED
        assert self.run("fine") == TaskResultStatus.SUCCESSFUL
