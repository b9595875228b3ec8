"""Who belongs to a group, in one query whatever its depth, and nobody behind an account that may not be seen."""

import pytest

from keyaccount_web.know.members import top_of, with_members
from keyaccount_web.know.models import Account

pytestmark = pytest.mark.django_db


@pytest.fixture
def chain():
    """Ten accounts, each the parent of the next, and a second one below the first."""
    made = [Account.objects.create(code="0", name="0")]
    for n in range(1, 10):
        made.append(Account.objects.create(code=str(n), name=str(n), parent=made[-1]))
    made.append(Account.objects.create(code="x", name="x", parent=made[0]))
    return made


def codes(accounts):
    return [one.code for one in accounts]


def test_all_levels_come_in_one_query(chain, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert codes(with_members(chain[0], Account.objects.all())) == ["0", "1", "x", *"23456789"]
    assert codes(with_members(chain[9], Account.objects.all())) == ["9"]


def test_the_top_comes_in_one_query(chain, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert top_of(chain[9], Account.objects.all()).code == "0"
    with django_assert_num_queries(0):
        assert top_of(chain[0], Account.objects.all()).code == "0"


def test_nobody_is_found_behind_one_that_may_not_be_seen(chain):
    seen = Account.objects.exclude(code="4")
    assert codes(with_members(chain[0], seen)) == ["0", "1", "x", "2", "3"]
    assert top_of(chain[9], seen).code == "5"


def test_a_circle_ends(chain):
    Account.objects.filter(pk=chain[0].pk).update(parent=chain[9])
    top = Account.objects.get(pk=chain[0].pk)
    assert sorted(codes(with_members(top, Account.objects.all()))) == sorted([*"0123456789", "x"])
    assert top_of(top, Account.objects.all()).code in {*"0123456789"}
