"""Four eyes: asked by one, decided by another, never about something else than was asked (R2)."""

import datetime as dt
import hashlib

import pytest
from django.utils import timezone

from keyaccount_web.access.models import Post
from keyaccount_web.access.roles import Right, Role
from keyaccount_web.access.services import consent, switch_off
from keyaccount_web.approvals import kinds
from keyaccount_web.approvals.kinds import Kind, add_kind
from keyaccount_web.approvals.models import Approval
from keyaccount_web.approvals.services import ApprovalError, ask, changed, deciders, may_decide, withdraw
from keyaccount_web.approvals.services import decide as decided
from keyaccount_web.company.models import Setting
from keyaccount_web.work.models import Notification, ToDo
from tests.keyaccount_web.company import post


class Wall:
    """A subject: what it is painted in, and what happened to it."""

    def __init__(self):
        self.colour = "白"
        self.deeds = []

    def digest(self, _pk):
        return hashlib.sha256(self.colour.encode()).hexdigest() if self.colour else None


@pytest.fixture
def wall(company, monkeypatch):
    monkeypatch.setattr(kinds, "KINDS", kinds.KINDS)
    told = Wall()
    # Its subjects: any records will do.
    Setting.objects.bulk_create(Setting(pk=pk, name=f"wall {pk}", value="1") for pk in (7, 8, *range(20, 40)))
    add_kind(
        Kind(
            "wall",
            Right.PUBLISH,
            digest=told.digest,
            url=lambda _pk: "/accounts/",
            seen=lambda user: Setting.objects.exclude(name=f"not for {user.username}"),
            granted=lambda approval: told.deeds.append(("granted", approval.decided_by.username)),
            closed=lambda approval: told.deeds.append((approval.state, None)),
        )
    )
    post(company.users["head"], Role.DIRECTOR, company.units["ZJ"])  # a second one who may
    yield told
    del kinds.KINDS["wall"]


@pytest.fixture
def asked(company, wall):  # noqa: ARG001 - the kind
    users = company.users
    return ask(
        "wall",
        7,
        by=users["analyst"],
        of=users["director"],
        reason="墙旧了",
        code="yearly.approval",
        values={"year": 2026, "n": 3},
    )


def refusal(call, *words, **named):
    with pytest.raises(ApprovalError) as caught:
        call(*words, **named)
    return caught.value.code


def decide(approval, by, *, granted=True, answer="好", digest=None, helper=None):
    return decided(
        approval, by=by, granted=granted, answer=answer, digest=digest or approval.digest, helper=helper
    )


class TestAsked:
    def test_gives_the_other_a_to_do_that_leads_there(self, company, asked, as_user):
        to_do = ToDo.objects.get(owner=company.users["director"])
        assert to_do.url == f"/approvals/{asked.pk}/"
        assert to_do.url in as_user("director").get("/to-do/").content.decode()
        assert list(Notification.objects.values_list("user__username", flat=True)) == ["director"]

    def test_needs_another_person_a_reason_and_the_right(self, company, wall):
        users = company.users

        def told(**named):
            words = {"by": users["director"], "of": users["head"], "reason": "x", "code": "yearly.approval"}
            return refusal(ask, "wall", 7, **{**words, **named})

        assert told(of=users["director"]) == "approval.same_person"
        assert told(of=users["head"], helper=users["head"]) == "approval.same_person"
        assert told(of=users["owner"]) == "approval.no_right"
        assert told(reason=" \n") == "approval.no_reason"
        wall.colour = ""
        assert told() == "approval.gone"
        assert not Approval.objects.exists()
        assert not ToDo.objects.exists()

    def test_is_open_once_at_a_time(self, company, asked):
        users = company.users
        assert (
            refusal(
                ask, "wall", 7, by=users["head"], of=users["director"], reason="x", code="yearly.approval"
            )
            == "approval.open"
        )

    def test_may_be_decided_by_whoever_has_the_right_today(self, company, wall):
        users = company.users
        assert [one.username for one in deciders("wall", without=(users["director"],))] == ["head"]
        Post.objects.filter(user=users["head"], role=Role.DIRECTOR).update(
            until=timezone.localdate() - dt.timedelta(days=1)
        )
        assert [one.username for one in deciders("wall")] == ["director"]
        switch_off(users["director"])
        assert not deciders("wall").exists()


class TestDecision:
    def test_does_what_was_asked_and_closes_the_to_do(self, company, wall, asked):
        decide(asked, company.users["director"])
        assert wall.deeds == [("granted", "director")]
        assert ToDo.objects.get().state == ToDo.State.DONE
        told = Notification.objects.filter(user=company.users["analyst"]).values_list("code", flat=True)
        assert list(told) == ["notice.approval_granted"]
        assert [one.state for one in asked.history.order_by("history_id")] == ["open", "granted"]
        assert refusal(decide, asked, company.users["director"]) == "approval.closed"
        assert wall.deeds == [("granted", "director")]

    def test_is_refused_to_whoever_asked_or_helped_or_acts(self, company, wall):
        users = company.users
        one = ask(
            "wall",
            8,
            by=users["director"],
            of=users["head"],
            reason="x",
            code="yearly.approval",
            helper=users["admin"],
        )
        post(users["admin"], Role.DIRECTOR, company.units["HQ"])
        assert refusal(decide, one, users["director"]) == "approval.same_person"
        assert refusal(decide, one, users["admin"]) == "approval.same_person"
        assert refusal(decide, one, users["head"], helper=users["admin"]) == "approval.acting"
        assert refusal(decide, one, users["owner"]) == "approval.no_right"
        assert not may_decide(users["director"], one)
        assert not may_decide(users["owner"], one)
        assert may_decide(users["head"], one)
        assert wall.deeds == []

    def test_by_somebody_who_acts_in_the_deciders_name_does_nothing(self, company, wall, asked, as_user):
        given = consent(company.users["director"], company.users["admin"])
        client = as_user("admin")
        session = client.session
        session["acting"] = given.pk
        session.save()
        assert "不能以别人的名义决定" in client.get(f"/approvals/{asked.pk}/").content.decode()
        client.post(f"/approvals/{asked.pk}/decide/", {"decision": "granted", "digest": asked.digest})
        asked.refresh_from_db()
        assert asked.state == "open"
        assert wall.deeds == []

    def test_to_refuse_needs_a_reason(self, company, wall, asked):
        assert (
            refusal(decide, asked, company.users["director"], granted=False, answer="")
            == "approval.no_reason"
        )
        decide(asked, company.users["director"], granted=False, answer="颜色不对")
        assert wall.deeds == [("refused", None)]

    def test_of_something_that_has_changed_withdraws_it_instead(self, company, wall, asked):
        wall.colour = "黑"
        assert refusal(decide, asked, company.users["director"]) == "approval.changed"
        asked.refresh_from_db()
        assert (asked.state, asked.decided_by, wall.deeds) == ("withdrawn", None, [("withdrawn", None)])
        assert ToDo.objects.get().state == ToDo.State.DROPPED
        assert Notification.objects.filter(code="notice.approval_changed").exists()

    def test_of_what_was_not_looked_at_does_nothing(self, company, wall, asked):
        assert refusal(decide, asked, company.users["director"], digest="0" * 64) == "approval.changed"
        assert wall.deeds == []


class TestChanged:
    def test_leaves_alone_what_is_still_as_it_was_asked(self, wall, asked):
        assert changed("wall", 7) == 0
        wall.colour = "黑"
        assert changed("wall", 8) == 0
        assert changed("wall", 7) == 1
        assert wall.deeds == [("withdrawn", None)]


class TestWithdrawn:
    def test_by_whoever_asked_only(self, company, wall, asked):
        assert refusal(withdraw, asked, by=company.users["director"]) == "approval.not_yours"
        withdraw(asked, by=company.users["analyst"])
        assert refusal(decide, asked, company.users["director"]) == "approval.closed"


class TestPages:
    def test_are_for_those_concerned(self, company, asked, as_user):
        for username, status in (
            ("analyst", 200),
            ("director", 200),
            ("head", 200),
            ("owner", 404),
            ("stranger", 404),
        ):
            assert as_user(username).get(f"/approvals/{asked.pk}/").status_code == status, username
            listed = f"/approvals/{asked.pk}/" in as_user(username).get("/approvals/").content.decode()
            assert listed == (status == 200), username
        answer = as_user("owner").post(f"/approvals/{asked.pk}/decide/", {"decision": "granted"})
        assert answer.status_code == 404

    def test_tell_nothing_of_what_may_no_longer_be_seen(self, asked, as_user):
        Setting.objects.filter(pk=7).update(name="not for analyst")
        client = as_user("analyst")
        assert client.get(f"/approvals/{asked.pk}/").status_code == 404
        assert f"/approvals/{asked.pk}/" not in client.get("/approvals/").content.decode()

    def test_decide_by_a_click(self, company, wall, asked, as_user):
        client = as_user("director")
        body = client.get(f"/approvals/{asked.pk}/").content.decode()
        assert asked.digest in body
        assert "墙旧了" in body
        client.post(
            f"/approvals/{asked.pk}/decide/", {"decision": "refused", "digest": asked.digest, "answer": ""}
        )
        assert wall.deeds == []
        client.post(f"/approvals/{asked.pk}/decide/", {"decision": "granted", "digest": asked.digest})
        assert wall.deeds == [("granted", "director")]
        assert "已同意" in as_user("analyst").get("/approvals/?state=closed").content.decode()

    def test_withdraw_by_a_click(self, asked, as_user):
        as_user("director").post(f"/approvals/{asked.pk}/withdraw/")
        asked.refresh_from_db()
        assert asked.state == "open"
        as_user("analyst").post(f"/approvals/{asked.pk}/withdraw/")
        asked.refresh_from_db()
        assert asked.state == "withdrawn"

    def test_take_no_more_queries_with_more_rows(
        self, company, wall, asked, as_user, django_assert_max_num_queries
    ):
        for number in range(20, 40):
            ask(
                "wall",
                number,
                by=company.users["analyst"],
                of=company.users["director"],
                reason="x",
                code="yearly.approval",
                values={"year": 2026, "n": 3},
            )
        client = as_user("director")
        with django_assert_max_num_queries(11):  # of them two on what is unread
            client.get("/approvals/")
        with django_assert_max_num_queries(12):
            client.get(f"/approvals/{asked.pk}/")
