"""To-dos: asked, given, done, undone, postponed, passed on, handed over, escalated (S8)."""

import datetime as dt

import pytest

from keyaccount_web.access.services import switch_off
from keyaccount_web.company.presets import change_setting
from keyaccount_web.know.services import hand_over
from keyaccount_web.work.escalation import escalate
from keyaccount_web.work.models import Delivery, Escalation, Notification, ToDo
from keyaccount_web.work.robots import add_robot
from keyaccount_web.work.to_do import ToDoError, ask, change, finish, give, text

WHAT = "问清楚明年的框架合同"


def told(user):
    return list(Notification.objects.filter(user=user).order_by("pk").values_list("code", flat=True))


class TestAsk:
    def test_asks_once_for_a_key_and_speaks_the_readers_language(self, company, about, today):
        owner = company.users["owner"]
        asked = [
            ask(
                owner,
                "robot.overdue",
                due_date=today,
                about=about("K7101"),
                values={"n": 2, "days": 3},
                rule="test",
                key="contract-7101-2026",
            )
            for _ in range(3)
        ]
        assert len({one.pk for one in asked}) == ToDo.objects.count() == 1
        assert told(owner) == ["notice.asked"]
        assert text(asked[0], "zh") == "有 2 项待办已逾期 3 个工作日以上，请打开系统处理。"
        assert text(asked[0], "en").startswith("2 to-dos 3 working days or more overdue")

    def test_does_not_ask_again_for_what_is_done(self, company, about, today):
        owner = company.users["owner"]
        one = ask(owner, "robot.hello", due_date=today, rule="test", key="k")
        finish(one, owner)
        again = ask(owner, "robot.hello", due_date=today, rule="test", key="k")
        assert again.state == ToDo.State.DONE


class TestGive:
    def test_is_refused_to_who_may_not_see_the_account(self, company, about, today):
        with pytest.raises(ToDoError) as caught:
            give(
                company.users["owner"], company.users["stranger"], WHAT, due_date=today, about=about("K7101")
            )
        assert caught.value.code == "to_do.may_not_see"
        assert not ToDo.objects.exists()

    def test_tells_the_owner_and_whoever_gave_it_when_it_is_done(self, company, about, today):
        head, owner, director = (company.users[name] for name in ("head", "owner", "director"))
        one = give(head, owner, WHAT, due_date=today, about=about("K7101"))
        assert told(owner) == ["notice.given"]
        finish(one, owner)
        finish(one, owner)
        assert told(head) == ["notice.done"]  # once, though it was pressed twice
        other = give(head, owner, WHAT, due_date=today, about=about("K7101"))
        finish(other, director)
        assert told(head) == ["notice.done"] * 2


class TestPages:
    def test_show_ones_own_by_day_and_those_given(self, company, as_user, about, today):
        owner, head = company.users["owner"], company.users["head"]
        for days, what in ((-2, "逾期的事"), (0, "今天的事"), (60, "以后的事")):
            give(owner, owner, what, due_date=today + dt.timedelta(days=days), about=about("K7101"))
        give(owner, head, "交给上级的事", due_date=today, about=about("K7101"))
        body = as_user("owner").get("/to-do/").content.decode()
        places = [body.index(text) for text in ("已逾期", "逾期的事", "今天的事", "以后", "以后的事")]
        assert places == sorted(places)
        assert "逾期 2 天" in body
        assert "交给上级的事" not in body
        given = as_user("owner").get("/to-do/?whose=given").content.decode()
        assert "交给上级的事" in given
        assert "今天的事" not in given
        assert (
            "今天的事"
            in as_user("owner").get(f"/accounts/{company.accounts['K7101'].pk}/activity/").content.decode()
        )
        assert "交给上级的事" in as_user("head").get("/").content.decode()

    def test_are_done_in_one_press_and_undone(self, company, as_user, about, today):
        owner = company.users["owner"]
        one = give(owner, owner, WHAT, due_date=today, about=about("K7101"))
        client = as_user("owner")
        body = client.post(f"/to-do/{one.pk}/done/", headers={"HX-Request": "true"}).content.decode()
        assert "<html" not in body
        assert f"/to-do/{one.pk}/reopen/" in body
        one.refresh_from_db()
        assert (one.state, one.closed_by) == ("done", owner)
        assert WHAT in client.get("/to-do/?whose=closed").content.decode()
        client.post(f"/to-do/{one.pk}/reopen/")
        one.refresh_from_db()
        assert (one.state, one.closed_by, one.closed_at) == ("open", None, None)

    def test_postpone_and_undo_that(self, company, as_user, today):
        owner = company.users["owner"]
        one = give(owner, owner, WHAT, due_date=today - dt.timedelta(days=5))
        client = as_user("owner", lang="en")
        body = client.post(
            f"/to-do/{one.pk}/postpone/", {"days": "7"}, headers={"HX-Request": "true"}
        ).content.decode()
        one.refresh_from_db()
        assert one.due_date == today + dt.timedelta(days=7)  # from today, not from a day that is over
        before = (today - dt.timedelta(days=5)).isoformat()
        assert f'name="due_date" value="{before}"' in body
        client.post(f"/to-do/{one.pk}/postpone/", {"due_date": before})
        one.refresh_from_db()
        assert one.due_date.isoformat() == before
        for wrong in ({"days": "x"}, {"days": "9" * 20}, {"due_date": "soon"}, {"due_date": "9999-12-31"}):
            assert client.post(f"/to-do/{one.pk}/postpone/", wrong).status_code == 302
        one.refresh_from_db()
        assert one.due_date.isoformat() == before

    def test_pass_on_to_a_colleague_by_name(self, company, as_user, about, today):
        owner = company.users["owner"]
        one = give(owner, owner, WHAT, due_date=today, about=about("K7101"))
        client = as_user("owner")
        refused = client.post(f"/to-do/{one.pk}/change/", {"due_date": today.isoformat(), "owner": "司徒朗"})
        assert "没有找到“司徒朗”" in refused.content.decode()
        client.post(f"/to-do/{one.pk}/change/", {"due_date": today.isoformat(), "owner": "葛文斌（head）"})
        one.refresh_from_db()
        assert one.owner == company.users["head"]
        assert told(company.users["head"]) == ["notice.given"]

    def test_add_with_what_was_typed_kept_where_it_is_wrong(self, company, as_user, today):
        client, pk = as_user("owner"), company.accounts["K7101"].pk
        wrong = client.post("/to-do/add/", {"what": WHAT, "due_date": "soon", "about": f"account:{pk}"})
        assert wrong.status_code == 422
        assert WHAT in wrong.content.decode()
        assert not ToDo.objects.exists()
        good = {"what": WHAT, "due_date": today.isoformat(), "about": f"account:{pk}", "owner": "葛文斌"}
        assert client.post("/to-do/add/", good).status_code == 302
        assert ToDo.objects.get().owner == company.users["head"]
        for token in (
            f"account:{company.accounts['K7401'].pk}",
            "account:99999999",
            "visit:1",
            "account:x",
            ":",
        ):
            assert client.post("/to-do/add/", {**good, "about": token}).status_code == 404

    def test_offer_colleagues_who_may_see_the_account(self, company, as_user):
        client, pk = as_user("owner"), company.accounts["K7101"].pk
        address = f"/to-do/colleagues/?about=account:{pk}&owner="
        body = client.get(address, headers={"HX-Request": "true"}).content.decode()
        assert "葛文斌" in body
        assert "司徒朗" not in body

    def test_are_closed_to_others(self, company, as_user, about, today):
        owner = company.users["owner"]
        one = give(owner, owner, WHAT, due_date=today, about=about("K7101"))
        private = give(owner, owner, WHAT, due_date=today)
        for name, told_of, of_own in (("stranger", 404, 404), ("head", 403, 404), ("owner", 302, 302)):
            for deed in ("done", "drop", "reopen", "postpone"):
                assert as_user(name).post(f"/to-do/{one.pk}/{deed}/").status_code == told_of
                assert as_user(name).post(f"/to-do/{private.pk}/{deed}/").status_code == of_own

    def test_say_how_many_are_out_of_sight(self, company, as_user, about, today):
        owner = company.users["owner"]
        give(owner, owner, WHAT, due_date=today, about=about("K7101"))
        company.accounts["K7101"].owner = company.users["stranger"]
        company.accounts["K7101"].save()
        body = as_user("owner").get("/to-do/").content.decode()
        assert WHAT not in body
        assert "1 项待办的客户您已看不到" in body

    def test_take_as_many_queries_for_fifty_as_for_one(
        self, company, as_user, about, today, django_assert_max_num_queries
    ):
        owner, head = company.users["owner"], company.users["head"]
        client = as_user("owner")
        for _ in range(50):
            give(head, owner, WHAT, due_date=today, about=about("K7101"))
        for address, most in (("/to-do/", 11), ("/to-do/?whose=given", 10)):
            with django_assert_max_num_queries(most):
                assert client.get(address).status_code == 200

    def test_go_on_behind_the_last_row(self, company, as_user, today, monkeypatch):
        monkeypatch.setattr("keyaccount_web.work.views.to_do.ROWS", 3)
        owner = company.users["owner"]
        for number in range(7):
            give(owner, owner, f"第{number}件", due_date=today + dt.timedelta(days=number // 2))
        client, address, seen = as_user("owner"), "/to-do/", []
        while address:
            body = client.get(address).content.decode()
            seen += [f"第{number}件" for number in range(7) if f"第{number}件" in body]
            at = body.find('class="btn" href="?after=')
            address = "/to-do/" + body[at:].split('href="')[1].split('"')[0] if at > 0 else ""
        assert seen == [f"第{number}件" for number in range(7)]


class TestHandOver:
    def test_takes_open_to_dos_along_with_a_note(self, company, about, today, as_user):
        owner, colleague = company.users["owner"], company.users["colleague"]
        moved = give(owner, owner, WHAT, due_date=today, about=about("K7101"))
        done = give(owner, owner, "已经做了", due_date=today, about=about("K7101"))
        finish(done, owner)
        own = give(owner, owner, "与客户无关", due_date=today)
        hand_over(owner, colleague)
        for one in (moved, done, own):
            one.refresh_from_db()
        assert (moved.owner, own.owner, done.owner) == (colleague, colleague, owner)
        assert moved.handed_over_from == owner
        assert told(colleague) == ["notice.handed_over"]
        assert "由钟离春移交" in as_user("colleague").get("/to-do/").content.decode()

    def test_leaves_what_the_successor_may_not_see(self, company, about, today):
        head, stranger = company.users["head"], company.users["stranger"]
        kept = give(head, head, WHAT, due_date=today, about=about("K7101"))
        hand_over(head, stranger)
        kept.refresh_from_db()
        assert kept.owner == head


class TestEscalate:
    @pytest.fixture
    def today(self):
        """A Thursday in a month without holidays."""
        return dt.date(2026, 3, 12)

    def test_tells_the_owner_then_the_superior_once_each(self, company, about, today):
        owner, head = company.users["owner"], company.users["head"]
        one = give(owner, owner, WHAT, due_date=today, about=about("K7101"))
        days = [today + dt.timedelta(days=n) for n in range(13)]
        counts = [escalate(day) for day in days]
        # Thursday; the third working day after is Tuesday, the seventh Monday week.
        assert counts == [0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0]
        assert told(owner) == ["notice.overdue_owner"]
        assert told(head) == ["notice.overdue_superior"]
        assert [step.step for step in Escalation.objects.filter(to_do=one)] == ["owner", "superior"]

    def test_tells_again_when_it_was_postponed_and_missed_again(self, company, about, today):
        owner = company.users["owner"]
        one = give(owner, owner, WHAT, due_date=today - dt.timedelta(days=3), about=about("K7101"))
        assert escalate(today) == 1
        change(one, owner, owner=owner, due_date=today + dt.timedelta(days=1))
        assert escalate(today + dt.timedelta(days=5)) == 0
        assert escalate(today + dt.timedelta(days=6)) == 1

    def test_goes_further_up_where_the_nearest_may_not_see_the_account(self, company, about, today):
        # K7401 lies in JS; the executive, on its team, sits at HQ and answers to the director.
        other_head, stranger = company.users["other_head"], company.users["stranger"]
        give(stranger, stranger, WHAT, due_date=today - dt.timedelta(days=12), about=about("K7401"))
        escalate(today)
        assert told(other_head) == ["notice.overdue_superior"]
        switch_off(other_head)
        give(stranger, stranger, WHAT, due_date=today - dt.timedelta(days=12), about=about("K7401"))
        escalate(today)
        assert told(company.users["director"]) == ["notice.overdue_superior"]

    def test_follows_the_companys_days(self, company, about, today):
        owner = company.users["owner"]
        give(owner, owner, WHAT, due_date=today - dt.timedelta(days=2), about=about("K7101"))
        assert escalate(today) == 0
        change_setting("to_do.owner_after_days", 2)
        change_setting("to_do.superior_after_days", 2)
        assert escalate(today) == 2

    def test_leaves_alone_what_is_closed(self, company, about, today):
        owner = company.users["owner"]
        finish(give(owner, owner, WHAT, due_date=today - dt.timedelta(days=30)), owner)
        assert escalate(today) == 0

    def test_tells_the_groups_of_the_unit_a_number_and_no_name(self, company, about, today):
        owner, admin, units = company.users["owner"], company.users["admin"], company.units
        for unit in ("ZJ", "JS"):
            add_robot(
                admin,
                name=unit,
                service="wecom",
                purpose="overdue",
                unit=units[unit],
                address="https://robot.example.com/send?key=1",
            )
        give(owner, owner, WHAT, due_date=today - dt.timedelta(days=3), about=about("K7101"))
        escalate(today)
        sent = Delivery.objects.get(notification=None)
        assert (sent.robot.name, sent.code, sent.values) == ("ZJ", "robot.overdue", {"n": 1, "days": 3})
        assert sent.account is None
