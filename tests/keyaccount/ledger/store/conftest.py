"""Shared by the tests of the store."""

import pytest

from .stores import Desk


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)
