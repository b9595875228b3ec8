"""Needs: from a hint to an answer, who confirmed them, what reminds, and who sees them."""

import datetime as dt

import pytest
from django.utils import timezone

from keyaccount_web.know.models import Contact
from keyaccount_web.know.needs import services
from keyaccount_web.know.needs.models import Expectation, Need
from keyaccount_web.know.provenance import FactError
from keyaccount_web.know.record_kit import RecordChangedError, RecordError
from keyaccount_web.know.services import hand_over
from keyaccount_web.work.models import ToDo


def told(days=0, **more):
    day = timezone.localdate() - dt.timedelta(days=days)
    return {"source_kind": "customer", "source": "", "dated": day, "permission": "internal", **more}


@pytest.fixture
def account(company):
    return company.accounts["K7101"]


@pytest.fixture
def people(account):
    return [account.contacts.get(), Contact.objects.create(account=account, name="白露", title="仓库主管")]


@pytest.fixture
def need(company, account, people):
    return services.add_need(
        by=company.users["owner"], account=account, text="交货太慢", topic="delivery",
        source=told(20), contact=people[0], words="上次等了十天",
    )  # fmt: skip


class TestNeed:
    def test_takes_its_source_from_who_said_it(self, need, people):
        assert need.source == people[0].name
        assert (need.standing, need.began_as) == ("implicit", "implicit")

    def test_goes_step_by_step_to_an_answer(self, company, need):
        by = company.users["owner"]
        with pytest.raises(services.NeedError) as refused:
            services.move(need, by=by, to="proposed", text="加一班车")
        assert refused.value.code == "need.not_from_here"
        need = services.move(need, by=by, to="explicit")
        with pytest.raises(services.NeedError) as refused:
            services.move(need, by=by, to="proposed", text=" ")
        assert refused.value.code == "need.no_text"
        need = services.move(need, by=by, to="proposed", text="加一班车")
        need = services.move(need, by=by, to="answered", text="同意", is_taken=True)
        assert (need.proposal, need.answer, need.is_taken) == ("加一班车", "同意", True)
        assert need.moved_on == timezone.localdate()
        assert need.history.count() == 4

    def test_who_is_late_is_told(self, company, need):
        services.move(need, by=company.users["owner"], to="explicit", version=1)
        with pytest.raises(RecordChangedError):
            services.move(need, by=company.users["head"], to="dropped", text="不要了", version=1)

    def test_is_a_single_voice_until_somebody_else_says_it(self, company, account, need, people):
        assert services.single_voices([account.pk]) == {account.pk: [need.pk]}
        services.say_again(need, by=company.users["owner"], contact=people[0], said_on=timezone.localdate())
        assert services.single_voices([account.pk]) == {account.pk: [need.pk]}
        services.say_again(need, by=company.users["owner"], contact=people[1], said_on=timezone.localdate())
        assert services.single_voices([account.pk]) == {}

    def test_marked_confidential_is_refused_and_nothing_is_kept(self, company, account):
        with pytest.raises(FactError):
            services.add_need(
                by=company.users["owner"], account=account, text="明年扩产", topic="product",
                source=told(permission="confidential", source="规划"),
            )  # fmt: skip
        assert not Need.objects.exists()

    def test_goes_along_when_its_account_is_handed_over(self, company, need):
        users = company.users
        hand_over(users["owner"], users["colleague"])
        need.refresh_from_db()
        assert need.owner == users["colleague"]


class TestReminding:
    def test_asks_once_a_round_and_stops_when_it_moves(self, company, need):
        assert services.remind() == 1
        assert services.remind() == 0
        asked = ToDo.objects.get(rule=services.RULE)
        assert (asked.owner, asked.about_id, asked.state) == (company.users["owner"], need.pk, "open")
        services.move(need, by=company.users["owner"], to="explicit")
        asked.refresh_from_db()
        assert asked.state == "done"
        assert services.remind() == 0
        assert services.remind(timezone.localdate() + dt.timedelta(days=21)) == 1

    def test_follows_the_companys_settings(self, need):
        from keyaccount_web.company.presets import change_setting

        change_setting("needs.implicit_days", 21)
        assert services.remind() == 0


class TestExpectation:
    def test_is_one_for_each_kind_of_goods(self, company, account):
        by = company.users["owner"]
        first = services.keep_expectation(by=by, account=account, source=told(source="采购部"), lead_days=3)
        with pytest.raises(RecordError) as refused:
            services.keep_expectation(by=by, account=account, source=told(source="采购部"), lots=2)
        assert refused.value.code == "expectation.twice"
        services.keep_expectation(
            by=by, account=account, source=told(source="采购部"), record=first, version=1, lead_days=2
        )
        assert [one.lead_days for one in first.history.order_by("history_id")] == [3, 2]

    def test_of_nothing_is_refused(self, company, account):
        with pytest.raises(RecordError) as refused:
            services.keep_expectation(
                by=company.users["owner"], account=account, source=told(source="采购部"), goods="阀门"
            )
        assert refused.value.code == "expectation.nothing"


PAGES = (
    "/accounts/{account}/needs/", "/needs/{need}/", "/accounts/{account}/needs/new/", "/needs/{need}/change/",
    "/accounts/{account}/expectations/new/", "/accounts/{account}/expectations/{expectation}/",
)  # fmt: skip


class TestPages:
    @pytest.fixture
    def ids(self, company, account, need):
        expectation = services.keep_expectation(
            by=company.users["owner"], account=account, source=told(source="采购部"), lead_days=3
        )
        return {"account": account.pk, "need": need.pk, "expectation": expectation.pk}

    @pytest.mark.parametrize("page", PAGES)
    def test_are_for_those_who_may_see_the_account(self, as_user, ids, page):
        url = page.format(**ids)
        assert as_user("owner").get(url).status_code == 200
        assert as_user("head").get(url).status_code == 200
        assert as_user("colleague").get(url).status_code == 404
        assert as_user("stranger").get(url).status_code == 404
        assert as_user("admin").get(url).status_code == 404

    def test_who_may_not_edit_may_look_and_not_change(self, as_user, ids):
        planner = as_user("planner")
        assert planner.get(PAGES[0].format(**ids)).status_code == 200
        assert planner.get(PAGES[2].format(**ids)).status_code == 403
        assert (
            planner.post(f"/needs/{ids['need']}/move/", {"to": "explicit", "version": 1}).status_code == 403
        )

    def test_a_need_is_added_and_worked_to_an_answer_in_the_browser(self, as_user, account, people):
        owner = as_user("owner")
        form = {"text": "想培训店员", "topic": "training", "standing": "explicit", "contact": people[1].pk}
        form |= {name: str(value) for name, value in told().items()}
        answer = owner.post(f"/accounts/{account.pk}/needs/new/", form)
        made = Need.objects.get()
        assert answer.url == f"/needs/{made.pk}/"
        owner.post(f"/needs/{made.pk}/move/", {"to": "proposed", "text": "下月两场", "version": 1})
        owner.post(f"/needs/{made.pk}/move/?to=answered", {"taken": "yes", "text": "好", "version": 2})
        made.refresh_from_db()
        assert (made.standing, made.is_taken) == ("answered", True)
        late = owner.post(f"/needs/{made.pk}/move/", {"to": "explicit", "version": 2})
        assert late.status_code == 409
        assert "同事改过" in late.content.decode()

    def test_a_need_without_a_voice_or_source_is_refused_and_nothing_typed_is_lost(self, as_user, account):
        form = {"text": "想培训店员", "topic": "training", "standing": "explicit"}
        form |= {name: str(value) for name, value in told().items()}
        answer = as_user("owner").post(f"/accounts/{account.pk}/needs/new/", form)
        assert answer.status_code == 422
        assert "想培训店员" in answer.content.decode()
        assert not Need.objects.exists()

    def test_the_list_says_why_it_reminds_and_shows_nobody_elses(self, as_user, need):
        assert "隐性需求 20 天没有进展" in as_user("owner").get("/needs/").content.decode()
        assert need.text not in as_user("colleague").get("/needs/?whose=all").content.decode()
        answer = as_user("owner").get("/needs/?format=json").json()
        assert answer["rows"][0]["standing"] in ("implicit", "隐性")

    def test_is_found_by_its_words(self, as_user, need):
        assert need.text in as_user("owner").get("/search/?q=交货太慢").content.decode()
        assert "/needs/" not in as_user("colleague").get("/search/?q=交货太慢").content.decode()

    @pytest.mark.parametrize("rows", [1, 40])
    def test_the_same_number_of_queries_whatever_the_rows(
        self, as_user, company, account, people, rows, django_assert_max_num_queries
    ):
        for number in range(rows):
            services.add_need(
                by=company.users["owner"], account=account, text=f"需求{number}", topic="price",
                source=told(30), contact=people[0],
            )  # fmt: skip
        owner = as_user("owner")
        owner.get("/needs/")
        with django_assert_max_num_queries(20):
            owner.get("/needs/")
        with django_assert_max_num_queries(20):
            owner.get(f"/accounts/{account.pk}/needs/")


def test_expectations_are_removed_and_stay_in_history(as_user, company, account):
    one = services.keep_expectation(
        by=company.users["owner"], account=account, source=told(source="采购部"), lead_days=3
    )
    as_user("owner").post(f"/accounts/{account.pk}/expectations/{one.pk}/remove/")
    assert not Expectation.objects.exists()
    assert Expectation.history.count() == 2


def test_a_need_for_one_account_only_is_on_the_list_and_in_no_file_of_many(company, account, as_user):
    for text, permission in (("交货太慢", "account"), ("要开增值税票", "internal")):
        services.add_need(
            by=company.users["owner"], account=account, text=text, topic="delivery",
            source=told(3, source="采购部", permission=permission),
        )  # fmt: skip
    client = as_user("owner")
    page = client.get("/needs/").content.decode()
    assert "交货太慢" in page
    file = b"".join(client.get("/needs/export/?format=csv").streaming_content).decode("utf-8-sig")
    assert "要开增值税票" in file
    assert "交货太慢" not in file
