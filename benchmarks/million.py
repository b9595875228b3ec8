"""Does a proposal with a million customers block anybody?

    .venv/bin/python benchmarks/million.py [--accounts 1000000] [--lines 10000000] [--home FOLDER]

Fills a ledger of so many customers through the store, starts the real server with two workers and a worker beside it, and as one user
starts a calculation and proposes the yearly list from it, as their pages do. Meanwhile another asks for home, the accounts and the run
itself, over and over. Prints how long calculation and proposal took, the steps that the reader was shown, and the pages' 95th percentile
meanwhile and, in the same run, after it. The data folder can be kept for another go with --home.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from itertools import cycle
from pathlib import Path
from typing import Any

import web

PAGES = ("/", "/accounts/", "/runs/")


def fill(accounts: int, lines: int) -> None:
    """The ledger, one director, and the accounts of the first few customers."""
    import duckdb
    from django.core.management import call_command

    from keyaccount.ledger.store.imports import import_ledger
    from keyaccount.ledger.store.place import store_place
    from keyaccount_web.access.models import OrgUnit, Post, User

    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    top = OrgUnit.objects.create(code="HQ", name="总部", kind="headquarters")
    user = User.objects.create_user(
        web.USERNAME, password=web.PASSWORD, name="测试", without_second_factor=True
    )
    Post.objects.create(user=user, role="director", unit=top, reach="all", since="2020-01-01")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "ledger.parquet"
        with duckdb.connect() as con:
            con.execute("SELECT setseed(0.42)")
            con.execute(web.LEDGER.format(lines=lines, accounts=accounts, path=file))
        import_ledger(store_place(), file)


class Asking(threading.Thread):
    """One user who goes on and on."""

    def __init__(self, cookie: str) -> None:
        super().__init__(daemon=True)
        self.cookie, self.taken, self.stopped = cookie, [], False  # type: ignore[var-annotated]

    def run(self) -> None:
        pages = cycle(PAGES)
        while not self.stopped:
            self.taken += web.ask(web.PORT, pages, self.cookie, users=1, times=3)
            time.sleep(0.2)

    def stop(self) -> list[float]:
        self.stopped = True
        self.join()
        return self.taken


def watched(record: Any, is_done: Any, what: Any) -> tuple[float, list[str]]:
    """Seconds until it is done, and what its page showed on the way."""
    began, shown = time.perf_counter(), []
    while True:
        record.refresh_from_db()
        if not shown or shown[-1] != what(record):
            shown.append(what(record))
        if is_done(record):
            return time.perf_counter() - began, shown
        time.sleep(0.1)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--accounts", type=int, default=1_000_000)
    parser.add_argument("--lines", type=int, default=10_000_000)
    parser.add_argument("--home", type=Path)
    told = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = told.home or Path(folder) / "home"
        home.mkdir(parents=True, exist_ok=True)
        os.environ |= {
            "KEYACCOUNT_HOME": str(home),
            "DJANGO_SETTINGS_MODULE": "keyaccount_web.config.settings",
        }
        import django

        django.setup()
        if not (home / "filled").exists():
            fill(told.accounts, told.lines)
            (home / "filled").write_text("")
        server = subprocess.Popen(
            [sys.executable, "-m", "keyaccount", "serve", "--port", str(web.PORT), "--workers", "2"]
        )
        try:
            _measure(told)
        finally:
            server.terminate()
            server.wait()


def _measure(told: argparse.Namespace) -> None:
    from keyaccount.find.list_basis import ListBasis
    from keyaccount.find.settings import FindSettings
    from keyaccount_web.access.models import User
    from keyaccount_web.find.lists.proposing import begin_list
    from keyaccount_web.find.models import KeyAccountList
    from keyaccount_web.runs.services import accounts_in, begin_find

    web.wait_for(web.PORT)
    cookie, user = web.sign_in(), User.objects.get(username=web.USERNAME)
    KeyAccountList.objects.all().delete()  # of a go before
    asking = Asking(cookie)
    asking.start()
    run = begin_find(user, FindSettings())
    seconds, shown = watched(run, lambda one: one.state in ("done", "failed"), lambda one: f"{one.progress}%")
    assert run.state == "done", run.error  # noqa: S101
    print(
        f"{accounts_in(run):,} customers, {told.lines:,} lines: calculated in {seconds:.0f} s, shown {shown}"
    )
    began = time.perf_counter()
    key_list = begin_list(user, run, ListBasis())
    begun = time.perf_counter() - began
    seconds, shown = watched(
        key_list, lambda one: one.state in ("draft", "dropped"), lambda one: f"{one.progress}%"
    )
    assert key_list.state == "draft", key_list.problem  # noqa: S101
    print(
        f"proposed in {seconds:.0f} s, begun in {begun:.1f} s, shown {shown}, {key_list.entries.count():,} entries"
    )
    meanwhile = asking.stop()
    after = web.ask(web.PORT, cycle([*PAGES, f"/runs/{run.pk}/"]), cookie, users=1, times=40)
    print(
        f"pages, 95th percentile: meanwhile {web.p95(meanwhile):.0f} ms (longest {max(meanwhile):.0f}), "
        f"after it {web.p95(after):.0f} ms, median {statistics.median(after):.0f}"
    )


if __name__ == "__main__":
    main()
