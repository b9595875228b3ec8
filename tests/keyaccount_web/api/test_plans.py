"""Plans by programs: four eyes hold, and what changes afterwards makes the next edition (K8)."""

from datetime import date
from decimal import Decimal

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
