"""Shared by all tests."""

import os

import pytest

from tests.keyaccount.data import NO_SHARED_DATA

# Its assertions are to tell what differs, like a test's own.
pytest.register_assert_rewrite("tests.keyaccount.find.comparison")


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
