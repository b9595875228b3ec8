"""Shared by all tests."""

import pytest

# Its assertions are to tell what differs, like a test's own.
pytest.register_assert_rewrite("tests.keyaccount.find.comparison")
