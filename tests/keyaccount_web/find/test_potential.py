"""Potential and cultivation plans: who sees what, what a plan reminds of, what happens when two change it."""

import datetime as dt
from decimal import Decimal

import pyarrow as pa
import pytest
from django.utils import timezone

from keyaccount.find.potential import find_potential
from keyaccount.ledger.store.reading import open_store
from keyaccount_web.find.models import CultivationPlan, Potential
from keyaccount_web.find.plans import RULE, begin_plan, close_plan, hand_over_plans, steps_of
from keyaccount_web.find.potential import months_of
from keyaccount_web.know.models import Account
from keyaccount_web.know.services import hand_over, make_current
from keyaccount_web.lists.views import PER_PAGE
from keyaccount_web.runs.models import Run
from keyaccount_web.runs.services import keep_table, kept_table, new_find, run_folder, settings_of
from keyaccount_web.runs.tasks import run_find
from keyaccount_web.work.models import ToDo

LINE = Decimal("273941.5")
MONEY = pa.decimal128(38, 4)
GROWING = (("K7103", 7), ("K7203", 11), ("K7404", 20))


@pytest.fixture
def growing(company):
    """Three accounts found growing by the current run: of the owner, the colleague, and nobody in Nanjing."""
    amounts = [Decimal(f"{1000 * place}.24") for place in (91, 67, 53)]
    table = pa.table(
        {
            "account_id": [code for code, _ in GROWING],
            "sales": pa.array(amounts, MONEY),
            "sales_year_before": pa.array([one / 2 for one in amounts], MONEY),
            "trend": pa.array([Decimal(place) for place in (910, 670, 530)], MONEY),
            "trend_p": [0.01, 0.02, 0.03],
            "level": pa.array([Decimal(place) for place in (9100, 6700, 5300)], MONEY),
            "months_to_line": [months for _, months in GROWING],
            "expected_sales": pa.array([one * 2 for one in amounts], MONEY),
            "largest_month": pa.array(amounts, MONEY),
            "line": pa.array([LINE] * 3, MONEY),
        }
    )
    keep_table(company.run, "potential", table)
    make_current(company.run)
    return company


@pytest.fixture
def plan(growing):
    users = growing.users
    return begin_plan(
        by=users["head"],
        account=growing.accounts["K7103"],
        owner=users["owner"],
        goal="做到二十万",
        due_date=timezone.localdate() + dt.timedelta(days=200),
        first_step="先谈需求",
        first_step_date=timezone.localdate() + dt.timedelta(days=9),
    )


class TestRun:
    def test_keeps_what_the_library_finds(self, company):
        run = new_find(company.users["analyst"], settings_of(company.run), snapshot=company.snapshot)
        run_find.func(run.pk)
        run.refresh_from_db()
        assert run.state == Run.State.DONE
        store = open_store(company.place)
        expected = find_potential(store.condensed(), company.found)
        store.close()
        assert kept_table(run, "potential").equals(expected)

    def test_made_current_shows_its_own_and_no_other(self, growing):
        assert list(Potential.objects.values_list("account__code", "within").order_by("within")) == [
            ("K7103", 12),
            ("K7203", 12),
            ("K7404", 24),
        ]
        other = new_find(growing.users["analyst"], settings_of(growing.run), snapshot=growing.snapshot)
        run_find.func(other.pk)
        other.refresh_from_db()
        make_current(other)
        assert set(Potential.objects.values_list("run", flat=True)) <= {other.pk}

    def test_leaves_out_what_was_merged_since(self, growing):
        Account.objects.filter(code="K7103").update(merged_into=growing.accounts["K7101"])
        make_current(growing.run)
        assert Potential.objects.count() == 2


class TestList:
    def test_has_the_accounts_that_one_may_see(self, growing, as_user):
        for username, codes in [
            ("director", {"K7103", "K7203", "K7404"}),
            ("analyst", {"K7103", "K7203", "K7404"}),
            ("head", {"K7103", "K7203"}),
            ("owner", {"K7103"}),
            ("colleague", {"K7203"}),
            ("stranger", set()),
            ("executive", set()),
        ]:
            client = as_user(username)
            body = client.get("/find/potential/").content.decode()
            assert {code for code, _ in GROWING if code in body} == codes
            rows = client.get("/find/potential/?format=json").json()["rows"]
            assert {row["code"] for row in rows} == codes
            file = b"".join(client.get("/find/potential/export/?format=csv").streaming_content).decode()
            assert {code for code, _ in GROWING if code in file} == codes

    def test_tells_the_line_only_to_those_with_figures_of_the_company(self, growing, as_user):
        line, asked = "27.4 万元", "?columns=name,months_to_line,why,soon&format=json"
        for username in ("director", "owner"):
            client = as_user(username)
            row = next(
                one for one in client.get(f"/find/potential/{asked}").json()["rows"] if one["code"] == "K7103"
            )
            page = client.get(f"/accounts/{growing.accounts['K7103'].pk}/potential/").content.decode()
            knows = username == "director"
            assert ("months_to_line" in row) is knows
            assert (line in row["why"]) is knows
            assert (line in page) is knows
            assert row["soon"] == "12 个月内"

    def test_cannot_be_sorted_by_what_may_not_be_seen(self, growing, as_user):
        rows = as_user("head").get("/find/potential/?sort=-months_to_line&format=json").json()["rows"]
        assert [row["code"] for row in rows] == ["K7103", "K7203"]  # by the half-year, then as they come

    def test_is_cut_by_filters_and_scenes(self, growing, as_user, plan):
        def codes(query):
            return {
                row["code"]
                for row in as_user("director").get(f"/find/potential/?{query}&format=json").json()["rows"]
            }

        assert codes("within=12") == {"K7103", "K7203"}
        assert codes("within=x") == {"K7103", "K7203", "K7404"}
        assert codes("q=惠泽") == {"K7103"}
        assert codes("whose=planned") == {"K7103"}
        assert codes("whose=without") == {"K7203", "K7404"}
        assert codes("least=6万") == {"K7103", "K7203"}

    def test_takes_no_more_queries_with_more_rows(self, growing, as_user, django_assert_max_num_queries):
        client = as_user("director")
        client.get("/find/potential/")
        with django_assert_max_num_queries(16):
            client.get("/find/potential/")
        made = [Account(code=f"M{n}", name=f"客户{n}") for n in range(PER_PAGE)]
        Account.objects.bulk_create(made)
        told = Potential.objects.values().first()
        for account in made:
            Potential.objects.create(**{**told, "account_id": account.pk})
        with django_assert_max_num_queries(16):
            client.get("/find/potential/")

    def test_says_so_where_the_run_could_not_judge(self, growing, as_user):
        client = as_user("director")
        assert "判断不了" not in client.get("/find/potential/").content.decode()
        (run_folder(growing.run) / "potential.parquet").unlink()
        assert "判断不了：账本没有完整的两年" in client.get("/find/potential/").content.decode()

    def test_is_not_for_those_who_see_no_account(self, company, as_user):
        assert "潜力客户" not in as_user("admin").get("/").content.decode()
        assert as_user("admin").get("/find/potential/?format=json").json()["rows"] == []


class TestAccountTab:
    def test_is_for_those_who_see_the_account(self, growing, as_user):
        address = f"/accounts/{growing.accounts['K7103'].pk}/potential/"
        for username in ("owner", "head", "director"):
            assert as_user(username).get(address).status_code == 200, username
        for username in ("colleague", "stranger", "admin"):
            assert as_user(username).get(address).status_code == 404, username

    def test_shows_the_months_that_the_lines_sum_to(self, growing, as_user):
        account = growing.accounts["K7103"]
        months = months_of(growing.users["owner"], account)
        row = next(one for one in growing.found.accounts.to_pylist() if one["account_id"] == "K7103")
        assert sum(one["sales"] for one in months[12:]) == row["sales"]
        assert sum(one["sales"] for one in months[:12]) == row["sales_year_before"]
        body = as_user("owner").get(f"/accounts/{account.pk}/potential/").content.decode()
        assert f"/accounts/{account.pk}/lines/?from=2025-12-01&to=2025-12-31" in body

    def test_counts_members_that_may_be_seen(self, growing):
        top = growing.accounts["K7104"]
        of_director = sum(one["sales"] for one in months_of(growing.users["director"], top))
        of_owner = sum(one["sales"] for one in months_of(growing.users["owner"], top))
        assert of_owner < of_director

    def test_of_an_account_that_is_not_listed_says_so(self, growing, as_user):
        body = as_user("owner").get(f"/accounts/{growing.accounts['K7101'].pk}/potential/").content.decode()
        assert "不在潜力名单上" in body


class TestNewPlan:
    def test_is_filled_from_the_ledger(self, growing, as_user):
        body = (
            as_user("owner").get(f"/accounts/{growing.accounts['K7103'].pk}/potential/plan/").content.decode()
        )
        assert "年销售额从 9.1 万元提高到 18.2 万元" in body
        assert (timezone.localdate() + dt.timedelta(days=365)).isoformat() in body
        assert "钟离春（owner）" in body

    def test_as_it_stands_makes_plan_first_step_and_reminder(self, growing, as_user):
        client, account = as_user("owner"), growing.accounts["K7103"]
        address = f"/accounts/{account.pk}/potential/plan/"
        form = client.get(address).context["form"]
        data = {field.html_name: field.value() or "" for field in form}
        answer = client.post(address, data)
        plan = CultivationPlan.objects.get()
        assert answer.headers["Location"] == f"/find/plans/{plan.pk}/"
        assert (plan.account, plan.owner, plan.sales_then) == (
            account,
            growing.users["owner"],
            Decimal("91000.24"),
        )
        step, asked = steps_of(plan)
        assert step.what == "约客户谈明年的需求和采购计划"
        assert (asked.rule, asked.due_date, asked.owner) == (RULE, plan.due_date, plan.owner)
        assert (
            client.get(address).headers["Location"] == f"/find/plans/{plan.pk}/"
        )  # one open plan an account
        assert plan.goal in client.get(f"/find/plans/{plan.pk}/").content.decode()
        assert plan.goal in client.get("/to-do/").content.decode()

    def test_says_what_is_wrong_and_keeps_what_was_typed(self, growing, as_user):
        client, address = as_user("owner"), f"/accounts/{growing.accounts['K7103'].pk}/potential/plan/"
        due = timezone.localdate() + dt.timedelta(days=9)
        data = {"goal": "做到二十万", "due_date": due, "owner": "", "first_step": "谈谈"}
        for name, wrong in (
            ("goal", ""),
            ("due_date", "2020-01-01"),
            ("owner", "司徒朗"),  # he does not see the account
            ("first_step_date", due + dt.timedelta(days=1)),
        ):
            answer = client.post(address, {**data, name: wrong})
            assert answer.status_code == 422
            assert list(answer.context["form"].errors) == [name]
            assert "谈谈" in answer.content.decode()
        assert not CultivationPlan.objects.exists()
        assert not ToDo.objects.exists()

    def test_is_not_for_others(self, growing, as_user):
        address = f"/accounts/{growing.accounts['K7103'].pk}/potential/plan/"
        for username, status in (("colleague", 404), ("stranger", 404), ("planner", 403), ("admin", 404)):
            client = as_user(username)
            assert client.get(address).status_code == status, username
            assert client.post(address, {"goal": "x"}).status_code == status, username


class TestPlan:
    def test_is_for_those_who_see_the_account(self, plan, as_user):
        for username, status in (
            *((name, 200) for name in ("owner", "head", "director", "planner")),
            *((name, 404) for name in ("colleague", "stranger", "admin")),
        ):
            assert as_user(username).get(f"/find/plans/{plan.pk}/").status_code == status, username

    def test_is_not_changed_by_others(self, plan, as_user):
        for username, status in (("colleague", 404), ("planner", 403), ("stranger", 404)):
            for deed in ("change", "close", "reopen"):
                data = {"result": "x", "version": "1"}
                answer = as_user(username).post(f"/find/plans/{plan.pk}/{deed}/", data)
                assert answer.status_code == status, (username, deed)
        plan.refresh_from_db()
        assert plan.version == 1

    def test_changed_takes_the_reminder_along(self, growing, plan, as_user):
        due = timezone.localdate() + dt.timedelta(days=77)
        data = {"goal": "做到十五万", "due_date": due, "owner": "葛文斌", "version": "1"}
        assert as_user("head").post(f"/find/plans/{plan.pk}/change/", data).status_code == 302
        plan.refresh_from_db()
        asked = steps_of(plan).get(rule=RULE)
        assert (plan.goal, plan.owner, plan.version) == ("做到十五万", growing.users["head"], 2)
        assert (asked.owner, asked.due_date, asked.state) == (plan.owner, due, "open")
        body = as_user("head").get(f"/find/plans/{plan.pk}/").content.decode()
        assert "<del>做到二十万</del>" in body  # the history

    def test_changed_by_two_tells_the_second(self, plan, as_user):
        due = timezone.localdate() + dt.timedelta(days=77)
        data = {"goal": "第一个", "due_date": due, "owner": "", "version": "1"}
        address = f"/find/plans/{plan.pk}/change/"
        assert as_user("head").post(address, data).status_code == 302
        answer = as_user("owner").post(address, {**data, "goal": "第二个"})
        assert answer.status_code == 409
        body = answer.content.decode()
        assert "第一个" in body
        assert "第二个" in body  # nothing typed is lost
        plan.refresh_from_db()
        assert plan.goal == "第一个"

    def test_closed_drops_what_is_still_to_do(self, plan, as_user):
        client, address = as_user("owner"), f"/find/plans/{plan.pk}/close/"
        assert client.post(address, {"state": "reached", "result": "  ", "version": "1"}).status_code == 409
        assert (
            client.post(address, {"state": "reached", "result": "签了框架", "version": "1"}).status_code
            == 302
        )
        plan.refresh_from_db()
        assert (plan.state, plan.result) == ("reached", "签了框架")
        assert dict(steps_of(plan).values_list("rule", "state")) == {"": "dropped", RULE: "done"}
        assert client.post(f"/find/plans/{plan.pk}/reopen/").status_code == 302
        plan.refresh_from_db()
        assert plan.state == "open"
        assert steps_of(plan).get(rule=RULE).state == "open"

    def test_reopened_beside_another_is_refused(self, growing, plan, as_user):
        owner = growing.users["owner"]
        close_plan(plan, by=owner, version=1, state="given_up", result="停产")
        begin_plan(by=owner, account=plan.account, owner=owner, goal="再来", due_date=plan.due_date)
        page = as_user("owner").post(f"/find/plans/{plan.pk}/reopen/", follow=True).content.decode()
        assert "同时只有一个" in page
        plan.refresh_from_db()
        assert plan.state == "given_up"

    def test_gets_steps_by_the_form_of_to_dos(self, plan, as_user):
        data = {"about": f"plan:{plan.pk}", "what": "报价", "due_date": timezone.localdate(), "owner": ""}
        answer = as_user("owner").post("/to-do/add/", data)
        assert answer.headers["Location"] == f"/find/plans/{plan.pk}/"
        assert "报价" in as_user("head").get(f"/find/plans/{plan.pk}/").content.decode()
        assert as_user("stranger").post("/to-do/add/", data).status_code == 404

    def test_goes_with_its_account_to_a_successor(self, growing, plan):
        users = growing.users
        hand_over(users["owner"], users["colleague"])
        plan.refresh_from_db()
        assert plan.owner == users["colleague"]
        assert {step.owner for step in steps_of(plan)} == {users["colleague"]}
        assert hand_over_plans(users["colleague"], users["stranger"], within=Account.objects.all()) == 0
