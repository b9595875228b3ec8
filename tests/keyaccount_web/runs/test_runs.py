"""A calculation from its start on a page to the lists that show it."""

import datetime as dt
import re
from decimal import Decimal

import pyarrow.parquet as pq
import pytest
from django.urls import reverse

from keyaccount.find.settings import FindSettings
from keyaccount_web.access.roles import Role
from keyaccount_web.cover.sections import sections_for as cover_sections
from keyaccount_web.know.models import Account, AccountFigures, CostToServe
from keyaccount_web.know.sections import sections_for as know_sections
from keyaccount_web.runs.models import Run
from keyaccount_web.runs.parts import parts_of
from keyaccount_web.runs.services import compare, kept_inputs, new_find, result_path, settings_of
from keyaccount_web.runs.tasks import run_find
from keyaccount_web.tables.records import groups_table
from tests.keyaccount_web.company import UNTIL, import_table, ledger_table, post


@pytest.fixture
def start(as_user, django_capture_on_commit_callbacks):
    """Press the button; gives the run, done, since tasks run at once here."""

    def pressed(username="analyst", address="/runs/start/", **fields):
        with django_capture_on_commit_callbacks(execute=True):
            answer = as_user(username).post(address, fields)
        assert answer.status_code == 302, answer.status_code
        number = re.fullmatch(r"/runs/(\d+)/", answer.headers["Location"])
        return Run.objects.get(pk=number[1]) if number else None

    return pressed


class TestStartedRun:
    def test_keeps_settings_imports_snapshot_version_and_user(self, company, start):
        run = start(until="2025-12-31", share="70", basis="sales")
        assert run.state == Run.State.DONE
        assert settings_of(run) == FindSettings(until=UNTIL, share=Decimal("0.7"))
        assert run.started_by == company.users["analyst"]
        assert run.snapshot == company.snapshot
        assert run.imports == company.files
        assert run.version
        assert run.progress == 100
        assert run.created_at <= run.began_at <= run.ended_at

    def test_says_what_the_library_says(self, company, start):
        run = start(until="2025-12-31", share="80")
        assert pq.read_table(result_path(run)).equals(company.found.accounts)

    def test_shows_its_rows_and_the_figures_of_the_whole(self, company, start, as_user):
        run = start()
        body = as_user("director").get(f"/runs/{run.pk}/").content.decode()
        for row in company.found.accounts.to_pylist():
            assert row["account_name"] in body
            assert f"{row['sales_running_share']:.1%}" in body
        assert "2025-12-01" in body  # none was given: the ledger's last day

    def test_made_current_fills_the_pages_of_all_calculations(self, company, start, as_user):
        """What each calculation keeps beside the run stands under a name of its own: the pages that read it open."""
        run = start(until="2025-12-31")
        as_user("director").post(f"/runs/{run.pk}/current/")
        assert Run.objects.get(is_current=True) == run
        client = as_user("director")
        for section in (
            *cover_sections(company.users["director"]),
            *know_sections(company.users["director"]),
        ):
            assert client.get(reverse(section.url_name)).status_code == 200, section.url_name
        # The business parted by tier: the parts are the whole, and each opens.
        parts = parts_of(run).segment_figures()["tier"]
        assert sum(part["sales"] for part in parts) == sum(company.found.accounts["sales"].to_pylist())
        for part in parts:
            behind = client.get(
                f"/find/concentration/accounts/?run={run.pk}&field=tier&segment={part['segment'] or ''}"
            )
            assert behind.context["page"].paginator.count == part["accounts"]

    def test_shows_only_visible_rows_to_an_executive(self, company, as_user):
        body = as_user("executive").get(f"/runs/{company.run.pk}/").content.decode()
        assert "金陵纺机" in body
        assert "云帆机械" not in body
        part = as_user("director").get(f"/runs/{company.run.pk}/?verdict=rising").content.decode()
        assert "鼎盛重工" in part
        assert "金陵纺机" not in part

    def test_can_be_watched(self, company, as_user):
        run = new_find(company.users["analyst"], FindSettings(), snapshot=company.snapshot)
        client = as_user("analyst")
        assert f'hx-get="/runs/{run.pk}/progress/"' in client.get(f"/runs/{run.pk}/").content.decode()
        for state, step, progress, text in (
            ("waiting", "", 0, "排队"),
            ("running", "step.open_store", 5, 'value="5"'),
            ("running", "step.find", 20, 'value="20"'),
            ("running", "step.keep", 90, "保存结果"),
        ):
            run.state, run.step, run.progress = state, step, progress
            run.save()
            answer = client.get(f"/runs/{run.pk}/progress/", headers={"HX-Request": "true"})
            assert text in answer.content.decode(), state
            assert "<html" not in answer.content.decode()
            assert "HX-Refresh" not in answer.headers
        run_find.func(run.pk)
        assert client.get(f"/runs/{run.pk}/progress/").headers["HX-Refresh"] == "true"


class TestRepeat:
    def test_gives_the_same_from_the_same_snapshot(self, company, own_ledger, start, tmp_path):
        first = start(until="2025-12-31")
        import_table(own_ledger, ledger_table().slice(0, 40), tmp_path, name="补充")
        again = start(address=f"/runs/{first.pk}/repeat/")
        anew = start(until="2025-12-31")
        tables = [pq.read_table(result_path(run)) for run in (first, again, anew)]
        assert tables[0].equals(tables[1])
        assert not tables[0].equals(tables[2])
        assert (again.repeats, again.snapshot) == (first, first.snapshot)
        assert anew.snapshot > first.snapshot

    def test_gives_the_same_when_records_have_changed_since(self, company, start):
        first = start(until="2025-12-31")
        accounts = company.accounts
        Account.objects.filter(code="K7302").update(parent=None)
        CostToServe.objects.create(account=accounts["K7101"], amount=Decimal(99_999))
        Account.objects.filter(code="K7102").update(merged_into=accounts["K7101"])
        again = start(address=f"/runs/{first.pk}/repeat/")
        once_more = start(address=f"/runs/{again.pk}/repeat/")
        anew = start(until="2025-12-31")
        tables = [pq.read_table(result_path(run)) for run in (first, again, once_more, anew)]
        assert tables[0].equals(tables[1])
        assert tables[0].equals(tables[2])
        codes = set(tables[3]["account_id"].to_pylist())
        assert "K7302" in codes - set(tables[0]["account_id"].to_pylist())
        assert "K7102" in set(tables[0]["account_id"].to_pylist()) - codes

    def test_of_a_run_without_costs_to_serve_stays_without(self, company, start):
        CostToServe.objects.all().delete()
        first = start(until="2025-12-31")
        assert kept_inputs(first).cost_to_serve is None
        CostToServe.objects.create(account=company.accounts["K7101"], amount=Decimal(99_999))
        again = start(address=f"/runs/{first.pk}/repeat/")
        assert kept_inputs(again).cost_to_serve is None
        assert again.summary["notes"] == first.summary["notes"]

    def test_of_one_from_before_inputs_were_kept_takes_the_records_as_they_stand(self, company, start):
        again = start(address=f"/runs/{company.run.pk}/repeat/")
        assert kept_inputs(company.run) is None
        assert kept_inputs(again).groups.equals(groups_table())
        assert pq.read_table(result_path(again)).equals(company.found.accounts)


class TestCompare:
    def test_names_the_accounts_whose_verdict_differs(self, company, start, as_user):
        wide, narrow = company.run, start(share="50")
        changes = compare(wide, narrow, None)
        verdicts = [
            {row["account_id"]: row["verdict"] for row in pq.read_table(result_path(run)).to_pylist()}
            for run in (wide, narrow)
        ]
        differ = {code for code in verdicts[0] if verdicts[0][code] != verdicts[1][code]}
        assert {one.account_id for one in changes} == differ != set()
        assert [one.sales_after for one in changes] == sorted(
            (one.sales_after for one in changes), reverse=True
        )
        body = as_user("director").get(f"/runs/{narrow.pk}/compare/{wide.pk}/").content.decode()
        for one in changes:
            assert one.account_name in body
        mine = as_user("executive").get(f"/runs/{narrow.pk}/compare/{wide.pk}/").content.decode()
        for one in changes:
            assert (one.account_name in mine) is (one.account_id == "K7401")

    def test_with_itself_says_the_same(self, company, as_user):
        body = as_user("director").get(f"/runs/{company.run.pk}/compare/{company.run.pk}/").content.decode()
        assert "完全相同" in body

    def test_with_one_that_is_not_done_is_refused_in_words(self, company, as_user):
        waiting = new_find(company.users["analyst"], FindSettings())
        answer = as_user("director").get(f"/runs/{company.run.pk}/compare/{waiting.pk}/")
        assert answer.status_code == 409
        assert "没有结果" in answer.content.decode()


class TestMadeCurrent:
    def test_shows_in_the_lists_at_once_and_alone(self, company, start, as_user):
        run = start(share="50")
        client = as_user("director")
        assert AccountFigures.objects.get(account__code="K7201").in_set
        answer = client.post(f"/runs/{run.pk}/current/", follow=True)
        assert "现在显示这次计算的数字" in answer.content.decode()
        assert list(Run.objects.filter(is_current=True)) == [run]
        assert not AccountFigures.objects.get(account__code="K7201").in_set
        assert set(AccountFigures.objects.values_list("run", flat=True)) == {run.pk}
        assert f"第 {run.pk} 次计算" in client.get("/accounts/").content.decode()

    @pytest.mark.parametrize(
        ("username", "status"), [("director", 302), ("analyst", 403), ("executive", 403), ("owner", 403)]
    )
    def test_is_for_those_who_publish(self, company, start, as_user, username, status):
        run = start()
        assert as_user(username).post(f"/runs/{run.pk}/current/").status_code == status
        assert Run.objects.get(pk=run.pk).is_current is (status == 302)

    def test_is_only_a_run_that_is_done(self, company, as_user):
        waiting = new_find(company.users["analyst"], FindSettings())
        assert as_user("director").post(f"/runs/{waiting.pk}/current/").status_code == 404
        assert Run.objects.get(is_current=True) == company.run


class TestFailedRun:
    def test_says_why_in_both_languages(self, company, start, as_user):
        run = start(until="1999-12-31")
        assert run.state == Run.State.FAILED
        assert run.ended_at is not None
        for lang, other in (("zh", "en"), ("en", "zh")):
            body = as_user("analyst", lang=lang).get(f"/runs/{run.pk}/").content.decode()
            assert run.error[lang] in body
            assert run.error[other] not in body
        assert as_user("analyst").get("/runs/").status_code == 200

    def test_without_a_ledger_says_how_to_import_one(self, company, start, monkeypatch, tmp_path):
        monkeypatch.setenv("KEYACCOUNT_LEDGER", str(tmp_path / "nothing"))
        run = start()
        assert run.state == Run.State.FAILED
        assert "keyaccount ledger import" in run.error["zh"]

    def test_by_a_circle_among_groups_names_it_to_those_who_see_all(self, company, start, as_user):
        for code, parent in (("K7401", "K7402"), ("K7402", "K7401")):
            Account.objects.filter(code=code).update(parent=company.accounts[parent])
        run = start()
        assert "K7402" in run.error["zh"]
        assert "K7402" in as_user("analyst").get(f"/runs/{run.pk}/").content.decode()
        assert "K7402" not in as_user("executive").get(f"/runs/{run.pk}/").content.decode()

    def test_is_failed_too_where_the_program_breaks(self, company, start, monkeypatch):
        def breaks(*_, **__):
            raise ZeroDivisionError("K7401")

        monkeypatch.setattr("keyaccount.find.key_accounts.key_accounts_of", breaks)
        run = start()
        assert run.state == Run.State.FAILED
        assert "ZeroDivisionError" in run.error["en"]
        assert "K7401" not in run.error["en"]


class TestSettings:
    @pytest.mark.parametrize(
        ("fields", "said"),
        [
            ({"share": "0"}, "0"),
            ({"share": "101"}, "1.01"),
            ({"share": "-5"}, "-0.05"),
            ({"share": "多"}, "多"),
            ({"share": "NaN"}, "NaN"),
            ({"share": "Infinity"}, "Infinity"),
            ({"share": "1e999999999"}, "1e999999999"),
            ({"until": "2025-02-30"}, "2025-02-30"),
            ({"until": "昨天"}, "昨天"),
            ({"basis": "luck"}, "luck"),
        ],
    )
    def test_that_cannot_be_meant_are_refused_in_words(self, company, as_user, fields, said):
        before = Run.objects.count()
        answer = as_user("analyst").post("/runs/start/", fields, follow=True)
        notice = re.search(
            r'<div class="notice notice-error"[^>]*>(.*?)</div>', answer.content.decode(), re.S
        )
        assert said in notice[1]
        assert re.search(r"[\u4e00-\u9fff]", notice[1])
        assert Run.objects.count() == before
        english = as_user("analyst", lang="en").post("/runs/start/", fields, follow=True).content.decode()
        notice = re.search(r'<div class="notice notice-error"[^>]*>(.*?)</div>', english, re.S)
        assert not re.search(r"[\u4e00-\u9fff]", notice[1].replace(said, ""))

    def test_at_the_edge_of_the_calendar_fail_in_words(self, company, start):
        for until in ("0001-01-01", "9999-12-31"):
            assert start(until=until).state in (Run.State.FAILED, Run.State.DONE)

    @pytest.mark.parametrize(
        ("username", "status"),
        [("director", 302), ("analyst", 302), ("executive", 403), ("head", 403), ("admin", 403)],
    )
    def test_are_for_those_who_may_run(self, company, as_user, username, status):
        assert as_user(username).post("/runs/start/").status_code == status

    def test_of_an_ended_post_are_not(self, company, as_user):
        nobody = company.users["nobody"]
        post(nobody, Role.ANALYST, company.units["HQ"], until=dt.date(2025, 1, 1))
        assert as_user("nobody").post("/runs/start/").status_code == 403
