"""Account plans: figures of goals, four eyes, editions, what is asked of whom, what the customer gets to see, who sees what."""

import datetime as dt
import io
import json
import re
import zipfile
from dataclasses import replace
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image

from keyaccount.know.plan_document import for_customer
from keyaccount.know.plan_paper import plan_data
from keyaccount.know.plan_slides import plan_slides
from keyaccount_web.approvals.models import Approval
from keyaccount_web.approvals.services import ApprovalError, decide
from keyaccount_web.audit.models import Entry
from keyaccount_web.cover.recording import record_touch
from keyaccount_web.know.plans import acting, approving, printing, reading
from keyaccount_web.know.plans.approving import PlanError
from keyaccount_web.know.plans.models import AccountPlan, Commitment, Goal, PlanAction, PlanRisk
from keyaccount_web.know.plans.reckoning import figures_of
from keyaccount_web.know.plans.reviewing import keep_review
from keyaccount_web.know.record_kit import RecordChangedError
from keyaccount_web.know.services import hand_over
from keyaccount_web.work.models import ToDo
from tests.keyaccount_web.company import ledger_table

YEAR = 2025
END = dt.date(YEAR, 12, 31)


@pytest.fixture
def account(company):
    return company.accounts["K7101"]


@pytest.fixture
def plan(company, account):
    return acting.start_plan(by=company.users["owner"], account=account, year=YEAR)


def add_goal(plan, **more):
    values = {"name": "销售额上台阶", "measure": "sales", "target": Decimal(600_000), "due_on": END, **more}
    return acting.keep_part(Goal, by=plan.owner, parent=plan, **values)


def add_action(goal, **more):
    values = {"what": "谈年度框架", "owner": goal.plan.owner, "due_on": dt.date(YEAR, 6, 30), **more}
    return acting.keep_part(PlanAction, by=goal.plan.owner, parent=goal, **values)


def add_commitment(plan, **more):
    values = {"what": "备两周安全库存", "topic": "stock", "side": "ours", "due_on": END, **more}
    return acting.keep_part(Commitment, by=plan.owner, parent=plan, **values)


def code_of(refused):
    return refused.value.code


def sales_of(code, begin, end):
    """By a loop over the ledger's lines."""
    return sum(
        row["net_amount"] for row in ledger_table().to_pylist()
        if row["account_id"] == code and begin <= row["date"] <= end
    )  # fmt: skip


class TestFigures:
    def test_sales_are_the_lines_of_the_year_beside_last_years(self, company, plan):
        add_goal(plan)
        add_goal(plan, name="做到上半年", due_on=dt.date(YEAR, 6, 30), target=Decimal(1))
        (told, half) = figures_of(plan, company.users["owner"], until=dt.date(YEAR, 9, 30)).goals
        assert told.reached == sales_of("K7101", dt.date(2025, 1, 1), dt.date(2025, 9, 30)) > 0
        assert told.base == sales_of("K7101", dt.date(2024, 1, 1), dt.date(2024, 12, 31)) > 0
        season = sales_of("K7101", dt.date(2024, 1, 1), dt.date(2024, 9, 30)) / told.base
        assert abs(told.standing.expected - 600_000 * season) < 1
        assert half.reached == sales_of("K7101", dt.date(2025, 1, 1), dt.date(2025, 6, 30))
        assert f"from=2025-01-01&to={dt.date(YEAR, 6, 30)}" in half.url

    def test_visits_needs_and_hand_counts(self, company, account):
        owner, today = company.users["owner"], timezone.localdate()
        plan = acting.start_plan(by=owner, account=account, year=today.year)
        for name, measure in (("多走动", "visits"), ("有求必应", "needs")):
            add_goal(plan, name=name, measure=measure, target=Decimal(4), due_on=dt.date(today.year, 12, 31))
        hand = add_goal(plan, name="少投诉", measure="hand", unit="起", base=Decimal(8), target=Decimal(2), due_on=dt.date(today.year, 12, 31))  # fmt: skip
        record_touch(
            by=owner,
            account=account,
            kind="visit",
            began_at=timezone.now() - dt.timedelta(hours=2),
            minutes=60,
        )
        record_touch(
            by=owner, account=account, kind="call", began_at=timezone.now() - dt.timedelta(hours=2), minutes=9
        )
        acting.count_by_hand(hand, reached=Decimal(5), on=today, version=hand.version)
        visits, needs, counted = figures_of(plan, owner).goals
        assert (visits.reached, needs.reached, counted.reached) == (1, 0, 5)
        assert counted.standing.progress == 0.5  # from 8 to 5 of the way to 2
        with pytest.raises(PlanError) as refused:
            acting.count_by_hand(visits.goal, reached=Decimal(9), on=today)
        assert code_of(refused) == "plan_goal.not_by_hand"

    @pytest.mark.parametrize(
        ("code", "values"),
        [
            ("plan_goal.target_low", {"target": Decimal(0)}),
            ("plan_goal.share", {"measure": "wallet", "target": Decimal(35)}),
            ("plan_goal.no_goods", {"measure": "category"}),
            ("plan_goal.internal", {"measure": "profit", "is_shared": True}),
            ("account_plan.due", {"due_on": dt.date(YEAR + 1, 1, 1)}),
        ],
    )
    def test_what_cannot_be_meant_is_refused(self, plan, code, values):
        with pytest.raises(PlanError) as refused:
            add_goal(plan, **values)
        assert code_of(refused) == code
        assert not Goal.objects.exists()


class TestActions:
    def test_are_asked_of_their_owner_and_follow_every_change(self, company, plan):
        owner, head = company.users["owner"], company.users["head"]
        action = add_action(add_goal(plan))
        (asked,) = ToDo.objects.filter(rule=acting.RULE)
        assert (asked.owner, asked.due_date, asked.state) == (owner, action.due_on, "open")
        action = acting.keep_part(PlanAction, by=owner, parent=action.goal, record=action, version=action.version, owner=head, due_on=END)  # fmt: skip
        assert action.first_due == dt.date(YEAR, 6, 30)
        asked.refresh_from_db()
        (anew,) = ToDo.objects.filter(rule=acting.RULE, state="open")
        assert (asked.state, anew.owner, anew.due_date) == ("dropped", head, END)
        with pytest.raises(PlanError) as refused:
            acting.close_action(action, by=head, state="done", result=" ")
        assert code_of(refused) == "plan_action.no_result"
        acting.close_action(action, by=head, state="done", result="签了")
        anew.refresh_from_db()
        assert anew.state == "done"

    def test_who_cannot_see_the_account_gets_none(self, company, plan):
        with pytest.raises(PlanError) as refused:
            add_action(add_goal(plan), owner=company.users["stranger"])
        assert code_of(refused) == "plan_action.not_seen"

    def test_are_asked_again_where_only_the_to_do_was_ticked_off(self, plan):
        from keyaccount_web.work.to_do import finish

        action = add_action(add_goal(plan))
        assert acting.remind() == 0
        finish(ToDo.objects.get(rule=acting.RULE), action.owner)
        assert (acting.remind(), acting.remind()) == (1, 0)

    def test_go_along_with_the_account(self, company, plan):
        action = add_action(add_goal(plan))
        hand_over(company.users["owner"], company.users["colleague"])
        plan.refresh_from_db()
        action.refresh_from_db()
        assert plan.owner == action.owner == company.users["colleague"]


class TestFourEyes:
    @pytest.fixture
    def asked(self, company, plan):
        add_goal(plan)
        return approving.submit(plan, by=company.users["owner"], of=company.users["head"], reason="请批")

    def test_the_author_cannot_approve_and_another_does(self, company, plan, asked):
        head = company.users["head"]
        for wrong in ("owner", "colleague"):
            with pytest.raises(ApprovalError):
                decide(asked, by=company.users[wrong], granted=True, answer="", digest=asked.digest)
        decide(asked, by=head, granted=True, answer="", digest=asked.digest)
        plan.refresh_from_db()
        assert (plan.state, plan.edition) == ("approved", 1)
        assert plan.editions.get().approved_by == head

    def test_a_head_does_not_approve_their_own(self, company, account):
        head = company.users["head"]
        plan = acting.start_plan(by=head, account=account, year=YEAR)
        add_goal(plan)
        with pytest.raises(ApprovalError):
            approving.submit(plan, by=head, of=head, reason="自己批")

    def test_a_change_in_between_withdraws_it(self, company, plan, asked):
        add_goal(plan, name="又一个")
        asked.refresh_from_db()
        plan.refresh_from_db()
        assert (asked.state, plan.state) == (Approval.State.WITHDRAWN, "draft")
        with pytest.raises(ApprovalError):
            decide(asked, by=company.users["head"], granted=True, answer="", digest=asked.digest)

    def test_a_later_change_makes_the_next_edition_and_work_does_not(self, company, plan, asked):
        decide(asked, by=company.users["head"], granted=True, answer="", digest=asked.digest)
        action = add_action(plan.goals.get())
        plan.refresh_from_db()
        assert (plan.state, plan.edition) == ("draft", 2)
        again = approving.submit(plan, by=company.users["owner"], of=company.users["head"], reason="加了行动")
        decide(again, by=company.users["head"], granted=True, answer="", digest=again.digest)
        acting.close_action(action, by=company.users["owner"], state="done", result="签了")
        plan.refresh_from_db()
        assert (plan.state, plan.edition) == ("approved", 2)
        assert [len(one.document["actions"]) for one in plan.editions.all()] == [1, 0]


class TestYears:
    def test_next_years_plan_is_blank_but_for_what_was_chosen_and_dated_anew(self, company, account, plan):
        acting.keep_texts(plan, version=plan.version, trends="原料上涨")
        kept, left = add_goal(plan, is_shared=True), add_goal(plan, name="不再要")
        add_action(kept)
        by = company.users["owner"]
        with pytest.raises(PlanError) as refused:
            acting.start_plan(by=by, account=account, year=YEAR + 1, carry=[(kept, END, Decimal(7))])
        assert code_of(refused) == "account_plan.carry_due"
        assert AccountPlan.objects.count() == 1
        new = acting.start_plan(
            by=by, account=account, year=YEAR + 1, carry=[(kept, dt.date(YEAR + 1, 9, 30), Decimal(7))]
        )
        (goal,) = new.goals.all()
        assert (goal.carried_from, goal.target, goal.is_shared, goal.actions.count()) == (kept, 7, False, 0)
        assert new.trends == ""
        assert left.carried_to.count() == 0
        with pytest.raises(PlanError) as refused:
            acting.start_plan(by=by, account=account, year=YEAR)
        assert code_of(refused) == "account_plan.there"

    def test_a_review_keeps_its_figures_for_ever(self, company, plan):
        goal = add_goal(plan)
        review = keep_review(plan, by=plan.owner, quarter=2, held_on=timezone.localdate(), decisions="加人")
        (told,) = review.figures["goals"]
        assert Decimal(told["reached"]) == sales_of("K7101", dt.date(2025, 1, 1), dt.date(2025, 6, 30))
        acting.keep_part(
            Goal,
            by=plan.owner,
            parent=plan,
            record=goal,
            version=goal.version,
            target=Decimal(9),
            name="换了",
        )
        keep_review(plan, by=plan.owner, quarter=2, held_on=timezone.localdate(), record=review, version=review.version, decisions="加两人")  # fmt: skip
        review.refresh_from_db()
        assert (review.figures["goals"], review.decisions) == ([told], "加两人")
        plan.refresh_from_db()
        assert plan.looked_on == timezone.localdate()
        for code, values in (
            ("plan_review.there", {"quarter": 2, "decisions": "x"}),
            ("plan_review.nothing", {"quarter": 3}),
        ):
            with pytest.raises(PlanError) as refused:
                keep_review(plan, by=plan.owner, held_on=timezone.localdate(), **values)
            assert code_of(refused) == code


class TestTogether:
    def test_two_at_once_are_told(self, plan):
        acting.keep_texts(plan, version=plan.version, trends="甲写的")
        with pytest.raises(RecordChangedError):
            acting.keep_texts(plan, version=plan.version, trends="乙写的")
        goal = add_goal(plan)
        acting.keep_part(Goal, by=plan.owner, parent=plan, record=goal, version=1, name="甲")
        with pytest.raises(RecordChangedError):
            acting.keep_part(Goal, by=plan.owner, parent=plan, record=goal, version=1, name="乙")

    def test_who_is_late_on_the_page_loses_nothing_typed(self, as_user, plan):
        acting.keep_texts(plan, version=plan.version, trends="甲写的")
        told = {"part": "situation", "version": "1", "trends": "乙写的", "level_now": "", "level_wanted": ""}
        late = as_user("owner").post(f"/account-plans/{plan.pk}/texts/", told)
        assert late.status_code == 409
        assert "乙写的" in late.content.decode()
        plan.refresh_from_db()
        assert plan.trends == "甲写的"

    def test_what_is_agreed_is_shared_and_of_the_past(self, company, account, plan):
        contact, today = account.contacts.get(), timezone.localdate()
        for code, values in (
            ("commitment.agreed_half", {"agreed_by": contact, "is_shared": True}),
            ("commitment.agreed_internal", {"agreed_by": contact, "agreed_on": today}),
            (
                "commitment.agreed_future",
                {"agreed_by": contact, "agreed_on": today + dt.timedelta(days=1), "is_shared": True},
            ),
        ):
            with pytest.raises(PlanError) as refused:
                add_commitment(plan, **values)
            assert code_of(refused) == code
        assert add_commitment(plan, agreed_by=contact, agreed_on=today, is_shared=True).agreed_by == contact
        with pytest.raises(PlanError) as refused:
            acting.keep_texts(plan, version=None, shared=["gain"], gain="多赚")
        assert code_of(refused) == "account_plan.not_shareable"


class TestPages:
    @pytest.fixture
    def ids(self, plan):
        goal = add_goal(plan)
        action = add_action(goal)
        risk = acting.keep_part(
            PlanRisk,
            by=plan.owner,
            parent=plan,
            what="换采购总监",
            likelihood=2,
            effect=3,
            answer="",
            owner=plan.owner,
        )
        review = keep_review(plan, by=plan.owner, quarter=1, held_on=timezone.localdate(), decisions="加人")
        return {
            "account": plan.account_id, "plan": plan.pk, "goal": goal.pk, "action": action.pk, "risk": risk.pk,
            "commitment": add_commitment(plan).pk, "review": review.pk,
        }  # fmt: skip

    PAGES = (
        "/accounts/{account}/plan/?year=2025", "/accounts/{account}/plan/start/?year=2026",
        "/account-plans/{plan}/editions/", "/account-plans/{plan}/goals/new/", "/account-plans/{plan}/actions/new/?goal={goal}", "/account-plans/{plan}/reviews/new/",
        "/account-plans/parts/goals/{goal}/", "/account-plans/parts/actions/{action}/", "/account-plans/parts/risks/{risk}/",
        "/account-plans/parts/commitments/{commitment}/", "/account-plans/parts/reviews/{review}/",
    )  # fmt: skip

    def test_are_for_those_who_may_see_the_account(self, as_user, ids):
        for page in self.PAGES:
            url = page.format(**ids)
            for name, status in (
                ("owner", 200),
                ("head", 200),
                ("colleague", 404),
                ("stranger", 404),
                ("admin", 404),
            ):
                assert as_user(name).get(url).status_code == status, (name, url)

    def test_who_may_not_edit_may_look_and_not_change(self, as_user, ids):
        planner = as_user("planner")
        assert planner.get(self.PAGES[0].format(**ids)).status_code == 200
        for page in [one for one in self.PAGES[1:] if "editions" not in one]:
            assert planner.get(page.format(**ids)).status_code == 403, page
        for deed in ("looked", "submit", "texts"):
            assert planner.post(f"/account-plans/{ids['plan']}/{deed}/").status_code == 403

    def test_the_plan_stands_on_one_page_within_few_queries(
        self, as_user, ids, django_assert_max_num_queries
    ):
        owner = as_user("owner")
        url = self.PAGES[0].format(**ids)
        owner.get(url)
        with django_assert_max_num_queries(20):
            page = owner.get(url).content.decode()
        for text in ("销售额上台阶", "谈年度框架", "换采购总监", "备两周安全库存", "第 1 季度", "空白"):
            assert text in page

    def test_targets_are_typed_in_the_unit_of_their_measure_and_found_by_search(self, as_user, ids, plan):
        owner = as_user("owner")
        new = f"/account-plans/{plan.pk}/goals/new/"
        base = {"name": "泵阀份额", "due_on": END, "weight": 1}
        for measure, typed, kept in (
            ("sales", "500万", Decimal(5_000_000)), ("sales", "¥1.2m", Decimal(1_200_000)), ("profit", "12,000.5", Decimal("12000.5")),
            ("wallet", "35%", Decimal("0.35")), ("wallet", "35", Decimal("0.35")), ("visits", "24 次", Decimal(24)), ("order_days", "90天", Decimal(90)),
        ):  # fmt: skip
            answer = owner.post(new, {**base, "measure": measure, "target": typed})
            assert answer.status_code == 302, (typed, answer.content.decode())
            assert plan.goals.latest("pk").target == kept
        for measure, typed in (("sales", "35%"), ("visits", "500万"), ("wallet", "1,2"), ("visits", "很多")):
            assert owner.post(new, {**base, "measure": measure, "target": typed}).status_code == 422
        goal = plan.goals.latest("pk")
        assert "90 天" in owner.get(self.PAGES[0].format(**ids)).content.decode()
        found = owner.get("/search/?q=泵阀份额").content.decode()
        assert f"#goal-{goal.pk}" in found
        assert f"#goal-{ids['goal']}" in owner.get("/search/?q=谈年度框架").content.decode()
        assert "#goal-" not in as_user("colleague").get("/search/?q=谈年度框架").content.decode()

    def test_work_is_done_in_place(self, as_user, ids, plan):
        owner = as_user("owner")
        url = f"/account-plans/parts/actions/{ids['action']}/state/"
        version = PlanAction.objects.get().version
        owner.post(url, {"to": "done", "result": "签了", "version": version})
        assert PlanAction.objects.get().state == "done"
        owner.post(f"/account-plans/{plan.pk}/commitments/new/", {"what": "", "due_on": "x"})
        assert Commitment.objects.count() == 1

    def test_a_plan_is_found_by_its_account_and_year(self, as_user, plan, account):
        url = f"/accounts/{account.pk}/plan/?year={YEAR}"
        assert url in as_user("owner").get(f"/search/?q={account.name}").content.decode()
        assert url not in as_user("colleague").get(f"/search/?q={account.name}").content.decode()

    def test_the_list_says_why(self, company, as_user, account):
        owner = company.users["owner"]
        page = as_user("owner").get("/account-plans/?whose=missing").content.decode()
        assert account.name in page
        assert "大客户今年还没有计划" in page
        plan = acting.start_plan(by=owner, account=account, year=timezone.localdate().year)
        assert account.name not in as_user("owner").get("/account-plans/?whose=missing").content.decode()
        page = as_user("owner").get("/account-plans/").content.decode()
        assert "还没有目标" in page
        assert "还没有人看过" in page
        acting.look(plan, by=owner)
        assert account.name not in as_user("owner").get("/account-plans/?whose=stale").content.decode()
        assert account.name not in as_user("stranger").get("/account-plans/?whose=all").content.decode()


def png():
    file = io.BytesIO()
    Image.new("RGB", (60, 20), "#c8102e").save(file, "PNG")
    return file.getvalue()


def texts_of(content):
    """Everything that stands in the parts of a presentation, those of its charts' workbooks, too."""
    told = ""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in archive.namelist():
            part = archive.read(name)
            told += texts_of(part) if name.endswith(".xlsx") else part.decode("utf-8", "ignore")
    return told


class TestFiles:
    """What is internal bears 内, what is shared 共: nothing with 内 may get into the customer's file."""

    @pytest.fixture
    def marked(self, company, account, plan):
        owner, contact = company.users["owner"], account.contacts.get()
        names = [*reading.CHARTER, *reading.SITUATION]
        half = ("field_of_play", "trends")
        acting.keep_texts(
            plan, version=None, shared=half, level_now="vendor", level_wanted="trusted_advisor",
            **{name: f"{'共' if name in half else '内'}文{name}" for name in names},
        )  # fmt: skip
        shared, secret = add_goal(plan, name="共目标", is_shared=True), add_goal(plan, name="内目标")
        add_goal(plan, name="内利润", measure="profit")
        add_action(shared, what="共行动", is_shared=True)
        add_action(shared, what="内行动")
        under_secret = add_action(secret, what="内之下的行动", is_shared=True)
        acting.close_action(under_secret, by=owner, state="done", result="内结果")
        acting.close_action(PlanAction.objects.get(what="共行动"), by=owner, state="done", result="内结果二")
        acting.keep_part(PlanRisk, by=owner, parent=plan, what="内风险", likelihood=3, effect=3, answer="内应对", owner=owner)  # fmt: skip
        add_commitment(plan, what="共约定", note="内备注", is_shared=True, agreed_by=contact, agreed_on=timezone.localdate())  # fmt: skip
        add_commitment(plan, what="内约定", note="内备注二")
        keep_review(plan, by=owner, quarter=1, held_on=timezone.localdate(), decisions="内决定", next_steps="内下一步", told_customer="共商定")  # fmt: skip
        return reading.plans_by_year(account)[YEAR]

    def test_nothing_internal_gets_into_the_customers(self, company, marked):
        owner = company.users["owner"]
        told = printing.document_of(marked, owner, "zh")
        # Whatever is marked by mistake: these are never shared.
        forced = replace(told, shared=told.shared | {"gain", "vulnerability"}, goals=tuple(replace(one, is_shared=True) if one.name == "内利润" else one for one in told.goals))  # fmt: skip
        for lang in ("zh", "en"):
            paper = json.dumps(plan_data(for_customer(forced), lang), ensure_ascii=False)
            slides = texts_of(plan_slides(for_customer(forced), lang, logo=png()))
            for text in (paper, slides):
                assert re.findall("内[文目利行之结风应备约决下]", text) == []
                assert [
                    one for one in ("共目标", "共行动", "共约定", "共商定", "共文trends") if one not in text
                ] == []
                assert [one for one in ("可信赖的顾问", "内部资料") if one in text] == []
        internal = texts_of(printing.plan_file(marked, owner, edition="internal", ending="pptx", lang="zh"))
        for text in ("内文gain", "内利润", "内结果", "内风险", "内备注", "内决定", "内部资料"):
            assert text in internal

    def test_files_are_for_who_sees_the_account_and_are_kept_in_the_audit_log(self, as_user, marked, account):
        url = f"/accounts/{account.pk}/plan/file/?year={YEAR}"
        logo = SimpleUploadedFile("标志.png", png(), "image/png")
        owner = as_user("owner")
        assert owner.post(f"/accounts/{account.pk}/plan/logo/", {"logo": logo}).status_code == 302
        for ending, begin in (("pdf", b"%PDF"), ("pptx", b"PK")):
            answer = owner.get(f"{url}&edition=customer&format={ending}")
            assert answer.content.startswith(begin)
        assert "ppt/media/image" in " ".join(zipfile.ZipFile(io.BytesIO(answer.content)).namelist())
        kept = Entry.objects.filter(kind="exported", view="account_plan_file")
        assert [one.account_id for one in kept] == [account.pk, account.pk]
        assert "edition=customer" in kept[0].detail["asked"]
        assert owner.get(f"{url}&edition=geheim&format=pdf").status_code == 302
        for name in ("colleague", "stranger", "admin"):
            assert as_user(name).get(f"{url}&edition=internal&format=pdf").status_code == 404

    def test_a_logo_is_a_picture(self, as_user, account, plan):
        url = f"/accounts/{account.pk}/plan/logo/"
        for name, content in (
            ("a.pdf", b"%PDF-1.7 nothing"),
            ("a.png", b"\x89PNG\r\n\x1a\nbroken"),
            ("a.svg", b"<svg/>"),
        ):
            refused = as_user("owner").post(url, {"logo": SimpleUploadedFile(name, content)})
            assert refused.status_code == 422, name
        assert as_user("owner").post(url).status_code == 422
        assert printing.logo_of(account) is None
