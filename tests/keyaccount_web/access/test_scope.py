"""Who sees which accounts? Every role and reach, posts in time, several posts, account teams, moved units, hand-over."""

import datetime as dt

import pytest
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from keyaccount_web.access.models import OrgUnit, Post, User
from keyaccount_web.access.roles import RULES, Reach, Right, Role
from keyaccount_web.access.scope import (
    forget_posts,
    may,
    sees_all,
    visible_accounts,
    visible_codes,
    visible_units,
)
from keyaccount_web.know.models import TeamMember
from keyaccount_web.know.services import hand_over
from tests.keyaccount_web.company import CUSTOMERS, SINCE, post

TODAY = dt.date(2026, 3, 9)
DAY = dt.timedelta(days=1)
HZ = {"K7101", "K7102", "K7103", "K7104", "K7201", "K7202", "K7203"}
NB = {"K7301", "K7302", "K7303"}
NJ = {"K7401", "K7402", "K7403", "K7404", "K7501"}
EVERY = {one.code for one in CUSTOMERS}
OWN = {"K7101", "K7102", "K7103", "K7104"}

assert HZ | NB | NJ == EVERY


@pytest.fixture(autouse=True)
def _today(monkeypatch):
    monkeypatch.setattr(timezone, "localdate", lambda *_: TODAY)


def codes(user):
    """What a fresh request of the user sees, told in both ways, which must agree."""
    user = User.objects.get(pk=user.pk)
    seen = set(visible_accounts(user).values_list("code", flat=True))
    told = visible_codes(user)
    assert told is None or len(told) == len(set(told))
    assert seen == (EVERY if told is None else set(told))
    return seen


@pytest.fixture
def somebody(company):
    """An active user without a post."""
    return company.users["nobody"]


class TestEveryRole:
    @pytest.mark.parametrize(
        ("username", "seen"),
        [
            ("director", EVERY),
            ("analyst", EVERY),
            ("head", HZ | NB),
            ("other_head", NJ),
            ("planner", HZ | NB),
            ("service", HZ | NB),
            ("owner", OWN),
            ("colleague", {"K7201", "K7202", "K7203"}),
            ("neighbour", {"K7301", "K7302"}),
            ("stranger", {"K7401", "K7402", "K7403", "K7501"}),
            ("executive", {"K7401"}),  # by the account's team
            ("admin", set()),
            ("nobody", set()),
            ("gone", set()),
        ],
    )
    def test_sees_what_its_preset_reach_gives(self, company, username, seen):
        assert codes(company.users[username]) == seen

    def test_has_a_preset_reach_and_rights(self):
        assert set(RULES) == set(Role)


class TestReach:
    @pytest.mark.parametrize("role", Role)
    @pytest.mark.parametrize(
        ("reach", "unit", "seen"),
        [
            (Reach.NONE, "HQ", set()),
            (Reach.OWN, "HQ", {"K7303"}),
            (Reach.TEAM, "HZ", HZ | {"K7303"}),
            (Reach.TEAM, "ZJ", {"K7303"}),  # the unit itself, not what lies below
            (Reach.SUBTREE, "ZJ", HZ | NB),
            (Reach.SUBTREE, "HZ", HZ | {"K7303"}),
            (Reach.SUBTREE, "HQ", EVERY),
            (Reach.ALL, "NJ", EVERY),
        ],
    )
    def test_of_a_post_decides_whatever_the_role(self, company, somebody, role, reach, unit, seen):
        account = company.accounts["K7303"]
        account.owner = somebody
        account.save()
        post(somebody, role, company.units[unit], reach=reach)
        assert codes(somebody) == seen

    def test_sees_all_only_with_reach_all(self, company, somebody):
        post(somebody, Role.MANAGER, company.units["HQ"], reach=Reach.SUBTREE)
        assert not sees_all(User.objects.get(pk=somebody.pk))
        post(somebody, Role.MANAGER, company.units["HQ"], reach=Reach.ALL)
        assert sees_all(User.objects.get(pk=somebody.pk))


class TestPostsInTime:
    @pytest.mark.parametrize(
        ("since", "until", "is_held"),
        [
            (SINCE, None, True),
            (TODAY, None, True),
            (TODAY, TODAY, True),  # the last day is included
            (SINCE, TODAY - DAY, False),
            (TODAY + DAY, None, False),
            (TODAY + DAY, TODAY + 9 * DAY, False),
        ],
    )
    def test_count_from_their_first_day_to_their_last(self, company, somebody, since, until, is_held):
        post(somebody, Role.DIRECTOR, company.units["HQ"], since=since, until=until)
        fresh = User.objects.get(pk=somebody.pk)
        assert codes(somebody) == (EVERY if is_held else set())
        assert may(fresh, Right.COMPANY_FIGURES) is is_held
        assert visible_units(fresh).exists() is is_held

    def test_ended_do_not_lend_their_reach_to_the_one_that_is_left(self, company, somebody):
        post(somebody, Role.DIRECTOR, company.units["HQ"], until=TODAY - DAY)
        post(somebody, Role.MANAGER, company.units["NJ"], reach=Reach.TEAM)
        assert codes(somebody) == NJ

    def test_may_be_forgotten_within_a_request(self, company, somebody):
        assert not may(somebody, Right.RUN)
        # Past the service, which forgets them by itself.
        Post.objects.create(
            user=somebody, role=Role.ANALYST, unit=company.units["HQ"], reach=Reach.ALL, since=TODAY
        )
        assert not may(somebody, Right.RUN)
        forget_posts(somebody)
        assert may(somebody, Right.RUN)


class TestSeveralPosts:
    def test_add_up(self, company, somebody):
        post(somebody, Role.MANAGER, company.units["NJ"], reach=Reach.TEAM)
        assert codes(somebody) == NJ
        post(somebody, Role.MANAGER, company.units["NB"], reach=Reach.TEAM)
        assert codes(somebody) == NJ | NB

    def test_with_no_reach_take_nothing_away(self, company):
        owner = company.users["owner"]
        post(owner, Role.ADMINISTRATOR, company.units["HQ"])
        assert codes(owner) == OWN
        assert may(User.objects.get(pk=owner.pk), Right.MANAGE_USERS)


class TestSwitchedOff:
    def test_sees_nothing_though_posts_and_accounts_are_there(self, company):
        owner = company.users["owner"]
        assert codes(owner) == OWN
        owner.is_active = False
        owner.save()
        assert codes(owner) == set()
        assert not may(User.objects.get(pk=owner.pk), Right.EDIT_ACCOUNTS)
        owner.is_active = True
        owner.save()
        assert codes(owner) == OWN


class TestAccountTeam:
    @pytest.mark.parametrize(
        ("since", "until", "is_on"),
        [
            (SINCE, None, True),
            (TODAY, TODAY, True),
            (SINCE, TODAY - DAY, False),
            (TODAY + DAY, None, False),
        ],
    )
    def test_shows_the_account_from_first_to_last_day(self, company, since, until, is_on):
        colleague = company.users["colleague"]
        before = codes(colleague)
        TeamMember.objects.create(account=company.accounts["K7402"], user=colleague, since=since, until=until)
        assert codes(colleague) == (before | {"K7402"} if is_on else before)

    def test_shows_nothing_to_somebody_without_a_post(self, company, somebody):
        TeamMember.objects.create(account=company.accounts["K7402"], user=somebody, since=SINCE)
        assert codes(somebody) == set()
        post(somebody, Role.EXECUTIVE, company.units["HQ"])
        assert codes(somebody) == {"K7402"}

    def test_shows_each_account_once_however_often_one_is_on_it(self, company):
        owner = company.users["owner"]
        for part in ("service", "collaborator"):
            TeamMember.objects.create(account=company.accounts["K7101"], user=owner, part=part, since=SINCE)
        assert visible_accounts(owner).count() == len(OWN)


class TestMovedUnit:
    def test_takes_its_accounts_along(self, company):
        head, other = company.users["head"], company.users["other_head"]
        assert codes(head) == HZ | NB
        assert codes(other) == NJ
        branch = OrgUnit.objects.get(code="NB")
        branch.parent = OrgUnit.objects.get(code="JS")
        branch.save()
        assert codes(head) == HZ
        assert codes(other) == NJ | NB

    def test_takes_the_units_below_along(self, company):
        province = OrgUnit.objects.get(code="ZJ")
        province.parent = OrgUnit.objects.get(code="JS")
        province.save()
        assert OrgUnit.objects.get(code="HZ").path == "HQ/JS/ZJ/HZ/"
        assert codes(company.users["other_head"]) == EVERY
        assert codes(company.users["head"]) == HZ | NB

    @pytest.mark.parametrize("code", ["ZJ2", "ZJX", "zj", "Z_", "Z%"])
    def test_is_not_confused_with_one_whose_code_looks_alike(self, company, code):
        unit = OrgUnit.objects.create(
            code=code, name="相似", kind="province", parent=OrgUnit.objects.get(code="HQ")
        )
        company.accounts["K7401"].unit = unit
        company.accounts["K7401"].save()
        assert "K7401" not in codes(company.users["head"])
        assert unit not in visible_units(User.objects.get(username="head"))
        other = company.users["nobody"]
        post(other, Role.PLANNER, unit)
        assert codes(other) == {"K7401"}


class TestAccountThatMoves:
    def test_is_seen_by_the_new_owner_and_unit_only(self, company):
        account = company.accounts["K7101"]
        account.owner, account.unit = company.users["stranger"], company.units["NJ"]
        account.save()
        for username, is_seen in (
            ("owner", False),
            ("head", False),
            ("stranger", True),
            ("other_head", True),
            ("director", True),
        ):
            assert ("K7101" in codes(company.users[username])) is is_seen, username


class TestHandOver:
    def test_takes_effect_at_once_and_keeps_what_was(self, company):
        owner, colleague = company.users["owner"], company.users["colleague"]
        TeamMember.objects.create(account=company.accounts["K7402"], user=owner, since=SINCE)
        before = codes(colleague)
        moved = hand_over(owner, colleague)
        assert moved == len(OWN)
        assert codes(colleague) == before | OWN | {"K7402"}
        assert {one.owner_id for one in company.accounts["K7101"].history.all()} == {owner.pk, colleague.pk}
        place = TeamMember.objects.get(account__code="K7402", user=owner)
        assert place.until is not None

    def test_leaves_the_leaving_colleague_nothing(self, company):
        owner = company.users["owner"]
        TeamMember.objects.create(account=company.accounts["K7402"], user=owner, since=SINCE)
        assert codes(owner) == OWN | {"K7402"}
        hand_over(owner, company.users["colleague"])
        assert codes(owner) == set()

    def test_can_be_done_twice(self, company):
        owner, colleague = company.users["owner"], company.users["colleague"]
        TeamMember.objects.create(account=company.accounts["K7402"], user=owner, since=SINCE)
        hand_over(owner, colleague)
        assert hand_over(owner, colleague) == 0
        assert TeamMember.objects.filter(account__code="K7402", user=colleague).count() == 1

    def test_reaches_no_further_than_who_orders_it(self, company, as_user):
        # The stranger had a post in this province once; what they own elsewhere is not this head's to give away.
        stranger, head = company.users["stranger"], company.users["head"]
        post(stranger, Role.MANAGER, company.units["HZ"], until=TODAY - DAY)
        answer = as_user("head").post(f"/people/{stranger.pk}/hand-over/", {"successor": head.pk})
        assert answer.status_code == 404
        assert codes(stranger) == {"K7401", "K7402", "K7403", "K7501"}
        # With a second post here they are seen, but only what lies here is handed over.
        post(stranger, Role.MANAGER, company.units["HZ"])
        account = company.accounts["K7303"]
        account.owner = stranger
        account.save()
        answer = as_user("head").post(f"/people/{stranger.pk}/hand-over/", {"successor": head.pk})
        assert answer.status_code == 302
        assert codes(stranger) == {"K7401", "K7402", "K7403", "K7501"}
        assert codes(head) == HZ | NB

    def test_from_the_page_hands_over_all_by_who_may(self, company, as_user):
        owner, colleague = company.users["owner"], company.users["colleague"]
        for username, status in (("colleague", 403), ("planner", 403), ("other_head", 404), ("head", 302)):
            answer = as_user(username).post(f"/people/{owner.pk}/hand-over/", {"successor": colleague.pk})
            assert answer.status_code == status, username
            assert (codes(owner) == set()) is (status == 302), username

    @pytest.mark.parametrize("successor", ["", "x", "0", "999999"])
    def test_needs_somebody_to_hand_over_to(self, company, as_user, successor):
        answer = as_user("head").post(
            f"/people/{company.users['owner'].pk}/hand-over/", {"successor": successor}
        )
        assert answer.status_code == 404
        assert codes(company.users["owner"]) == OWN

    def test_is_not_made_to_somebody_switched_off(self, company, as_user):
        gone = company.users["gone"]
        answer = as_user("head").post(
            f"/people/{company.users['owner'].pk}/hand-over/", {"successor": gone.pk}
        )
        assert answer.status_code == 404


class TestRights:
    @pytest.mark.parametrize(
        ("right", "roles"),
        [
            (Right.COMPANY_FIGURES, {Role.DIRECTOR, Role.EXECUTIVE, Role.ANALYST}),
            (Right.RUN, {Role.DIRECTOR, Role.ANALYST}),
            (Right.PUBLISH, {Role.DIRECTOR}),
            (Right.IMPORT, {Role.DIRECTOR, Role.ANALYST}),
            (Right.ASSIGN, {Role.DIRECTOR, Role.DEPARTMENT_HEAD}),
            (Right.EDIT_ACCOUNTS, {Role.DIRECTOR, Role.DEPARTMENT_HEAD, Role.MANAGER, Role.SERVICE_DESK}),
            (Right.MANAGE_USERS, {Role.ADMINISTRATOR}),
            (Right.MANAGE_SETTINGS, {Role.DIRECTOR, Role.ADMINISTRATOR}),
        ],
    )
    def test_come_with_the_role(self, company, somebody, right, roles):
        for role in Role:
            given = post(somebody, role, company.units["HQ"])
            assert may(User.objects.get(pk=somebody.pk), right) is (role in roles), role
            given.delete()

    def test_to_figures_of_the_company_show_its_total_share_and_line(self, company, as_user):
        total = f"{company.found.summary.sales:,.2f}"
        for username, is_shown in (("director", True), ("analyst", True), ("head", False), ("owner", False)):
            client = as_user(username)
            assert (total in client.get("/").content.decode()) is is_shown, username
        address = f"/accounts/{company.accounts['K7101'].pk}/"
        share = next(
            f"{row['sales_share']:.1%}"
            for row in company.found.accounts.to_pylist()
            if row["account_id"] == "K7101"
        )
        for username, is_shown in (("director", True), ("analyst", True), ("head", False), ("owner", False)):
            client = as_user(username)
            for page in (address, "/accounts/"):
                assert (share in client.get(page).content.decode()) is is_shown, (username, page)


class TestVisibleAccounts:
    @pytest.mark.parametrize("username", ["owner", "head", "executive", "director"])
    def test_take_one_query_for_posts_and_one_for_accounts(
        self, company, username, django_assert_num_queries
    ):
        user = User.objects.get(username=username)
        with django_assert_num_queries(2):
            list(visible_accounts(user))
        with django_assert_num_queries(1):
            list(visible_accounts(user))

    def test_take_no_more_queries_with_more_of_everything(self, company):
        from django.db import connection

        owner = company.users["owner"]
        for unit in ("HZ", "NB", "NJ"):
            post(owner, Role.PLANNER, company.units[unit])
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert len(list(visible_accounts(User.objects.get(pk=owner.pk)))) == len(EVERY)
        assert len(queries) == 3  # user, posts, accounts
