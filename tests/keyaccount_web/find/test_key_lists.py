"""The yearly list: proposed, argued over, published by two, fixed for the year (F7, R2)."""

import datetime as dt
import hashlib
from decimal import Decimal

import pytest

from keyaccount.find.list_basis import ListBasis
from keyaccount_web.access.roles import Role
from keyaccount_web.approvals.models import Approval
from keyaccount_web.approvals.services import ApprovalError
from keyaccount_web.approvals.services import decide as decide_approval
from keyaccount_web.duplicates.services import merge
from keyaccount_web.find.lists import proposing, publishing
from keyaccount_web.find.lists.discussing import say_of_list
from keyaccount_web.find.lists.exceptions import ask_exception
from keyaccount_web.find.lists.proposing import YearlyListError, proposal_of, propose_list
from keyaccount_web.find.lists.publishing import ask_to_publish, document_path, findings, frozen
from keyaccount_web.find.lists.reading import members
from keyaccount_web.find.lists.reviewing import DecisionConflictError, add_account, begin_review, decide, drop
from keyaccount_web.find.models import KeyAccountList, ListEntry, ListException
from keyaccount_web.know.models import Account
from keyaccount_web.runs.models import Run
from keyaccount_web.work.comments import CommentError
from keyaccount_web.work.models import Notification
from tests.keyaccount_web.company import import_table, ledger_table, post

IN_SET = ListBasis()
BY_SPEND = ListBasis(monthly_spend_from=Decimal(3000))


@pytest.fixture
def draft(company, again):
    """Of the accounts in the set, one is barred: 海晏船舶 leaves no profit."""

    def make():
        told = propose_list(company.users["analyst"], company.run, IN_SET)
        begin_review(told, company.users["analyst"])

    again("draft", make)
    return KeyAccountList.objects.get()


def entry(told, code):
    return told.entries.get(code=code)


def versions(*entries):
    return {one.pk: one.version for one in entries}


def accept_all(told, user):
    decide(user, told, versions(*told.entries.filter(proposed=True)), "accept")


def refusal(call, *words, **named):
    with pytest.raises((YearlyListError, ApprovalError)) as caught:
        call(*words, **named)
    return caught.value.code


def publish(told, company, *, unclean_reason=""):
    users = company.users
    approval = ask_to_publish(
        users["analyst"], told, of=users["director"], reason="请批准", unclean_reason=unclean_reason
    )
    decide_approval(approval, by=users["director"], granted=True, answer="同意", digest=approval.digest)
    told.refresh_from_db()
    return told


@pytest.fixture
def published(draft, company, again):
    def make():
        accept_all(draft, company.users["director"])
        publish(draft, company)

    again("published", make)
    draft.refresh_from_db()
    return draft


class TestProposed:
    def test_says_of_each_account_what_the_library_says(self, company):
        told = propose_list(company.users["analyst"], company.run, BY_SPEND)
        proposal = proposal_of(company.run, BY_SPEND)
        expected = {row["account_id"]: row for row in proposal.candidates.to_pylist()}
        kept = {one.code: one for one in told.entries.filter(proposed=True)}
        assert set(kept) == set(expected)
        for code, row in expected.items():
            assert kept[code].ways == row["ways"]
            assert Decimal(kept[code].figures["sales"]) == row["sales"]
            assert [one["code"] for one in kept[code].reasons] == [one.code for one in proposal.why(row)]
        assert (told.year, told.until) == (2026, dt.date(2025, 12, 31))

    def test_has_those_kept_off_and_those_rising_beside(self, draft):
        found = dict(draft.entries.values_list("code", "proposed"))
        assert found == {
            **dict.fromkeys(("K7401", "K7101", "K7104", "K7201"), True),
            **dict.fromkeys(("K7301", "K7102"), False),
        }

    def test_is_one_at_a_time_and_fixed_once_published(self, company, draft):
        users = company.users
        assert refusal(propose_list, users["analyst"], company.run, IN_SET) == "yearly.open"
        accept_all(draft, users["director"])
        publish(draft, company)
        assert refusal(propose_list, users["analyst"], company.run, IN_SET) == "yearly.published"
        assert refusal(propose_list, users["analyst"], company.run, IN_SET, year=2031) == "yearly.year_far"

    def test_needs_a_finished_run_with_all_guards(self, company):
        analyst = company.users["analyst"]
        Run.objects.filter(pk=company.run.pk).update(state=Run.State.FAILED)
        company.run.refresh_from_db()
        assert refusal(propose_list, analyst, company.run, IN_SET) == "yearly.no_run"

    def test_of_accounts_merged_since_has_one_entry_and_says_so(self, company):
        one, other = company.accounts["K7401"], company.accounts["K7101"]
        merge(one.pk, other.pk, {}, versions=(1, 1), user=company.users["director"])
        told = propose_list(company.users["analyst"], company.run, IN_SET)
        assert told.entries.filter(account=one).count() == 1
        assert not told.entries.filter(account=other).exists()
        assert [one["code"] for one in findings(told)] == ["yearly.unclean.merged"]


class TestProposedOfManyAccounts:
    """By a worker, from some number of accounts on."""

    @pytest.fixture(autouse=True)
    def few(self, monkeypatch):
        monkeypatch.setattr(proposing, "MOST_AT_ONCE", 3)

    def test_is_the_same_and_its_page_says_how_far_it_is(
        self, company, as_user, django_capture_on_commit_callbacks
    ):
        analyst = company.users["analyst"]
        with django_capture_on_commit_callbacks() as later:
            told = proposing.begin_list(analyst, company.run, IN_SET)
        client, address = as_user("analyst"), f"/find/lists/{told.pk}/"
        assert told.state == "proposing"
        KeyAccountList.objects.update(progress=50)
        assert "正在起草" in client.get(address).content.decode()
        part = client.get(f"{address}?part=progress")
        assert 'value="50"' in part.content.decode()
        assert "<html" not in part.content.decode()
        assert "HX-Refresh" not in part
        assert refusal(proposing.begin_list, analyst, company.run, IN_SET) == "yearly.open"
        for one in later:
            one()
        by_worker = set(told.entries.values_list("code", "proposed", "place"))
        told.refresh_from_db()
        assert (told.state, told.progress) == ("draft", 100)
        assert client.get(f"{address}?part=progress")["HX-Refresh"] == "true"
        drop(told, analyst)
        at_once = propose_list(analyst, company.run, IN_SET)
        assert by_worker == set(at_once.entries.values_list("code", "proposed", "place")) != set()

    def test_that_cannot_be_made_says_why_and_makes_room_for_another(
        self, company, as_user, monkeypatch, django_capture_on_commit_callbacks
    ):
        def refuses(*_args, **_named):
            raise YearlyListError("yearly.old_run", run=1)

        with monkeypatch.context() as patched, django_capture_on_commit_callbacks(execute=True):
            patched.setattr(proposing, "proposal_of", refuses)
            told = proposing.begin_list(company.users["analyst"], company.run, IN_SET)
        told.refresh_from_db()
        assert told.state == "dropped"
        page = as_user("analyst").get(f"/find/lists/{told.pk}/").content.decode()
        assert YearlyListError("yearly.old_run", run=1).text("zh") in page
        with django_capture_on_commit_callbacks(execute=True):
            other = proposing.begin_list(company.users["analyst"], company.run, IN_SET)
        assert KeyAccountList.objects.get(pk=other.pk).entries.filter(proposed=True).exists()


class TestDecision:
    def test_accepts_adds_refuses_and_reopens_with_history(self, company, draft):
        director = company.users["director"]
        decide(director, draft, versions(entry(draft, "K7401")), "accept")
        decide(director, draft, versions(entry(draft, "K7301")), "accept", "标杆客户")
        decide(director, draft, versions(entry(draft, "K7101")), "refuse", "合同到期")
        decide(director, draft, versions(entry(draft, "K7101")), "reopen")
        found = dict(draft.entries.values_list("code", "decision"))
        assert (found["K7401"], found["K7301"], found["K7101"]) == ("accepted", "added", "open")
        told = entry(draft, "K7101").history.order_by("history_id").values_list("decision", "reason")
        assert list(told) == [("open", ""), ("refused", "合同到期"), ("open", "")]

    @pytest.mark.parametrize(("code", "choice"), [("K7301", "accept"), ("K7401", "refuse")])
    def test_to_refuse_or_to_add_needs_a_reason(self, company, draft, code, choice):
        given = versions(entry(draft, code))
        assert refusal(decide, company.users["director"], draft, given, choice, "  ") == "yearly.no_reason"
        assert entry(draft, code).version == 1

    def test_of_what_somebody_else_decided_meanwhile_is_told_and_nothing_written(self, company, draft):
        users = company.users
        seen = versions(entry(draft, "K7101"), entry(draft, "K7201"))
        decide(users["head"], draft, versions(entry(draft, "K7101")), "refuse", "合同到期")
        with pytest.raises(DecisionConflictError) as caught:
            decide(users["director"], draft, seen, "accept")
        assert "葛文斌" in caught.value.text("zh")
        assert "云帆机械" in caught.value.text("zh")
        assert entry(draft, "K7201").decision == "open"
        assert entry(draft, "K7101").decision == "refused"

    def test_is_for_reviewers_about_accounts_they_see(self, company, draft):
        users = company.users
        foreign, own = versions(entry(draft, "K7401")), versions(entry(draft, "K7101"))
        assert refusal(decide, users["head"], draft, foreign, "accept") == "yearly.not_yours"
        assert refusal(decide, users["owner"], draft, own, "accept") == "yearly.not_yours"
        assert refusal(decide, users["head"], draft, {}, "accept") == "yearly.none_chosen"
        assert decide(users["head"], draft, own, "accept") == 1

    def test_adds_an_account_that_was_not_in_question(self, company, draft):
        head = company.users["head"]
        told = add_account(head, draft, company.accounts["K7203"], "新厂投产")
        assert (told.decision, told.proposed, told.verdict) == ("added", False, "ordinary")
        assert Decimal(told.figures["sales"]) > 0
        assert refusal(add_account, head, draft, company.accounts["K7203"], "x") == "yearly.on_list"
        assert refusal(add_account, head, draft, company.accounts["K7402"], "x") == "yearly.not_yours"
        assert refusal(add_account, head, draft, company.accounts["K7102"], "") == "yearly.no_reason"
        silent = add_account(company.users["director"], draft, company.accounts["K7501"], "政府客户")
        assert [one["code"] for one in silent.reasons] == ["reason.no_lines_in_year"]

    def test_of_a_list_given_up_is_refused(self, company, draft):
        drop(draft, company.users["analyst"])
        given = versions(entry(draft, "K7401"))
        assert refusal(decide, company.users["director"], draft, given, "accept") == "yearly.closed"


class TestPublishing:
    def test_waits_until_all_candidates_are_decided(self, company, draft):
        users = company.users
        words = {"of": users["director"], "reason": "x"}
        assert refusal(ask_to_publish, users["analyst"], draft, **words) == "yearly.undecided"
        decide(users["director"], draft, versions(*draft.entries.filter(proposed=True)), "refuse", "x")
        assert refusal(ask_to_publish, users["analyst"], draft, **words) == "yearly.nobody_on_it"
        assert refusal(ask_to_publish, users["head"], draft, **words) == "yearly.not_whole"

    def test_is_decided_by_another_who_may(self, company, draft):
        users = company.users
        accept_all(draft, users["director"])
        for of, code in (("analyst", "approval.same_person"), ("executive", "approval.no_right")):
            asked = refusal(ask_to_publish, users["analyst"], draft, of=users[of], reason="x")
            assert asked == code
        approval = ask_to_publish(users["analyst"], draft, of=users["director"], reason="x")
        post(users["analyst"], Role.DIRECTOR, company.units["HQ"])
        words = {"granted": True, "answer": "", "digest": approval.digest}
        assert refusal(decide_approval, approval, by=users["analyst"], **words) == "approval.same_person"
        draft.refresh_from_db()
        assert draft.state == "in_review"

    def test_is_asked_anew_after_a_change(self, company, draft):
        users = company.users
        accept_all(draft, users["director"])
        approval = ask_to_publish(users["analyst"], draft, of=users["director"], reason="x")
        decide(users["head"], draft, versions(entry(draft, "K7101")), "refuse", "合同到期")
        approval.refresh_from_db()
        assert approval.state == "withdrawn"
        assert Notification.objects.filter(user=users["analyst"], code="notice.approval_changed").exists()

    def test_freezes_names_figures_reasons_and_signatures(self, company, published):
        told = frozen(published)
        content = document_path(published).read_bytes()
        assert hashlib.sha256(content).hexdigest() == published.document_sha256
        assert told["year"] == 2026
        assert told["run"]["snapshot"] == company.snapshot
        assert [(one["as"], one["by"]["username"], one["said"]) for one in told["signatures"]] == [
            ("asked", "analyst", "请批准"),
            ("decided", "director", "同意"),
        ]
        rows = {row["account_id"]: row for row in company.found.accounts.to_pylist()}
        on_list = [one for one in told["entries"] if one["on_list"]]
        assert {one["code"] for one in on_list} == {"K7401", "K7101", "K7104", "K7201"}
        for one in on_list:
            assert Decimal(one["figures"]["sales"]) == rows[one["code"]]["sales"]
            assert one["reasons"]

    def test_tells_the_owners_of_its_accounts(self, company, published):
        told = Notification.objects.filter(code="notice.list_published")
        assert set(told.values_list("user__username", flat=True)) == {"owner", "colleague", "stranger"}

    def test_is_for_ever(self, company, published):
        director = company.users["director"]
        given = versions(entry(published, "K7401"))
        assert refusal(decide, director, published, given, "refuse", "x") == "yearly.closed"
        assert refusal(drop, published, director) == "yearly.closed"
        path = document_path(published)
        path.chmod(0o600)
        path.write_bytes(path.read_bytes().replace(b"K7401", b"K7402"))
        assert refusal(frozen, published) == "yearly.document_changed"
        path.unlink()
        assert refusal(frozen, published) == "yearly.no_document"

    def test_of_a_correction_supersedes_the_list_of_its_year(self, company, published):
        again = propose_list(company.users["analyst"], company.run, BY_SPEND, correction="漏了一个省")
        begin_review(again, company.users["analyst"])
        published.refresh_from_db()
        assert published.state == "published"
        accept_all(again, company.users["director"])
        publish(again, company)
        published.refresh_from_db()
        assert (published.state, again.state, again.corrects) == ("superseded", "published", published)
        assert frozen(again)["correction"] == "漏了一个省"


class TestUncleanBasis:
    def test_of_a_run_older_than_the_ledger_needs_a_reason_that_stays(
        self, company, own_ledger, draft, tmp_path
    ):
        users = company.users
        accept_all(draft, users["director"])
        assert findings(draft) == []
        import_table(own_ledger, ledger_table().slice(0, 40), tmp_path, name="补充")
        assert [one["code"] for one in findings(draft)] == ["yearly.unclean.older"]
        words = {"of": users["director"], "reason": "x"}
        assert refusal(ask_to_publish, users["analyst"], draft, **words) == "yearly.unclean"
        publish(draft, company, unclean_reason="补充的行不影响名单")
        told = frozen(draft)
        assert told["unclean_reason"] == "补充的行不影响名单"
        assert told["unclean_by"]["username"] == "analyst"
        assert [one["code"] for one in told["unclean"]] == ["yearly.unclean.older"]

    def test_that_becomes_so_after_the_question_withdraws_it(self, company, own_ledger, draft, tmp_path):
        users = company.users
        accept_all(draft, users["director"])
        approval = ask_to_publish(users["analyst"], draft, of=users["director"], reason="x")
        import_table(own_ledger, ledger_table().slice(0, 40), tmp_path, name="补充")
        words = {"by": users["director"], "granted": True, "answer": "", "digest": approval.digest}
        assert refusal(decide_approval, approval, **words) == "approval.changed"
        draft.refresh_from_db()
        assert draft.state == "in_review"

    def test_is_told_of_missing_costs_short_history_and_refused_rows(self, company, draft, monkeypatch):
        notes = [
            {"code": code, "values": {}} for code in ("note.no_cost", "note.year_short", "note.no_season")
        ]
        draft.run.summary["notes"] = notes
        record = next(iter(publishing.imports_of_all()))

        class Refused:
            import_id, refused, refused_amount = record.import_id, 3, Decimal("12.5")

        monkeypatch.setattr(publishing, "imports_of_all", lambda: (Refused,))
        assert [one["code"] for one in findings(draft)] == [
            "note.no_cost",
            "note.year_short",
            "yearly.unclean.refused",
        ]

    def test_says_where_the_set_says_little(self, draft):
        whole = draft.run.summary["summary"]
        whole["gini"], whole["accounts"] = 0.0, 9
        assert publishing.in_mind(draft)[0]["code"] == "yearly.note.all_equal"
        whole["set_size"] = 1
        assert publishing.in_mind(draft)[0]["code"] == "yearly.note.one_has_all"
        whole["accounts"] = 1
        assert publishing.in_mind(draft)[0]["code"] == "yearly.note.only_one"


class TestExceptions:
    def ask(self, company, told, code, action, by="head"):
        of, account = company.users["director"], company.accounts[code]
        return ask_exception(company.users[by], told, account, action, "签了框架合同", of=of)

    def decide(self, company, one, *, granted=True):
        approval = Approval.objects.get(kind="list_exception", subject_id=one.pk)
        return decide_approval(
            approval, by=company.users["director"], granted=granted, answer="说明", digest=approval.digest
        )

    def test_bring_an_account_on_and_another_off_without_touching_the_document(self, company, published):
        before = document_path(published).read_bytes()
        added, removed = (
            self.ask(company, published, "K7102", "add"),
            self.ask(company, published, "K7101", "remove"),
        )
        assert {one.code for one in members(published)} == {"K7401", "K7101", "K7104", "K7201"}
        self.decide(company, added)
        self.decide(company, removed)
        assert {one.code for one in members(published)} == {"K7401", "K7102", "K7104", "K7201"}
        assert document_path(published).read_bytes() == before
        told = ListException.objects.get(pk=added.pk)
        assert (told.state, told.decided_by) == ("granted", company.users["director"])

    def test_that_are_refused_change_nothing_and_may_be_asked_again(self, company, published):
        one = self.ask(company, published, "K7102", "add")
        assert refusal(self.ask, company, published, "K7102", "add") == "yearly.exception_asked"
        self.decide(company, one, granted=False)
        assert "K7102" not in {one.code for one in members(published)}
        self.ask(company, published, "K7102", "add")

    def test_are_refused_where_they_do_not_fit(self, company, published):
        assert refusal(self.ask, company, published, "K7101", "add") == "yearly.on_list"
        assert refusal(self.ask, company, published, "K7102", "remove") == "yearly.not_on_list"
        assert refusal(self.ask, company, published, "K7402", "add") == "yearly.not_yours"
        assert refusal(self.ask, company, published, "K7101", "remove", by="owner") == "yearly.not_yours"

    def test_are_for_published_lists(self, company, draft):
        assert refusal(self.ask, company, draft, "K7102", "add") == "yearly.not_published"


class TestMergedAccounts:
    def test_count_once_on_a_published_list(self, company, published):
        one, other = company.accounts["K7401"], company.accounts["K7101"]
        merge(one.pk, other.pk, {}, versions=(1, 1), user=company.users["director"])
        assert sorted(member.code for member in members(published)) == ["K7104", "K7201", "K7401"]
        codes = {row["code"] for row in frozen(published)["entries"] if row["on_list"]}
        assert codes == {"K7401", "K7101", "K7104", "K7201"}


class TestScope:
    """Who sees which list, and what of it."""

    PEOPLE = ("director", "analyst", "head", "owner", "colleague", "stranger", "executive", "admin", "nobody")

    def seen(self, as_user, address):
        return {name for name in self.PEOPLE if as_user(name).get(address).status_code == 200}

    def test_of_a_draft_is_those_who_calculate_and_in_review_those_who_decide(self, company, as_user):
        told = propose_list(company.users["analyst"], company.run, IN_SET)
        address = f"/find/lists/{told.pk}/"
        assert self.seen(as_user, address) == {"director", "analyst"}
        begin_review(told, company.users["analyst"])
        assert self.seen(as_user, address) == {"director", "analyst", "head"}

    def test_of_a_published_list_is_everybody_for_their_own_accounts(self, company, as_user, published):
        address = f"/find/lists/{published.pk}/"
        assert self.seen(as_user, address) == set(self.PEOPLE) - {"admin", "nobody"}
        for username, own, foreign in (
            ("owner", "云帆机械", "金陵纺机"),
            ("stranger", "金陵纺机", "云帆机械"),
        ):
            body = as_user(username).get(address + "?tab=all").content.decode()
            assert own in body
            assert foreign not in body
            assert "您的客户中" in body
            assert "累计" not in body  # a running share is the company's
        assert "累计" in as_user("director").get(address).content.decode()

    def test_of_an_entry_follows_the_account_and_the_list(self, company, as_user, draft):
        address = f"/find/lists/entries/{entry(draft, 'K7101').pk}/"
        assert self.seen(as_user, address) == {"director", "analyst", "head"}
        accept_all(draft, company.users["director"])
        publish(draft, company)
        assert self.seen(as_user, address) == {"director", "analyst", "head", "owner"}

    def test_of_document_proof_and_publication_is_those_who_see_the_whole(self, company, as_user, draft):
        assert self.seen(as_user, f"/find/lists/{draft.pk}/publish/") == {"director", "analyst"}
        accept_all(draft, company.users["director"])
        publish(draft, company)
        assert self.seen(as_user, f"/find/lists/{draft.pk}/document/") == {"director", "analyst"}
        answer = as_user("owner").post(f"/find/lists/{draft.pk}/prove/")
        assert answer.status_code == 403
        assert self.seen(as_user, "/find/lists/") == set(self.PEOPLE) - {"admin", "nobody"}

    def test_of_exceptions_is_those_who_decide_about_their_accounts(self, company, as_user, published):
        address = f"/find/lists/{published.pk}/except/?account=K7101"
        assert self.seen(as_user, address) == {"director", "analyst", "head"}
        address = f"/find/lists/{published.pk}/except/?account=K7401"
        assert self.seen(as_user, address) == {"director", "analyst"}


class TestPages:
    def test_lead_from_a_draft_to_a_published_list(self, company, as_user):
        analyst, director = as_user("analyst"), as_user("director")
        form = {"run": company.run.pk, "in_set": "1", "guards_apply": "1", "monthly_spend_from": "3000"}
        analyst.post("/find/lists/new/", form)
        told = KeyAccountList.objects.get()
        assert told.basis["monthly_spend_from"] is None
        here = f"/find/lists/{told.pk}/"
        analyst.post(here + "review/")
        ids = list(told.entries.filter(proposed=True).values_list("pk", flat=True))
        form = {"ids": ids, "choice": "accept", **{f"version-{pk}": 1 for pk in ids}}
        director.post(here + "decide/", form)
        answer = director.post(here + "decide/", {**form, "choice": "refuse", "reason": "x"}, follow=True)
        assert "您的决定没有写入" in answer.content.decode()
        analyst.post(here + "add/", {"account": company.accounts["K7203"].pk, "reason": "新厂投产"})
        body = analyst.get(here + "?tab=added").content.decode()
        assert "晨曦包装" in body
        assert "新厂投产" in body
        form = {"of": company.users["director"].pk, "reason": "请批准"}
        analyst.post(here + "publish/", form)
        approval = Approval.objects.get()
        assert "等待" in analyst.get(f"/approvals/{approval.pk}/").content.decode()
        director.post(f"/approvals/{approval.pk}/decide/", {"decision": "granted", "digest": approval.digest})
        body = director.get(here).content.decode()
        assert "5 家大客户" in body
        assert director.get(here + "document/").json()["year"] == 2026

    def test_say_what_was_wrong_with_a_new_draft(self, company, as_user):
        client = as_user("analyst")
        for form, said in (
            ({}, "名单至少需要一种入选依据"),
            ({"monthly_spend": "1", "monthly_spend_from": "三千"}, "三千"),
            ({"in_set": "1", "year": "明年"}, "明年"),
            ({"in_set": "1", "year": "2031"}, "2031"),
        ):
            body = client.post(
                "/find/lists/new/", {"run": company.run.pk, **form}, follow=True
            ).content.decode()
            assert said in body, said
        assert client.post("/find/lists/new/", {"run": "9" * 30}).status_code == 404
        assert as_user("head").post("/find/lists/new/", {"run": company.run.pk}).status_code == 403
        assert not KeyAccountList.objects.exists()

    def test_keep_who_has_looked_and_what_was_said(self, company, as_user, draft):
        head = as_user("head")
        head.post(f"/find/lists/{draft.pk}/seen/")
        about = entry(draft, "K7101")
        head.post("/comments/add/", {"about": f"list_entry:{about.pk}", "text": "份额在下滑"})
        body = as_user("director").get(f"/find/lists/{draft.pk}/").content.decode()
        assert "份额在下滑" in body
        assert "葛文斌" in body
        assert "份额在下滑" in as_user("director").get(f"/find/lists/entries/{about.pk}/").content.decode()

    def test_tell_on_the_account_whether_it_is_on_the_list_and_why(self, company, as_user, published):
        for code, said in (("K7101", "2026 年名单：在"), ("K7203", "2026 年名单：不在")):
            username = "owner" if code == "K7101" else "colleague"
            body = as_user(username).get(f"/accounts/{company.accounts[code].pk}/").content.decode()
            assert said in body
        link = f"/find/lists/entries/{entry(published, 'K7101').pk}/"
        assert link in as_user("owner").get(f"/accounts/{company.accounts['K7101'].pk}/").content.decode()

    @pytest.mark.parametrize("tail", ["", "?tab=all", "year/", "mid-year/", "publish/"])
    def test_take_few_queries_whatever_the_rows(
        self, company, as_user, draft, tail, django_assert_max_num_queries
    ):
        told, client = draft, as_user("director")
        if tail == "mid-year/":
            accept_all(draft, company.users["director"])
            publish(draft, company)
        for number in range(40):
            ListEntry.objects.create(
                key_list=told,
                account=_account(number),
                code=str(number),
                name="甲",
                proposed=True,
                place=100 + number,
            )
        with django_assert_max_num_queries(20):
            assert client.get(f"/find/lists/{told.pk}/{tail}").status_code == 200


def _account(number):
    return Account.objects.create(code=f"Z{number}", name=f"甲{number}")


class TestDiscussion:
    def test_is_among_those_who_decide_and_tells_who_is_mentioned(self, company, draft, as_user):
        head = company.users["head"]
        client = as_user("director")
        client.post(f"/find/lists/{draft.pk}/say/", {"text": f"@{head.name} 浙江的份额要看"})
        comment = draft.comments.get()
        assert [one.pk for one in comment.mentions.all()] == [head.pk]
        notice = Notification.objects.get(user=head, code="notice.mentioned_on_list")
        assert notice.url == f"/find/lists/{draft.pk}/#said-{comment.pk}"
        for username, status, told in (("head", 200, True), ("analyst", 200, True), ("owner", 404, False)):
            answer = as_user(username).get(f"/find/lists/{draft.pk}/")
            assert answer.status_code == status, username
            assert ("浙江的份额要看" in answer.content.decode()) == told
        assert as_user("owner").post(f"/find/lists/{draft.pk}/say/", {"text": "?"}).status_code == 404

    def test_names_nobody_who_does_not_see_the_list(self, company, draft):
        name = company.users["owner"].name
        with pytest.raises(CommentError) as caught:
            say_of_list(company.users["director"], draft, f"@{name} 请看")
        assert caught.value.code == "mention.may_not_see"

    def test_is_taken_back_by_its_author_alone(self, company, draft, as_user):
        comment = say_of_list(company.users["director"], draft, "先不发布")
        address = f"/find/lists/{draft.pk}/say/{comment.pk}/back/"
        assert as_user("head").post(address).status_code == 403
        as_user("director").post(address)
        body = as_user("head").get(f"/find/lists/{draft.pk}/").content.decode()
        assert "先不发布" not in body
        assert "评论已被" in body

    def test_stays_to_be_read_once_the_list_is_published(self, company, draft, as_user):
        say_of_list(company.users["director"], draft, "按框架合同看")
        accept_all(draft, company.users["director"])
        publish(draft, company)
        assert "按框架合同看" in as_user("head").get(f"/find/lists/{draft.pk}/").content.decode()
        assert "按框架合同看" not in as_user("owner").get(f"/find/lists/{draft.pk}/").content.decode()
        assert refusal(say_of_list, company.users["director"], draft, "晚了") == "yearly.closed"
