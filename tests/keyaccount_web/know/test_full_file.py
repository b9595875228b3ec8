"""How full and fresh files are: by account, by manager, for those who may see them."""

import datetime as dt

import pytest
from django.utils import timezone

from keyaccount.know.completeness import PARTS
from keyaccount_web.company.presets import change_setting
from keyaccount_web.know.full_file.parts import files_of, parts
from keyaccount_web.know.models import Account, Contact
from keyaccount_web.know.needs.services import add_need, keep_expectation
from keyaccount_web.work.freshness import confirm
from keyaccount_web.work.models import FieldConfirmation

SOURCE = {
    "source_kind": "customer",
    "source": "李主任",
    "dated": dt.date(2026, 1, 5),
    "permission": "internal",
}


@pytest.fixture
def account(company):
    return company.accounts["K7101"]


class TestFilesOf:
    def test_every_part_has_a_weight_and_an_address(self):
        assert set(parts()) <= set(PARTS)
        assert len(parts()) >= 10

    def test_grows_with_what_is_recorded(self, company, account):
        (before,) = files_of([account])
        assert "need" in before.missing
        assert "two_contacts" in before.missing
        add_need(by=company.users["owner"], account=account, text="快", topic="delivery", source=SOURCE)
        keep_expectation(by=company.users["owner"], account=account, source=SOURCE, lead_days=3)
        Contact.objects.create(account=account, name="白露", email="bailu@example.com")
        (after,) = files_of([Account.objects.get(pk=account.pk)])
        assert set(before.missing) - set(after.missing) >= {
            "need",
            "expectation",
            "two_contacts",
        }
        assert after.score > before.score

    def test_what_the_company_does_not_ask_for_is_not_missing(self, account):
        for name in parts():
            change_setting(f"completeness.{name}", 1 if name == "need" else 0)
        (told,) = files_of([account])
        assert (told.score, told.missing) == (0, ("need",))

    def test_where_nothing_is_asked_for_there_is_no_score(self, account):
        for name in parts():
            change_setting(f"completeness.{name}", 0)
        assert files_of([account]) == []


class TestPages:
    def test_an_accounts_fields_have_their_dates_and_the_stale_ones_ask(self, as_user, company, account):
        FieldConfirmation.objects.all().delete()
        confirm(account, ["address"], company.users["owner"], at=timezone.now() - dt.timedelta(days=3))
        page = as_user("owner").get(f"/accounts/{account.pk}/file/").content.decode()
        assert str(timezone.localdate() - dt.timedelta(days=3)) in page
        assert "从未确认" in page
        assert "没有记过需求" in page

    @pytest.mark.parametrize(
        ("username", "status"),
        [("owner", 200), ("head", 200), ("planner", 200), ("colleague", 404), ("admin", 404)],
    )
    def test_an_accounts_page_is_for_those_who_may_see_it(self, as_user, account, username, status):
        assert as_user(username).get(f"/accounts/{account.pk}/file/").status_code == status

    def test_a_manager_sees_the_own_accounts_and_nobody_elses(self, as_user, company):
        page = as_user("owner").get("/accounts/files/").content.decode()
        assert company.accounts["K7101"].name in page
        foreign = [
            one for one in company.accounts.values() if one.owner_id not in (None, company.users["owner"].pk)
        ]
        assert foreign
        assert not [one.name for one in foreign if one.name in page]
        other = (
            as_user("colleague").get(f"/accounts/files/?manager={company.users['owner'].pk}").content.decode()
        )
        assert company.accounts["K7101"].name not in other

    def test_a_superior_sees_managers_beside_each_other_and_opens_one(self, as_user, company):
        head, owner = as_user("head"), company.users["owner"]
        page = head.get("/accounts/files/?manager=0").content.decode()
        assert f"?manager={owner.pk}" in page
        assert (
            company.accounts["K7101"].name
            in head.get(f"/accounts/files/?manager={owner.pk}").content.decode()
        )

    @pytest.mark.parametrize("rows", [1, 40])
    def test_the_same_number_of_queries_whatever_the_rows(
        self, as_user, account, rows, django_assert_max_num_queries
    ):
        for number in range(rows):
            Contact.objects.create(account=account, name=f"人{number}", phone="13900001111")
        director = as_user("director")
        director.get("/accounts/files/?manager=0")
        for page in (
            "/accounts/files/?manager=0",
            f"/accounts/files/?manager={account.owner_id}",
            f"/accounts/{account.pk}/file/",
        ):
            with django_assert_max_num_queries(20):
                director.get(page)


def test_bulk_edits_and_imports_confirm_what_they_write(company, account):
    from keyaccount_web.know.bulk import bulk_edit

    FieldConfirmation.objects.all().delete()
    bulk_edit(Account.objects.filter(pk=account.pk), {"industry": "化工"}, company.users["owner"])
    (told,) = FieldConfirmation.objects.all()
    assert (told.account, told.field, told.source) == (account, "industry", "edit")
