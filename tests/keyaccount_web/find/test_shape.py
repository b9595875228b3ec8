"""Concentration, list against field, department: the same figures as the library's, down to the lines, for who may see them."""

import datetime as dt
import html
import re
from decimal import Decimal

import pyarrow as pa
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from keyaccount import ReadOptions
from keyaccount.find.field import against_field
from keyaccount.find.segments import account_segments, segments
from keyaccount.find.sentences import concentration_sentence, department_sentence, whale_sentence
from keyaccount.find.settings import FindSettings
from keyaccount.ledger.store.imports import ImportOptions, import_ledger
from keyaccount.ledger.store.place import store_place
from keyaccount.money import show_money
from keyaccount_web.know.models import AccountFigures
from keyaccount_web.know.services import make_current
from keyaccount_web.runs.models import Run
from keyaccount_web.runs.parts import parts_of
from keyaccount_web.runs.services import new_find, result_path
from keyaccount_web.runs.tasks import run_find
from tests.keyaccount_web.company import UNTIL, import_table

PAGES = ("/find/concentration/", "/find/field/", "/find/department/")
LISTS = ("/find/concentration/accounts/?whale=tail", "/find/field/accounts/?part=faster")
MONEY = pa.decimal128(18, 4)


def told(answer):
    assert answer.status_code == 200, answer.status_code
    return html.unescape(answer.content.decode())


def words(body):
    return re.sub(r"\s+", " ", re.sub(r"<(script|style)\b.*?</\1>|<[^>]*>", " ", body, flags=re.S))


def counts_of_lists(body, address):
    """Every link to a list whose text is a number, and that number."""
    links = re.findall(rf'href="({address}[^"]*)"[^>]*>([\d,]+)</a>', body)
    return {link: int(number.replace(",", "")) for link, number in links}


@pytest.fixture
def found_of(company, tmp_path, monkeypatch):
    """A current run over other lines: `found_of([(account, day, amount, cost)])`; gives the run."""

    def made(rows, *, basis="sales", with_cost=True):
        table = pa.table(
            {
                "account_id": [row[0] for row in rows],
                "date": pa.array([dt.date.fromisoformat(row[1]) for row in rows]),
                "net_amount": pa.array([Decimal(row[2]) for row in rows], MONEY),
                "cost": pa.array([Decimal(row[3]) for row in rows], MONEY),
            }
        )
        if not with_cost:
            table = table.drop_columns(["cost"])
        place = store_place(tmp_path / "other")
        import_table(place, table, tmp_path, name="另一本")
        monkeypatch.setenv("KEYACCOUNT_LEDGER", str(place.folder))
        return run_of(company, basis=basis)

    return made


def run_of(company, **settings):
    run = new_find(company.users["director"], FindSettings(until=UNTIL, **settings))
    run_find.func(run.pk)
    run.refresh_from_db()
    if run.state == Run.State.DONE:
        make_current(run)
    return run


class TestWhoMaySee:
    def test_the_figures_of_the_whole(self, company, as_user):
        for username in ("director", "analyst", "executive"):
            for address in (*PAGES, *LISTS):
                assert as_user(username).get(address).status_code == 200, (username, address)
        for username in ("owner", "colleague", "stranger", "head", "planner", "service", "admin", "nobody"):
            for address in (*PAGES, *LISTS):
                assert as_user(username).get(address).status_code == 403, (username, address)
            assert "/find/concentration/" not in as_user(username).get("/").content.decode()

    def test_the_accounts_behind_them_only_as_far_as_they_see_accounts(self, company, as_user):
        client = as_user("executive")
        body = told(client.get("/find/concentration/"))
        for name, row in ((row["account_name"], row) for row in company.found.accounts.to_pylist()):
            assert name not in body
            assert show_money(row["sales"], "zh") not in body, name
        behind = told(client.get("/find/concentration/accounts/?of=all"))
        assert "共 12 家，您能看到其中 1 家" in behind
        assert "金陵纺机" in behind
        assert "云帆机械" not in behind
        for address in ("/find/field/", "/find/department/", "/find/field/accounts/?part=field"):
            assert "云帆机械" not in told(client.get(address)), address

    def test_with_no_more_queries_than_twenty(self, company, as_user):
        client = as_user("director")
        for address in (*PAGES, *LISTS, "/find/concentration/accounts/?verdict=key"):
            client.get(address)
            with CaptureQueriesContext(connection) as queries:
                told(client.get(address))
            assert len(queries) <= 20, address


class TestConcentration:
    def test_says_what_the_library_says(self, company, as_user):
        body = told(as_user("director").get("/find/concentration/"))
        assert concentration_sentence(company.found, "zh") in body
        assert whale_sentence(company.found.whale, "zh") in body
        for year in company.found.years:
            assert show_money(year.sales, "zh") in body
        english = told(as_user("director", lang="en").get("/find/concentration/"))
        assert whale_sentence(company.found.whale, "en") in english

    def test_opens_every_number_to_so_many_accounts(self, company, as_user):
        client = as_user("director")
        links = counts_of_lists(told(client.get("/find/concentration/")), "/find/concentration/accounts/")
        assert len(links) > 30
        for link, number in links.items():
            body = told(client.get(link))
            assert f"共 {number:,} 家" in body, link
            assert len(re.findall(r'<td class="because">[^<]+</td>', body)) == number, link

    def test_parts_by_records_where_the_ledger_does_not_say(self, company, as_user):
        body = words(told(as_user("director").get("/find/concentration/")))
        regions = {account.code: account.region for account in company.accounts.values()}
        rows = segments(account_segments(company.found.year_accounts, regions), company.found.settings)
        for row in rows.to_pylist():
            shown = f"{row['segment']} {row['accounts']} {show_money(row['sales'], 'zh')} {row['sales_share']:.1%}"
            assert shown in body
        assert "按客户资料" in body
        assert "都没有渠道" in body
        assert "没有评档" in body

    def test_leads_from_an_account_to_the_lines_that_make_its_figure(self, company, as_user):
        client = as_user("director")
        body = told(client.get("/find/concentration/accounts/?year=1&of=set"))
        row = re.search(r"云帆机械.*?</tr>", body, re.S)[0]
        lines = told(client.get(re.search(r'href="([^"]*/lines/[^"]*)"', row)[1]))
        own = next(one for one in company.found.year_accounts.to_pylist() if one["account_id"] == "K7101")
        assert f'title="{own["sales_1"]:,.2f} 元"' in lines.split("<table")[0]

    def test_of_another_run_is_that_runs(self, company, as_user):
        run = new_find(company.users["director"], FindSettings(until=dt.date(2024, 12, 31)))
        run_find.func(run.pk)
        assert (result_path(run).with_name("ledger.json")).exists()
        body = told(as_user("director").get(f"/find/concentration/?run={run.pk}"))
        assert "2023 年" in body
        assert "账本不完整" in body
        assert as_user("director").get("/find/concentration/?run=987654321").status_code == 404

    def test_refuses_what_there_is_not(self, company, as_user):
        client = as_user("director")
        for query in ("whale=nose", "field=colour&segment=x", "verdict=best", "year=7", "year=x"):
            assert client.get(f"/find/concentration/accounts/?{query}").status_code == 404, query
        for query in ("list=published", "part=faster&page=99", "field=region&segment=nowhere"):
            assert client.get(f"/find/field/accounts/?{query}").status_code == 200, query
        assert client.get("/find/field/accounts/?part=nobody").status_code == 404

    def test_narrows_the_lines_to_the_segment(self, company, as_user, tmp_path, monkeypatch):
        file = tmp_path / "两地.csv"
        file.write_text(
            "客户编号,日期,净额,区域\n" + "".join(f"K7101,2025-0{m}-01,{m}0,{'东' if m % 2 else '西'}\n" for m in range(1, 7))
            + "K7102,not a day,5,东\n", encoding="utf-8",
        )  # fmt: skip
        place = store_place(tmp_path / "other")
        import_ledger(
            place, file, read=ReadOptions(latest=UNTIL), options=ImportOptions(source="两地", by="顾思齐")
        )
        monkeypatch.setenv("KEYACCOUNT_LEDGER", str(place.folder))
        run_of(company)
        client = as_user("director")
        body = told(client.get("/find/concentration/"))
        assert "有 1 行被拒绝" in body
        (link,) = set(re.findall(r'href="(/find/concentration/accounts/[^"]*segment=%E4%B8%9C)"', body))
        lines = re.search(r'href="([^"]*/lines/[^"]*)"', told(client.get(link)))[1]
        assert "90" in told(client.get(lines)).split("<table")[0]  # 10 + 30 + 50


class TestPlainlySaid:
    def test_that_there_is_no_run(self, company, as_user):
        AccountFigures.objects.all().delete()
        Run.objects.all().delete()
        for address in PAGES:
            assert "还没有当前的计算" in told(as_user("director").get(address))

    def test_that_a_run_failed_and_why(self, company, found_of, as_user):
        run = found_of([("a", "2025-02-01", "-5", "1")])
        assert run.state == Run.State.FAILED
        body = told(as_user("director").get(f"/find/concentration/?run={run.pk}"))
        assert run.error["zh"] in body
        assert run.error["zh"] not in told(as_user("executive").get(f"/find/concentration/?run={run.pk}"))

    def test_that_its_ledger_is_gone(self, company, as_user, tmp_path, monkeypatch):
        monkeypatch.setenv("KEYACCOUNT_LEDGER", str(tmp_path / "nothing"))
        assert "那个状态已被清理" in told(as_user("director").get("/find/concentration/"))

    def test_without_costs(self, found_of, as_user):
        found_of([("a", "2025-02-01", "50", "1"), ("b", "2024-02-01", "5", "1")], with_cost=False)
        client = as_user("director")
        assert "账本没有足够的成本" in told(client.get("/find/concentration/"))
        assert "成本不够，未判断" in told(client.get("/find/department/"))

    def test_of_one_year_only(self, found_of, as_user):
        found_of([("a", "2025-02-01", "50", "1"), ("b", "2025-03-01", "5", "1")])
        client = as_user("director")
        assert "账本不完整" in told(client.get("/find/concentration/"))
        assert "增长无从判断" in told(client.get("/find/field/"))
        assert "增长未判断" in told(client.get("/find/field/accounts/?part=field"))

    def test_of_equal_accounts(self, found_of, as_user):
        found_of([(f"a{at}", "2025-02-01", "50", "1") for at in range(30)])
        body = told(as_user("director").get("/find/concentration/"))
        assert "前 20% 的客户（6 家）占 20.0%；基尼系数 0.00。80/20 在这里不成立" in body

    def test_of_one_account_with_everything(self, found_of, as_user):
        found_of([("a", "2025-02-01", "50", "1")])
        body = told(as_user("director").get("/find/concentration/"))
        assert "客户太少，谈不上 80/20" in body
        assert "没有亏钱的客户" in body

    def test_where_nobody_earns_anything(self, found_of, as_user):
        found_of([("a", "2025-02-01", "50", "60"), ("b", "2025-02-01", "5", "6")])
        body = told(as_user("director").get("/find/concentration/"))
        assert "没有一家客户赚钱，画不出曲线" in body
        assert "−11 元" in body

    def test_by_profit(self, found_of, as_user):
        found_of(
            [("a", "2025-02-01", "50", "20"), ("b", "2025-02-01", "90", "95"), ("c", "2025-02-01", "9", "8")],
            basis="profit",
        )
        body = told(as_user("director").get("/find/concentration/"))
        assert "利润累计占比" in body
        assert "利润第 1 名" in told(as_user("director").get("/find/concentration/accounts/?within=1"))


class TestListAgainstField:
    def test_gives_the_librarys_figures_for_either_list(self, company, as_user):
        rows = company.found.year_accounts
        key = {row["account_id"] for row in company.found.accounts.to_pylist() if row["verdict"] == "key"}
        before = {row["account_id"] for row in rows.to_pylist() if row["in_set_1"]}
        assert key != before
        for which, listed in (("verdict", key), ("before", before)):
            body = told(as_user("director").get(f"/find/field/?list={which}"))
            sides = against_field(rows, listed, history=True)
            for side in (sides.listed, sides.field):
                for amount in (side.sales, side.sales_year_before, side.profit, side.cost_to_serve):
                    assert show_money(amount, "zh") in body, (which, amount)
                assert f"{'+' if side.growth >= 0 else '−'}{abs(side.growth):.1%}" in body
        assert "还没有记录：等拜访有了记录才能算" in body

    def test_opens_every_number_to_so_many_accounts(self, company, as_user):
        client = as_user("director")
        for which in ("verdict", "before"):
            body = told(client.get(f"/find/field/?list={which}"))
            links = counts_of_lists(body, "/find/field/accounts/")
            assert len(links) > 5
            for link, number in links.items():
                rows = told(client.get(link))
                assert len(re.findall(r'<td class="because">[^<]+</td>', rows)) == number, link

    def test_says_who_outside_grows_faster_and_why(self, company, as_user):
        body = told(as_user("director").get("/find/field/accounts/?part=faster&list=before"))
        assert re.search(r"鼎盛重工.*?名单是 [+−]", body, re.S)


class TestTheDepartment:
    def test_says_what_the_library_says_and_who_holds_the_accounts(self, company, as_user):
        body = told(as_user("director").get("/find/department/"))
        assert department_sentence(company.found, "zh") in body
        assert "不必设部门" in body
        row = words(re.search(r"金陵纺机</a>.*?</tr>", body.split('id="held"')[1], re.S)[0])
        assert "司徒朗" in row
        assert "严正平" in row
        assert "还没有人" in words(re.search(r"云帆机械</a>.*?</tr>", body.split('id="held"')[1], re.S)[0])

    def test_gives_what_losing_the_largest_would_leave(self, company, as_user):
        body = told(as_user("director").get("/find/department/"))
        for row in company.found.losses.to_pylist():
            assert f"{row['sales_lost_share']:.1%}" in body


class TestKeptParts:
    def test_of_an_older_run_are_made_once(self, company, as_user, monkeypatch):
        client = as_user("director")
        kept = result_path(company.run).with_name("ledger.json")
        assert not kept.exists()
        told(client.get("/find/concentration/"))
        assert kept.exists()
        monkeypatch.setenv("KEYACCOUNT_LEDGER", "/nowhere/at/all")
        assert concentration_sentence(company.found, "zh") in told(client.get("/find/concentration/"))

    def test_are_the_librarys(self, company):
        parts = parts_of(company.run)
        assert parts.year_accounts().equals(company.found.year_accounts)
        assert parts.ledger["of_lines"] == []


class TestEarlierCurves:
    def test_are_those_of_the_years_before_by_hand(self, found_of, as_user):
        run = found_of(
            [
                ("甲", "2025-03-01", "60", "40"),
                ("乙", "2025-03-01", "40", "30"),
                ("甲", "2024-03-01", "20", "10"),
                ("乙", "2024-03-01", "80", "60"),
                ("丙", "2022-03-01", "5", "1"),
            ]
        )
        # 2024: 乙 has 80 of 100, then 甲; 2023 had nothing, though the ledger reaches back to it.
        assert parts_of(run).earlier_curves("sales") == {1: [[0, 0], [0.5, 0.8], [1, 1]]}
        assert parts_of(run).earlier_curves("profit") == {1: [[0, 0], [0.5, 20 / 30], [1, 1]]}
        curve = as_user("director").get("/find/concentration/").context["curve"]
        assert [one["name"] for one in curve["earlier"]] == ["2024 年"]
        assert curve["points"][1] == [0.5, 0.6]

    def test_of_a_run_from_before_they_were_kept_are_worked_out(self, company):
        parts = parts_of(company.run)
        kept = parts.earlier_curves("sales")
        assert kept
        parts.ledger.pop("curves")
        assert parts.earlier_curves("sales") == kept
