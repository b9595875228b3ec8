"""Standards: what is due and why, planned against done, signs; each figure opens to its touches (C3)."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from keyaccount_web.company.presets import change_setting
from keyaccount_web.cover.due import refresh_due
from keyaccount_web.cover.models import DueTouch, Sign, Touch
from keyaccount_web.know.models import AccountFigures

OWN = ("K7101", "K7102", "K7103", "K7104")


@pytest.fixture
def served(company):
    """K7101 is seen as its standard asks, K7201 never; both are key accounts of crystal size, one call a month, two visits a quarter."""
    AccountFigures.objects.update(verdict="ordinary", sales_year_before=0)
    AccountFigures.objects.filter(account__code__in=("K7101", "K7201")).update(verdict="key", sales=60_000)
    today = timezone.localdate()
    noon = timezone.make_aware(dt.datetime.combine(today, dt.time(12)))
    told = {
        "account": company.accounts["K7101"],
        "by": company.users["owner"],
        "recorded_at": noon,
        "minutes": 60,
    }
    for kind, days in (("visit", 5), ("visit", 60), ("call", 10), ("call", 40), ("mail", 1)):
        Touch.objects.create(kind=kind, began_at=noon - dt.timedelta(days), **told)
    refresh_due()
    return company


def rows(client, address):
    return client.get(address, {"format": "json"}).json()["rows"]


class TestWhatIsDue:
    def test_lists_each_touch_asked_for_with_its_state_and_why(self, served, as_user):
        found = rows(as_user("head"), "/cover/due/")
        told = {(one["account"], one["touch"]): one for one in found}
        # Two a quarter: 45.6 days, 70% are 32; one a month: 30.4 days, 70% are 22.
        assert told["云帆机械", "拜访"]["state"] == "太早"
        assert told["云帆机械", "电话"]["state"] == "太早"
        assert told["弘毅电气", "拜访"]["state"] == told["弘毅电气", "电话"]["state"] == "超期"
        assert "还没有记录" in told["弘毅电气", "拜访"]["why"]
        assert "上次 5 天前" in told["云帆机械", "拜访"]["why"]
        assert len(found) == 4

    def test_a_sign_makes_a_visit_due_and_the_visit_answers_it(self, served, as_user):
        account = served.accounts["K7101"]
        client = as_user("owner")
        answer = client.post(
            f"/cover/accounts/{account.pk}/signs/", {"kind": "churn", "what": "改向别家订货"}
        )
        assert answer.status_code == 302
        due = DueTouch.objects.get(account=account, touch="visit")
        assert (due.sign, due.due_until) == ("churn", timezone.localdate() + dt.timedelta(7))
        assert "有流失迹象" in client.get("/cover/due/").content.decode()
        client.post(f"/cover/signs/{Sign.objects.get().pk}/remove/")
        assert DueTouch.objects.get(account=account, touch="visit").sign == ""

    def test_sales_that_fell_are_a_sign_until_somebody_went(self, served):
        AccountFigures.objects.filter(account__code="K7201").update(sales_year_before=100_000)
        refresh_due()
        # Never seen at all, which is more than a sign.
        assert DueTouch.objects.get(account__code="K7201", touch="visit").due_until is None
        AccountFigures.objects.filter(account__code="K7101").update(sales_year_before=100_000)
        refresh_due()
        assert DueTouch.objects.get(account__code="K7101", touch="visit").sign == ""

    def test_another_standard_makes_other_things_due(self, served, django_capture_on_commit_callbacks):
        with django_capture_on_commit_callbacks(execute=True):
            change_setting("standards.crystal.call.times", 0)
        assert not DueTouch.objects.filter(touch="call").exists()

    def test_a_visit_without_proof_counts_not_where_the_company_asks_for_it(self, served):
        change_setting("standards.proof", "place")
        refresh_due()
        assert DueTouch.objects.get(account__code="K7101", touch="visit").last_date is None

    @pytest.mark.parametrize(
        ("username", "n"),
        [("owner", 2), ("colleague", 2), ("head", 4), ("stranger", 0), ("director", 4), ("admin", 0)],
    )
    def test_everybody_sees_their_accounts_only(self, served, as_user, username, n):
        assert len(rows(as_user(username), "/cover/due/")) == n

    def test_home_says_whom_to_see_this_week(self, served, as_user):
        assert "弘毅电气" in as_user("colleague").get("/").content.decode()
        assert "本周该见谁" not in as_user("stranger").get("/").content.decode()


class TestPlannedAgainstDone:
    def test_the_figure_is_the_one_counted_by_hand_and_opens_to_its_touches(self, served, as_user):
        client = as_user("head")
        today = timezone.localdate()
        # K7101: visits 5 and 60 days ago of 2 in three months, a call 10 days ago of 1 in one month; K7201: 0 of 3.
        page = client.get("/cover/standards/").content.decode()
        assert "应做 6.0 次，做到 3.0 次，达成率 50.0%" in page
        owner = served.users["owner"].pk
        behind = client.get(
            f"/cover/standards/behind/?group=manager&key={owner}&until={today}"
        ).content.decode()
        assert behind.count("云帆机械") == 2
        assert "弘毅电气" not in behind
        begin = behind.split("counts=visit&amp;since=")[1][:10]
        told = rows(client, "/cover/touches/")
        account = served.accounts["K7101"].pk
        cut = client.get(
            f"/cover/touches/?account={account}&counts=visit&since={begin}&until={today}&format=json"
        ).json()["rows"]
        assert (len(told), len(cut)) == (5, 2)

    @pytest.mark.parametrize("group", ["manager", "branch", "tier", "account"])
    def test_every_group_adds_up_to_the_same(self, served, as_user, group):
        assert "做到 3.0 次" in as_user("head").get(f"/cover/standards/?group={group}").content.decode()

    def test_one_kind_of_touch_can_be_looked_at(self, served, as_user):
        assert (
            "应做 2.0 次，做到 1.0 次" in as_user("head").get("/cover/standards/?touch=call").content.decode()
        )

    def test_is_of_visible_accounts_only(self, served, as_user):
        assert "应做 3.0 次，做到 3.0 次" in as_user("owner").get("/cover/standards/").content.decode()
        assert "云帆机械" not in as_user("colleague").get("/cover/standards/?group=account").content.decode()
        assert "没有可评的标准" in as_user("stranger").get("/cover/standards/").content.decode()

    def test_leaves_as_a_file(self, served, as_user):
        told = as_user("head").get("/cover/standards/?format=csv").content.decode()
        assert told.startswith("\ufeff")
        # Two managers, twelve months, a header.
        assert len(told.strip().splitlines()) == 25
        assert as_user("head").get("/cover/standards/?format=xlsx").content[:2] == b"PK"

    def test_a_standard_that_no_calendar_can_hold_is_named(self, served, as_user):
        change_setting("standards.gold.visit.times", 30)
        page = as_user("director").get("/cover/standards/").content.decode()
        assert "金级：每月 30 次拜访" in page
        assert "任何日程都排不下" in page

    def test_short_capacity_stretches_where_the_company_wants_it(self, served, as_user):
        change_setting("standards.selling_hours", 20)
        # 2 × (8 × 2.5 + 12 ÷ 3) = 48 hours, 2 managers × 20 = 40.
        assert "一年要 48 小时，现有 40 小时" in as_user("director").get("/cover/standards/").content.decode()
        change_setting("standards.stretched", "yes")
        assert "拉长为 1.20 倍" in as_user("director").get("/cover/standards/").content.decode()
        refresh_due()
        due = DueTouch.objects.get(account__code="K7101", touch="visit")
        assert round(due.interval_days, 2) == 54.75  # 45.625 × 1.2

    def test_asks_a_set_number_of_queries(self, served, as_user):
        client = as_user("director")
        client.get("/cover/due/")  # what is remembered from then on
        counts = []
        for codes in (("K7101",), OWN):
            AccountFigures.objects.filter(account__code__in=codes).update(verdict="key")
            refresh_due()
            told = []
            for url in ("/cover/standards/", "/cover/due/", "/"):
                with CaptureQueriesContext(connection) as queries:
                    client.get(url)
                told.append(len(queries))
            counts.append(told)
        assert counts[0][:2] == counts[1][:2]
        assert max(counts[1][:2]) <= 20

    def test_days_that_are_none_are_not_found(self, served, as_user):
        assert as_user("head").get("/cover/standards/behind/?until=x").status_code == 404


def test_home_shows_key_accounts_before_business_accounts_however_overdue(served, as_user):
    other = served.accounts["K7102"]
    DueTouch.objects.create(
        account=other, touch="call", tier="business_a", interval_days=30, urgency=dt.date(1900, 1, 1)
    )
    own = DueTouch.objects.filter(account__code="K7101")
    own.update(due_from=timezone.localdate(), due_until=timezone.localdate(), urgency=timezone.localdate())
    page = as_user("owner").get("/").content.decode()
    assert 0 < page.index("云帆机械") < page.index(other.name)
    keys = as_user("owner").get("/cover/due/", {"whose": "key", "format": "json"}).json()["rows"]
    assert other.name not in {one["account"] for one in keys}
