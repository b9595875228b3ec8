"""Settings tried on the spot: what the page says, against the library; who may open it; keeping it as a run."""

import datetime as dt
import re
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from keyaccount.find.facts import account_facts
from keyaccount.find.key_accounts import find_key_accounts
from keyaccount.find.settings import FindSettings
from keyaccount.ledger.store.reading import open_store
from keyaccount_web.find.trying import facts as trying_facts
from keyaccount_web.find.trying import outcome
from keyaccount_web.find.trying.facts import Waiting, facts_wanted, held_facts
from keyaccount_web.find.trying.settings import TrySettings, as_query, tried, tried_of
from keyaccount_web.know.models import Account, CostToServe
from keyaccount_web.runs.models import Run
from keyaccount_web.runs.services import current_run, result, settings_of

from ..company import CUSTOMERS, UNTIL, groups

PART = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def _nothing_held():
    """Each test's records are its own."""
    for kept in (trying_facts._held, outcome._proposed, outcome._costs):
        kept.clear()


@pytest.fixture
def ask(as_user):
    """The page with some settings changed; gives its text."""

    def asked(username="analyst", *, part=True, **changed):
        fields = dict(as_query(tried_of(current_run()))) | {
            name: value for name, value in changed.items() if value
        }
        for name, value in changed.items():
            if value is None:
                fields.pop(name, None)
        answer = as_user(username).get("/find/try/", fields, headers=PART if part else {})
        assert answer.status_code == 200
        return answer.content.decode()

    return asked


def names_in(body):
    return [one.name for one in CUSTOMERS if one.name in body]


class TestThePage:
    def test_opens_with_what_holds_and_says_how_many_would_be_on_the_list(self, company, as_user):
        body = as_user("analyst").get("/find/try/").content.decode()
        found = company.found.summary
        assert f"{found.accounts} 家客户中 {found.set_size} 家" in body
        assert f"名单上会有 {found.verdicts['key']} 家" in body
        assert "改一项设置，这里就会显示谁进入、谁退出。" in body
        assert names_in(body) == [
            row["account_name"] for row in company.found.accounts.to_pylist() if row["verdict"] == "key"
        ] or set(names_in(body)) == {
            row["account_name"] for row in company.found.accounts.to_pylist() if row["verdict"] == "key"
        }

    def test_is_for_those_alone_who_see_all_and_the_company_figures(self, as_user):
        for username in ("owner", "colleague", "stranger", "head", "admin", "executive"):
            assert as_user(username).get("/find/try/").status_code == 403, username
            assert as_user(username).post("/find/try/keep/", {}).status_code == 403, username

    def test_asks_few_queries(self, company, as_user):
        client = as_user("analyst")
        client.get("/find/try/")
        with CaptureQueriesContext(connection) as caught:
            client.get("/find/try/")
        assert len(caught) <= 20

    def test_says_in_words_what_cannot_be_meant(self, company, ask):
        assert "份额 应是一个数" in ask(share="viel")
        assert "年度截至 应是一个日期" in ask(until="31.12.")
        assert "名单至少需要一种入选依据" in ask(in_set=None)
        assert "设置 份额 应在" in ask(share="120")

    def test_says_that_there_is_no_ledger(self, company, ask, monkeypatch):
        monkeypatch.setattr(trying_facts, "newest_snapshot", lambda: None)
        assert "账本还是空的" in ask()


class TestAnotherSetting:
    def test_gives_the_list_that_the_library_gives(self, company, ask):
        body = ask(share="50")
        with_groups = find_key_accounts(
            open_store(company.place).condensed(),
            groups=groups(),
            cost_to_serve=None,
            settings=FindSettings(until=UNTIL, share=Decimal("0.5")),
        )
        key = {row["account_name"] for row in with_groups.accounts.to_pylist() if row["verdict"] == "key"}
        assert set(names_in(body)) == key

    def test_tells_who_leaves_with_the_figure_and_the_rule(self, company, ask):
        body = ask(share="50", tab="leaving")
        line = company.found.summary.set_size
        assert re.search(rf"销售额第 \d 位，入围到第 {line} 位；现在第 \d 位，入围只到第 \d 位", body)
        assert "改了：份额" in body

    def test_tells_each_change_which_setting_alone_makes_it(self, company, ask):
        body = ask(share="50", groups=None, tab="leaving")
        assert '<span class="state state-plain">份额</span>' in body

    def test_counts_enterers_and_leavers_as_the_lists_differ(self, company, ask):
        body = ask(guards_apply=None, tab="entering")
        # Two are profitless in the set; with guards off they come on.
        entering = int(re.search(r"＋(\d+) 家进入", body)[1])
        assert entering == len(names_in(body.split('id="rows"')[1]))
        assert "不再算不赚钱" in body

    def test_lets_spend_be_a_way(self, company, ask):
        body = ask(in_set=None, by_spend="on", monthly_spend_from="20000")
        # 41,311 · 28,607 · 33,349 a month, and the group of 17,929 + 7,411 + 4,597; 海晏 earns nothing.
        assert set(names_in(body)) == {"云帆机械", "弘毅电气", "金陵纺机", "集美集团"}
        assert "平均月消费" in body

    def test_takes_a_rate_for_the_cost_to_serve(self, company, ask):
        # Costs are 71% of sales; 30% for service leaves nothing to anybody.
        body = ask(service="rate", service_rate="30", tab="leaving")
        assert "不赚钱：利润" in body
        assert "名单上会有 0 家" in body

    def test_leaves_the_groups_apart(self, company, ask):
        body = ask(groups=None, tab="leaving", share="100")
        assert "集美甬江" not in body
        assert "集美甬江" in ask(groups=None, share="100")

    def test_sees_a_cost_that_was_entered_a_moment_ago(self, company, ask):
        assert "云帆机械" not in ask(tab="profitless")
        CostToServe.objects.create(account=Account.objects.get(code="K7101"), amount=Decimal(999_999))
        assert "云帆机械" in ask(tab="profitless")


class TestKeptAsARun:
    def test_is_the_run_of_the_settings_tried(self, company, as_user, django_capture_on_commit_callbacks):
        asked = dict(as_query(TrySettings())) | {
            "share": "50", "service": "rate", "service_rate": "10", "by_spend": "on", "monthly_spend_from": "20000",
        }  # fmt: skip
        asked.pop("groups")
        with django_capture_on_commit_callbacks(execute=True):
            answer = as_user("analyst").post("/find/try/keep/", asked)
        run = Run.objects.get(pk=re.fullmatch(r"/runs/(\d+)/", answer["Location"])[1])
        assert run.state == Run.State.DONE
        assert settings_of(run).share == Decimal("0.5")
        kept = tried_of(run)
        assert (kept.options.groups, kept.options.service) == (False, "rate")
        assert kept.basis.monthly_spend_from == Decimal(20000)
        rows = {row["account_id"]: row for row in result(run, None).to_pylist()}
        # 10% of the year's sales, for each account by itself.
        assert rows["K7302"]["cost_to_serve"] == (rows["K7302"]["sales"] / 10).quantize(Decimal("0.0001"))

    def test_repeats_with_the_same_costs(self, company, as_user, django_capture_on_commit_callbacks):
        asked = dict(as_query(TrySettings())) | {"service": "rate", "service_rate": "10"}
        with django_capture_on_commit_callbacks(execute=True):
            as_user("analyst").post("/find/try/keep/", asked)
        first = Run.objects.first()
        with django_capture_on_commit_callbacks(execute=True):
            as_user("analyst").post(f"/runs/{first.pk}/repeat/")
        second = Run.objects.first()
        assert second.repeats == first
        assert result(second, None).equals(result(first, None))
        assert tried_of(second) == tried_of(first)

    def test_needs_settings_that_make_sense(self, company, as_user):
        runs = Run.objects.count()
        asked = dict(as_query(TrySettings())) | {"share": "0"}
        assert as_user("analyst").post("/find/try/keep/", asked)["Location"] == "/find/try/"
        assert Run.objects.count() == runs


class TestFacts:
    def test_are_read_once_and_found_again_by_another_process(self, company, monkeypatch):
        wanted = facts_wanted(None, groups=True)
        first = held_facts(wanted)
        trying_facts._held.clear()  # another process
        monkeypatch.setattr(trying_facts, "account_facts", lambda *_, **__: pytest.fail("read again"))
        second = held_facts(wanted)
        assert second.facts == first.facts
        assert second.monthly_spend.equals(first.monthly_spend)

    def test_are_others_when_a_subsidiary_moves(self, company):
        before = facts_wanted(None, groups=True).key
        Account.objects.filter(code="K7303").update(parent=Account.objects.get(code="K7101"))
        assert facts_wanted(None, groups=True).key != before

    def test_of_a_large_ledger_are_read_by_a_worker(self, company, ask, monkeypatch):
        monkeypatch.setattr(trying_facts, "AT_ONCE_LINES", 10)
        queued = []
        monkeypatch.setattr(
            trying_facts.read_facts.__class__, "enqueue", lambda _task, *told: queued.append(told)
        )
        assert "后台正在读取" in ask()
        assert "后台正在读取" in ask()  # the second one waits for the first
        assert len(queued) == 1
        trying_facts.read_facts.func(*queued[0])
        assert "名单上会有" in ask()

    def test_that_break_say_so_and_are_tried_again(self, company, ask, monkeypatch):
        monkeypatch.setattr(trying_facts, "AT_ONCE_LINES", 10)
        wanted = facts_wanted(UNTIL, groups=True)
        trying_facts._tell(wanted.key, Waiting(0, "", {"zh": "磁盘满了", "en": "disk full"}))
        assert "磁盘满了" in ask()
        assert "后台正在读取" in ask()
        assert "名单上会有" in ask()

    def test_of_many_accounts_do_not_fill_the_memory(self, company, ask, monkeypatch):
        monkeypatch.setattr(trying_facts, "ROWS_IN_MEMORY", 20)
        monkeypatch.setattr(outcome, "ROWS_IN_MEMORY", 20)
        for share in ("50", "60", "70"):
            assert "名单上会有" in ask(share=share)
        assert "名单上会有" in ask(groups=None)
        assert len(trying_facts._held) == 1
        assert len(outcome._proposed) == 2

    def test_kept_are_few(self, company, monkeypatch):
        monkeypatch.setattr(trying_facts, "IN_FILES", 2)
        for day in (28, 29, 30):
            held_facts(facts_wanted(dt.date(2025, 12, day), groups=True))
        kept = [one for one in trying_facts._folder().iterdir() if one.is_dir()]
        assert len(kept) == 2


class TestSettingsOfAnAddress:
    def test_come_back_as_they_were_written(self):
        from django.http import QueryDict

        asked = QueryDict(mutable=True)
        asked.update(dict(as_query(TrySettings())))
        assert tried(asked, TrySettings()) == TrySettings()


class TestKeptFacts:
    def test_are_the_facts(self, company, tmp_path):
        from keyaccount.find.kept_facts import keep_facts, kept_facts

        facts = account_facts(open_store(company.place).condensed(), groups=groups())
        keep_facts(tmp_path / "facts", facts, spend=facts.years)
        keep_facts(tmp_path / "facts", facts, spend=facts.years)  # somebody else was as fast
        told, more = kept_facts(tmp_path / "facts")
        assert told == facts
        assert more["spend"].equals(facts.years)
        assert kept_facts(tmp_path / "none") is None
