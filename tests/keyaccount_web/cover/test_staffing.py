"""Staffing in the app: worked by hand, plans kept and repeated, cut to what somebody sees, bad input named (C5)."""

import datetime as dt
import re
from decimal import Decimal

import pytest
from django.utils import timezone

from keyaccount_web.company.presets import change_setting
from keyaccount_web.cover.models import Touch
from keyaccount_web.cover.staffing.computed import compute_months
from keyaccount_web.cover.staffing.models import BranchQuota, ManagerTime, Scenario
from keyaccount_web.cover.staffing.scenarios import keep_scenario, repeat_scenario
from keyaccount_web.cover.staffing.work import MONTHS, served_accounts, work_seen_by
from keyaccount_web.cover.staffing.worked import Asked, company_settings, outcome, work_out
from keyaccount_web.know.models import Account, AccountFigures
from keyaccount_web.runs.services import kept_table
from keyaccount_web.tables.ledger import whole_store
from tests.keyaccount_web.company import CUSTOMERS, ledger_table


@pytest.fixture
def staffed(company):
    """K7101 of Hangzhou in gold with 60 orders, K7401 of Nanjing in jade without any; nobody else has a tier."""
    AccountFigures.objects.update(verdict="out")
    for code, sales, orders in (("K7101", 480_000, 60), ("K7401", 144_000, 0)):
        AccountFigures.objects.filter(account__code=code).update(verdict="key", sales=sales, orders=orders)
    return company


def today(user):
    work = work_seen_by(user, served_accounts(user))
    return outcome(work_out(work, company_settings()), work)


def by_name(told):
    return {row["name"]: row for row in told["branches"]}


class TestToday:
    def test_is_what_the_hand_works_out(self, staffed):
        told = today(staffed.users["director"])
        rows = by_name(told)
        # Gold: 12 visits × 2.5 h + 12 calls × 1/3 h + 1 executive visit × 4 h = 38 h; 60 orders × 10 min = 10 h.
        hangzhou = rows["杭州分公司"]
        assert (hangzhou["visit_hours"], hangzhou["call_hours"], hangzhou["executive_hours"]) == (30, 4, 4)
        assert (hangzhou["service_hours"], hangzhou["hours"]) == (10, 48)
        # Jade: 8 visits × 2.5 h + 12 calls × 1/3 h = 24 h.
        assert rows["南京分公司"]["hours"] == 24
        assert (hangzhou["needed_exact"], hangzhou["needed"], hangzhou["norm"]) == (48 / 1200, 1, 1)
        assert (hangzhou["actual"], rows["宁波分公司"]["actual"], rows["宁波分公司"]["needed"]) == (2, 1, 0)
        assert told["totals"]["needed_exact"] == pytest.approx(72 / 1200)
        assert told["totals"]["needed"] == 2  # 1 + 1: each branch rounded up
        assert told["totals"]["stretch"] == 1
        assert {row["tier"]: row["hours"] for row in told["tiers"]} == {"gold": 48, "jade": 24}

    def test_names_what_cannot_be_counted_one_by_one(self, staffed):
        Account.objects.filter(code="K7401").update(unit=None)
        ManagerTime.objects.create(user=staffed.users["colleague"], employed=None)
        ManagerTime.objects.create(user=staffed.users["neighbour"], employed=0)
        change_setting("standards.gold.visit.times", 90)
        told = today(staffed.users["director"])
        assert [
            (one["code"], one["values"].get("account") or one["values"].get("manager"))
            for one in told["problems"]
        ] == [
            ("staffing.no_branch", "金陵纺机 K7401"),
            ("staffing.no_hours", "欧阳澈"),
            ("staffing.no_hours", "闻人悦"),
            ("standard.too_often", None),
        ]
        assert by_name(told)["杭州分公司"]["actual"] == 1
        assert "南京分公司" in by_name(told)
        assert by_name(told)["南京分公司"]["hours"] == 0

    def test_bursts_are_of_the_orders_month_by_month(self, staffed):
        compute_months(staffed.run, whole_store(staffed.run.snapshot), staffed.found)
        kept = {
            (row["account_id"], row["month"]): row["orders"]
            for row in kept_table(staffed.run, MONTHS).to_pylist()
        }
        heads = {one.code: one.parent or one.code for one in CUSTOMERS}
        counted = {}
        for row in ledger_table().to_pylist():
            if row["date"].year == 2025:
                key = (heads[row["account_id"]], row["date"].replace(day=1))
                counted.setdefault(key, set()).add(row["order_id"] or str(row["date"]))
        assert kept == {key: len(orders) for key, orders in counted.items()}
        # K7101: one order in most months, two in June and November; 12 months, 14 orders. PERCENTILE.INC of .95 is 2.
        orders = [kept["K7101", dt.date(2025, month, 1)] for month in range(1, 13)]
        assert (sum(orders), sorted(orders)[-2:]) == (14, [2, 2])
        burst = by_name(today(staffed.users["director"]))["杭州分公司"]["burst_hours"]
        assert burst == pytest.approx((2 - 14 / 12) * 10 / 60)

    def test_without_a_tier_there_is_nothing_to_count(self, company, as_user):
        AccountFigures.objects.update(verdict="out")
        page = as_user("director").get("/cover/staffing/").content.decode()
        assert "还没有一家有级别" in page


class TestPages:
    def test_a_head_sees_her_own_branches(self, staffed, as_user):
        told = today(staffed.users["head"])
        assert set(by_name(told)) == {"杭州分公司", "宁波分公司"}
        page = as_user("head").get("/cover/staffing/").content.decode()
        assert "南京" not in page
        assert "金陵纺机" not in page
        unit = staffed.units["NJ"].pk
        assert as_user("head").get(f"/cover/staffing/behind/?branch={unit}").status_code == 404
        own = as_user("head").get(f"/cover/staffing/behind/?branch={staffed.units['HZ'].pk}").content.decode()
        assert "云帆机械" in own
        assert "48.0" in own
        assert "钟离春" in own
        assert (
            as_user("head").get(f"/cover/staffing/managers/{staffed.users['stranger'].pk}/").status_code
            == 404
        )

    @pytest.mark.parametrize("username", ["owner", "planner", "service", "executive", "admin", "nobody"])
    def test_it_is_not_for_everybody(self, staffed, as_user, username):
        client = as_user(username)
        for url in ("/cover/staffing/", "/cover/staffing/scenarios/", "/cover/staffing/quotas/"):
            assert client.get(url).status_code == 403
        assert client.post("/cover/staffing/scenarios/new/", {"name": "多"}).status_code == 403
        assert not Scenario.objects.exists()

    def test_pages_ask_few_questions(self, staffed, as_user, django_assert_max_num_queries):
        client = as_user("director")
        keep_scenario(staffed.users["director"], "多", Asked(more=3))
        one = Scenario.objects.get().pk
        for url in (
            "",
            "scenarios/",
            f"scenarios/{one}/",
            f"scenarios/compare/?id={one}",
            "behind/?tier=gold",
            "quotas/",
        ):
            with django_assert_max_num_queries(20):
                assert client.get(f"/cover/staffing/{url}").status_code == 200, url

    def test_what_one_more_is_worth_says_that_it_is_assumed(self, staffed, as_user):
        change_setting("staffing.yearly_cost", Decimal(200_000))
        page = as_user("director").get("/cover/staffing/").content.decode()
        assert "历史不够" in page
        assert "这是假定" in page

    def test_who_a_further_manager_would_serve_opens(self, staffed, as_user):
        """One call two years ago and none since: both accounts lack all of the last period; gold has more sales for an hour."""
        Touch.objects.create(
            account=staffed.accounts["K7103"],
            kind="call",
            by=staffed.users["owner"],
            began_at=timezone.now() - dt.timedelta(days=800),
            minutes=10,
            recorded_at=timezone.now(),
        )
        page = as_user("director").get("/cover/staffing/")
        (row,) = page.context["value"].rows
        assert '<a href="/cover/staffing/next/1/">2</a>' in page.content.decode()
        told = as_user("director").get("/cover/staffing/next/1/")
        pages = told.context["page"].object_list
        assert [one.code for one, _ in pages] == ["K7101", "K7401"]
        assert sum(lacking["hours_lacking"] for _, lacking in pages) == pytest.approx(row["hours"]) == 38 + 24
        assert row["revenue_at_risk"] == 480_000 + 144_000
        own = as_user("other_head").get("/cover/staffing/next/1/").content.decode()
        assert "金陵纺机" in own
        assert "云帆机械" not in own
        assert as_user("director").get("/cover/staffing/next/2/").status_code == 404
        assert as_user("owner").get("/cover/staffing/next/1/").status_code == 403

    def test_files_have_the_exact_figures(self, staffed, as_user):
        told = as_user("director").get("/cover/staffing/?format=csv").content.decode().splitlines()
        assert told[0].startswith("\ufeff支局,客户,需要,定额,编制,实有,缺")
        assert any(line.startswith("杭州分公司,1,1,1,,2,-1,30") for line in told)
        book = as_user("director").get("/cover/staffing/?format=xlsx")
        assert book.content.startswith(b"PK")

    def test_quotas_are_the_companys(self, staffed, as_user):
        told = {"unit": staffed.units["HZ"].pk, "quota": "3"}
        assert as_user("head").post("/cover/staffing/quotas/set/", told).status_code == 403
        as_user("director").post("/cover/staffing/quotas/set/", told)
        assert by_name(today(staffed.users["head"]))["杭州分公司"]["quota"] == 3
        tier = {"tier": "gold", "quota": "4"}
        assert as_user("head").post("/cover/staffing/quotas/set/", tier).status_code == 403
        as_user("director").post("/cover/staffing/quotas/set/", tier)
        of_all = {row["tier"]: row["quota"] for row in today(staffed.users["director"])["tiers"]}
        assert of_all["gold"] == 4
        # The quota of the whole company beside the accounts of one branch would mislead.
        assert all("quota" not in row for row in today(staffed.users["head"])["tiers"])
        assert "黄金" not in as_user("head").get("/cover/staffing/quotas/").content.decode()
        page = as_user("director").post("/cover/staffing/quotas/set/", {**told, "quota": "三"}, follow=True)
        assert "编制应是 0 到 10,000 的整数" in page.content.decode()
        as_user("director").post("/cover/staffing/quotas/set/", {**told, "quota": ""})
        assert not BranchQuota.objects.exists()
        assert BranchQuota.history.count() == 2

    def test_the_interval_is_shown_where_there_is_history(self, staffed, as_user, monkeypatch):
        """Of the year before: one served to its standard stayed, one never seen left."""
        change_setting("staffing.least_accounts", 1)
        rows = [
            {"account_id": code, "tier": "gold", "left": left}
            for code, left in (("K7101", False), ("K7401", True))
        ]
        monkeypatch.setattr("keyaccount_web.cover.staffing.valued._year_before", lambda *_: rows)
        assert "历史不够" in as_user("director").get("/cover/staffing/").content.decode()
        account, by = staffed.accounts["K7101"], staffed.users["owner"]
        done = [("visit", month, False) for month in range(1, 13)] + [
            ("call", month, False) for month in range(1, 13)
        ]
        Touch.objects.bulk_create(
            Touch(
                account=account, by=by, kind=kind, is_executive=executive, minutes=30, recorded_at=timezone.now(),
                began_at=dt.datetime(2024, month, 1, 3, tzinfo=dt.UTC),
            )
            for kind, month, executive in [*done, ("visit", 6, True)]
        )  # fmt: skip
        page = as_user("director").get("/cover/staffing/").content.decode()
        # (1 + 1) ÷ (1 + 2) on either side: 1.96 × √(2 × ⅔ × ⅓ ÷ 3) = 75.4%.
        assert "服务差的（1 家）比服务好的同级客户（1 家）每年多流失 100.0%，95% 区间 24.6% 到 100.0%" in page

    def test_a_managers_time_counts(self, staffed, as_user):
        client, pk = as_user("head"), staffed.users["owner"].pk
        assert (
            client.post(
                f"/cover/staffing/managers/{pk}/", {"employed": "1.5", "skill": "1", "support": "1"}
            ).status_code
            == 422
        )
        told = {"employed": "0.5", "skill": "1.2", "support": "1"}
        assert client.post(f"/cover/staffing/managers/{pk}/", told).status_code == 302
        # (0.5 × 1.2 + 1) ÷ 2 × 1,200 = 960
        assert by_name(today(staffed.users["head"]))["杭州分公司"]["capacity"] == pytest.approx(960)
        assert client.post(f"/cover/staffing/managers/{pk}/", {**told, "version": 7}).status_code == 409
        answer = client.post(f"/cover/staffing/managers/{pk}/", {**told, "version": 7, "skill": "1.25"})
        version = re.search(r'name="version" value="(\d+)"', answer.content.decode())[1]
        again = client.post(f"/cover/staffing/managers/{pk}/", {**told, "version": version, "skill": "1.25"})
        assert (again.status_code, ManagerTime.objects.get(user=pk).skill) == (302, Decimal("1.25"))


class TestPlans:
    def test_1500_more_accounts(self, staffed, as_user):
        answer = as_user("director").post(
            "/cover/staffing/scenarios/new/", {"name": "明年", "more": 1500, "tier": ""}
        )
        assert answer.status_code == 302
        told = Scenario.objects.get()
        rows = by_name(told.outcome)
        # 750 more of each, with the orders of those there: 751 × (38 + 10) = 36,048 h; 751 × 24 = 18,024 h.
        assert (rows["杭州分公司"]["hours"], rows["南京分公司"]["hours"]) == (36_048, 18_024)
        assert (rows["杭州分公司"]["needed"], rows["南京分公司"]["needed"]) == (31, 16)
        assert told.outcome["totals"]["gap"] == 31 + 16 - 4
        assert told.run == staffed.run
        assert told.by.username == "director"
        page = as_user("director").get(f"/cover/staffing/scenarios/compare/?id={told.pk}").content.decode()
        assert "1,502" in page
        assert "今天" in page

    def test_other_standards_skill_and_support(self, staffed):
        asked = Asked(
            times={"gold.visit": 2},
            skill=Decimal("1.25"),
            support=Decimal(2),
            changed={"travel_minutes": "30"},
        )
        told = by_name(keep_scenario(staffed.users["director"], "少跑路", asked).outcome)["杭州分公司"]
        # 24 visits × 2 h + 4 h + 1 × 3.5 h + 10 h = 65.5 h; 1,200 × 1.25 × 2 = 3,000 h.
        assert (told["hours"], told["capacity"]) == (65.5, 3000)

    def test_give_the_same_again_whatever_has_changed_since(self, staffed):
        user = staffed.users["director"]
        first = keep_scenario(user, "明年", Asked(more=7, tier="gold"))
        AccountFigures.objects.update(verdict="out")
        change_setting("visits.minutes", 10)
        ManagerTime.objects.create(user=staffed.users["owner"], employed=0)
        again = repeat_scenario(user, Scenario.objects.get(pk=first.pk))
        assert again.outcome == Scenario.objects.get(pk=first.pk).outcome
        assert again.repeats_id == first.pk

    def test_of_a_tier_that_nobody_has_are_refused(self, staffed, as_user):
        answer = as_user("director").post(
            "/cover/staffing/scenarios/new/", {"name": "多", "more": 5, "tier": "diamond"}
        )
        assert answer.status_code == 422
        assert "一家也没有" in answer.content.decode()
        answer = as_user("director").post("/cover/staffing/scenarios/new/", {"name": "多", "support": "0"})
        assert answer.status_code == 422
        assert not Scenario.objects.exists()

    def test_that_no_calendar_can_hold_are_named(self, staffed, as_user):
        told = keep_scenario(staffed.users["director"], "天天去", Asked(times={"gold.visit": 30}))
        page = as_user("director").get(f"/cover/staffing/scenarios/{told.pk}/").content.decode()
        assert "任何日程都排不下" in page

    def test_are_seen_by_who_made_them_and_by_those_who_see_the_whole(self, staffed, as_user):
        told = keep_scenario(staffed.users["head"], "浙江的", Asked(more=1))
        for username, status in (("head", 200), ("director", 200), ("other_head", 404)):
            assert as_user(username).get(f"/cover/staffing/scenarios/{told.pk}/").status_code == status
            assert as_user(username).get(f"/cover/staffing/scenarios/compare/?id={told.pk}").status_code == (
                200 if status == 200 else 302
            )
        assert as_user("other_head").post(f"/cover/staffing/scenarios/{told.pk}/repeat/").status_code == 404
