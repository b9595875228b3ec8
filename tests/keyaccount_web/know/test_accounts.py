"""The list of accounts, one account's page, its lines, changes and their history."""

import csv
import datetime as dt
import io
import re
from decimal import Decimal
from html import unescape

import pyarrow.compute as pc
import pytest

from keyaccount.find.key_accounts import find_key_accounts
from keyaccount.find.settings import FindSettings
from keyaccount.know.buying import buying
from keyaccount.ledger.store.reading import open_store
from keyaccount.money import show_exact
from keyaccount_web.know.models import Account, TeamMember
from keyaccount_web.know.services import EDITABLE, make_current
from keyaccount_web.runs.services import new_find
from keyaccount_web.runs.tasks import run_find
from tests.keyaccount_web.company import (
    CUSTOMERS,
    SINCE,
    UNTIL,
    cost_to_serve,
    groups,
    import_table,
    ledger_table,
)

CODE = re.compile(r'<span class="code">(K\d+)</span>')
EXACT = re.compile(r'<span class="num" title="([^"]+)">')


def listed(client, query=""):
    """The codes that a list shows, in its order."""
    answer = client.get(f"/accounts/{query}")
    assert answer.status_code == 200
    return CODE.findall(answer.content.decode())


def exported(client, query=""):
    answer = client.get(f"/accounts/export/{query or '?'}&format=csv")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def lines_total(client, address):
    """The sum that a lines page states, to the cent, and of its rows."""
    body = client.get(address).content.decode()
    return EXACT.search(body)[1], body


def money(amount):
    return show_exact(amount, "zh")


def whole_page(client, account):
    """An account's page with the part that follows it."""
    bodies = [
        client.get(f"/accounts/{account.pk}/"),
        client.get(f"/accounts/{account.pk}/buying/", headers={"HX-Request": "true"}),
    ]
    assert [answer.status_code for answer in bodies] == [200, 200]
    return "".join(answer.content.decode() for answer in bodies)


class TestList:
    @pytest.mark.parametrize(
        ("query", "codes"),
        [
            ("?q=K73", {"K7301", "K7302", "K7303"}),
            ("?q=集美", {"K7104", "K7302", "K7403"}),
            ("?q=k7101", {"K7101"}),
            ("?q=%25", set()),  # a per cent sign is no wildcard
            ("?verdict=key", {"K7101", "K7104", "K7201", "K7401"}),
            ("?verdict=in_set", {"K7101", "K7104", "K7201", "K7401", "K7301"}),
            ("?verdict=profitless", {"K7301"}),
            ("?verdict=rising", {"K7102"}),
            ("?verdict=nonsense", set()),
            ("?region=浙东", {"K7301", "K7302", "K7303"}),
            ("?region=浙东&q=泵", {"K7303"}),
            ("?whose=nobody", {"K7303", "K7404"}),
            ("?whose=mine", set()),
        ],
    )
    def test_is_cut_by_its_filters(self, company, as_user, query, codes):
        client = as_user("director")
        assert set(listed(client, query)) == codes
        assert {row["编号"] for row in exported(client, query)} == codes
        part = client.get(f"/accounts/{query}", headers={"HX-Request": "true"}).content.decode()
        assert set(CODE.findall(part)) == codes
        assert "<html" not in part

    def test_shows_mine_by_owner_and_by_team_of_today(self, company, as_user):
        owner = company.users["owner"]
        for code, until in (("K7201", None), ("K7202", dt.date(2025, 1, 1))):
            TeamMember.objects.create(account=company.accounts[code], user=owner, since=SINCE, until=until)
        assert set(listed(as_user("owner"), "?whose=mine")) == {"K7101", "K7102", "K7103", "K7104", "K7201"}

    def test_shows_the_accounts_of_ones_unit(self, company, as_user):
        assert set(listed(as_user("head"), "?whose=team")) == set()
        assert set(listed(as_user("owner"), "?whose=team")) == {"K7101", "K7102", "K7103", "K7104"}

    @pytest.mark.parametrize(
        ("sort", "field"),
        [("sales", "sales"), ("profit", "profit"), ("sales_year_before", "sales_year_before")],
    )
    def test_is_sorted_by_figures_largest_first_those_without_last(self, company, as_user, sort, field):
        rows = {row["account_id"]: row[field] for row in company.found.accounts.to_pylist()}
        without = sorted(
            {one.code for one in CUSTOMERS} - {code for code, amount in rows.items() if amount is not None}
        )
        ranked = sorted(
            (code for code in rows if rows[code] is not None), key=lambda code: (-rows[code], code)
        )
        assert listed(as_user("director"), f"?sort=-{sort}") == ranked + without

    def test_is_sorted_by_name_and_by_code(self, company, as_user):
        names = {one.code: one.name for one in CUSTOMERS}
        assert listed(as_user("director"), "?sort=name") == sorted(names, key=lambda code: names[code])
        assert listed(as_user("director"), "?sort=code") == sorted(names)

    def test_has_pages_that_together_show_each_account_once(self, company, as_user, monkeypatch):
        monkeypatch.setattr("keyaccount_web.lists.views.PER_PAGE", 4)
        client = as_user("director")
        pages, query = [], "?"
        while query:
            body = client.get(f"/accounts/{query}").content.decode()
            pages.append(CODE.findall(body))
            found = re.search(r'rel="next" href="([^"]+)"', body)
            query = unescape(found[1]) if found else ""
        assert [len(page) for page in pages] == [4, 4, 4, 3]
        assert [row["编号"] for row in exported(client)] == [code for page in pages for code in page]
        assert sorted(code for page in pages for code in page) == sorted(one.code for one in CUSTOMERS)
        # What is no place in the list counts as its beginning.
        assert listed(client, "?after=x") == pages[0]

    def test_takes_no_more_queries_with_more_rows(self, company, as_user, django_assert_max_num_queries):
        client = as_user("director")
        client.get("/accounts/")
        with django_assert_max_num_queries(13):
            assert len(listed(client)) == 15
        with django_assert_max_num_queries(13):
            assert len(listed(client, "?q=K7101")) == 1


class TestExport:
    @pytest.mark.parametrize("username", ["director", "owner"])
    def test_equals_the_list_and_the_run_to_the_last_digit(self, company, as_user, username):
        client = as_user(username)
        rows = exported(client)
        assert [row["编号"] for row in rows] == listed(client)
        found = {row["account_id"]: row for row in company.found.accounts.to_pylist()}
        for row in rows:
            told = found.get(row["编号"])
            assert (Decimal(row["销售额"]) if row["销售额"] else None) == (told and told["sales"])
            assert (Decimal(row["利润"]) if row["利润"] else None) == (told and told["profit"])

    def test_is_in_the_readers_language(self, company, as_user):
        client = as_user("owner", lang="en")
        rows = exported(client, "?q=K7101")
        assert rows[0]["Name"] == "云帆机械"
        assert rows[0]["Verdict"] == "key account" or not re.search(r"[\u4e00-\u9fff]", rows[0]["Verdict"])
        assert re.search(r"[\u4e00-\u9fff]", exported(as_user("owner"), "?q=K7101")[0]["判定"])

    def test_gives_a_spreadsheet_no_formula(self, company, as_user):
        account = company.accounts["K7101"]
        account.name = '=HYPERLINK("http://x")'
        account.save()
        assert exported(as_user("owner"), "?q=K7101")[0]["名称"] == '\'=HYPERLINK("http://x")'


class TestAccountPage:
    @pytest.mark.parametrize("code", ["K7101", "K7103", "K7104", "K7301", "K7401"])
    def test_shows_the_figures_of_the_library_to_the_cent(self, company, as_user, code):
        store = open_store(company.place)
        found = find_key_accounts(
            store.condensed(),
            groups=groups(),
            cost_to_serve=cost_to_serve(),
            settings=FindSettings(until=UNTIL),
        )
        row = next(one for one in found.accounts.to_pylist() if one["account_id"] == code)
        members = [code, "K7302", "K7403"] if code == "K7104" else [code]
        bought = buying(store.lines(), members, UNTIL)
        store.close()
        body = whole_page(as_user("director"), company.accounts[code])
        shown = EXACT.findall(body)
        for amount in (row["sales"], row["profit"]):
            assert money(amount) in shown
        for month in bought.months:
            assert money(month.sales) in shown
            assert money(month.sales_year_before) in shown
        for one in (*bought.products,):
            assert money(one.sales) in shown
        for order in bought.orders:
            assert money(order.net_amount) in shown
        assert f"第 {row['sales_rank']} 位" in body
        for reason in found.reasons(row):
            assert reason.text("zh") in body
        assert sum((month.sales for month in bought.months), Decimal(0)) == row["sales"]

    def test_shows_only_todays_team(self, company, as_user):
        for username, since, until in (
            ("colleague", SINCE, None),
            ("planner", SINCE, dt.date(2025, 1, 1)),
            ("service", SINCE, dt.date(2099, 1, 1)),
        ):
            TeamMember.objects.create(
                account=company.accounts["K7101"], user=company.users[username], since=since, until=until
            )
        body = as_user("owner").get(f"/accounts/{company.accounts['K7101'].pk}/").content.decode()
        for name, is_shown in (("闻人悦", True), ("白雪莹", True), ("季云帆", False)):
            assert (name in body) is is_shown, name

    def test_stands_without_figures_ledger_and_run(self, company, as_user, monkeypatch, tmp_path):
        assert as_user("stranger").get(f"/accounts/{company.accounts['K7501'].pk}/").status_code == 200
        monkeypatch.setenv("KEYACCOUNT_LEDGER", str(tmp_path / "nothing"))
        company.run.delete()
        client = as_user("owner")
        for address in ("", "buying/", "lines/", "history/"):
            assert client.get(f"/accounts/{company.accounts['K7101'].pk}/{address}").status_code == 200

    def test_remembers_what_a_group_buys_for_each_as_far_as_they_see(self, company, as_user):
        address = f"/accounts/{company.accounts['K7104'].pk}/buying/"
        store = open_store(company.place)
        seen = {"director": ["K7104", "K7302", "K7403"], "head": ["K7104", "K7302"], "owner": ["K7104"]}
        for username, codes in [*seen.items(), *seen.items()]:
            bought = buying(store.lines(), codes, UNTIL)
            body = as_user(username).get(address).content.decode()
            for month in bought.months:
                assert money(month.sales) in body, (username, month)
        store.close()

    def test_shows_of_a_group_what_may_be_seen(self, company, as_user):
        address = f"/accounts/{company.accounts['K7104'].pk}/"
        for username, shown in (
            ("director", ("集美集团", "集美甬江", "集美秦淮")),
            ("head", ("集美集团", "集美甬江")),
            ("owner", ("集美集团",)),
        ):
            body = as_user(username).get(address).content.decode()
            for name in ("集美集团", "集美甬江", "集美秦淮"):
                assert (name in body) is (name in shown), (username, name)


class TestEachFigure:
    @pytest.mark.parametrize(
        ("code", "until"),
        [
            ("K7103", UNTIL),  # with cost to serve
            ("K7104", UNTIL),  # a group
            ("K7104", dt.date(2025, 10, 15)),  # a year that begins within a month
            ("K7401", dt.date(2025, 10, 15)),
        ],
    )
    def test_opens_to_lines_that_sum_to_it(self, company, as_user, code, until):
        if until != UNTIL:
            run = new_find(company.users["director"], FindSettings(until=until), snapshot=company.snapshot)
            run_find.func(run.pk)
            run.refresh_from_db()
            make_current(run)
        client = as_user("director")
        account = company.accounts[code]
        body = whole_page(client, account)
        # A figure, and the money nearest behind the link that opens it.
        linked = re.findall(
            rf'href="(/accounts/{account.pk}/lines/\?[^"]*)".*?<span class="num" title="([^"]+)">', body, re.S
        )
        assert len(linked) > 20
        for address, amount in linked:
            total, lines = lines_total(client, unescape(address))
            if "of=profit" in address:
                assert f"利润 {amount}" in lines, address
            else:
                assert total == amount, address

    def test_opens_to_lines_of_its_own_snapshot(self, company, own_ledger, as_user, tmp_path):
        account = company.accounts["K7101"]
        address = f"/accounts/{account.pk}/lines/?from=2025-01-01&to=2025-12-31"
        client = as_user("owner")
        before, _ = lines_total(client, address)
        more = ledger_table().slice(0, 20)
        import_table(own_ledger, more, tmp_path, name="补充")
        after, _ = lines_total(client, address)
        assert after == before == money(account.figures.sales)

    def test_lines_have_pages_and_show_all_of_them(self, company, as_user):
        client = as_user("director")
        address = f"/accounts/{company.accounts['K7401'].pk}/lines/?from=2024-01-01&to=2025-12-31"
        own = ledger_table().filter(pc.equal(ledger_table()["account_id"], "K7401"))
        rows = 0
        for page in (1, 2, 3):
            body = client.get(f"{address}&page={page}").content.decode()
            table = re.search(r"<tbody>(.*?)</tbody>", body, re.S)
            rows += table[1].count("<tr") if table else 0
        assert rows == len(own) > 100
        for page in ("0", "-1", "x", "9" * 30, "٣", "99"):
            assert client.get(f"{address}&page={page}").status_code == 200

    @pytest.mark.parametrize("query", ["?from=x&to=y", "?from=2025-02-30", "?from=9999-12-31&to=0001-01-01"])
    def test_lines_take_no_harm_from_days_that_are_none(self, company, as_user, query):
        answer = as_user("owner").get(f"/accounts/{company.accounts['K7101'].pk}/lines/{query}")
        assert answer.status_code == 200


FIELDS = {"region": "浙北", "industry": "", "channel": "", "address": "", "tax_number": "", "website": ""}


class TestEdit:
    def test_changes_what_was_typed(self, company, as_user):
        account = company.accounts["K7101"]
        answer = as_user("owner").post(
            f"/accounts/{account.pk}/edit/",
            {
                **FIELDS,
                "name": "云帆重工",
                "remark": "新",
                "website": "www.example.com",
                "version": account.version,
            },
        )
        assert answer.status_code == 302
        account.refresh_from_db()
        assert (account.name, account.remark, account.website) == (
            "云帆重工",
            "新",
            "https://www.example.com",
        )
        assert account.version == 2

    def test_tells_the_second_of_two_and_keeps_what_they_typed(self, company, as_user):
        account = company.accounts["K7101"]
        address = f"/accounts/{account.pk}/edit/"
        first, second = as_user("owner"), as_user("head")
        versions = [
            re.search(r'name="version" value="(\d+)"', client.get(address).content.decode())[1]
            for client in (first, second)
        ]
        assert versions == ["1", "1"]
        first.post(address, {**FIELDS, "name": account.name, "remark": "甲写的话", "version": "1"})
        answer = second.post(address, {**FIELDS, "name": account.name, "remark": "乙写的话", "version": "1"})
        body = answer.content.decode()
        assert answer.status_code == 409
        assert "甲写的话" in body
        assert "乙写的话</textarea>" in body
        account.refresh_from_db()
        assert account.remark == "甲写的话"
        # Saved once more, knowing what the other wrote, theirs stands.
        version = re.search(r'name="version" value="(\d+)"', body)[1]
        answer = second.post(
            address, {**FIELDS, "name": account.name, "remark": "乙写的话", "version": version}
        )
        assert answer.status_code == 302
        account.refresh_from_db()
        assert account.remark == "乙写的话"
        assert [entry.remark for entry in account.history.all()][:2] == ["乙写的话", "甲写的话"]

    def test_keeps_what_another_wrote_in_other_fields(self, company, as_user):
        account = company.accounts["K7101"]
        address = f"/accounts/{account.pk}/edit/"
        read = {name: getattr(account, name) for name in EDITABLE} | {"version": "1"}
        as_user("owner").post(address, {**read, "remark": "甲写的话", "region": "甲区"})
        assert as_user("head").post(address, {**read, "channel": "乙渠道"}).status_code == 302
        account.refresh_from_db()
        assert (account.remark, account.region, account.channel) == ("甲写的话", "甲区", "乙渠道")
        # The third has the remark changed too: the form that comes back has theirs where only they wrote.
        body = as_user("service").post(address, {**read, "remark": "丙写的话"}).content.decode()
        assert "丙写的话</textarea>" in body
        assert 'value="甲区"' in body
        assert 'value="乙渠道"' in body

    def test_of_the_same_values_by_two_is_no_conflict(self, company, as_user):
        account = company.accounts["K7101"]
        told = {**FIELDS, "name": account.name, "remark": "同样的话", "version": "1"}
        for username in ("owner", "head"):
            assert as_user(username).post(f"/accounts/{account.pk}/edit/", told).status_code == 302

    @pytest.mark.parametrize(
        ("username", "status"),
        [
            ("owner", 302),
            ("head", 302),
            ("service", 302),
            ("planner", 403),
            ("colleague", 404),
            ("admin", 404),
        ],
    )
    def test_is_for_those_who_see_it_and_may(self, company, as_user, username, status):
        account = company.accounts["K7101"]
        told = {**FIELDS, "name": "改过", "remark": "", "version": "1"}
        assert as_user(username).post(f"/accounts/{account.pk}/edit/", told).status_code == status
        account.refresh_from_db()
        assert (account.name == "改过") is (status == 302)

    @pytest.mark.parametrize(
        "wrong", [{"name": ""}, {"website": "javascript:alert(1)"}, {"version": "x"}, {"name": "长" * 201}]
    )
    def test_refuses_what_cannot_be_and_keeps_the_rest(self, company, as_user, wrong):
        account = company.accounts["K7101"]
        told = {**FIELDS, "name": "改过", "remark": "打了很久的字", "version": "1"} | wrong
        answer = as_user("owner").post(f"/accounts/{account.pk}/edit/", told)
        assert answer.status_code == 200
        assert "打了很久的字" in answer.content.decode()
        account.refresh_from_db()
        assert account.name == "云帆机械"

    def test_cannot_move_an_account_to_somebody_else(self, company, as_user):
        account = company.accounts["K7101"]
        told = {**FIELDS, "name": "云帆机械", "remark": "", "version": "1"}
        told |= {
            "owner": company.users["stranger"].pk,
            "unit": company.units["NJ"].pk,
            "code": "X",
            "parent": "1",
        }
        as_user("owner").post(f"/accounts/{account.pk}/edit/", told)
        account.refresh_from_db()
        assert (account.owner, account.unit, account.code, account.parent) == (
            company.users["owner"],
            company.units["HZ"],
            "K7101",
            None,
        )


class TestHistory:
    def test_tells_who_changed_which_field_and_leads_back(self, company, as_user):
        account = company.accounts["K7101"]
        client = as_user("owner")
        for remark in ("第一次", "第二次"):
            account.refresh_from_db()
            client.post(
                f"/accounts/{account.pk}/edit/",
                {**FIELDS, "name": account.name, "remark": remark, "version": account.version},
            )
        body = client.get(f"/accounts/{account.pk}/history/").content.decode()
        assert "<del>第一次</del> → <ins>第二次</ins>" in body
        assert "钟离春" in body
        old = account.history.get(remark="第一次")
        assert client.post(f"/accounts/{account.pk}/history/{old.history_id}/back/").status_code == 302
        account.refresh_from_db()
        assert account.remark == "第一次"
        assert account.version == 4  # made, changed twice, gone back
        assert [one.remark for one in account.history.all()] == ["第一次", "第二次", "第一次", "备忘7101"]

    def test_names_people_and_units_not_numbers(self, company, as_user):
        account = company.accounts["K7101"]
        account.owner, account.unit = company.users["colleague"], company.units["NB"]
        account.save()
        body = as_user("head").get(f"/accounts/{account.pk}/history/").content.decode()
        assert "<del>钟离春</del> → <ins>闻人悦</ins>" in body
        assert "<del>杭州分公司</del> → <ins>宁波分公司</ins>" in body

    def test_of_another_account_leads_nowhere(self, company, as_user):
        account, other = company.accounts["K7101"], company.accounts["K7401"]
        entry = other.history.first()
        for pk in (account.pk, other.pk):
            answer = as_user("owner").post(f"/accounts/{pk}/history/{entry.history_id}/back/")
            assert answer.status_code == 404
        account.refresh_from_db()
        assert account.name == "云帆机械"

    def test_does_not_bring_back_an_owner(self, company, as_user):
        account = company.accounts["K7101"]
        first = account.history.first()
        account.owner = company.users["colleague"]
        account.save()
        as_user("colleague").post(f"/accounts/{account.pk}/history/{first.history_id}/back/")
        account.refresh_from_db()
        assert account.owner == company.users["colleague"]


class TestNewAccounts:
    def test_come_from_the_ledger_when_a_run_is_made_current(self, company, as_user):
        Account.objects.filter(code="K7404").delete()
        make_current(company.run)
        account = Account.objects.get(code="K7404")
        assert account.name == "扬子工贸"
        assert listed(as_user("director"), "?q=K7404") == ["K7404"]
        # Without owner and unit nobody sees it who does not see all.
        assert listed(as_user("other_head"), "?q=K7404") == []
