"""How long does it take to check and import many accounts from a workbook, and do pages answer meanwhile?

    .venv/bin/python benchmarks/records.py --accounts 100000

Makes a workbook of accounts with units, owners, tax numbers and addresses, checks and imports it as the wizard's workers do (every
cell judged, look-alikes sought, history written, undo kept), while the real server runs and somebody opens the list of accounts
over and over. Beside it, in a process of its own: openpyxl reading the same file and `bulk_create`, which check nothing, keep no
history and cannot be undone. Prints seconds, the ratio, and how long the pages took meanwhile.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

HERE = Path(__file__).parent
HEADER = ("客户编号", "客户名称", "部门编号", "负责人用户名", "地区", "行业", "渠道", "地址", "税号", "网址")
DIGITS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)


def tax_number(number: int) -> str:
    """A valid 统一社会信用代码 (GB 32100)."""
    body = f"91330106MA{number:07d}"
    rest = sum(DIGITS.index(sign) * weight for sign, weight in zip(body, WEIGHTS, strict=True)) % 31
    return body + DIGITS[(31 - rest) % 31]


def make_workbook(path: Path, accounts: int) -> None:
    import xlsxwriter

    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
        sheet = book.add_worksheet("客户")
        sheet.write_row(0, 0, HEADER)
        for i in range(accounts):
            name = f"{'东南西北中'[i % 5]}{'华海江山川'[i // 5 % 5]}第{i}实业有限公司"
            row = (
                *(f"N{i:06}", name, f"U{i % 20}", f"m{i % 50}", f"区{i % 20}", f"行业{i % 12}", "直销"),
                *(f"临江路{i}号", tax_number(i), f"https://n{i}.example.com"),
            )
            sheet.write_row(i + 1, 0, row)


def set_up() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "keyaccount_web.config.settings"
    import django

    django.setup()


def fill() -> None:
    """The colleagues and units that the workbook refers to."""
    set_up()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    from web import PASSWORD, USERNAME

    from keyaccount_web.access.models import OrgUnit, Post, User

    top = OrgUnit.objects.create(code="HQ", name="总部", kind="headquarters")
    for i in range(20):
        OrgUnit.objects.create(code=f"U{i}", name=f"分公司{i}", kind="branch", parent=top)
    user = User.objects.create_user(USERNAME, password=PASSWORD, name="测试", without_second_factor=True)
    Post.objects.create(user=user, role="director", unit=top, reach="all", since="2020-01-01")
    for i in range(50):
        one = User.objects.create(username=f"m{i}", name=f"经理{i}")
        Post.objects.create(
            user=one, role="manager", unit=OrgUnit.objects.get(code=f"U{i % 20}"), since="2020-01-01"
        )


def keyaccount(file: Path) -> None:
    """Upload, check, import, each timed."""
    set_up()
    from django.core.files.uploadedfile import SimpleUploadedFile
    from web import USERNAME

    from keyaccount_web.access.models import User
    from keyaccount_web.imports import services, tasks
    from keyaccount_web.imports.models import FileImport
    from keyaccount_web.know.models import Account

    user = User.objects.get(username=USERNAME)
    told = {}
    began = time.perf_counter()
    brought = services.bring(FileImport.Kind.RECORDS, SimpleUploadedFile(file.name, file.read_bytes()), user)
    services.choose(brought, brought.choices["sheets"], {})
    told["upload"] = time.perf_counter() - began
    for step, state, work in (
        ("check", FileImport.State.CHECKING, tasks.check_file),
        ("import", FileImport.State.IMPORTING, tasks.import_file),
    ):
        began = time.perf_counter()
        services.begin(brought, state)
        work.func(brought.pk, brought.attempt)
        told[step] = time.perf_counter() - began
        brought.refresh_from_db()
    assert brought.state == FileImport.State.DONE, (brought.state, brought.error)  # noqa: S101
    told["accounts"] = Account.objects.count()
    print(json.dumps(told))


def plain(file: Path) -> None:
    """The least that somebody would write: read, make, done."""
    set_up()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    import openpyxl

    from keyaccount_web.know.models import Account

    began = time.perf_counter()
    rows = openpyxl.load_workbook(file, read_only=True).worksheets[0].iter_rows(min_row=2, values_only=True)
    made = (
        Account(
            code=code, name=name, region=region, industry=industry, channel=channel, address=address,
            tax_number=tax or "", website=website or "",
        )
        for code, name, _, _, region, industry, channel, address, tax, website in rows
    )  # fmt: skip
    Account.objects.bulk_create(made, batch_size=1000)
    print(json.dumps({"seconds": time.perf_counter() - began, "accounts": Account.objects.count()}))


def run(what: str, file: Path, home: Path) -> dict[str, float]:
    environment = {**os.environ, "KEYACCOUNT_HOME": str(home)}
    words = [sys.executable, __file__, "--run", what, str(file)]
    done = subprocess.run(words, env=environment, check=False, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise SystemExit(f"{what} failed")
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1] or "{}")
    return found


def open_list(cookie: str, done: threading.Event, taken: list[float]) -> None:
    """The list of accounts, over and over."""
    from itertools import repeat

    from web import PORT, ask

    while not done.is_set():
        taken += ask(PORT, repeat("/accounts/"), cookie, users=1, times=1)
        time.sleep(0.1)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--accounts", type=int, default=100_000)
    parser.add_argument("--run", nargs=2, help=argparse.SUPPRESS)
    told = parser.parse_args()
    if told.run:
        {"fill": lambda _file: (fill(), print("{}")), "keyaccount": keyaccount, "plain": plain}[told.run[0]](
            Path(told.run[1])
        )
        return
    from web import PORT, p95, sign_in, wait_for

    with tempfile.TemporaryDirectory() as folder:
        file, home = Path(folder) / "accounts.xlsx", Path(folder) / "home"
        make_workbook(file, told.accounts)
        home.mkdir()
        run("fill", file, home)
        server = subprocess.Popen(
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
            ],
            env={**os.environ, "KEYACCOUNT_HOME": str(home)},
        )
        try:
            wait_for(PORT)
            taken: list[float] = []
            done = threading.Event()
            reader = threading.Thread(target=open_list, args=(sign_in(), done, taken))
            reader.start()
            ours = run("keyaccount", file, home)
            done.set()
            reader.join()
        finally:
            server.terminate()
            server.wait()
        (Path(folder) / "plain").mkdir()
        rival = run("plain", file, Path(folder) / "plain")
    assert ours["accounts"] == rival["accounts"] == told.accounts  # noqa: S101
    whole = ours["upload"] + ours["check"] + ours["import"]
    print(f"{told.accounts:,} accounts from xlsx, {len(taken)} pages opened meanwhile")
    print(
        f"keyaccount                    {whole:6.1f} s  (upload {ours['upload']:.1f}, check {ours['check']:.1f}, "
        f"import {ours['import']:.1f}); {whole / rival['seconds']:.1f} × the rival"
    )
    print(f"openpyxl + bulk_create        {rival['seconds']:6.1f} s")
    print(
        f"list of accounts meanwhile    {p95(taken):6.0f} ms (95th percentile), {max(taken):.0f} ms at the most"
    )


if __name__ == "__main__":
    main()
