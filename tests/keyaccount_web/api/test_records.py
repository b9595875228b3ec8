"""Accounts, contacts, lines, runs, daily work: what comes of them by the API is what comes of them by pages."""

import csv
import io
from decimal import Decimal

import pyarrow.compute as pc
import pytest

from keyaccount.client import Client as ApiClient
from keyaccount.client import ServerError
from keyaccount_web.api.tokens import SCOPES, make_token
from keyaccount_web.duplicates.models import KnownSimilar
from keyaccount_web.duplicates.similar import remember_keys
from keyaccount_web.know.models import Account
from keyaccount_web.runs.models import Run
from keyaccount_web.tables.ledger import imports_of_all
from keyaccount_web.work.models import ToDo
from tests.keyaccount_web.company import ledger_table
from tests.keyaccount_web.imports.books import book


@pytest.fixture
def client_of(company, send):
    def made(username, lang="zh"):
        _, text = make_token(company.users[username], name="对账", scopes=SCOPES)
        return ApiClient("https://example.com", text, lang=lang, send=send, sleep=lambda _: None)

    return made


class TestTheListOfAccounts:
    def test_has_the_rows_the_order_and_the_count_of_its_page(self, company, client_of, as_user):
        client = client_of("director")
        page = as_user("director").get("/accounts/?format=json&sort=-sales&limit=500").json()["rows"]
        rows = list(client.accounts(sort="-sales", limit=4))  # four pages
        assert [row["code"] for row in rows] == [row["code"] for row in page]
        assert client.get("/accounts", count=True)["count"] == len(company.accounts)
        assert rows[0]["verdict"] in ("key", "profitless")
        assert Decimal(rows[0]["sales"]) == company.found.accounts.to_pylist()[0]["sales"]

    def test_takes_the_filters_of_the_page_and_refuses_others(self, company, client_of):
        client = client_of("director")
        assert {row["code"] for row in client.accounts(region="浙东")} == {"K7301", "K7302", "K7303"}
        assert [row["code"] for row in client.accounts(q="K7401")] == ["K7401"]
        assert {row["code"] for row in client.accounts(least="30万")} < {
            row["code"] for row in client.accounts()
        }
        wrong = {"least": "viel", "columns": "name,nonsense", "colour": "red", "after": "zzz", "view": 17}
        for name, value in wrong.items():
            with pytest.raises(ServerError) as error:
                list(
                    client.accounts(**{name: value})
                    if name != "after"
                    else [client.get("/accounts", after=value)]
                )
            assert error.value.status == 422
            assert [one["field"] for one in error.value.problem["errors"]] == [name]

    def test_leaves_out_what_its_reader_may_not_see(self, company, client_of):
        client = client_of("neighbour")
        rows = {row["code"]: row for row in client.accounts(columns="name,parent,sales")}
        # K7104, the parent of K7302, is a colleague's.
        assert (rows["K7302"]["parent"], set(rows)) == (None, {"K7301", "K7302"})
        with pytest.raises(ServerError):
            list(client.accounts(columns="share"))
        with pytest.raises(ServerError):
            list(client.accounts(sort="-share"))
        assert "share" in next(client_of("director").accounts(columns="name,share"))


class TestAnAccount:
    def test_is_changed_by_who_read_it_last_and_others_get_both_values(self, company, client_of, program):
        client = client_of("owner")
        read = client.account("K7101")
        changed = client.change_account(read["id"], version=read["version"], remark="新备忘", region="浙中")
        assert (changed["remark"], changed["region"], changed["version"]) == (
            "新备忘",
            "浙中",
            read["version"] + 1,
        )
        with pytest.raises(ServerError) as error:
            client.change_account(read["id"], version=read["version"], remark="又一个", region="浙中")
        assert (error.value.status, error.value.code) == (409, "edit.conflict")
        # What is the same by both is no conflict.
        assert error.value.problem["conflicts"] == [
            {"field": "remark", "yours": "又一个", "theirs": "新备忘"}
        ]
        assert error.value.problem["version"] == changed["version"]
        account = Account.objects.get(pk=read["id"])
        assert account.remark == "新备忘"
        assert account.history.first().history_user == company.users["owner"]

    def test_takes_its_version_from_the_etag_too(self, company, program):
        told = program("owner")
        address = f"/accounts/{company.accounts['K7101'].pk}"
        read = told.get(address)
        assert read.headers["ETag"] == '"1"'
        assert told.get(address, If_None_Match='"1"').status_code == 304
        assert told.patch(address, {"remark": "x"}).json()["code"] == "api.version_missing"
        assert told.patch(address, {"remark": "x"}, If_Match='"1"').headers["ETag"] == '"2"'
        assert told.patch(address, {"remark": "y"}, If_Match='"1"').status_code == 409
        assert told.patch(address, {"remark": "y"}, If_Match='"eins"').status_code == 422

    def test_is_checked_as_on_its_page(self, company, program):
        told = program("owner")
        answer = told.patch(
            f"/accounts/{company.accounts['K7101'].pk}", {"website": "not an address", "version": 1}
        )
        assert answer.status_code == 422
        assert [one["field"] for one in answer.json()["errors"]] == ["website"]
        answer = told.patch(f"/accounts/{company.accounts['K7101'].pk}", {"owner": "x", "version": 1})
        assert [(one["field"], one["code"]) for one in answer.json()["errors"]] == [
            ("owner", "extra_forbidden")
        ]

    def test_that_is_like_another_is_made_only_with_a_reason(self, company, client_of):
        remember_keys([company.accounts["K7401"].pk])
        client = client_of("owner")
        with pytest.raises(ServerError) as error:
            client.make_account(name="金陵纺机")
        assert (error.value.status, error.value.code) == (409, "account.similar")
        # Of one that the owner may not see: its name, and whom to ask.
        similar = error.value.problem["similar"]
        assert [(one["name"], one["owner"], "code" in one) for one in similar] == [
            ("金陵纺机", "司徒朗", False)
        ]
        made = client.make_account(name="金陵纺机", reason="另一家")
        assert (made["owner"]["username"], made["code"]) == ("owner", "C000001")
        assert KnownSimilar.objects.get().reason == "另一家"

    def test_has_its_figures_and_reasons_and_shares_only_for_those_who_may(self, company, client_of):
        row = next(row for row in company.found.accounts.to_pylist() if row["account_id"] == "K7101")
        figures = client_of("owner").account("K7101")["figures"]
        assert Decimal(figures["sales"]) == row["sales"]
        assert "sales_share" not in figures
        assert [one["code"] for one in figures["reasons"]] == [
            one["code"] for one in client_of("owner").get(f"/runs/{company.run.pk}/accounts/K7101")["reasons"]
        ]
        assert client_of("director").account("K7101")["figures"]["sales_share"] == row["sales_share"]

    def test_has_the_lines_of_the_ledger_page_by_page(self, company, client_of):
        client = client_of("director")
        own = ledger_table().filter(pc.equal(ledger_table()["account_id"], "K7101"))
        rows = list(client.lines("K7101", limit=20))
        assert len(rows) == own.num_rows
        assert sum(Decimal(row["net_amount"]) for row in rows) == pc.sum(own["net_amount"]).as_py()
        total = client.get(
            f"/accounts/{company.accounts['K7101'].pk}/lines", first="2025-01-01", last="2025-01-31", limit=1
        )
        of_month = own.filter(pc.equal(pc.strftime(own["date"], "%Y-%m"), "2025-01"))
        assert total["total"] == {
            "lines": of_month.num_rows,
            "net_amount": str(pc.sum(of_month["net_amount"]).as_py()),
        }
        # A group's lines as far as the reader sees its members.
        seen = {row["account_id"] for row in client_of("owner").lines("K7104")}
        assert (seen, {row["account_id"] for row in client.lines("K7104")}) == (
            {"K7104"},
            {"K7104", "K7302", "K7403"},
        )


class TestAContact:
    def test_is_added_changed_and_removed_with_its_version(self, company, program):
        told = program("owner")
        account = company.accounts["K7101"].pk
        made = told.post(f"/accounts/{account}/contacts", {"name": "柳如烟", "email": "x@example.com"}).json()
        address = f"/contacts/{made['id']}"
        changed = told.patch(address, {"title": "总监", "version": made["version"]}).json()
        late = told.patch(address, {"title": "经理", "version": made["version"]})
        assert late.status_code == 409
        assert late.json()["conflicts"] == [{"field": "title", "yours": "经理", "theirs": "总监"}]
        assert told.delete(f"{address}?version={made['version']}").json()["code"] == "contact.changed"
        assert told.delete(f"{address}?version={changed['version']}").status_code == 200
        assert told.get(address).status_code == 404
        wrong = told.post(f"/accounts/{account}/contacts", {"name": "柳如烟", "email": "nothing"})
        assert [one["field"] for one in wrong.json()["errors"]] == ["email"]


def lines(*rows):
    stream = io.StringIO()
    csv.writer(stream).writerows([["客户编号", "客户名称", "日期", "订单号", "金额"], *rows])
    return stream.getvalue().encode("gb18030")


class TestAnImport:
    def test_of_the_ledger_comes_in_reports_what_was_refused_and_is_undone(
        self, company, own_ledger, client_of, tmp_path
    ):
        file = tmp_path / "一月.csv"
        file.write_bytes(
            lines(
                ["K7101", "云帆机械", "2026-01-05", "A1", "100.50"],
                ["K7103", "惠泽五金", "三月", "A3", "300"],
            )
        )
        client = client_of("analyst")
        told = client.import_file(file, source="月报")
        assert (told["state"], told["report"]["accepted"], told["report"]["refused"]) == ("done", 1, 1)
        assert [(row["row"], "三月" in row["reason"]) for row in client.refused_rows(told["id"])] == [
            (3, True)
        ]
        assert imports_of_all()[-1].lines == 1
        again = client.import_file(file, source="月报")
        assert (again["state"], again["report"]["nothing_new"]) == ("checked", True)
        file.write_bytes(lines(["K7101", "云帆机械", "2026-01-05", "A1", "150"]))
        with pytest.raises(ServerError) as error:
            client.import_file(file, source="月报", name="改.csv")
        assert [one["field"] for one in error.value.problem["errors"]] == ["on_overlap"]
        replaced = client.import_file(file, source="月报", name="改.csv", on_overlap="replace")
        assert client.undo_import(replaced["id"])["state"] == "undone"
        number = told["report"]["imports"][0]
        assert client.post(f"/ledger/imports/{number}/undo", {})[0]["state"] == "undone"
        assert client.get(f"/imports/{told['id']}")["state"] == "undone"
        with pytest.raises(ServerError) as error:
            client.undo_import(told["id"])
        assert error.value.code == "api.import_state"

    def test_of_records_is_judged_row_by_row_and_undone(self, company, client_of, tmp_path):
        file = tmp_path / "客户.xlsx"
        file.write_bytes(
            book(
                客户=[
                    ("客户编号", "客户名称", "地区"),
                    ("K7101", "云帆机械", "浙中"),
                    ("K7401", "金陵纺机", "浙中"),
                ]
            )
        )
        client = client_of("owner")
        told = client.import_file(file, kind="records")
        assert told["state"] == "done", told
        assert [row["key"] for row in client.refused_rows(told["id"])] == ["K7401"]  # not theirs
        assert Account.objects.get(code="K7101").region == "浙中"
        assert client.download(f"/imports/{told['id']}/refused")[:2] == b"PK"
        client.undo_import(told["id"])
        assert Account.objects.get(code="K7101").region == "浙北"

    def test_says_which_sheet_and_column_cannot_be_meant(self, company, client_of, tmp_path):
        file = tmp_path / "客户.xlsx"
        file.write_bytes(book(客户=[("客户编号", "地区"), ("K7101", "浙中")]))
        client = client_of("owner")
        for sheet, field in (
            ({"name": "别的", "kind": "accounts", "mapping": {}}, "sheets.0.name"),
            ({"name": "客户", "kind": "ledger", "mapping": {}}, "sheets.0.kind"),
            ({"name": "客户", "kind": "accounts", "mapping": {"code": "编号"}}, "sheets.0.mapping.code"),
            ({"name": "客户", "kind": "accounts", "mapping": {"colour": "地区"}}, "sheets.0.mapping"),
            ({"name": "客户", "kind": "accounts", "mapping": {"region": "地区"}}, "sheets"),
        ):
            with pytest.raises(ServerError) as error:
                client.import_file(file, kind="records", sheets=[sheet])
            assert [one["field"] for one in error.value.problem["errors"]] == [field]
        file.write_bytes(b"\x00\x01nothing")
        with pytest.raises(ServerError) as error:
            client.import_file(file, kind="records")
        assert error.value.status == 422


class TestARun:
    def test_is_started_read_compared_and_made_current(self, company, client_of):
        client = client_of("director")
        run = client.find(until="2025-12-31", share="0.7")
        assert (run["state"], run["settings"]["share"]) == ("done", "0.7")
        rows = list(client.result(run["id"], limit=5))
        assert [row["account_id"] for row in rows] == [
            row["account_id"] for row in company.found.accounts.to_pylist()
        ]
        assert run["summary"]["accounts"] == company.found.summary.accounts
        changes = list(client.pages(f"/runs/{run['id']}/compare/{company.run.pk}"))
        before = {row["account_id"]: row["verdict"] for row in client.result(company.run.pk)}
        differ = {row["account_id"] for row in rows if row["verdict"] != before[row["account_id"]]}
        assert {one["account_id"] for one in changes} == differ
        assert differ
        assert client.post(f"/runs/{run['id']}/make-current", {})["is_current"]
        assert Run.objects.get(is_current=True).pk == run["id"]
        with pytest.raises(ServerError) as error:
            client.find(share="1.5")
        assert [one["field"] for one in error.value.problem["errors"]] == ["share"]

    def test_gives_each_reader_the_rows_of_their_accounts(self, company, client_of):
        assert [row["account_id"] for row in client_of("executive").result(company.run.pk)] == ["K7401"]


class TestDailyWork:
    def test_to_dos_are_given_passed_on_and_done(self, company, client_of):
        client = client_of("owner")
        about = f"account:{company.accounts['K7101'].pk}"
        made = client.post(
            "/to-dos", {"what": "回访", "due_date": "2026-12-31", "about": about, "owner": "head"}
        )
        assert ToDo.objects.get().owner == company.users["head"]
        assert [one["what"] for one in client.to_dos(whose="given", about=about)] == ["回访"]
        with pytest.raises(ServerError) as error:
            client.request("PATCH", f"/to-dos/{made['id']}", body={"owner": "stranger"})
        assert error.value.code == "to_do.no_colleague"
        assert client.post(f"/to-dos/{made['id']}/done", {})["state"] == "done"
        with pytest.raises(ServerError) as error:
            client.request("PATCH", f"/to-dos/{made['id']}", body={"due_date": "2026-12-30"})
        assert (error.value.status, error.value.code) == (409, "to_do.closed")

    def test_comments_and_files_hang_on_an_account(self, company, client_of):
        client = client_of("owner")
        about = f"account:{company.accounts['K7101'].pk}"
        said = client.post("/comments", {"about": about, "text": "@葛文斌 请看"})
        assert company.users["head"].notifications.get().code == "notice.mentioned"
        assert [one["id"] for one in client.pages("/comments", about=about)] == [said["id"]]
        client.request("DELETE", f"/comments/{said['id']}")
        assert next(client.pages("/comments", about=about))["text"] is None
        file = client.upload("/files", {"about": about}, "合同.txt", "合同".encode())
        assert client.download(f"/files/{file['id']}/content").decode() == "合同"
        with pytest.raises(ServerError) as error:
            client.upload("/files", {"about": about}, "x.exe", b"MZ\x00\x01")
        assert error.value.status == 422

    def test_the_search_finds_what_the_box_finds(self, company, client_of):
        found = client_of("owner").search("云帆")
        assert (found[0]["kind"], found[0]["code"]) == ("account", "K7101")
        assert client_of("stranger").search("云帆") == []


class TestThePages:
    def test_take_a_few_queries_whatever_the_rows(self, company, program, django_assert_max_num_queries):
        told = program("director")
        account = company.accounts["K7101"].pk
        for number in range(30):
            company.accounts["K7101"].contacts.create(name=f"联系人{number}")
        for path in (
            "/accounts?limit=500&count=true",
            "/contacts?limit=500",
            f"/accounts/{account}",
            f"/accounts/{account}/contacts",
            "/to-dos?whose=all",
            "/runs",
            "/users",
            "/duplicates",
        ):
            with django_assert_max_num_queries(20):
                assert told.get(path).status_code == 200
