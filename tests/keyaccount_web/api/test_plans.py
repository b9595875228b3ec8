"""Plans by programs: four eyes hold, and what changes afterwards makes the next edition (K8)."""

from datetime import date
from decimal import Decimal

from keyaccount_web.audit.models import Entry
from keyaccount_web.know.plans.acting import keep_part, start_plan
from keyaccount_web.know.plans.models import Goal


def test_a_plan_comes_into_force_by_a_second_person_only(company, program):
    users = company.users
    plan = start_plan(by=users["owner"], account=company.accounts["K7101"], year=2025)
    goal = keep_part(Goal, by=users["owner"], parent=plan, name="少投诉", measure="hand", target=Decimal(4), due_on=date(2025, 12, 31))  # fmt: skip
    owner, head = program("owner"), program("head")
    base = f"/account-plans/{plan.pk}"
    risk = owner.ask(
        "post", f"{base}/risks", {"what": "换采购总监", "effect": 3, "owner_id": users["owner"].pk}
    )
    assert (risk.status_code, risk.json()["likelihood"], risk.json()["effect"]) == (201, 2, 3)
    asked = {"of_id": users["owner"].pk, "reason": "请看"}
    assert owner.ask("post", f"{base}/submit", asked).json()["code"] == "account_plan.no_approver"
    told = owner.ask("post", f"{base}/submit", {**asked, "of_id": users["head"].pk}).json()
    assert (told["state"], [one["what"] for one in told["risks"]]) == ("in_review", ["换采购总监"])
    (approval,) = head.get("/approvals").json()
    decision = f"/approvals/{approval['id']}/decision"
    yes = {"granted": True, "digest": approval["digest"]}
    assert owner.ask("post", decision, yes).json()["code"] == "approval.same_person"
    assert head.ask("post", decision, yes).json()["decided_by"]["username"] == "head"
    assert [one["number"] for one in owner.get(f"{base}/editions").json()] == [1]
    changed = owner.ask("patch", f"/plan-goals/{goal.pk}", {"target": "3", "version": 1}).json()
    assert (changed["state"], changed["edition"], changed["goals"][0]["target"]) == ("draft", 2, "3.0000")
    assert head.ask("post", decision, yes).status_code == 409
    assert owner.ask("delete", f"/plan-goals/{goal.pk}").status_code == 204
    assert owner.get(base).json()["goals"] == []


def test_goals_go_over_to_the_next_year_with_a_new_day_and_target(company, program):
    account, other = (company.accounts[code] for code in ("K7101", "K7401"))
    by = company.users["director"]
    wallet = {"name": "份额", "measure": "wallet", "target": Decimal("0.3"), "due_on": date(2025, 12, 31)}
    goal, foreign = (
        keep_part(Goal, by=by, parent=start_plan(by=by, account=one, year=2025), **wallet)
        for one in (account, other)
    )
    owner, address = program("owner"), f"/accounts/{account.pk}/plans"
    carried = {"goal_id": goal.pk, "due_on": "2026-12-31", "target": "35"}
    assert owner.ask("post", address, {"year": 2026, "carry": [{**carried, "target": "350"}]}).json()["code"] == "plan_goal.share"  # fmt: skip
    assert owner.ask("post", address, {"year": 2026, "carry": [{**carried, "due_on": "2027-01-31"}]}).json()["code"] == "account_plan.carry_due"  # fmt: skip
    assert owner.ask("post", address, {"year": 2026, "carry": [{**carried, "goal_id": foreign.pk}]}).status_code == 404  # fmt: skip
    assert not account.plans.filter(year=2026).exists()
    told = owner.ask("post", address, {"year": 2026, "carry": [carried]})
    assert told.status_code == 201
    # A share is told as it is sent, in per cent, and kept as a rate.
    assert [(one["name"], Decimal(one["target"])) for one in told.json()["goals"]] == [("份额", 35)]
    new = Goal.objects.get(carried_from=goal)
    assert new.target == Decimal("0.35")
    changed = owner.ask("patch", f"/plan-goals/{new.pk}", {"weight": 2, "version": 1}).json()
    assert Decimal(changed["goals"][0]["target"]) == 35
    review = {"quarter": 1, "held_on": "2026-01-02", "decisions": "加人"}
    frozen = owner.ask("post", f"/account-plans/{new.plan_id}/reviews", review).json()["figures"]
    assert Decimal(frozen["goals"][0]["target"]) == 35


def test_a_plan_is_fetched_as_a_file_by_who_sees_it(company, program):
    plan = start_plan(by=company.users["owner"], account=company.accounts["K7101"], year=2025)
    address = f"/account-plans/{plan.pk}/file?edition=customer&format="
    for ending, begin in (("pdf", b"%PDF"), ("pptx", b"PK")):
        answer = program("owner").get(f"{address}{ending}")
        assert (answer.status_code, answer.content[: len(begin)]) == (200, begin)
        assert f".{ending}" in answer["Content-Disposition"]
    assert Entry.objects.filter(kind="exported", user_name="owner").count() == 2
    assert program("owner").get(f"{address}docx").status_code == 422
    assert program("colleague").get(f"{address}pdf").status_code == 404
