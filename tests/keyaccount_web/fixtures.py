"""Fixtures of the web app's tests: settings, a ledger imported once, the small company in each test's transaction."""

from tests.keyaccount_web import ready  # noqa: F401, I001 - before anything of Django
from types import SimpleNamespace

import pytest
from django.core.cache import cache
from django.conf import settings as django_settings
from django.test import Client

from keyaccount.ledger.store.place import StorePlace, store_place
from keyaccount_web.access.models import OrgUnit, User
from keyaccount_web.audit.record import forget_waiting
from keyaccount_web.know.models import Account
from keyaccount_web.runs.models import Run
from tests.keyaccount_web import company as made
from tests.keyaccount_web.kept import Kept

__all__ = ["_kept", "_web_settings", "again", "as_user", "company", "ledger", "own_ledger", "sign_in"]


@pytest.fixture(autouse=True)
def _web_settings(settings, tmp_path):
    """No second factor, files as they lie, results in the test's own folder."""
    settings.HOME = tmp_path / "home"
    settings.REQUIRE_SECOND_FACTOR = False
    settings.AUDIT_SECONDS = 0
    forget_waiting()
    cache.clear()
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    settings.STORAGES = {
        **django_settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture(scope="session")
def ledger(tmp_path_factory):
    """The company's ledger in a store that nobody writes to, and what the library finds in it."""
    folder = tmp_path_factory.mktemp("ledger")
    place = store_place(folder / "ledger")
    made.import_table(place, made.ledger_table(), folder)
    found, snapshot, files = made.found_in(place)
    return SimpleNamespace(place=place, found=found, snapshot=snapshot, files=files)


@pytest.fixture(scope="session")
def _kept():
    return {}


@pytest.fixture
def again(db, settings, tmp_path_factory, _web_settings, _kept):  # noqa: ARG001
    """Do some work, by its name, once a process; in other tests put back what it left: `again("lists", lambda: …)`."""

    def done(name, make):
        if name not in _kept:
            _kept[name] = Kept(tmp_path_factory.mktemp("kept"))
        _kept[name].again(make, settings.HOME)

    return done


@pytest.fixture
def company(db, ledger, monkeypatch, again):  # noqa: ARG001
    """The small company, with its ledger and a current run."""
    monkeypatch.setenv("KEYACCOUNT_LEDGER", str(ledger.place.folder))
    if User.objects.exists():
        made.fill(ledger.found, ledger.snapshot, ledger.files)
    else:
        again("company", lambda: made.fill(ledger.found, ledger.snapshot, ledger.files))
    return SimpleNamespace(
        units={one.code: one for one in OrgUnit.objects.order_by("pk")},
        users={one.username: one for one in User.objects.order_by("pk")},
        accounts={one.code: one for one in Account.objects.select_related("unit", "owner").order_by("pk")},
        run=Run.objects.get(is_current=True),
        found=ledger.found,
        snapshot=ledger.snapshot,
        files=ledger.files,
        place=ledger.place,
    )


@pytest.fixture
def own_ledger(company, tmp_path, monkeypatch) -> StorePlace:
    """A copy of the store, for tests that import."""
    import shutil

    folder = tmp_path / "own-ledger"
    shutil.copytree(company.place.folder, folder)
    monkeypatch.setenv("KEYACCOUNT_LEDGER", str(folder))
    return store_place(folder)


@pytest.fixture
def as_user(company):  # noqa: ARG001
    """A browser of one of the company's users: `as_user("owner").get(…)`."""

    def signed_in(username: str, *, lang: str = "zh", **told: object) -> Client:
        client = Client(headers={"Accept-Language": lang}, **told)
        client.force_login(User.objects.get(username=username))
        return client

    return signed_in


@pytest.fixture
def sign_in():
    """Sign in by user name and password, as people do."""

    def signed_in(username: str, password: str = made.PASSWORD, **told: object) -> Client:
        client = Client(**told)
        client.post("/sign-in/login/", {"login": username, "password": password})
        return client

    return signed_in
