"""What the tests of daily work share."""

import datetime as dt

import pytest
from django.utils import timezone

from keyaccount_web.work.about import Subject


@pytest.fixture
def about(company):
    """`about("K7101")`: what hangs on an account names it so."""
    return lambda code: Subject(company.accounts[code])


@pytest.fixture
def today():
    return timezone.localdate()


@pytest.fixture
def later(today):
    return today + dt.timedelta(days=30)
