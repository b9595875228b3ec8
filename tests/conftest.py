"""Shared by all tests."""

import os
from pathlib import Path

import pytest

from tests.keyaccount.data import NO_SHARED_DATA

# Its assertions are to tell what differs, like a test's own.
pytest.register_assert_rewrite("tests.keyaccount.find.comparison")


LONGEST_FIRST = (
    "keyaccount_web/test_crawler.py",
    "keyaccount/ledger/store/test_bad_luck.py",
    "keyaccount/spark/",
    "journeys/",
)
"""Files that take minutes: begun last, one worker would still be at them when the others have nothing left."""


def pytest_collection_modifyitems(items):
    """The longest files first; the others stay in their order."""
    root = Path(__file__).parent

    def place(item):
        name = item.path.relative_to(root).as_posix()
        return next(
            (at for at, begin in enumerate(LONGEST_FIRST) if name.startswith(begin)), len(LONGEST_FIRST)
        )

    items.sort(key=place)


@pytest.fixture(autouse=True)
def _own_home(tmp_path, monkeypatch):
    """No test reads or writes the user's data folder, and none depends on the machine's language."""
    monkeypatch.setenv("KEYACCOUNT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("KEYACCOUNT_LANG", "zh")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    """With KEYACCOUNT_NO_SKIPS (CI) a skipped test fails, unless only the shared data are missing."""
    report = yield
    if (
        os.environ.get("KEYACCOUNT_NO_SKIPS")
        and report.skipped
        and NO_SHARED_DATA not in str(report.longrepr)
    ):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, which is forbidden here: {report.longrepr}"
    return report
