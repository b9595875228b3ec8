"""Comments and mentions: who is told, who may change what, and that nothing said becomes code (R4)."""

import datetime as dt
import re

import pytest
from django.utils import timezone

from keyaccount_web.access.models import User
from keyaccount_web.access.roles import Role
from keyaccount_web.access.services import add_user
from keyaccount_web.work.comments import CommentError, edit, mentioned_in, say_about
from keyaccount_web.work.models import Comment, Notification
from keyaccount_web.work.templatetags.work import comment_text


def told(user):
    return list(Notification.objects.filter(user=user).values_list("code", flat=True))


class TestSayAbout:
    def test_tells_whom_it_mentions(self, company, about):
        owner, head = company.users["owner"], company.users["head"]
        comment = say_about(owner, about("K7101"), "@葛文斌请看报价，@钟离春 我自己跟")
        assert set(comment.mentions.all()) == {head, owner}
        assert told(head) == ["notice.mentioned"]
        assert told(owner) == []

    def test_refuses_to_mention_who_may_not_see_the_account(self, company, about):
        with pytest.raises(CommentError) as caught:
            say_about(company.users["owner"], about("K7101"), "请 @司徒朗 帮忙")
        assert caught.value.code == "mention.may_not_see"
        assert "司徒朗" in caught.value.text("zh")
        assert not Comment.objects.exists()
        assert told(company.users["stranger"]) == []

    def test_takes_the_longest_name_and_asks_which_of_several(self, company, about):
        unit, account = company.units["HZ"], company.accounts["K7101"]
        add_user("short", "葛文", role=Role.DEPARTMENT_HEAD, unit=unit)
        assert [one.username for one in mentioned_in("@葛文斌请看", account)] == ["head"]
        assert [one.username for one in mentioned_in("@葛文，请看", account)] == ["short"]
        add_user("other", "葛文", role=Role.DEPARTMENT_HEAD, unit=unit)
        with pytest.raises(CommentError) as caught:
            mentioned_in("@葛文", account)
        assert caught.value.code == "mention.several"
        assert [one.username for one in mentioned_in("@other", account)] == ["other"]

    def test_takes_what_names_nobody_for_text(self, company, about):
        comment = say_about(
            company.users["owner"], about("K7101"), "mail buyer@example.com @ 8:00 @没有这个人"
        )
        assert not comment.mentions.exists()

    @pytest.mark.parametrize(("text", "code"), [("  \n ", "comment.empty"), ("很" * 4001, "comment.long")])
    def test_refuses(self, company, about, text, code):
        with pytest.raises(CommentError) as caught:
            say_about(company.users["owner"], about("K7101"), text)
        assert caught.value.code == code


class TestCommentText:
    def test_makes_links_and_lines_and_nothing_else_of_what_was_typed(self, company, about):
        text = "<script>x()</script>\n<img src=x onerror=y()> https://example.com/?a=1&b=2 javascript:z() @葛文斌 &amp;"
        shown = comment_text(say_about(company.users["owner"], about("K7101"), text))
        assert "<script" not in shown
        assert "<img" not in shown
        assert 'href="https://example.com/?a=1&amp;b=2" rel="nofollow noopener noreferrer">' in shown
        assert shown.count("<a ") == 1
        assert "<br>" in shown
        assert '<span class="mention">@葛文斌</span>' in shown
        assert "&amp;amp;" in shown

    def test_takes_neither_the_words_around_an_address_nor_a_full_stop_for_a_part_of_it(self, company, about):
        text = "官网：https://example.com/产品，见那里。See http://example.com/a(b). HTTPS://X"
        shown = comment_text(say_about(company.users["owner"], about("K7101"), text))
        links = re.findall(r'<a href="([^"]+)"', shown)
        assert links == ["https://example.com/产品", "http://example.com/a(b"]

    def test_survives_names_with_signs(self, company, about):
        User.objects.filter(username="head").update(name="葛(文)*[斌")
        shown = comment_text(say_about(company.users["owner"], about("K7101"), "@葛(文)*[斌 好"))
        assert '<span class="mention">@葛(文)*[斌</span>' in shown


class TestEdit:
    def test_is_for_a_while_and_tells_only_who_is_new(self, company, about):
        owner, head, colleague = (company.users[name] for name in ("owner", "head", "director"))
        comment = say_about(owner, about("K7101"), "@葛文斌 请看")
        edit(comment, "@葛文斌 @沈国栋 请看")
        comment.refresh_from_db()
        assert comment.edited_at is not None
        assert told(head) == told(colleague) == ["notice.mentioned"]
        Comment.objects.update(created_at=timezone.now() - dt.timedelta(minutes=16))
        with pytest.raises(CommentError) as caught:
            edit(comment, "太晚")
        assert caught.value.code == "comment.late"
        comment.refresh_from_db()
        assert comment.text == "@葛文斌 @沈国栋 请看"


class TestPages:
    def test_say_edit_and_remove(self, company, as_user):
        client, pk = as_user("owner"), company.accounts["K7101"].pk
        page = f"/accounts/{pk}/activity/"
        answer = client.post("/comments/add/", {"about": f"account:{pk}", "text": "第一次拜访很顺利"})
        comment = Comment.objects.get()
        assert answer.url == f"{page}#comment-{comment.pk}"
        assert "第一次拜访很顺利" in client.get(page).content.decode()
        client.post(f"/comments/{comment.pk}/edit/", {"text": "第一次拜访顺利"})
        client.post(f"/comments/{comment.pk}/remove/")
        body = client.get(page).content.decode()
        assert "第一次拜访" not in body
        assert "评论已被钟离春删除" in body
        history = client.get(f"/comments/{comment.pk}/history/").content.decode()
        assert "第一次拜访很顺利" in history
        assert "第一次拜访顺利" in history

    def test_keep_what_was_typed_where_it_is_refused(self, company, as_user):
        pk = company.accounts["K7101"].pk
        answer = as_user("owner").post(
            "/comments/add/", {"about": f"account:{pk}", "text": "长长的一段 @司徒朗"}
        )
        assert answer.status_code == 422
        assert "长长的一段 @司徒朗</textarea>" in answer.content.decode()
        assert "司徒朗看不到这家客户" in answer.content.decode()

    def test_say_under_the_box_how_to_write_of_people(self, company, as_user):
        body = as_user("owner").get(f"/accounts/{company.accounts['K7101'].pk}/activity/").content.decode()
        assert "请像对方会读到一样写" in body

    @pytest.mark.parametrize(
        ("name", "edits", "removes", "history"),
        [
            ("owner", 200, 302, 200),
            ("head", 403, 302, 200),
            ("service", 403, 403, 403),
            ("stranger", 404, 404, 404),
        ],
    )
    def test_are_open_to_whom(self, company, as_user, about, name, edits, removes, history):
        comment = say_about(company.users["owner"], about("K7101"), "内部说法")
        client = as_user(name)
        assert client.get(f"/comments/{comment.pk}/edit/").status_code == edits
        assert client.get(f"/comments/{comment.pk}/history/").status_code == history
        assert client.post(f"/comments/{comment.pk}/remove/").status_code == removes

    def test_offer_whom_to_mention(self, company, as_user):
        client, pk = as_user("owner"), company.accounts["K7101"].pk
        for asked, names in (("葛", {"葛文斌"}), ("hea", {"葛文斌"}), ("司徒", set())):
            body = client.get(
                f"/comments/mention/?about=account:{pk}&q={asked}", headers={"HX-Request": "true"}
            ).content.decode()
            for user in company.users.values():
                assert (user.name in body) == (user.name in names), (asked, user.name)
        foreign = company.accounts["K7401"].pk
        address = f"/comments/mention/?about=account:{foreign}&q="
        assert client.get(address, headers={"HX-Request": "true"}).status_code == 404
