"""Skills: judged by heads, asked for by kinds of accounts, learned in courses (L1)."""

from decimal import Decimal

import pytest
from django.utils import timezone

from keyaccount_web.api.tokens import make_token
from keyaccount_web.cover.models import Skill, SkillNeed, StaffSkill, Training
from keyaccount_web.cover.skill_gaps import factors_of
from keyaccount_web.cover.tiered import tiered_accounts


class TestSkills:
    def test_a_head_says_what_is_asked_for_and_how_far_a_manager_is(self, company, as_user):
        client = as_user("head")
        client.post(
            "/cover/skills/needs/", {"name": "方案设计", "kind": "strategic", "industry": "", "level": 3}
        )
        skill = Skill.objects.get()
        assert SkillNeed.objects.get().level == 3
        told = {"user": company.users["owner"].pk, "skill": skill.pk}
        assert client.post("/cover/skills/judge/", {**told, "level": 2}).status_code == 302
        assert (StaffSkill.objects.get().level, StaffSkill.objects.get().judged_by.username) == (2, "head")
        assert "能独立做" in as_user("owner").get("/cover/skills/").content.decode()
        client.post("/cover/skills/judge/", {**told, "level": 0})
        assert not StaffSkill.objects.exists()
        assert StaffSkill.history.count() == 2

    def test_a_course_is_recorded(self, company, as_user):
        skill = Skill.objects.create(name="节能技术")
        told = {
            "user": company.users["owner"].pk,
            "skill": skill.pk,
            "held_date": timezone.localdate(),
            "what": "变频培训",
            "hours": 12,
        }
        assert as_user("head").post("/cover/skills/trainings/", told).status_code == 302
        assert Training.objects.get().hours == 12
        assert "变频培训" in as_user("owner").get("/cover/skills/").content.decode()
        assert "变频培训" not in as_user("colleague").get("/cover/skills/").content.decode()

    @pytest.mark.parametrize(
        ("username", "status"),
        [("head", 302), ("director", 302), ("other_head", 404), ("owner", 403), ("colleague", 404)],
    )
    def test_heads_judge_their_own_people_and_nobody_themselves(self, company, as_user, username, status):
        skill = Skill.objects.create(name="节能技术")
        told = {"user": company.users["owner"].pk, "skill": skill.pk, "level": 3}
        assert as_user(username).post("/cover/skills/judge/", told).status_code == status

    def test_a_level_that_is_none_is_refused(self, company, as_user):
        skill = Skill.objects.create(name="节能技术")
        told = {"user": company.users["owner"].pk, "skill": skill.pk, "level": 9}
        page = as_user("head").post("/cover/skills/judge/", told, follow=True).content.decode()
        assert "程度是 1" in page
        assert not StaffSkill.objects.exists()

    def test_managers_cannot_say_what_is_asked_for(self, company, as_user):
        assert as_user("owner").post("/cover/skills/needs/", {"name": "x", "level": 1}).status_code == 403


class TestGaps:
    @pytest.fixture
    def asked(self, company):
        """Both of the owner's accounts of a kind ask for design 3; the owner has 1, the stranger nothing."""
        design = Skill.objects.create(name="方案设计")
        SkillNeed.objects.create(skill=design, level=3)
        owner = company.users["owner"]
        StaffSkill.objects.create(user=owner, skill=design, level=1, judged_date=timezone.localdate())
        return design

    def test_are_weighted_by_accounts_and_seen_by_scope(self, company, as_user, asked):
        served = {int(one) for one in tiered_accounts()["account_id"].to_pylist()}
        owners = [one.owner.username for one in company.accounts.values() if one.pk in served and one.owner]
        page = as_user("director").get("/cover/skills/")
        told = {
            company.users[username].pk: owners.count(username) * (2 if username == "owner" else 3)
            for username in owners
        }
        found = dict.fromkeys(told, 0)
        for row in page.context["gaps"]:
            found[row["manager_id"]] += row["weighted"]
        assert found == told
        assert told
        own = as_user("owner").get("/cover/skills/").context["gaps"]
        assert {row["manager_id"] for row in own} <= {company.users["owner"].pk}

    def test_a_program_learns_the_same(self, company, client, asked):
        for username in ("owner", "stranger"):
            _, secret = make_token(company.users[username], name="程序", scopes=["read"])
            told = client.get("/api/v1/skill-gaps", headers={"Authorization": f"Bearer {secret}"}).json()
            assert [one["manager"]["id"] for one in told] == [company.users[username].pk]
            gaps = [(row["asked"], row["had"], row["gap"]) for one in told for row in one["gaps"]]
            assert set(gaps) <= {(3, 1, 2) if username == "owner" else (3, 0, 3)}

    def test_a_training_raises_the_level_and_never_lowers_it(self, company, as_user, asked):
        told = {
            "user": company.users["owner"].pk,
            "skill": asked.pk,
            "held_date": timezone.localdate(),
            "what": "方案课",
            "hours": 8,
        }
        for level, now in ((3, 3), (2, 3), ("", 3)):
            assert (
                as_user("head").post("/cover/skills/trainings/", {**told, "level": level}).status_code == 302
            )
            assert StaffSkill.objects.get().level == now
        assert Training.objects.count() == 3
        assert as_user("head").post("/cover/skills/trainings/", {**told, "level": 7}).status_code == 422

    def test_cost_hours_in_staffing(self, company, asked):
        owner, stranger = company.users["owner"].pk, company.users["stranger"].pk
        accounts = [(1, owner, "strategic", ""), (2, stranger, None, "化工"), (3, None, None, "")]
        assert factors_of(accounts, Decimal(0)) == {}
        # 1 − 0.3 × 2/3; who has nothing of it: 1 − 0.3
        assert factors_of(accounts, Decimal("0.3")) == {owner: Decimal("0.8"), stranger: Decimal("0.7")}
