"""Every endpoint asked by everybody: who gets an answer, and that no answer tells what is not theirs.

An endpoint that is not in the table fails the first test: whoever adds one says here who may use it.
"""

import json
import re
from datetime import date
from decimal import Decimal
from types import SimpleNamespace

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.utils import timezone

from keyaccount.find.list_basis import ListBasis
from keyaccount.find.settings import FindSettings
from keyaccount_web.api.main import api
from keyaccount_web.api.models import Webhook, WebhookDelivery
from keyaccount_web.cover.recording import record_touch
from keyaccount_web.cover.staffing.scenarios import keep_scenario
from keyaccount_web.cover.staffing.worked import Asked
from keyaccount_web.cover.terms.models import Inversion
from keyaccount_web.duplicates.models import DuplicatePair, Merge
from keyaccount_web.find.lists.proposing import propose_list
from keyaccount_web.find.lists.reviewing import begin_review
from keyaccount_web.find.models import BoughtFrom
from keyaccount_web.imports.models import FileImport
from keyaccount_web.know.contact_services import add_contact
from keyaccount_web.know.events.gifts import register_gift
from keyaccount_web.know.events.services import keep_occasion
from keyaccount_web.know.models import Account, TeamMember
from keyaccount_web.know.needs.services import add_need
from keyaccount_web.know.outlets.services import keep_outlet
from keyaccount_web.know.plans.acting import keep_part, start_plan
from keyaccount_web.know.plans.approving import submit
from keyaccount_web.know.plans.models import Commitment, Goal, PlanAction, PlanRisk
from keyaccount_web.know.plans.reviewing import keep_review
from keyaccount_web.know.profile.services import PARTS
from keyaccount_web.know.profile.services import keep as keep_profile
from keyaccount_web.know.rivals.services import keep_fact
from keyaccount_web.know.structure.departments import keep_department
from keyaccount_web.know.structure.maps import add_map
from keyaccount_web.know.structure.services import keep_tie, line
from keyaccount_web.know.year.services import keep_assessment, keep_step, keep_target, keep_year
from keyaccount_web.runs.models import Run
from keyaccount_web.runs.services import new_find
from keyaccount_web.work.about import Subject
from keyaccount_web.work.attachments import attach
from keyaccount_web.work.comments import say_about
from keyaccount_web.work.sealed import seal
from keyaccount_web.work.tags import tag, tag_named
from keyaccount_web.work.to_do import give
from tests.keyaccount_web.company import finished_run, ledger_table
from tests.keyaccount_web.crawler import leaks, secrets_of

EVERYBODY = ("owner", "colleague", "stranger", "head", "director", "executive", "admin", "nobody")
ALL = set(EVERYBODY)
SEE = {"owner", "head", "director", "analyst", "planner", "service"}  # K7101
EDIT = {"owner", "head", "director", "service"}  # the same, with the right to edit
EDITORS = {"owner", "colleague", "stranger", "head", "director", "service"}
MERGERS = {"head", "director"}
BRING = {"director", "analyst"}  # the ledger
RECORDS = {*EDITORS, "admin"}
VIEW_RUNS = {"director", "analyst", "executive"}
RUN = {"director", "analyst"}
REVIEW = {"head", "director", "analyst"}  # a list in review, and K7101 on it
PEOPLE = {"head", "director", "admin"}
OWN = {"owner"}  # what the owner made, about no account

# Operation → who may, the body. Of everybody else it is refused.
TABLE = {
    "GET /token": (ALL, None),
    "DELETE /token": (ALL, None),
    "GET /webhooks": (ALL, None),
    "POST /webhooks": (
        ALL - {"nobody"},
        {"name": "钩", "url": "https://example.com/x", "events": ["run.done"]},
    ),
    "GET /webhooks/{webhook_id}": (OWN, None),
    "PATCH /webhooks/{webhook_id}": (OWN, {"is_active": False}),
    "DELETE /webhooks/{webhook_id}": (OWN, None),
    "POST /webhooks/{webhook_id}/ping": (OWN, {}),
    "GET /webhooks/{webhook_id}/deliveries": (OWN, None),
    "POST /webhooks/{webhook_id}/deliveries/{delivery_id}/again": (OWN, {}),
    "GET /me": (ALL, None),
    "GET /users": (PEOPLE, None),
    "POST /users": (
        {"admin"},
        {"username": "neu", "name": "新同事", "email": "n@example.com", "role": "manager", "unit": "HZ"},
    ),
    "GET /users/{user_id}": ({"head", "admin", "director"}, None),
    "GET /units": (ALL, None),
    "GET /accounts": (ALL, None),
    "POST /accounts": (EDITORS, {"name": "全新的一家客户"}),
    "GET /contacts": (ALL, None),
    "GET /accounts/{account_id}": (SEE, None),
    "PATCH /accounts/{account_id}": (EDIT, {"remark": "新", "version": 1}),
    "GET /accounts/{account_id}/lines": (SEE, None),
    "GET /accounts/{account_id}/contacts": (SEE, None),
    "POST /accounts/{account_id}/contacts": (EDIT, {"name": "新联系人"}),
    "GET /contacts/{contact_id}": (SEE, None),
    "PATCH /contacts/{contact_id}": (EDIT, {"title": "新", "version": 0}),
    "DELETE /contacts/{contact_id}": (EDIT, None),
    "GET /accounts/{account_id}/people": (SEE, None),
    "GET /people/{contact_id}": (SEE, None),
    "PATCH /people/{contact_id}": (EDIT, {"stance": "critic", "version": 0}),
    "PUT /people/{contact_id}/place": (EDIT, {"column": 1, "row": 2, "version": 0}),
    "POST /accounts/{account_id}/people/arrange": (EDIT, {}),
    "POST /accounts/{account_id}/influence": (
        EDIT,
        {"source_id": "{contact_id}", "target_id": "{peer_id}", "kind": "conflict"},
    ),
    "DELETE /influence/{line_id}": (EDIT, None),
    "GET /accounts/{account_id}/maps": (SEE, None),
    "POST /accounts/{account_id}/maps": (EDIT, {"name": "新专题", "is_copy": True}),
    "PATCH /maps/{map_id}": (EDIT, {"name": "改名", "version": 1}),
    "DELETE /maps/{map_id}": (EDIT, None),
    "PATCH /maps/{map_id}/people/{contact_id}": (EDIT, {"stance": "critic", "version": 0}),
    "DELETE /maps/{map_id}/people/{contact_id}": (EDIT, None),
    "POST /accounts/{account_id}/ties": (EDIT, {"contact_id": "{tied_id}"}),
    "PATCH /ties/{tie_id}": (EDIT, {"title": "顾问", "version": 1}),
    "DELETE /ties/{tie_id}": (EDIT, None),
    "GET /accounts/{account_id}/departments": (SEE, None),
    "POST /accounts/{account_id}/departments": (EDIT, {"name": "新部门", "people_ids": ["{contact_id}"]}),
    "PATCH /departments/{department_id}": (EDIT, {"note": "二楼", "version": 1}),
    "DELETE /departments/{department_id}": (EDIT, None),
    "GET /needs": (ALL, None),
    "POST /accounts/{account_id}/needs": (
        EDIT,
        {"text": "新需求", "source": "采购", "dated": "2026-01-05"},
    ),
    "GET /needs/{need_id}": (SEE, None),
    "POST /needs/{need_id}/move": (EDIT, {"to": "explicit", "version": 1}),
    "POST /needs/{need_id}/voices": (EDIT, {"contact_id": "{contact_id}", "said_on": "2026-01-05"}),
    "GET /accounts/{account_id}/expectations": (SEE, None),
    "PUT /accounts/{account_id}/expectations": (
        EDIT,
        {"lead_days": 3, "source": "采购", "dated": "2026-01-05"},
    ),
    "GET /account-plans": (ALL, None),
    "POST /accounts/{account_id}/plans": (EDIT, {"year": 2024}),
    "GET /account-plans/{plan_id}": (SEE, None),
    "PATCH /account-plans/{plan_id}": (EDIT, {"trends": "新", "version": 1}),
    "POST /account-plans/{plan_id}/goals": (
        EDIT,
        {"name": "新目标", "measure": "visits", "target": "12", "due_on": "2025-12-31"},
    ),
    "PATCH /plan-goals/{goal_id}": (EDIT, {"name": "改了", "version": 1}),
    "POST /plan-goals/{goal_id}/count": (
        EDIT,
        {"reached": "3", "counted_on": "2025-06-30", "version": 1},
    ),
    "POST /plan-goals/{goal_id}/actions": (
        EDIT,
        {"what": "新行动", "owner_id": "{user_id}", "due_on": "2025-12-31"},
    ),
    "PATCH /plan-actions/{action_id}": (EDIT, {"due_on": "2025-11-30", "version": 1}),
    "POST /plan-actions/{action_id}/state": (EDIT, {"state": "done", "result": "做了", "version": 1}),
    "POST /account-plans/{plan_id}/commitments": (EDIT, {"what": "新约定", "due_on": "2025-12-31"}),
    "PATCH /plan-commitments/{commitment_id}": (EDIT, {"state": "kept", "version": 1}),
    "POST /account-plans/{plan_id}/reviews": (
        EDIT,
        {"quarter": 1, "held_on": "2025-04-08", "decisions": "加人"},
    ),
    "PATCH /plan-reviews/{review_id}": (EDIT, {"decisions": "再加人", "version": 1}),
    "POST /account-plans/{plan_id}/risks": (EDIT, {"what": "新风险", "owner_id": "{user_id}"}),
    "PATCH /plan-risks/{risk_id}": (EDIT, {"answer": "应对", "version": 1}),
    "DELETE /plan-goals/{goal_id}": (EDIT, None),
    "DELETE /plan-actions/{action_id}": (EDIT, None),
    "DELETE /plan-risks/{risk_id}": (EDIT, None),
    "DELETE /plan-commitments/{commitment_id}": (EDIT, None),
    "POST /account-plans/{plan_id}/looked": (EDIT, None),
    "POST /account-plans/{plan_id}/submit": (EDIT - {"head"}, {"of_id": "{head_id}", "reason": "请看"}),
    "GET /account-plans/{plan_id}/editions": (SEE, None),
    "GET /account-plans/{plan_id}/file": (SEE, None),
    "GET /accounts/{account_id}/profile": (SEE, None),
    "POST /accounts/{account_id}/profile/{part}": (
        EDIT,
        {"staff": 90, "source": "年报", "dated": "2026-01-05"},
    ),
    "PUT /profile/{part}/{profile_id}": (
        EDIT,
        {"staff": 91, "source": "年报", "dated": "2026-01-05", "version": 1},
    ),
    "DELETE /profile/{part}/{profile_id}": (EDIT, None),
    "GET /approvals": (ALL, None),
    "GET /approvals/{approval_id}": ({"owner", "head", "director"}, None),
    "POST /approvals/{approval_id}/decision": (
        {"head", "director"},
        {"granted": False, "answer": "再想想", "digest": "{digest}"},
    ),
    "POST /approvals/{approval_id}/withdraw": ({"owner"}, {}),
    "GET /rivals": (ALL, None),
    "GET /accounts/{account_id}/rivals": (SEE, None),
    "POST /accounts/{account_id}/rivals": (
        EDIT,
        {"rival": "对手", "product": "泵", "source": "采购", "dated": "2026-01-05"},
    ),
    "DELETE /rivals/{fact_id}": (EDIT, None),
    "GET /accounts/{account_id}/wallet": (SEE, None),
    "GET /accounts/{account_id}/purchases": (SEE, None),
    "POST /accounts/{account_id}/purchases": (
        EDIT,
        {"year": 2025, "amount": "9", "source": "采购", "dated": "2026-01-05"},
    ),
    "GET /accounts/{account_id}/team": (SEE, None),
    "POST /accounts/{account_id}/team": ({"head", "director"}, {"user": "planner", "since": "2025-01-05"}),
    "DELETE /team/{member_id}": ({"head", "director"}, None),
    "GET /accounts/{account_id}/bought-from": (SEE, None),
    "POST /accounts/{account_id}/bought-from": (EDIT, {"year": 2024, "amount": "9", "source": "台账"}),
    "DELETE /bought-from/{bought_id}": (EDIT, None),
    "GET /accounts/{account_id}/supply-failures": (SEE, None),
    "POST /accounts/{account_id}/supply-failures": (
        EDIT,
        {"rival": "对手", "what": "缺货", "began_on": "2026-01-05", "source": "采购", "dated": "2026-01-05"},
    ),
    "GET /customer-targets": (ALL, None),
    "GET /accounts/{account_id}/year/{year}": (SEE, None),
    "PUT /year-plans/{year_plan_id}": (
        EDIT,
        {"year": 2025, "priorities": "降本增效", "source": "采购", "dated": "2026-01-05", "version": 1},
    ),
    "DELETE /year-plans/{year_plan_id}": (EDIT, None),
    "PUT /year-targets/{target_id}": (
        EDIT,
        {
            "year": 2025,
            "set_by": "us",
            "months": ["8"] * 12,
            "source": "采购",
            "dated": "2026-01-05",
            "version": 1,
        },
    ),
    "DELETE /year-targets/{target_id}": (EDIT, None),
    "PUT /assessments/{assessment_id}": (
        EDIT,
        {
            "department": "采购部",
            "measured_by": "成本",
            "source": "采购",
            "dated": "2026-01-05",
            "version": 1,
        },
    ),
    "DELETE /assessments/{assessment_id}": (EDIT, None),
    "PUT /buying-steps/{step_id}": (
        EDIT,
        {"what": "再询价", "source": "采购", "dated": "2026-01-05", "version": 1},
    ),
    "DELETE /buying-steps/{step_id}": (EDIT, None),
    "POST /accounts/{account_id}/year-plans": (
        EDIT,
        {"year": 2025, "priorities": "降本", "source": "采购", "dated": "2026-01-05"},
    ),
    "POST /accounts/{account_id}/year-targets": (
        EDIT,
        {"year": 2025, "set_by": "us", "months": ["9"] * 12, "source": "采购", "dated": "2026-01-05"},
    ),
    "POST /accounts/{account_id}/assessments": (
        EDIT,
        {"department": "采购部", "measured_by": "降本", "source": "采购", "dated": "2026-01-05"},
    ),
    "POST /accounts/{account_id}/buying-steps": (
        EDIT,
        {"what": "询价", "source": "采购", "dated": "2026-01-05"},
    ),
    "GET /staffing": (REVIEW, None),
    "GET /staffing/scenarios": (REVIEW, None),
    "POST /staffing/scenarios": (REVIEW, {"name": "明年", "more": 10}),
    "GET /staffing/scenarios/{scenario_id}": (REVIEW, None),
    "GET /skill-gaps": (ALL, None),
    "GET /inversions": (ALL, None),
    "GET /inversions/{inversion_id}": (SEE, None),
    "GET /outlets": (ALL, None),
    "GET /accounts/{account_id}/outlets": (SEE, None),
    "POST /accounts/{account_id}/outlets": (
        EDIT,
        {"code": "S9", "name": "新店", "source": "采购", "dated": "2026-01-05"},
    ),
    "GET /outlets/{outlet_id}": (SEE, None),
    "PUT /outlets/{outlet_id}/months/{month}": (
        EDIT,
        {"sales": "9", "source": "采购", "dated": "2026-01-05"},
    ),
    "POST /outlets/{outlet_id}/price-bands": (EDIT, {"low": "1", "source": "采购", "dated": "2026-01-05"}),
    "GET /account-tiers": (ALL, None),
    "GET /tier-moves": (ALL, None),
    "GET /border": (ALL, None),
    "PUT /accounts/{account_id}/placement": (MERGERS, {"channel": "business", "reason": "试点"}),
    "DELETE /accounts/{account_id}/placement": (MERGERS, None),
    "GET /events": (ALL, None),
    "GET /accounts/{account_id}/events": (SEE, None),
    "POST /accounts/{account_id}/events": (
        EDIT,
        {"kind": "founding", "month": 3, "day": 8, "source": "采购", "dated": "2026-01-05"},
    ),
    "GET /events/{occasion_id}": (SEE, None),
    "GET /gifts": (ALL, None),
    "POST /accounts/{account_id}/gifts": (
        EDIT,
        {"recipient": "李主任", "what": "茶叶", "value": "9", "on": "2026-01-05"},
    ),
    "GET /gifts/{gift_id}": (SEE, None),
    "GET /duplicates": (EDITORS, None),
    "PATCH /duplicates/{pair_id}": (EDIT, {"state": "not_duplicate"}),
    "POST /duplicates/similar": (EDITORS, {"name": "云帆机械"}),
    "POST /duplicates/searches": (MERGERS, {}),
    "GET /accounts/{account_id}/history": (SEE, None),
    "GET /accounts/{account_id}/tags": (SEE, None),
    "POST /accounts/{account_id}/tags": (EDIT, {"name": "新的"}),
    "DELETE /accounts/{account_id}/tags/{tag_id}": (EDIT, None),
    "GET /tags": (ALL, None),
    "GET /merges": (EDITORS, None),
    "POST /merges": (MERGERS, {"survivor": "{account_id}", "merged": "{other_id}", "versions": [1, 1]}),
    "GET /merges/preview/{account_id}/{other_id}": (MERGERS, None),
    "GET /merges/{merge_id}": (EDIT, None),
    "POST /merges/{merge_id}/undo": (MERGERS, {}),
    "GET /imports": (RECORDS | BRING, None),
    "POST /imports": (BRING, "ledger file"),
    "GET /imports/{import_id}": (OWN, None),
    "DELETE /imports/{import_id}": (OWN, None),
    "POST /imports/{import_id}/check": (OWN, {}),
    "POST /imports/{import_id}/start": (OWN, {}),
    "GET /imports/{import_id}/rows": (OWN, None),
    "GET /imports/{import_id}/refused": (OWN, None),
    "POST /imports/{import_id}/undo": (OWN, {}),
    "GET /ledger/imports": (BRING, None),
    "POST /ledger/imports/{number}/undo": (BRING, {}),
    "GET /ledger/imports/{number}/refused/{name}": (BRING, None),
    "GET /runs": (VIEW_RUNS, None),
    "POST /runs": (RUN, {}),
    "GET /runs/{run_id}": (VIEW_RUNS, None),
    "GET /runs/{run_id}/accounts": (VIEW_RUNS, None),
    "GET /runs/{run_id}/accounts/{code}": (SEE, None),
    "POST /runs/{run_id}/repeat": (RUN, {}),
    "POST /runs/{run_id}/make-current": ({"director"}, {}),
    "GET /runs/{run_id}/compare/{before_id}": (VIEW_RUNS, None),
    "GET /to-dos": (ALL, None),
    "POST /to-dos": (SEE, {"what": "回访", "due_date": "2026-12-31", "about": "account:{account_id}"}),
    "GET /to-dos/{to_do_id}": (SEE, None),
    "PATCH /to-dos/{to_do_id}": (OWN, {}),
    "POST /to-dos/{to_do_id}/{deed}": (OWN, {}),
    "GET /comments": (ALL, None),
    "POST /comments": (SEE, {"about": "account:{account_id}", "text": "说"}),
    "PATCH /comments/{comment_id}": (OWN, {"text": "改"}),
    "DELETE /comments/{comment_id}": ({"owner", "head", "director"}, None),
    "GET /files": (ALL, None),
    "POST /files": (SEE, "file"),
    "GET /files/{file_id}": (SEE, None),
    "GET /files/{file_id}/content": (SEE, None),
    "DELETE /files/{file_id}": ({"owner", "head", "director"}, None),
    "GET /touches": (ALL, None),
    "POST /touches": (
        EDIT,
        {"account_id": "{account_id}", "kind": "call", "began_at": timezone.now().isoformat(), "minutes": 15},
    ),
    "GET /touches/{touch_id}": (SEE, None),
    "GET /due-touches": (ALL, None),
    "GET /search": (ALL, None),
    "GET /kinds": (ALL, None),
    "GET /potential": (ALL, None),
    "GET /key-lists": (ALL, None),
    "POST /key-lists": (RUN, {}),
    "GET /key-lists/{list_id}": (REVIEW, None),
    "GET /key-lists/{list_id}/entries": (REVIEW, None),
    "PATCH /key-lists/{list_id}/entries/{entry_id}": (REVIEW, {"choice": "accept", "version": 1}),
    "POST /key-lists/{list_id}/review": (RUN, {}),
    "POST /key-lists/{list_id}/proofs": (RUN, {}),
    "GET /key-lists/{list_id}/proofs/{proof_id}": (RUN, None),
    "GET /key-lists/{list_id}/changes": (RUN, None),
}
# What is asked beside, where an endpoint needs it.
QUERY = {
    "GET /search": "?q=机械",
    "GET /accounts": "?limit=500&count=true",
    "GET /to-dos": "?whose=all",
    "GET /account-plans/{plan_id}/file": "?edition=internal&format=pptx",
    "DELETE /contacts/{contact_id}": "?version=0",
}
# With a right, but there is nothing of that kind, or it cannot be done in this state.
IN_VAIN = {
    "GET /imports/{import_id}/refused": 404,
    "GET /ledger/imports/{number}/refused/{name}": 404,
    "POST /ledger/imports/{number}/undo": 200,
    "POST /imports/{import_id}/undo": 409,
    "PATCH /contacts/{contact_id}": 409,
    "DELETE /contacts/{contact_id}": 409,
}
ASKS_FOR_OTHERS = {"POST /webhooks", "POST /account-plans/{plan_id}/submit"}
"""Whom they name is told to be nobody who may, or whoever asks."""
NAMES_ONLY = {"POST /duplicates/similar", "GET /duplicates"}
"""Of an account that may not be seen these tell the name, and whose it is."""


@pytest.fixture
def everything(company, own_ledger):  # noqa: ARG001 - posts may undo an import
    """One of every kind of record, of the owner's account K7101 where it is about one."""
    owner, account = company.users["owner"], company.accounts["K7101"]
    other_run = finished_run(company.users["director"], company.found, company.snapshot, company.files)
    new_find(company.users["director"], FindSettings(), snapshot=company.snapshot)
    foreign = company.accounts["K7401"]
    for by, one in ((owner, account), (company.users["stranger"], foreign)):
        give(by, by, f"私下要做的事{one.code}", due_date=timezone.localdate(), about=Subject(one))
        say_about(by, Subject(one), f"不给外人看的话{one.code}")
        attach(by, Subject(one), f"密件{one.code}.txt", [one.code.encode()])
        record_touch(
            by=by, account=one, kind="call", began_at=timezone.now(), minutes=15, summary=f"谈到{one.code}"
        )
    pair = DuplicatePair.objects.create(
        account=account, other=company.accounts["K7102"], score=0.9, reasons=[]
    )
    DuplicatePair.objects.create(account=company.accounts["K7103"], other=foreign, score=0.8, reasons=[])
    now = timezone.now()
    analyst = company.users["analyst"]
    key_list = propose_list(analyst, company.run, ListBasis(), year=2025)
    begin_review(key_list, analyst)
    marked = tag_named("战略", owner)
    tag([account], marked, owner)
    apart = Merge.objects.create(
        survivor=account, merged=company.accounts["K7103"], merged_by=company.users["head"]
    )
    Account.objects.filter(pk=company.accounts["K7103"].pk).update(merged_into=account)
    webhook = Webhook.objects.create(
        user=owner,
        name="钩",
        events=["run.done"],
        sealed_address=seal("https://example.com/x"),
        sealed_secret=seal("s"),
        host="example.com",
        is_active=False,
        created_at=now,
    )
    delivery = WebhookDelivery.objects.create(
        webhook=webhook,
        event="ping",
        body={"id": "1", "data": {}},
        state="failed",
        next_at=now,
        created_at=now,
    )
    sheet = {"name": "客户", "columns": ["客户编号", "地区"], "samples": [], "rows": 1, "kind": "accounts"}
    counts = {"new": 0, "changed": 1, "unchanged": 0, "refused": 0}
    brought = FileImport.objects.create(
        kind="records",
        by=owner,
        file_name="客户资料.xlsx",
        sha256="0" * 64,
        size=1,
        state="checked",
        choices={"sheets": [{**sheet, "mapping": {"code": "客户编号", "region": "地区"}, "questions": {}}]},
        report={"counts": {"all": counts, "accounts": counts}, "rows": 1, "examples": 0},
    )
    told = {"source_kind": "customer", "source": "采购", "dated": now.date(), "permission": "internal"}
    need = add_need(by=owner, account=account, text="交货再快一些", topic="delivery", source=told)
    fact = keep_fact(by=owner, account=account, rival="海川阀业", product="球阀", source=told)
    occasion = keep_occasion(
        by=owner,
        account=account,
        source=told,
        kind="founding",
        title="周年",
        calendar="solar",
        month=3,
        day=8,
    )
    gift = register_gift(
        by=owner, account=account, contact=None, recipient="李主任", is_official=False, kind="gift", what="茶叶",
        value=Decimal(9), on=now.date(),
    )  # fmt: skip
    outlet = keep_outlet(by=owner, account=account, source=told, code="S1", name="一店")
    plan = start_plan(by=owner, account=account, year=2025)
    until = date(2025, 12, 31)
    goal = keep_part(
        Goal, by=owner, parent=plan, name="内部目标", measure="hand", target=Decimal(9), due_on=until
    )
    action = keep_part(PlanAction, by=owner, parent=goal, what="内部行动", owner=owner, due_on=until)
    commitment = keep_part(Commitment, by=owner, parent=plan, what="内部约定", due_on=until)
    risk = keep_part(PlanRisk, by=owner, parent=plan, what="内部风险", owner=owner)
    review = keep_review(plan, by=owner, quarter=2, held_on=now.date(), decisions="内部决定")
    asked_plan = start_plan(by=owner, account=account, year=2026)
    keep_part(Goal, by=owner, parent=asked_plan, name="待批目标", measure="hand", target=Decimal(9), due_on=date(2026, 12, 31))  # fmt: skip
    approval = submit(asked_plan, by=owner, of=company.users["head"], reason="内部说明")
    fact_of = {"by": owner, "account": account, "source": told}
    inversion = Inversion.objects.create(
        account=account, run=company.run, level=1, product="P1", product_name="刨床", quarter="2025-04-01", lines=3,
        quantity=3, amount=300, price=100, lowest_price=90, gap=10, gap_share=0.1, pairs=1, lowest=foreign, money=30,
    )  # fmt: skip
    met = account.contacts.get()
    peer = add_contact(account, {"name": "阮工"})
    drawn, _ = line(peer, met, "influence")
    foreign_person = company.accounts["K7201"].contacts.get()
    company.ids = {
        "plan_id": plan.pk,
        "goal_id": goal.pk,
        "action_id": action.pk,
        "commitment_id": commitment.pk,
        "risk_id": risk.pk,
        "part": "size",
        "profile_id": keep_profile(PARTS["size"], **fact_of, staff=12345).pk,
        "review_id": review.pk,
        "approval_id": approval.pk,
        "digest": approval.digest,
        "head_id": company.users["head"].pk,
        "year_plan_id": keep_year(**fact_of, year=2024, begins_in=1, priorities="内部重点").pk,
        "target_id": keep_target(**fact_of, year=2024, set_by="us", months=[Decimal(7)] * 12).pk,
        "assessment_id": keep_assessment(**fact_of, department="内部部门", measured_by="成本").pk,
        "step_id": keep_step(**fact_of, place=None, what="内部步骤").pk,
        "inversion_id": inversion.pk,
        "scenario_id": keep_scenario(company.users["head"], "浙江的", Asked(more=1)).pk,
        "account_id": account.pk,
        "other_id": company.accounts["K7102"].pk,
        "tag_id": marked.pk,
        "merge_id": apart.pk,
        "occasion_id": occasion.pk,
        "gift_id": gift.pk,
        "need_id": need.pk,
        "fact_id": fact.pk,
        "bought_id": BoughtFrom.objects.create(account=fact.account, year=2023, amount=5, source="台账").pk,
        "member_id": TeamMember.objects.create(
            account=account, user=company.users["planner"], since=date(2024, 1, 5), until=date(2024, 2, 5)
        ).pk,
        "contact_id": met.pk,
        "peer_id": peer.pk,
        "line_id": drawn.pk,
        "map_id": add_map(account, "轴承").pk,
        "tie_id": keep_tie(account=account, contact=foreign_person).pk,
        "tied_id": company.accounts["K7102"].contacts.get().pk,
        "department_id": keep_department(account, values={"name": "采购部"}).pk,
        "user_id": owner.pk,
        "pair_id": pair.pk,
        "import_id": brought.pk,
        "number": 1,
        "year": 2025,
        "outlet_id": outlet.pk,
        "month": "2025-03",
        "name": "nothing.csv",
        "run_id": company.run.pk,
        "before_id": other_run.pk,
        "code": "K7101",
        "to_do_id": account.todos.exclude(what="").get().pk,
        "deed": "done",
        "list_id": key_list.pk,
        "proof_id": Run.objects.create(
            started_by=analyst,
            kind=company.run.kind,
            settings={},
            snapshot=company.run.snapshot,
            repeats=company.run,
        ).pk,
        "entry_id": key_list.entries.get(account=account).pk,
        "comment_id": account.comments.get().pk,
        "touch_id": account.touches.get().pk,
        "file_id": account.attachments.get().pk,
        "webhook_id": webhook.pk,
        "delivery_id": delivery.pk,
    }
    return company


def operations():
    paths = api.get_openapi_schema()["paths"]
    return [
        f"{method.upper()} {path.removeprefix('/api/v1')}" for path, one in paths.items() for method in one
    ]


def asked(told, operation, ids):
    """The answer to one endpoint, and everything as it was before."""
    method, path = operation.split(" ")
    body = TABLE[operation][1]
    address = path.format(**ids) + QUERY.get(operation, "")
    with transaction.atomic():
        if body == "file":
            files = {"about": f"account:{ids['account_id']}", "file": SimpleUploadedFile("a.txt", b"abc")}
            answer = told.ask("post", address, files=files)
        elif body == "ledger file":
            file = SimpleUploadedFile("a.csv", "客户编号,日期,金额\nK7101,2026-01-05,1\n".encode())
            answer = told.ask("post", address, files={"kind": "ledger", "file": file})
        else:
            filled = (
                json.loads(
                    re.sub(
                        r"\{(\w+)\}",
                        lambda found: str(ids[found[1]]),
                        json.dumps(body).replace('"{account_id}"', str(ids["account_id"])),
                    )
                )
                if body
                else body
            )
            answer = told.ask(method.lower(), address, filled)
        content = b"".join(answer.streaming_content) if answer.streaming else answer.content
        transaction.set_rollback(True)
    headers = "\n".join(
        f"{name}: {value}"
        for name, value in answer.headers.items()
        if name not in ("Content-Length", "X-Request-ID")
    )
    return SimpleNamespace(status=answer.status_code, body=content.decode(errors="replace") + "\n" + headers)


def test_every_endpoint_is_in_the_table():
    assert sorted(operations()) == sorted(TABLE)


@pytest.mark.parametrize("username", EVERYBODY)
def test_every_endpoint_answers_who_may_and_tells_nobody_more(everything, program, monkeypatch, username):
    monkeypatch.setattr("keyaccount_web.imports.services.bring", lambda *_: FileImport.objects.first())
    told = program(username)
    secrets = secrets_of(told.token.user, everything, ledger_table())
    names = {account.name for account in everything.accounts.values()}
    wrong, seen = [], 0
    for operation, (who, _) in TABLE.items():
        answer = asked(told, operation, everything.ids)
        refusals = ("403", "404", "422") if operation in ASKS_FOR_OTHERS else ("403", "404")
        expected = ("2", str(IN_VAIN.get(operation, "")) or "2") if username in who else refusals
        if not str(answer.status).startswith(tuple(expected)):
            wrong.append(f"{operation}: {answer.status} instead of {expected}: {answer.body[:300]}")
        own = secrets
        if operation in NAMES_ONLY:
            texts = {text: why for text, why in secrets.texts.items() if text not in names}
            own = type(secrets)(texts, secrets.amounts, secrets.shown_money, secrets.shares, secrets.percents)
        wrong += [f"{operation}: tells {what}" for what in leaks(answer.body, own, asked="K7101")]
        seen += answer.status < 300
    assert wrong == []
    assert seen > 5


def test_another_accounts_ids_answer_as_none_at_all(everything, program):
    """Nobody learns by the answer that a record is there."""
    told = program("colleague")
    missing = {**everything.ids, **{name: 987654321 for name in everything.ids if name.endswith("_id")}}
    for operation in TABLE:
        if re.search(
            r"\{(account|contact|to_do|comment|file|touch|line|need|fact|occasion|gift)_id\}", operation
        ):
            here, nowhere = asked(told, operation, everything.ids), asked(told, operation, missing)
            plain = re.sub(r"\d+", "N", here.body), re.sub(r"\d+", "N", nowhere.body)
            assert (here.status, plain[0]) == (nowhere.status, plain[1]), operation
