"""Which fields were confirmed when, by edit, import or one press; and what pages ask for (K1, K9)."""

import datetime as dt

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from keyaccount_web.company.presets import change_setting
from keyaccount_web.know.bulk import bulk_edit, undo_bulk
from keyaccount_web.know.models import Account
from keyaccount_web.know.services import edit_account
from keyaccount_web.work.freshness import ACCOUNT_FIELDS, confirm, confirm_many, questions, stalest
from keyaccount_web.work.models import FieldConfirmation

HTMX = {"HX-Request": "true"}


def of(record):
    told = FieldConfirmation.objects.filter(account=record)
    return {(one.contact_id, one.field): (one.source, one.by) for one in told}


class TestConfirmations:
    def test_come_with_what_is_filled_in_and_with_edits(self, company):
        account = company.accounts["K7101"]
        contact = account.contacts.get()
        assert set(of(account)) == {
            (None, "industry"),
            (None, "address"),
            *((contact.pk, name) for name in ("title", "phone", "email")),
        }
        FieldConfirmation.objects.all().delete()
        account.address = "新路1号"
        account._change_reason = "import 7"
        account.save()
        contact.title = "总经理"
        contact.save()
        assert of(account) == {(None, "address"): ("import", None), (contact.pk, "title"): ("edit", None)}

    def test_are_signed_by_who_edits(self, company, as_user):
        account, owner = company.accounts["K7101"], company.users["owner"]
        FieldConfirmation.objects.all().delete()
        as_user("owner").post(
            f"/accounts/{account.pk}/edit/",
            {"name": account.name, "address": "新路2号", "industry": account.industry, "version": "1"},
        )
        assert of(account)[None, "address"] == ("edit", owner)

    def test_of_many_replace_those_before(self, company):
        account, other, owner = company.accounts["K7101"], company.accounts["K7102"], company.users["owner"]
        contact = account.contacts.get()
        at = timezone.now() - dt.timedelta(days=400)
        records = [(account, ["address", "industry"]), (other, ["address"]), (contact, ["phone"])]
        assert confirm_many(records, owner, at=at) == 4
        assert confirm_many(records, owner, at=at) == 4
        assert of(account)[None, "address"] == ("import", owner)
        assert of(account)[contact.pk, "phone"] == ("import", owner)
        assert FieldConfirmation.objects.filter(at=at).count() == 4
        assert FieldConfirmation.objects.filter(account=account, field="address").count() == 1

    def test_come_with_a_bulk_edit_and_not_with_its_undoing(self, company):
        owner = company.users["owner"]
        FieldConfirmation.objects.all().delete()
        chosen = Account.objects.filter(code__in=["K7101", "K7102"])
        change = bulk_edit(chosen, {"industry": "造船", "region": "浙东"}, owner)
        told = FieldConfirmation.objects.values_list("account__code", "field", "source", "by")
        assert sorted(told) == [(code, "industry", "edit", owner.pk) for code in ("K7101", "K7102")]
        FieldConfirmation.objects.all().delete()
        undo_bulk(change, owner)
        assert not FieldConfirmation.objects.exists()


class TestQuestions:
    def test_are_the_three_most_worth_it(self, company):
        account = company.accounts["K7101"]
        account.refresh_from_db()
        contact = account.contacts.get()
        now = timezone.now()
        confirm(account, ACCOUNT_FIELDS, None, at=now)
        confirm(contact, ("phone", "email", "title", "department"), None, at=now)
        assert questions(account) == []
        confirm(contact, ("phone",), None, at=now - dt.timedelta(days=360))  # 4 × 360 ÷ 180 = 8
        confirm(account, ("address",), None, at=now - dt.timedelta(days=730))  # 3 × 730 ÷ 365 = 6
        confirm(contact, ("email",), None, at=now - dt.timedelta(days=365))  # 2 × 365 ÷ 365 = 2
        confirm(
            account, ("industry",), None, at=now - dt.timedelta(days=730)
        )  # 2, and `contact.…` < `industry`
        assert [(one.contact, one.field) for one in questions(account)] == [
            (contact, "phone"),
            (None, "address"),
            (contact, "email"),
        ]
        change_setting("freshness.contact.phone", 1000)
        assert questions(account)[0].field == "address"

    def test_of_home_are_those_of_ones_own_accounts(self, company, as_user):
        owner = company.users["owner"]
        found = stalest(owner)
        assert {one.account.code for one in found} <= {"K7101", "K7102", "K7103", "K7104"}
        assert len(found) == 4
        body = as_user("owner").get("/").content.decode()
        assert "我的客户中最该确认的资料" in body
        assert "我的客户中最该确认的资料" not in as_user("planner").get("/").content.decode()

    def test_take_as_many_queries_for_many_accounts_as_for_one(self, company, as_user):
        with CaptureQueriesContext(connection) as one:
            stalest(company.users["neighbour"])
        with CaptureQueriesContext(connection) as four:
            stalest(company.users["owner"])
        assert len(one) == len(four) <= 6


class TestBox:
    def address(self, company, deed):
        return f"/accounts/{company.accounts['K7101'].pk}/freshness/{deed}/"

    def test_takes_still_right_with_one_press(self, company, as_user):
        account, owner = company.accounts["K7101"], company.users["owner"]
        client = as_user("owner")
        assert "请确认" in client.get(f"/accounts/{account.pk}/").content.decode()
        body = client.post(
            self.address(company, "confirm"), {"field": "website"}, headers=HTMX
        ).content.decode()
        assert 'id="freshness"' in body
        assert "<html" not in body
        assert of(account)[None, "website"] == ("confirm", owner)
        contact = account.contacts.get()
        client.post(self.address(company, "confirm"), {"field": "phone", "contact": contact.pk})
        assert of(account)[contact.pk, "phone"] == ("confirm", owner)

    def test_takes_another_value_in_place(self, company, as_user):
        account = company.accounts["K7101"]
        contact = account.contacts.get()
        client, address = as_user("owner"), self.address(company, "edit")
        client.post(address, {"field": "website", "value": "example.com", "version": "1"}, headers=HTMX)
        client.post(address, {"field": "phone", "contact": contact.pk, "value": "13911112222"}, headers=HTMX)
        account.refresh_from_db()
        contact.refresh_from_db()
        assert (account.website, contact.phone) == ("https://example.com", "13911112222")
        assert account.version == 2
        assert of(account)[None, "website"] == ("edit", company.users["owner"])

    def test_keeps_what_was_typed_where_it_is_wrong_or_late(self, company, as_user):
        account = company.accounts["K7101"]
        contact = account.contacts.get()
        confirm(account, [name for name in ACCOUNT_FIELDS if name != "website"], None)
        confirm(contact, ("phone", "title", "department"), None)
        FieldConfirmation.objects.filter(field="email").delete()
        client, address = as_user("owner"), self.address(company, "edit")
        told = {"field": "email", "contact": contact.pk, "value": "kein@@mail"}
        body = client.post(address, told, headers=HTMX).content.decode()
        assert 'value="kein@@mail"' in body
        assert 'role="alert"' in body
        edit_account(account.pk, {"website": "https://a.example.com"}, version=1, user=company.users["head"])
        late = {"field": "website", "value": "https://b.example.com", "version": "1"}
        body = client.post(address, late, headers=HTMX).content.decode()
        assert 'role="alert"' in body
        account.refresh_from_db()
        assert account.website == "https://a.example.com"

    def test_is_only_for_fields_and_contacts_of_this_account(self, company, as_user):
        client = as_user("owner")
        foreign = company.accounts["K7401"].contacts.get()
        for told in (
            {"field": "name"},
            {"field": "version"},
            {"field": ""},
            {"field": "phone"},
            {"field": "phone", "contact": foreign.pk},
            {"field": "phone", "contact": "x"},
            {"field": "account", "contact": company.accounts["K7101"].contacts.get().pk},
        ):
            for deed in ("confirm", "edit"):
                assert client.post(self.address(company, deed), {**told, "value": "x"}).status_code == 404

    def test_is_only_for_who_may_edit(self, company, as_user):
        page = f"/accounts/{company.accounts['K7101'].pk}/"
        assert "请确认" not in as_user("planner").get(page).content.decode()
        for name, status in (("planner", 403), ("stranger", 404), ("service", 302)):
            answer = as_user(name).post(self.address(company, "confirm"), {"field": "website"})
            assert answer.status_code == status
