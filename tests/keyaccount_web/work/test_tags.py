"""Tags: put on and taken off, merged, filtered by."""

import pytest

from keyaccount_web.know.models import Account
from keyaccount_web.work.models import AccountTag, Tag
from keyaccount_web.work.tags import TagError, change_tag, tag, tag_named, tagged, untag
from tests.keyaccount_web.know.test_accounts import listed


def codes(found):
    return sorted(found.values_list("code", flat=True))


class TestTags:
    def test_are_put_on_many_and_taken_off_again(self, company):
        owner, accounts = company.users["owner"], company.accounts
        gold = tag_named(" 金 牌 ", owner)
        assert gold.name == "金 牌"
        assert tag([accounts["K7101"]], gold, owner) == [accounts["K7101"].pk]
        new = tag(Account.objects.filter(code__in=["K7101", "K7102"]), gold, owner)
        assert new == [accounts["K7102"].pk]  # the undo takes off only what was put on
        assert codes(Account.objects.filter(tagged("金 牌"))) == ["K7101", "K7102"]
        assert untag(Account.objects.filter(pk__in=new), gold) == new
        assert codes(Account.objects.filter(tagged("金 牌"))) == ["K7101"]

    def test_filter_by_any_of_several_without_repeats(self, company):
        owner, account = company.users["owner"], company.accounts["K7101"]
        for name in ("甲", "乙"):
            tag([account], tag_named(name, owner), owner)
        assert codes(Account.objects.filter(tagged("甲", "乙"))) == ["K7101"]
        assert codes(Account.objects.filter(tagged())) == []

    def test_are_one_whatever_the_capitals(self, company):
        owner = company.users["owner"]
        assert tag_named("VIP", owner) == tag_named("vip", owner)

    @pytest.mark.parametrize("name", ["", "   ", "长" * 31, "a\u202eb", "a\x00b"])
    def test_have_a_name_that_can_be_read(self, company, name):
        with pytest.raises(TagError):
            tag_named(name, company.users["owner"])

    def test_merge_by_the_name_of_another(self, company):
        owner, accounts = company.users["owner"], company.accounts
        one, other = tag_named("展会", owner), tag_named("展会认识", owner)
        tag([accounts["K7101"], accounts["K7102"]], one, owner)
        tag([accounts["K7102"], accounts["K7103"]], other, owner)
        assert change_tag(one, name="展会认识", hue="clay") == other
        assert codes(Account.objects.filter(tagged("展会认识"))) == ["K7101", "K7102", "K7103"]
        assert AccountTag.objects.count() == 3
        assert not Tag.objects.filter(name="展会").exists()


class TestPages:
    def test_put_on_and_take_off_in_place(self, company, as_user):
        client, pk = as_user("owner"), company.accounts["K7101"].pk
        part = {"HX-Request": "true"}
        body = client.post(f"/accounts/{pk}/tags/", {"tag": "新厂投产"}, headers=part).content.decode()
        assert "<html" not in body
        assert "新厂投产" in client.get(f"/accounts/{pk}/").content.decode()
        body = client.post(f"/accounts/{pk}/tags/", {"tag": "长" * 31}, headers=part).content.decode()
        assert "1 到 30 个字" in body
        assert "长" * 31 in body
        mark = Tag.objects.get()
        client.post(f"/accounts/{pk}/tags/{mark.pk}/remove/")
        assert not AccountTag.objects.exists()

    def test_are_changed_by_heads(self, company, as_user):
        owner = company.users["owner"]
        mark = tag_named("展会", owner)
        tag([company.accounts["K7101"]], mark, owner)
        assert (
            as_user("owner").post(f"/tags/{mark.pk}/change/", {"name": "x", "hue": "clay"}).status_code == 403
        )
        head = as_user("head")
        head.post(f"/tags/{mark.pk}/change/", {"name": "展会认识", "hue": "clay"})
        head.post(f"/tags/{mark.pk}/change/", {"name": "y", "hue": "red"})
        mark.refresh_from_db()
        assert (mark.name, mark.hue) == ("展会认识", "clay")
        assert "1 家" in head.get("/tags/").content.decode()

    def test_of_accounts_out_of_sight_are_not_told(self, company, as_user):
        tag(
            [company.accounts["K7401"]],
            tag_named("并购谈判", company.users["stranger"]),
            company.users["stranger"],
        )
        assert "并购谈判" not in as_user("planner").get("/tags/").content.decode()

    def test_are_put_on_by_who_may_edit(self, company, as_user):
        pk = company.accounts["K7101"].pk
        assert as_user("planner").post(f"/accounts/{pk}/tags/", {"tag": "x"}).status_code == 403
        assert as_user("stranger").post(f"/accounts/{pk}/tags/", {"tag": "x"}).status_code == 404


class TestTagsInTheList:
    def test_are_put_on_the_selected_that_may_be_seen_and_undone(self, company, as_user):
        client = as_user("owner")
        ids = [company.accounts[code].pk for code in ("K7101", "K7102", "K7501")]
        assert "2 家" in client.get("/tags/bulk/", {"ids": ids}).content.decode()
        body = client.post("/tags/bulk/", {"ids": ids, "tag": "重点"}).content.decode()
        assert "2 家" in body
        assert codes(Account.objects.filter(tagged("重点"))) == ["K7101", "K7102"]
        assert set(listed(client, "?tag=重点")) == {"K7101", "K7102"}
        # Who sees no account that bears it is not offered it.
        assert "重点" not in as_user("stranger").get("/accounts/").content.decode()
        client.post("/tags/bulk/undo/", {"ids": ids, "tag": Tag.objects.get().pk})
        assert not AccountTag.objects.exists()

    def test_need_a_name(self, company, as_user):
        answer = as_user("owner").post("/tags/bulk/", {"ids": [company.accounts["K7101"].pk], "tag": " "})
        assert answer.status_code == 409

    def test_are_for_who_edits(self, company, as_user):
        assert as_user("analyst").get("/tags/bulk/").status_code == 403
        assert as_user("analyst").post("/tags/bulk/undo/", {"tag": "1"}).status_code == 403
