"""A list at mid-year, beside the year before, recomputed; and the same at the command line (F7)."""

import datetime as dt
import io
import json
import re
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import pytest

from keyaccount.cli.speech import SpokenGroup
from keyaccount.errors import KeyAccountError
from keyaccount.find.list_basis import ListBasis
from keyaccount.find.settings import FindSettings
from keyaccount_web.find.commands import list_command
from keyaccount_web.find.lists import prices
from keyaccount_web.find.lists.comparing import mid_year_of, mid_year_runs, new_mid_year, prove, years_of
from keyaccount_web.find.lists.printing import takes_long
from keyaccount_web.find.lists.proposing import propose_list
from keyaccount_web.find.lists.reading import members
from keyaccount_web.find.models import KeyAccountList
from keyaccount_web.know.models import Account, CostToServe
from keyaccount_web.runs.models import Run
from keyaccount_web.runs.services import RunError, keep_result, new_find, new_repeat, result
from keyaccount_web.runs.tasks import run_find
from tests.keyaccount_web.api.conftest import Program
from tests.keyaccount_web.company import PASSWORD, UNTIL, import_table, ledger_table
from tests.keyaccount_web.find.test_key_lists import accept_all, begin_review, publish
from tests.keyaccount_web.imports.conftest import wizard  # noqa: F401 - a fixture
from tests.keyaccount_web.imports.test_ledger import lines

DOCS = Path(__file__).resolve().parents[3] / "docs"
WAYS = ListBasis()


def done(run):
    run_find.func(run.pk)
    run.refresh_from_db()
    assert run.state == "done", run.error
    return run


@pytest.fixture
def last_year(company, again):
    """The published list of 2025, from the year 2024, when 瑞霖建材 bought three times as much; at 90%, so that this tells."""

    def make():
        settings = FindSettings(until=dt.date(2024, 12, 31), share=Decimal("0.9"))
        run = done(new_find(company.users["analyst"], settings, snapshot=company.snapshot))
        told = propose_list(company.users["analyst"], run, WAYS)
        begin_review(told, company.users["analyst"])
        accept_all(told, company.users["director"])
        publish(told, company, unclean_reason="账本从 2024 年开始")

    again("the list of last year", make)
    return KeyAccountList.objects.get(year=2025)


@pytest.fixture
def by_now(company, last_year, again):
    """The run that the list is held against."""
    again("mid-year", lambda: done(new_mid_year(company.users["analyst"], last_year, UNTIL)))
    return Run.objects.latest("pk")


class TestMidYear:
    def test_says_who_would_rise_and_fall_without_touching_the_list(self, last_year, by_now):
        before = sorted(one.code for one in members(last_year))
        rows = {row["account_id"]: row["rises"] for row in mid_year_of(last_year, by_now).rows.to_pylist()}
        now = {row["account_id"] for row in result(by_now, None).to_pylist() if row["verdict"] == "key"}
        assert {code for code, rises in rows.items() if rises} == now - set(before) == {"K7102"}
        assert {code for code, rises in rows.items() if not rises} == set(before) - now == {"K7202"}
        then = {row["account_id"]: row["sales"] for row in result(last_year.run, None).to_pylist()}
        told = mid_year_of(last_year, by_now).rows.to_pylist()
        assert {row["account_id"]: row["sales_then"] for row in told} == {one: then[one] for one in rows}
        assert sorted(one.code for one in members(last_year)) == before

    def test_takes_runs_by_the_lists_own_settings_over_later_months_only(self, company, last_year, by_now):
        other = FindSettings(until=dt.date(2024, 11, 30), share=Decimal("0.9"))
        done(new_find(company.users["analyst"], other))
        assert [run.pk for run in mid_year_runs(last_year)] == [by_now.pk]  # not the company's own, at 80%

    def test_shows_each_their_own(self, company, last_year, by_now, as_user):
        address = f"/find/lists/{last_year.pk}/mid-year/"
        for username, codes in (
            ("director", {"K7102", "K7202"}),
            ("owner", {"K7102"}),
            ("colleague", {"K7202"}),
            ("stranger", set()),
        ):
            body = as_user(username).get(address).content.decode()
            assert {code for code in ("K7102", "K7202") if code in body} == codes, username
            assert ("提出例外" in body) == (username == "director")

    def test_is_calculated_by_a_click(self, company, last_year, as_user, django_capture_on_commit_callbacks):
        address = f"/find/lists/{last_year.pk}/mid-year/run/"
        body = as_user("analyst").post(address, {"until": "2024-06-30"}, follow=True).content.decode()
        assert "请选更晚的日期" in body
        with django_capture_on_commit_callbacks(execute=True):
            as_user("analyst").post(address, {"until": "2025-06-30"})
        assert mid_year_runs(last_year)[0].looked_until == "2025-06-30"
        assert as_user("head").post(address).status_code == 403


class TestYearOnYear:
    def test_says_who_entered_left_and_stayed(self, company, last_year):
        this_year = propose_list(company.users["analyst"], company.run, WAYS)
        rows = {row["account_id"]: row for row in years_of(last_year, this_year).to_pylist()}
        before = {one.code for one in members(last_year)}
        now = {one.code for one in members(this_year)}
        for change, codes in (("entered", now - before), ("left", before - now), ("stayed", before & now)):
            assert {code for code, row in rows.items() if row["change"] == change} == codes
        # Another call reads the effects that were kept.
        assert years_of(last_year, this_year).to_pylist() == list(rows.values())

    def test_opens_to_the_products_behind(self, company, last_year, as_user):
        this_year = propose_list(company.users["analyst"], company.run, WAYS)
        row = next(row for row in years_of(last_year, this_year).to_pylist() if row["account_id"] == "K7101")
        client = as_user("director")
        body = client.get(f"/find/lists/{this_year.pk}/year/?change=stayed").content.decode()
        link = f"/find/lists/{this_year.pk}/year/products/?account=K7101"
        assert link in body
        page = client.get(link)
        assert page.context["price"] == row["price_effect"]
        assert page.context["volume"] == row["volume_effect"]
        assert as_user("stranger").get(link).status_code == 404

    def test_is_worked_out_by_a_worker_while_the_page_waits(self, company, last_year, as_user, monkeypatch):
        this_year = propose_list(company.users["analyst"], company.run, WAYS)
        address, client = f"/find/lists/{this_year.pk}/year/", as_user("director")
        asked = []
        worker = SimpleNamespace(enqueue=lambda *ids: asked.append(ids))
        monkeypatch.setattr("keyaccount_web.find.tasks.work_out_prices", worker)
        assert "在后台计算" in client.get(address).content.decode()
        assert "在后台计算" in client.get(address).content.decode()
        assert asked == [(last_year.pk, this_year.pk)]  # the second waits for the first
        assert takes_long(this_year, "pdf")
        part = client.get(address, headers={"HX-Request": "true"})
        assert part.content.decode().startswith("<div")
        prices.work_out(last_year, this_year)
        assert not takes_long(this_year, "pdf")
        assert client.get(address, headers={"HX-Request": "true"}).headers["HX-Refresh"] == "true"
        assert client.get(address).context["counts"]["stayed"]

    def test_does_not_wait_for_a_worker_that_failed(self, company, last_year, as_user, monkeypatch):
        this_year = propose_list(company.users["analyst"], company.run, WAYS)

        def fail(*_):
            raise RunError("run.no_ledger")

        monkeypatch.setattr("keyaccount_web.find.lists.prices.prices", fail)
        body = as_user("director").get(f"/find/lists/{this_year.pk}/year/").content.decode()
        assert "在后台计算" not in body

    def test_of_a_first_list_is_told(self, company, as_user):
        told = propose_list(company.users["analyst"], company.run, WAYS)
        body = as_user("analyst").get(f"/find/lists/{told.pk}/year/").content.decode()
        assert "没有发布的名单" in body


class TestProof:
    def test_holds_after_later_imports_costs_and_renames(self, company, own_ledger, last_year, tmp_path):
        import_table(own_ledger, ledger_table().slice(0, 200), tmp_path, name="补充")
        CostToServe.objects.create(account=company.accounts["K7101"], amount=Decimal(99_999))
        Account.objects.filter(code="K7101").update(name="改名")
        proof = prove(last_year, done(new_repeat(last_year.run, company.users["analyst"])))
        assert proof.differences == []
        assert proof.figures > 100

    def test_holds_by_page_and_program_after_a_later_import_through_the_browser(
        self,
        company,
        own_ledger,
        last_year,
        as_user,
        wizard,  # noqa: F811
        django_capture_on_commit_callbacks,
    ):
        """As many yuan more for an account of the list, in the list's own year: the list stays, a new run moves."""
        kept = {row["account_id"]: row["sales"] for row in result(last_year.run, None).to_pylist()}
        more = ["K7101", "云帆机械", "2024-06-05", "N1", "123456.78"]
        wizard("analyst").check(lines(more), kind="ledger", name="补.csv", source="补充").start()
        settings = FindSettings(until=dt.date(2024, 12, 31), share=Decimal("0.9"))
        now = done(new_find(company.users["analyst"], settings))
        moved = {row["account_id"]: row["sales"] for row in result(now, None).to_pylist()}
        assert moved["K7101"] - kept["K7101"] == Decimal("123456.78")

        client = as_user("director")
        with django_capture_on_commit_callbacks(execute=True):
            answer = client.post(f"/find/lists/{last_year.pk}/prove/")
        assert "分毫不差" in client.get(answer.headers["Location"]).content.decode()
        assert client.get(answer.headers["Location"]).context["proof"].differences == []
        proofs = f"/key-lists/{last_year.pk}/proofs"
        with django_capture_on_commit_callbacks(execute=True):
            begun = Program("director").post(proofs).json()
        told = Program("director").get(f"{proofs}/{begun['run_id']}").json()
        assert (told["state"], told["holds"], told["differences"]) == ("done", True, [])
        assert told["figures"] > 100

    def test_shows_what_differs(self, company, last_year):
        again = done(new_repeat(last_year.run, company.users["analyst"]))
        rows = result(again, None)
        cents = [
            value if at else value + Decimal("0.01") for at, value in enumerate(rows["sales"].to_pylist())
        ]
        import pyarrow as pa

        column = pa.array(cents, rows["sales"].type)
        keep_result(again, rows.set_column(rows.column_names.index("sales"), "sales", column))
        found = prove(last_year, again).differences
        assert {one.code for one in found} == {rows["account_id"][0].as_py()}
        # Of the result, and of the frozen document.
        assert [one.column for one in found] == ["sales", "sales"]

    def test_is_shown_on_a_page(self, company, last_year, as_user, django_capture_on_commit_callbacks):
        client = as_user("director")
        with django_capture_on_commit_callbacks(execute=True):
            answer = client.post(f"/find/lists/{last_year.pk}/prove/")
        assert "分毫不差" in client.get(answer.headers["Location"]).content.decode()
        assert as_user("head").get(answer.headers["Location"]).status_code == 403


class TestCommand:
    """What `keyaccount list` does; the words are those of docs/en/first-list.md."""

    @pytest.fixture
    def run(self, company, capsys):
        for username in ("analyst", "director"):
            company.users[username].set_password(PASSWORD)
            company.users[username].save()

        def called(*words):
            group = list_command("en")
            assert isinstance(group, SpokenGroup)
            code = group.main(list(words), standalone_mode=False)
            return code, capsys.readouterr().out

        return called

    def test_proposes_shows_publishes_and_compares(self, company, run, monkeypatch):
        code, out = run("propose", "--by", "analyst", "--until", "2025-12-31", "--json")
        told = json.loads(out)
        assert (code, told["list"]["year"]) == (0, 2026)
        assert {one["code"] for one in told["entries"]} == {"K7401", "K7101", "K7104", "K7201"}
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n{PASSWORD}\n"))
        words = ("publish", "2026", "--asks", "analyst", "--decides", "director", "--reason", "x")
        code, out = run(*words, "--accept-open")
        assert "is published" in out
        published = KeyAccountList.objects.get()
        assert published.state == "published"
        code, out = run("show", "2026", "--recompute", "--json")
        assert (code, json.loads(out)["holds"]) == (0, True)
        code, out = run("show")
        assert "金陵纺机" in out
        code, out = run("compare", "2026", "--until", "2026-06-30", "--json")
        # Half of those months have no line; 鼎盛重工 bought five times as much in the other half.
        assert [(row["code"], row["change"]) for row in json.loads(out)["rows"]] == [("K7102", "rises")]

    @pytest.mark.parametrize(
        ("passwords", "asks", "decides", "code"),
        [
            (["falsch", PASSWORD], "analyst", "director", "list_command.password_wrong"),
            ([PASSWORD, "falsch"], "analyst", "director", "list_command.password_wrong"),
            ([PASSWORD, PASSWORD], "director", "director", "list_command.same"),
            ([PASSWORD, PASSWORD], "analyst", "owner", "list_command.no_user"),
        ],
    )
    def test_publishes_nothing_without_two(self, company, run, monkeypatch, passwords, asks, decides, code):
        told = propose_list(company.users["analyst"], company.run, WAYS)
        monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(passwords)))
        words = ("publish", "2026", "--asks", asks, "--decides", decides, "--reason", "x", "--accept-open")
        with pytest.raises(KeyAccountError) as caught:
            run(*words)
        assert caught.value.code == code
        told.refresh_from_db()
        assert told.state == "draft"

    def test_leaves_the_decision_to_the_browser_where_there_is_a_second_factor(
        self, company, run, monkeypatch
    ):
        told = propose_list(company.users["analyst"], company.run, WAYS)
        monkeypatch.setattr("keyaccount_web.access.sign_in.has_factor", lambda _user: True)
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))
        _, out = run(
            "publish", "2026", "--asks", "analyst", "--decides", "director", "--reason", "x", "--accept-open"
        )
        assert "decides in the browser" in out
        told.refresh_from_db()
        assert told.state == "in_review"

    @pytest.mark.parametrize("lang", ["en", "zh"])
    def test_of_the_docs_is_understood(self, lang):
        text = (DOCS / lang / "first-list.md").read_text(encoding="utf-8")
        lines = re.findall(r"^keyaccount list (.+)$", text, flags=re.M)
        assert len(lines) == 6
        group = list_command(lang)
        for line in lines:
            words = re.findall(r'"[^"]*"|\S+', line)
            command = group.commands[words[0]]
            command.make_context(words[0], [word.strip('"') for word in words[1:]]).close()
