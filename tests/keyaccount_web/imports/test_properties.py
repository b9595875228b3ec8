"""Whatever a workbook holds: its rows add up, the same again changes nothing, undo restores exactly. And a real SIGKILL."""

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from keyaccount_web.imports import services
from keyaccount_web.imports.models import FileImport
from keyaccount_web.imports.tasks import check_file, import_file
from keyaccount_web.know.models import Account
from tests.keyaccount_web.imports.books import ACCOUNTS, CONTACTS, GROUPS, book, uploaded
from tests.keyaccount_web.imports.test_records import everything

CODES = ["K7101", "K7102", "K7103", "K7104", "K7302", "R1", "R2", "R3", "R4", "Ｒ5", "R6.0", "R7", "R8"]


def one_of(chance, good, bad):
    """One of the good values, or, one time in fifteen, of the bad ones."""
    return chance.choice(bad if chance.random() < 1 / 15 else good)


def some_workbook(chance):
    codes = chance.sample(CODES, chance.randrange(3, 10))
    accounts = [
        (
            one_of(chance, [code], ["", None, codes[0]]),
            one_of(chance, ["甲公司", "乙公司"], [None, "长" * 201]),
            one_of(chance, [None, None, None, "K7104", codes[0]], ["NOSUCH", code]),
            one_of(chance, ["HZ"], ["NJ", None, "XX"]),
            one_of(chance, ["owner"], ["stranger", None, "ghost"]),
            one_of(chance, ["浙北", "苏南", None], ["#REF!"]),
            one_of(chance, [None], ["坏的"]),
        )
        for code in codes
    ]
    contacts = [
        (
            one_of(chance, CODES, ["", None, "NOSUCH"]),
            one_of(chance, [None, "C1", "C2"], ["C1"]),
            one_of(chance, ["张一", "李二", "械机帆云"], [None]),
            one_of(chance, ["采购", None], ["长" * 61]),
            one_of(chance, ["0571-88001234", None], ["问他"]),
            None,
        )
        for _ in range(chance.randrange(1, 7))
    ]
    groups = [(code, one_of(chance, ["K7104"], ["NOSUCH", None])) for code in chance.sample(CODES, 2)]
    return book(客户=[ACCOUNTS, *accounts], 联系人=[CONTACTS, *contacts], 集团=[GROUPS, *groups])


def brought(content, user, *, erase):
    """A file taken in as the workers do it, without pages."""
    told = services.bring("records", uploaded(content), user)
    services.choose(told, told.choices["sheets"], {"erase": erase})
    for state, work in ((FileImport.State.CHECKING, check_file), (FileImport.State.IMPORTING, import_file)):
        services.begin(told, state)
        work.func(told.pk, told.attempt)
        told.refresh_from_db()
        assert told.error is None
    return told


class TestAnyWorkbook:
    @pytest.mark.parametrize("seed", range(8))
    def test_adds_up_changes_nothing_twice_and_is_undone_exactly(self, company, seed):
        chance = random.Random(seed)  # noqa: S311 - invented rows
        user = company.users[chance.choice(["director", "head", "owner"])]
        content, erase = some_workbook(chance), chance.random() < 0.3
        before = everything()
        told = brought(content, user, erase=erase)
        total = told.report["counts"]["all"]
        filled = sum(sheet["rows"] for sheet in told.choices["sheets"])
        assert sum(total.values()) == filled == told.report["rows"]
        after = everything()
        again = brought(content, user, erase=erase)
        counted = again.report["counts"]["all"]
        assert (counted["new"], counted["changed"]) == (0, 0)
        assert counted["refused"] == total["refused"]
        assert everything() == after
        services.undo(told, user)
        assert everything() == before
        assert not Account.history.filter(history_type="-").exclude(code__startswith="R").exists()

    def test_has_something_to_show_for_it(self, company):
        """The workbooks above do bring, change and refuse something."""
        seen = {"new": 0, "changed": 0, "unchanged": 0, "refused": 0}
        for seed in range(4):
            chance = random.Random(seed)  # noqa: S311 - invented rows
            told = brought(some_workbook(chance), company.users["director"], erase=False)
            for state, n in told.report["counts"]["all"].items():
                seen[state] += n
        assert all(seen.values())


KILLED = """
import os, signal, sys
os.environ |= {"DJANGO_SETTINGS_MODULE": "keyaccount_web.config.settings", "KEYACCOUNT_HOME": sys.argv[1],
               "KEYACCOUNT_TASKS": "django_tasks.backends.dummy.DummyBackend"}
import django
django.setup()
from django.core.management import call_command
from django.db import connections
call_command("migrate", verbosity=0)
from django.core.files.uploadedfile import SimpleUploadedFile
from keyaccount_web.access.models import OrgUnit
from keyaccount_web.access.roles import Role
from keyaccount_web.access.services import add_user
from keyaccount_web.imports import services, switch, tasks
from keyaccount_web.know.models import Account, Contact
unit = OrgUnit.objects.create(code="HQ", name="总部", kind="headquarters")
user = add_user("director", "沈国栋", role=Role.DIRECTOR, unit=unit)
told = services.bring("records", SimpleUploadedFile("x.xlsx", open(sys.argv[2], "rb").read()), user)
services.choose(told, told.choices["sheets"], {})
services.begin(told, "checking")
tasks.check_file.func(told.pk, told.attempt)
told.refresh_from_db()
services.begin(told, "importing")
connections.close_all()
child = os.fork()
if child == 0:
    switch.write_contacts = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
    tasks.import_file.func(told.pk, told.attempt)
    os._exit(0)
_, status = os.waitpid(child, 0)
told.refresh_from_db()
print(os.WTERMSIG(status), told.state, Account.objects.count(), Account.history.count(), Contact.objects.count())
services.begin(told, "importing")
tasks.import_file.func(told.pk, told.attempt)
told.refresh_from_db()
print(told.state, Account.objects.count(), Account.history.count(), Contact.objects.count())
"""


class TestAKilledServer:
    def test_leaves_nothing_by_halves_and_is_taken_up_again(self, tmp_path):
        (tmp_path / "home").mkdir()
        rows = [(f"X{at}", f"企业{at}", None, "HQ", "director", None, None) for at in range(40)]
        contacts = [(f"X{at}", None, "陶然", None, None, None) for at in range(40)]
        (tmp_path / "x.xlsx").write_bytes(book(客户=[ACCOUNTS, *rows], 联系人=[CONTACTS, *contacts]))
        source = str(Path(services.__file__).parents[2])
        told = subprocess.run(  # noqa: S603
            [sys.executable, "-c", KILLED, str(tmp_path / "home"), str(tmp_path / "x.xlsx")],
            capture_output=True,
            text=True,
            check=False,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": source, "HOME": str(tmp_path)},
        )
        assert told.stdout.splitlines() == ["9 importing 0 0 0", "done 40 40 40"], told.stderr
