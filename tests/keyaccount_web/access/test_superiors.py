"""Who answers to whom, and who sees an account, asked from the other side."""

import datetime as dt

import pytest

from keyaccount_web.access.models import User
from keyaccount_web.access.roles import Role
from keyaccount_web.access.scope import forget_posts, users_who_see, visible_accounts
from keyaccount_web.access.services import give_post, switch_off
from keyaccount_web.access.superiors import superiors, units_up
from keyaccount_web.know.models import TeamMember
from tests.keyaccount_web.company import SINCE, post


def above(user):
    return [one.username for one in superiors([user])[user.pk]]


class TestSuperiors:
    def test_are_the_head_of_the_unit_then_of_those_above(self, company):
        users, units = company.users, company.units
        assert above(users["owner"]) == ["head", "director"]  # HZ has no head, ZJ has, HQ has
        assert above(users["head"]) == ["director"]
        assert above(users["director"]) == []
        branch_head = give_post(users["colleague"], Role.DEPARTMENT_HEAD, units["HZ"], since=SINCE)
        assert above(users["owner"]) == ["colleague", "head", "director"]
        branch_head.until = dt.date(2024, 6, 1)
        branch_head.save()
        assert above(users["owner"]) == ["head", "director"]

    def test_are_nobody_who_is_switched_off_and_for_nobody_without_a_post(self, company):
        switch_off(company.users["head"])
        assert above(company.users["owner"]) == ["director"]
        assert superiors([company.users["nobody"]]) == {}

    def test_take_three_queries_for_any_number(self, company, django_assert_num_queries):
        with django_assert_num_queries(2):
            superiors(company.users.values())

    def test_units_up_are_all_from_the_top(self):
        assert units_up("HQ/ZJ/HZ/") == ["HQ/", "HQ/ZJ/", "HQ/ZJ/HZ/"]


class TestUsersWhoSee:
    @pytest.fixture
    def tangled(self, company):
        """Posts that are over or to come, of every reach; teams that are over."""
        users, units, accounts = company.users, company.units, company.accounts
        post(users["stranger"], Role.PLANNER, units["HZ"], reach="team")
        post(users["neighbour"], Role.PLANNER, units["JS"], until=dt.date(2024, 2, 1))
        post(users["service"], Role.SERVICE_DESK, units["NJ"], reach="none")
        post(users["nobody"], Role.MANAGER, units["NB"], since=dt.date(2990, 1, 1))
        TeamMember.objects.create(account=accounts["K7101"], user=users["neighbour"], since=SINCE)
        TeamMember.objects.create(
            account=accounts["K7101"], user=users["stranger"], since=SINCE, until=dt.date(2024, 5, 5)
        )
        TeamMember.objects.create(account=accounts["K7201"], user=users["admin"], since=SINCE)
        accounts["K7203"].owner = users["nobody"]
        accounts["K7203"].unit = None
        accounts["K7203"].save()
        return company

    def test_is_visible_accounts_the_other_way_round(self, tangled):
        wanted = set()
        for user in User.objects.all():
            forget_posts(user)
            wanted |= {(account.code, user.username) for account in visible_accounts(user)}
        found = {
            (account.code, user.username)
            for account in tangled.accounts.values()
            for user in users_who_see(account)
        }
        assert found == wanted
        assert len(found) > 60
