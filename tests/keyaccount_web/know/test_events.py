"""Events, support, gifts and the calendar: reminded in time, approved by another, nothing for officials, nobody else's."""

import datetime as dt
from decimal import Decimal

import icalendar
import pytest
from django.test import Client
from django.utils import timezone

from keyaccount.know.occasions import OccasionError
from keyaccount_web.approvals.models import Approval
from keyaccount_web.approvals.services import decide
from keyaccount_web.company.presets import change_setting
from keyaccount_web.know.events import feed, gifts, services
from keyaccount_web.know.events.models import FeedAddress, Gift, Occasion
from keyaccount_web.work.models import ToDo

TODAY = dt.date(2026, 11, 30)
SOURCE = {
    "source_kind": "customer",
    "source": "李主任",
    "dated": dt.date(2026, 1, 5),
    "permission": "internal",
}


@pytest.fixture
def account(company):
    return company.accounts["K7101"]


@pytest.fixture
def keep(company, account):
    def kept(**told):
        base = {"kind": "founding", "title": "二十周年", "calendar": "solar", "month": 12, "day": 10}
        return services.keep_occasion(
            by=company.users["owner"], account=account, source=SOURCE, **base | told
        )

    return kept


class TestOccasion:
    def test_says_when_it_comes_next_by_either_calendar(self, keep, account):
        today = timezone.localdate()
        for told in (
            {"month": 2, "day": 29},
            {"calendar": "lunar", "month": 6, "day": 10, "is_leap_month": True},
        ):
            one = keep(**told)
            assert today <= one.next_on <= today + dt.timedelta(days=415)
        over = keep(
            calendar="once", begins_on=today - dt.timedelta(days=9), ends_on=today - dt.timedelta(days=1)
        )
        assert over.next_on is None
        going_on = keep(calendar="once", begins_on=today - dt.timedelta(days=9), ends_on=today)
        assert going_on.next_on == today - dt.timedelta(days=9)
        assert account.occasions.count() == 4

    def test_that_cannot_be_is_refused_and_nothing_kept(self, keep):
        for told, code in (
            ({"kind": "birthday"}, "occasion.whose"),
            ({"calendar": "once"}, "occasion.no_day"),
            (
                {"calendar": "once", "begins_on": TODAY, "ends_on": TODAY - dt.timedelta(days=1)},
                "occasion.order",
            ),
        ):
            with pytest.raises(services.EventError) as refused:
                keep(**told)
            assert refused.value.code == code
        with pytest.raises(OccasionError):
            keep(month=2, day=30)
        assert not Occasion.objects.exists()


class TestReminding:
    def test_asks_its_owner_in_time_and_once_a_year(self, company, keep):
        one = keep()
        Occasion.objects.update(next_on=dt.date(2026, 12, 10))
        # 14 days before Thursday 10 December 2026 is Thursday 26 November.
        assert self.asked(one, dt.date(2026, 11, 25)) == 0
        assert self.asked(one, dt.date(2026, 11, 26)) == 1
        assert self.asked(one, dt.date(2026, 12, 1)) == 1
        assert ToDo.objects.get(rule=services.RULE).owner == company.users["owner"]
        assert self.asked(one, dt.date(2027, 12, 1)) == 2

    def asked(self, one, day):
        services.remind(day)
        return ToDo.objects.filter(rule=services.RULE, about_id=one.pk).count()

    def test_its_own_lead_time_goes_before_the_companys(self, keep):
        one = keep(lead_days=3)
        Occasion.objects.update(next_on=dt.date(2026, 12, 10))
        assert self.asked(one, dt.date(2026, 12, 4)) == 0
        assert self.asked(one, dt.date(2026, 12, 7)) == 1

    def test_of_a_festival_everybody_with_accounts_once(self, company):
        change_setting("events.festival_lead_days", 10)
        services.remind(dt.date(2026, 9, 20))  # Mid-Autumn is the 25th, National Day eleven days away
        services.remind(dt.date(2026, 9, 20))
        asked = ToDo.objects.filter(rule=services.FESTIVAL_RULE)
        owners = {one.owner_id for one in company.accounts.values() if one.owner_id}
        assert sorted(one.owner_id for one in asked) == sorted(owners)
        assert {one.code for one in asked} == {"festival.ask.mid_autumn"}


class TestSupport:
    def test_is_approved_by_another_given_and_has_its_result(self, company, keep):
        users = company.users
        one = services.ask_support(
            by=users["owner"],
            occasion=keep(),
            what="花篮十个",
            amount=Decimal(800),
            of=users["head"],
            reason="周年",
        )
        with pytest.raises(services.EventError):
            services.give_support(one, on=TODAY)
        approval = Approval.objects.get(kind="support")
        decide(approval, by=users["head"], granted=True, answer="", digest=approval.digest)
        one.refresh_from_db()
        assert (one.state, one.approved_by) == ("approved", users["head"])
        one = services.give_support(one, on=TODAY)
        assert ToDo.objects.filter(key=f"support:{one.pk}", state="open").exists()
        one = services.close_support(one, by=users["owner"], result="新增两个店")
        assert one.state == "closed"
        assert not ToDo.objects.filter(key=f"support:{one.pk}", state="open").exists()

    def test_refused_is_not_given(self, company, keep):
        users = company.users
        one = services.ask_support(
            by=users["owner"],
            occasion=keep(),
            what="花篮",
            amount=Decimal(800),
            of=users["head"],
            reason="周年",
        )
        approval = Approval.objects.get(kind="support")
        decide(approval, by=users["director"], granted=False, answer="预算用完", digest=approval.digest)
        one.refresh_from_db()
        assert (one.state, one.approved_by) == ("refused", None)


class TestGifts:
    @pytest.fixture
    def give(self, company, account):
        def registered(value, **told):
            base = {
                "contact": None,
                "recipient": "李主任",
                "is_official": False,
                "kind": "gift",
                "what": "茶叶",
            }
            base |= {"on": TODAY, "by": company.users["owner"], "account": account}
            return gifts.register_gift(value=Decimal(value), **base | told)

        return registered

    def test_small_ones_are_entered_and_given(self, give):
        gift = give(99)
        assert gift.state == "approved"
        assert gifts.give(gift).state == "given"
        with pytest.raises(gifts.GiftError):
            gifts.give(gift)

    @pytest.mark.parametrize(
        ("value", "told", "code"),
        [
            (1, {"is_official": True}, "gift.official_ticked"),
            (1, {"contact": None, "recipient": "李处长"}, "gift.official"),
            (301, {}, "gift.over_each"),
            (200, {}, "gift.no_consent"),
            (100, {}, "gift.no_approver"),
            (10, {"recipient": " "}, "gift.no_recipient"),
        ],
    )
    def test_what_may_not_be_is_refused_and_not_entered(self, give, value, told, code):
        with pytest.raises(gifts.GiftError) as refused:
            give(value, **told)
        assert refused.value.code == code
        assert not Gift.objects.exists()

    def test_people_of_a_public_office_get_nothing_whatever_was_ticked(self, give, account):
        account.industry = "政府采购"
        account.save()
        with pytest.raises(gifts.GiftError) as refused:
            give(1)
        assert "政府" in refused.value.text("zh")
        assert give(0).is_official

    def test_who_was_ticked_once_gets_nothing_later_by_that_name(self, give):
        assert give(0, contact=None, recipient="李先生", is_official=True).is_official
        with pytest.raises(gifts.GiftError) as refused:
            give(1, contact=None, recipient="李先生")
        assert refused.value.code == "gift.official"

    def test_the_year_of_one_person_has_its_limit(self, give):
        for _ in range(10):
            give(99)
        with pytest.raises(gifts.GiftError) as refused:
            give(11)  # 10 × 99 + 11 = 1001
        assert refused.value.code == "gift.over_year"
        assert give(10)
        assert give(11, on=dt.date(2027, 1, 1))
        assert give(11, recipient="王经理")

    def test_one_that_is_not_given_after_all_counts_for_nobodys_year(self, give):
        dropped, *_ = [give(99) for _ in range(10)]
        with pytest.raises(gifts.GiftError):
            give(99)
        assert gifts.drop(dropped).state == "dropped"
        assert give(99)
        with pytest.raises(gifts.GiftError):
            gifts.give(dropped)

    def test_larger_ones_wait_for_another_person(self, company, give):
        head = company.users["head"]
        gift = give(150, of=head, reason="中秋")
        assert gift.state == "asked"
        approval = Approval.objects.get(kind="gift")
        decide(approval, by=head, granted=True, answer="", digest=approval.digest)
        gift.refresh_from_db()
        assert (gift.state, gift.approved_by) == ("approved", head)


class TestCalendar:
    @pytest.fixture
    def birthday(self, keep, account):
        contact = account.contacts.get()
        contact.name, contact.title, contact.phone = "欧阳明", "采购主任", "13900001111"
        contact.save()
        return keep(
            kind="birthday", title="", contact=contact, calendar="lunar", month=8, day=15, remark="喜欢茶"
        )

    def read(self, user, day=TODAY):
        return icalendar.Calendar.from_ical(feed.calendar_for(user, day, "zh"))

    def test_is_read_back_by_a_calendar_library(self, company, birthday, keep):
        keep(
            calendar="once",
            kind="promotion",
            title="年末促销；满减,礼品",
            begins_on=dt.date(2026, 12, 20),
            ends_on=dt.date(2026, 12, 31),
        )
        told = self.read(company.users["owner"])
        events = {str(one["uid"]): one for one in told.walk("VEVENT")}
        assert len(events) == len(told.walk("VEVENT"))
        promotion = next(one for one in events.values() if "年末促销" in str(one["summary"]))
        assert str(promotion["summary"]).endswith("：年末促销；满减,礼品")
        assert (promotion.decoded("dtstart"), promotion.decoded("dtend")) == (
            dt.date(2026, 12, 20),
            dt.date(2027, 1, 1),
        )
        born = events[f"occasion-{birthday.pk}-2027-09-15@keyaccount"]
        assert born.decoded("dtstart") == dt.date(2027, 9, 15)
        assert f"/events/{birthday.pk}/" in str(born["url"])
        assert any(str(one["summary"]) == "春节" for one in events.values())

    def test_tells_of_people_no_more_than_surname_and_title(self, company, birthday):
        text = feed.calendar_for(company.users["owner"], TODAY, "zh").decode().replace("\r\n ", "")
        assert "欧采购主任" in text
        for secret in ("欧阳明", "13900001111", "喜欢茶"):
            assert secret not in text

    def test_is_for_who_looks_after_the_account(self, company, birthday):
        uids = {
            name: {str(one["uid"]) for one in self.read(company.users[name]).walk("VEVENT")}
            for name in ("owner", "colleague", "head")
        }
        assert any(uid.startswith(f"occasion-{birthday.pk}-") for uid in uids["owner"])
        assert not any(uid.startswith("occasion-") for uid in uids["colleague"] | uids["head"])

    def test_opens_by_its_secret_address_until_that_is_renewed(self, company, as_user, birthday):
        owner = as_user("owner")
        assert owner.post("/events/calendar/").status_code == 302
        address = feed.address_of(FeedAddress.objects.get())
        assert address in owner.get("/events/calendar/").content.decode()
        path = "/calendar/" + address.rpartition("/")[2]
        anybody = Client()
        answer = anybody.get(path)
        assert (answer.status_code, answer["Content-Type"]) == (200, "text/calendar; charset=utf-8")
        assert icalendar.Calendar.from_ical(answer.content).walk("VEVENT")
        feed.renew(company.users["owner"])
        assert anybody.get(path).status_code == 404
        assert anybody.get("/calendar/nonsense.ics").status_code == 404

    def test_shuts_when_its_owner_leaves(self, company):
        owner = company.users["owner"]
        key = feed.address_of(feed.renew(owner)).rpartition("/")[2]
        owner.is_active = False
        owner.save()
        assert Client().get(f"/calendar/{key}").status_code == 404


PAGES = ("/accounts/{account}/events/", "/events/{event}/", "/gifts/{gift}/", "/events/support/{support}/", "/accounts/{account}/events/new/", "/accounts/{account}/events/{event}/", "/accounts/{account}/gifts/new/", "/events/{event}/support/")  # fmt: skip


class TestPages:
    @pytest.fixture
    def ids(self, company, account, keep):
        users, event = company.users, keep()
        support = services.ask_support(
            by=users["owner"], occasion=event, what="花篮", amount=Decimal(9), of=users["head"], reason="周年"
        )
        gift = gifts.register_gift(
            by=users["owner"], account=account, contact=None, recipient="李主任", is_official=False, kind="gift",
            what="茶叶", value=Decimal(50), on=TODAY,
        )  # fmt: skip
        return {"account": account.pk, "event": event.pk, "support": support.pk, "gift": gift.pk}

    @pytest.mark.parametrize("page", PAGES)
    def test_are_for_those_who_may_see_the_account(self, as_user, ids, page):
        url = page.format(**ids)
        assert as_user("owner").get(url).status_code == 200
        for username in ("colleague", "stranger", "admin"):
            assert as_user(username).get(url).status_code == 404
        assert as_user("planner").get(url).status_code == (403 if PAGES.index(page) > 3 else 200)

    def test_an_event_and_a_gift_are_entered_in_the_browser(self, as_user, company, account):
        owner = as_user("owner")
        form = {name: str(value) for name, value in SOURCE.items()}
        form |= {"kind": "founding", "calendar": "lunar", "month": 13, "day": 3}
        assert owner.post(f"/accounts/{account.pk}/events/new/", form).status_code == 422
        assert owner.post(f"/accounts/{account.pk}/events/new/", form | {"month": 3}).status_code == 302
        gift = {"kind": "gift", "recipient": "李主任", "what": "茶叶", "value": "150", "on": "2026-11-30"}
        refused = owner.post(f"/accounts/{account.pk}/gifts/new/", gift)
        assert "请另一个人同意" in refused.content.decode() or "要另一个人同意" in refused.content.decode()
        head = company.users["head"]
        kept = owner.post(f"/accounts/{account.pk}/gifts/new/", gift | {"of": head.pk, "reason": "中秋"})
        assert kept.url == f"/gifts/{Gift.objects.get().pk}/"

    def test_lists_show_nobody_elses(self, as_user, ids):
        assert "二十周年" in as_user("owner").get("/events/").content.decode()
        assert "二十周年" not in as_user("colleague").get("/events/?whose=all").content.decode()
        assert "茶叶" in as_user("head").get("/gifts/").content.decode()
        assert "茶叶" not in as_user("colleague").get("/gifts/").content.decode()

    @pytest.mark.parametrize("rows", [1, 30])
    def test_the_same_number_of_queries_whatever_the_rows(
        self, as_user, keep, account, rows, django_assert_max_num_queries
    ):
        for number in range(rows):
            keep(title=f"大事{number}", contact=account.contacts.get())
        owner = as_user("owner")
        owner.get("/events/")
        for page in ("/events/", "/gifts/", f"/accounts/{account.pk}/events/"):
            with django_assert_max_num_queries(20):
                owner.get(page)
