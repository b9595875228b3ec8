"""Pages of duplicates, merges, new accounts and contacts, as each role meets them (K9, K2)."""

import re

import pytest

from keyaccount_web.duplicates.models import (
    ComparisonKey,
    DuplicatePair,
    DuplicateSearch,
    KnownSimilar,
    Merge,
)
from keyaccount_web.duplicates.similar import search, similar_accounts
from keyaccount_web.know.models import Account, Contact
from keyaccount_web.schedule.jobs import JOBS


@pytest.fixture
def doubles(company):
    """The same customer twice: once the owner's, once a stranger's in another province; and once more the colleague's."""
    made = {}
    for code, name, username, unit in (
        ("K7601", "杭州瀚璞机械有限公司", "owner", "HZ"),
        ("K7602", "杭州瀚璞機械（有限公司）", "colleague", "HZ"),
        ("K7603", "瀚璞机械股份有限公司", "stranger", "NJ"),
    ):
        made[code] = Account.objects.create(
            code=code, name=name, owner=company.users[username], unit=company.units[unit]
        )
    Account.objects.filter(code="K7603").update(tax_number="91330100799655058B")
    search(DuplicateSearch.objects.create())
    return made


def body_of(client, address, status=200):
    answer = client.get(address)
    assert answer.status_code == status, answer.status_code
    return answer.content.decode()


def versions(body):
    return {
        name: re.search(rf'name="{name}" value="(\d+)"', body)[1] for name in ("version", "other_version")
    }


class TestTheSearch:
    def test_keeps_each_pair_once_with_score_and_reasons(self, doubles):
        pairs = {(one.account.code, one.other.code) for one in DuplicatePair.objects.all()}
        assert ("K7601", "K7602") in pairs
        before = DuplicatePair.objects.count()
        search(DuplicateSearch.objects.create())
        assert DuplicatePair.objects.count() == before
        record = DuplicateSearch.objects.first()
        assert (record.accounts, record.pairs) == (18, before)
        pair = DuplicatePair.objects.get(account__code="K7601", other__code="K7602")
        assert pair.score > 0.9
        assert pair.reasons[0]["code"].startswith("duplicate.")

    def test_remembers_what_is_not_a_duplicate_and_forgets_what_is_like_no_more(self, company, doubles):
        pair = DuplicatePair.objects.get(account__code="K7601", other__code="K7602")
        pair.state = DuplicatePair.State.NOT_DUPLICATE
        pair.save()
        assert DuplicatePair.objects.filter(other__code="K7603").exists()
        Account.objects.filter(code="K7603").update(name="另外一家")
        search(DuplicateSearch.objects.create())
        assert DuplicatePair.objects.get(pk=pair.pk).state == "not_duplicate"
        assert not DuplicatePair.objects.filter(other__code="K7603").exists()

    def test_runs_every_night_and_when_somebody_asks(self, company, as_user):
        assert "search_duplicates" in {job.name for job in JOBS}
        assert as_user("director").post("/duplicates/search/").status_code == 302
        assert DuplicateSearch.objects.get().started_by == company.users["director"]
        assert as_user("owner").post("/duplicates/search/").status_code == 403


class TestTheList:
    def test_shows_both_with_reasons_to_whoever_sees_both(self, doubles, as_user):
        body = body_of(as_user("head"), "/duplicates/")
        assert "杭州瀚璞机械有限公司" in body
        assert f"/duplicates/compare/{doubles['K7601'].pk}/{doubles['K7602'].pk}/" in body

    def test_shows_of_one_outside_the_scope_only_name_and_owner(self, doubles, as_user):
        body = body_of(as_user("owner"), "/duplicates/")
        assert "K7601" in body
        assert "瀚璞机械股份有限公司" in body
        assert "司徒朗" in body
        for hidden in ("K7602", "K7603", "91330100799655058B", "/duplicates/compare/"):
            assert hidden not in body

    def test_is_not_for_roles_that_edit_nothing(self, doubles, as_user):
        for name in ("analyst", "planner", "admin", "executive", "nobody"):
            body_of(as_user(name), "/duplicates/", 403)

    def test_takes_no_more_queries_with_more_pairs(self, doubles, as_user, django_assert_max_num_queries):
        client = as_user("director")
        client.get("/duplicates/")
        with django_assert_max_num_queries(11):
            client.get("/duplicates/")

    def test_remembers_that_two_are_not_one(self, doubles, as_user):
        pair = DuplicatePair.objects.get(account__code="K7601", other__code="K7602")
        address = f"/duplicates/{pair.pk}/decide/"
        assert as_user("owner").post(address, {"state": "not_duplicate"}).status_code == 404
        assert as_user("head").post(address, {"state": "nonsense"}).status_code == 404
        as_user("head").post(address, {"state": "not_duplicate"})
        pair.refresh_from_db()
        assert (pair.state, pair.decided_by.username) == ("not_duplicate", "head")
        assert "葛文斌" in body_of(as_user("head"), "/duplicates/?state=not_duplicate")


class TestMergingOnThePage:
    def test_merges_in_two_clicks_and_undoes_in_one(self, doubles, as_user):
        client = as_user("head")
        one, other = doubles["K7601"].pk, doubles["K7602"].pk
        address = f"/duplicates/compare/{one}/{other}/"
        body = body_of(client, address)
        answer = client.post(address, {**versions(body), "name": "merged", "owner": "survivor"})
        record = Merge.objects.get()
        assert answer.headers["Location"] == f"/duplicates/merges/{record.pk}/"
        assert Account.objects.get(pk=one).name == "杭州瀚璞機械（有限公司）"
        assert Account.objects.get(pk=one).owner.username == "owner"
        # Its old address leads to the survivor, also of its pages; it is in no list and not like anything.
        for page in ("", "lines/", "history/", "edit/"):
            assert client.get(f"/accounts/{other}/{page}").headers["Location"] == f"/accounts/{one}/{page}"
        assert "K7602" not in body_of(client, "/accounts/?q=K76")
        assert not ComparisonKey.objects.filter(account=other).exists()
        assert "K7602" not in body_of(client, "/duplicates/")
        assert "K7602" in body_of(client, "/duplicates/merges/")
        assert "撤销合并" in body_of(client, f"/duplicates/merges/{record.pk}/")
        client.post(f"/duplicates/merges/{record.pk}/undo/")
        assert "K7602" in body_of(client, "/accounts/?q=K76")
        assert ComparisonKey.objects.filter(account=other).exists()

    def test_tells_the_second_of_two_and_keeps_what_they_chose(self, doubles, as_user):
        address = f"/duplicates/compare/{doubles['K7601'].pk}/{doubles['K7602'].pk}/"
        first, second = as_user("director"), as_user("head")
        told = versions(body_of(second, address))
        account = Account.objects.get(code="K7602")
        first.post(
            f"/accounts/{account.pk}/edit/",
            {"name": account.name, "remark": "刚改", "version": account.version},
        )
        answer = second.post(address, {**told, "name": "merged"})
        body = answer.content.decode()
        assert answer.status_code == 409
        assert "同事改了" in body
        assert 'name="name" value="merged" checked' in body
        assert "刚改" in body
        assert second.post(address, {**versions(body), "name": "merged"}).status_code == 302
        # And one who comes with the same page later finds nothing left to merge.
        assert first.post(address, versions(body)).status_code == 404

    @pytest.mark.parametrize(
        ("username", "status", "post"),
        [("director", 200, 302), ("head", 200, 302), ("owner", 404, 404), ("stranger", 404, 404), ("service", 200, 403), ("analyst", 403, 403), ("nobody", 404, 404)],
    )  # fmt: skip
    def test_is_for_roles_that_merge_and_see_both(self, doubles, as_user, username, status, post):
        address = f"/duplicates/compare/{doubles['K7601'].pk}/{doubles['K7602'].pk}/"
        body_of(as_user(username), address, status)
        told = versions(body_of(as_user("director"), address))
        assert as_user(username).post(address, told).status_code == post
        assert Merge.objects.exists() is (post == 302)

    def test_takes_no_harm_from_what_nobody_means(self, doubles, as_user):
        one = doubles["K7601"].pk
        client = as_user("director")
        body_of(client, f"/duplicates/compare/{one}/{one}/", 409)
        answer = client.post(
            f"/duplicates/compare/{one}/{doubles['K7602'].pk}/",
            {"version": "x", "other_version": "9" * 40, "name": "both"},
        )
        assert answer.status_code == 409
        assert not Merge.objects.exists()

    def test_begins_at_an_account_by_name_or_code(self, doubles, as_user):
        one, other = doubles["K7601"].pk, doubles["K7602"].pk
        client = as_user("head")
        assert f"/duplicates/compare/{one}/{other}/" in body_of(client, f"/duplicates/with/{one}/")
        assert "K7101" in body_of(client, f"/duplicates/with/{one}/?q=云帆")
        assert "金陵纺机" not in body_of(client, f"/duplicates/with/{one}/?q=K7401")
        body_of(as_user("owner"), f"/duplicates/with/{one}/", 403)

    def test_says_why_an_undo_is_refused(self, doubles, as_user):
        Contact.objects.create(account=doubles["K7602"], name="柏先生")
        client = as_user("director")
        address = f"/duplicates/compare/{doubles['K7601'].pk}/{doubles['K7602'].pk}/"
        client.post(address, versions(body_of(client, address)))
        Contact.objects.get(name="柏先生").delete()
        answer = client.post(f"/duplicates/merges/{Merge.objects.get().pk}/undo/", follow=True)
        assert "柏先生" in answer.content.decode()
        assert Merge.objects.get().undone_at is None

    def test_shows_lines_with_the_code_that_the_ledger_has(self, company, as_user):
        one, other = company.accounts["K7101"].pk, company.accounts["K7103"].pk
        client = as_user("director")
        address = f"/duplicates/compare/{one}/{other}/"
        client.post(address, versions(body_of(client, address)))
        body = body_of(client, f"/accounts/{one}/lines/")
        assert "账本中的编号" in body
        assert {"K7101", "K7103"} <= set(re.findall(r">(K71\d\d)<", body))
        account = body_of(client, f"/accounts/{one}/")
        assert "金额已合计" in account
        assert "合并或拆分过 1 家客户" in body_of(client, "/")


NEW = {"name": "", "code": "", "tax_number": "", "region": "", "industry": "", "address": "", "contact_name": "", "phone": "", "reason": ""}  # fmt: skip


class TestANewAccount:
    def test_needs_only_a_name(self, company, as_user):
        client = as_user("owner")
        answer = client.post("/accounts/new/", {**NEW, "name": "白鹭纺织", "phone": "0571-88887777"})
        account = Account.objects.get(name="白鹭纺织")
        assert answer.headers["Location"] == f"/accounts/{account.pk}/"
        assert (account.code, account.owner.username, account.unit.code) == ("C000001", "owner", "HZ")
        assert account.contacts.get().phone == "0571-88887777"
        client.post("/accounts/new/", {**NEW, "name": "苍鹰电子"})
        assert Account.objects.get(name="苍鹰电子").code == "C000002"
        body_of(client, f"/accounts/{account.pk}/")

    def test_that_is_like_another_needs_a_reason_which_is_kept(self, doubles, as_user):
        client = as_user("owner")
        typed = {**NEW, "name": "杭州瀚璞机械公司", "region": "浙北"}
        answer = client.post("/accounts/new/", typed)
        body = answer.content.decode()
        assert answer.status_code == 409
        assert "浙北" in body
        assert f'href="/accounts/{doubles["K7601"].pk}/"' in body
        # Outside the scope: name and owner only.
        assert "瀚璞机械股份有限公司" in body
        assert not any(hidden in body for hidden in ("K7602", "K7603", "91330100799655058B"))
        assert not Account.objects.filter(name="杭州瀚璞机械公司").exists()
        assert client.post("/accounts/new/", {**typed, "reason": "另一家工厂"}).status_code == 302
        said = KnownSimilar.objects.filter(account__name="杭州瀚璞机械公司")
        assert {one.reason for one in said} == {"另一家工厂"}

    def test_refuses_a_code_that_is_taken_also_by_a_merged_account(self, company, as_user):
        Account.objects.filter(code="K7103").update(merged_into=company.accounts["K7101"])
        for code in ("K7101", "K7103"):
            answer = as_user("owner").post("/accounts/new/", {**NEW, "name": "苍鹰电子", "code": code})
            assert answer.status_code == 200
            assert f"编号 {code} 已有客户使用" in answer.content.decode()
            assert "苍鹰电子" in answer.content.decode()

    def test_is_not_for_roles_that_edit_nothing(self, company, as_user):
        for name in ("analyst", "planner", "admin"):
            body_of(as_user(name), "/accounts/new/", 403)
            assert as_user(name).post("/accounts/new/", {**NEW, "name": "x"}).status_code == 403
            body_of(as_user(name), "/accounts/similar/?name=x", 403)
        assert "/accounts/new/" in body_of(as_user("owner"), "/accounts/")
        assert "/accounts/new/" not in body_of(as_user("analyst"), "/accounts/")


class TestWhileTyping:
    def test_is_found_by_name_tax_number_and_phone(self, company, doubles, as_user):
        Contact.objects.create(account=doubles["K7601"], name="柏", phone="0571 8765 4321")
        client = as_user("director")
        for query in ("name=杭州瀚璞机械", "tax_number=91330100799655058B", "phone=+86-571-87654321"):
            body = body_of(client, f"/accounts/similar/?{query.replace('+', '%2B')}")
            assert "瀚璞" in body, query
            assert "<html" not in body
        assert "瀚璞" not in body_of(client, "/accounts/similar/?name=")
        assert "瀚璞" not in body_of(client, "/accounts/similar/?name=苍鹰电子")

    def test_of_an_account_that_is_there_does_not_find_itself(self, company, doubles, as_user):
        pk = doubles["K7601"].pk
        body = body_of(as_user("head"), f"/accounts/similar/?account={pk}&name=杭州瀚璞机械有限公司")
        assert "K7601" not in body
        assert "K7602" in body
        assert f"/accounts/similar/?account={pk}" in body_of(as_user("head"), f"/accounts/{pk}/edit/")

    def test_knows_a_name_as_soon_as_it_is_saved(self, company):
        account = Account.objects.create(code="K7700", name="苍鹰电子有限公司")
        found = similar_accounts({"account_name": "蒼鷹電子"}, user=company.users["director"])
        assert [one.account for one in found] == [account]
        account.name = "白鹭纺织"
        account.save()
        assert similar_accounts({"account_name": "蒼鷹電子"}, user=company.users["director"]) == []


CONTACT = {"name": "柏先生", "title": "厂长", "department": "生产部", "phone": "13911112222", "email": "bo@example.com"}  # fmt: skip


class TestContacts:
    def test_are_added_changed_and_removed_with_history(self, company, as_user):
        account = company.accounts["K7101"]
        client = as_user("owner")
        address = f"/accounts/{account.pk}/contacts/"
        assert client.post(f"{address}new/", CONTACT).status_code == 302
        contact = account.contacts.get(name="柏先生")
        assert (contact.department, contact.email) == ("生产部", "bo@example.com")
        body = body_of(client, f"{address}{contact.pk}/")
        version = re.search(r'name="version" value="(\d+)"', body)[1]
        client.post(f"{address}{contact.pk}/", {**CONTACT, "title": "总经理", "version": version})
        contact.refresh_from_db()
        assert contact.title == "总经理"
        assert [one.title for one in contact.history.all()] == ["总经理", "厂长"]
        # Not removed on the strength of what was seen before the change.
        client.post(f"{address}{contact.pk}/remove/", {"version": version})
        assert Contact.objects.filter(pk=contact.pk).exists()
        version = re.search(r'name="version" value="(\d+)"', body_of(client, f"{address}{contact.pk}/"))[1]
        client.post(f"{address}{contact.pk}/remove/", {"version": version})
        assert not Contact.objects.filter(pk=contact.pk).exists()
        assert Contact.history.filter(id=contact.pk, history_type="-").exists()

    def test_tell_the_second_of_two_and_keep_what_they_typed(self, company, as_user):
        contact = company.accounts["K7101"].contacts.get()
        address = f"/accounts/{company.accounts['K7101'].pk}/contacts/{contact.pk}/"
        first, second = as_user("owner"), as_user("head")
        version = re.search(r'name="version" value="(\d+)"', body_of(second, address))[1]
        first.post(address, {**CONTACT, "title": "甲写的", "version": version})
        answer = second.post(address, {**CONTACT, "title": "乙写的", "version": version})
        body = answer.content.decode()
        assert answer.status_code == 409
        assert "甲写的" in body
        assert 'value="乙写的"' in body
        version = re.search(r'name="version" value="(\d+)"', body)[1]
        assert second.post(address, {**CONTACT, "title": "乙写的", "version": version}).status_code == 302

    def test_that_cannot_be_right_lose_nothing_typed(self, company, as_user):
        address = f"/accounts/{company.accounts['K7101'].pk}/contacts/new/"
        answer = as_user("owner").post(address, {**CONTACT, "email": "不是邮箱"})
        assert answer.status_code == 200
        assert 'value="13911112222"' in answer.content.decode()
        assert not Contact.objects.filter(name="柏先生").exists()

    @pytest.mark.parametrize(
        ("username", "status"),
        [("owner", 200), ("head", 200), ("colleague", 404), ("stranger", 404), ("analyst", 403)],
    )
    def test_are_for_roles_that_edit_and_see_the_account(self, company, as_user, username, status):
        account = company.accounts["K7101"]
        for address in ("new/", f"{account.contacts.get().pk}/"):
            body_of(as_user(username), f"/accounts/{account.pk}/contacts/{address}", status)
        other = company.accounts["K7201"].contacts.get()
        body_of(as_user("head"), f"/accounts/{account.pk}/contacts/{other.pk}/", 404)
