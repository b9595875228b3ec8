"""What an account is: its size, production, finances, credit, each fact with its source and day (K1, R3)."""

import datetime as dt
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from keyaccount_web.know.full_file.parts import files_of
from keyaccount_web.know.profile.models import Credit, Finances
from keyaccount_web.know.profile.services import PARTS, facts_of, keep
from keyaccount_web.know.record_kit import RecordError
from keyaccount_web.work.freshness import questions

SOURCE = {
    "source_kind": "published",
    "source": "企业年报",
    "dated": dt.date(2026, 1, 5),
    "permission": "public",
}


@pytest.fixture
def account(company):
    return company.accounts["K7101"]


def test_a_later_fact_overwrites_none_and_old_ones_ask(company, account):
    told = {"by": company.users["owner"], "account": account}
    keep(PARTS["size"], **told, source={**SOURCE, "dated": dt.date(2024, 1, 5)}, staff=300)
    asked = [one for one in questions(account, most=None) if one.field == "profile.size"]
    assert [(one.value, one.url) for one in asked] == [("2024-01-05", f"/accounts/{account.pk}/profile/")]
    keep(PARTS["size"], **told, source={**SOURCE, "dated": timezone.localdate()}, staff=380)
    assert [one.staff for one in facts_of(account)["size"]] == [380, 300]
    assert "profile.size" not in {one.field for one in questions(account, most=None)}


def test_what_grew_old_is_confirmed_with_a_visit_or_in_its_box(company, account, as_user):
    long_ago = {**SOURCE, "dated": timezone.localdate() - dt.timedelta(days=181)}
    keep(PARTS["credit"], by=company.users["owner"], account=account, source=long_ago, days=30)
    owner = as_user("owner")
    page = owner.get(f"/accounts/{account.pk}/profile/").content.decode()
    assert "过了有效期" in page
    assert as_user("colleague").post(f"/accounts/{account.pk}/freshness/confirm/", {"field": "profile.credit"}).status_code == 404  # fmt: skip
    owner.post(reverse("freshness_confirm", args=[account.pk]), {"field": "profile.credit"})
    assert "profile.credit" not in {one.field for one in questions(account, most=None)}
    assert "过了有效期" not in owner.get(f"/accounts/{account.pk}/profile/").content.decode()
    assert owner.post(reverse("freshness_edit", args=[account.pk]), {"field": "profile.credit", "value": "x"}).status_code == 404  # fmt: skip


def test_counts_in_the_file_is_found_and_led_to(company, account, as_user):
    assert {"size", "production", "finances", "credit"} <= set(files_of([account])[0].missing)
    keep(PARTS["production"], by=company.users["owner"], account=account, source=SOURCE, products="轴承座")
    assert "production" not in files_of([account])[0].missing
    assert "轴承座" in as_user("owner").get("/search/?q=zhouchengzuo").content.decode()
    assert "轴承座" not in as_user("colleague").get("/search/?q=zhouchengzuo").content.decode()
    for page in (f"/accounts/{account.pk}/", f"/accounts/{account.pk}/edit/", f"/accounts/{account.pk}/file/"):  # fmt: skip
        assert f"/accounts/{account.pk}/profile/" in as_user("owner").get(page).content.decode()


@pytest.mark.parametrize(
    ("part", "values", "code"),
    [
        ("size", {}, "profile.nothing"),
        ("production", {"unit": "吨"}, "profile.nothing"),
        ("size", {"founded_year": 1699}, "profile.far_year"),
        ("finances", {"revenue": Decimal(1)}, "profile.no_year"),
        ("finances", {"year": 2025}, "profile.nothing"),
        ("finances", {"year": 2025, "assets": Decimal(-1)}, "profile.negative"),
        ("credit", {"overdue": Decimal(2), "receivables": Decimal(1)}, "profile.overdue_part"),
        ("credit", {"billing": "barter"}, "profile.billing_unknown"),
    ],
)
def test_what_cannot_be_is_refused(company, account, part, values, code):
    with pytest.raises(RecordError) as refused:
        keep(PARTS[part], by=company.users["owner"], account=account, source=SOURCE, **values)
    assert refused.value.code == code


def test_stands_on_its_tab_for_those_who_see_the_account(account, as_user, django_assert_max_num_queries):
    owner, base = as_user("owner"), f"/accounts/{account.pk}/profile/"
    posted = {**SOURCE, "dated": "2026-01-05", "year": 2025, "revenue": "52000000", "profit": "-300000"}
    assert owner.post(f"{base}finances/new/", posted).status_code == 302
    fact = Finances.objects.get()
    change = f"{base}finances/{fact.pk}/"
    assert owner.post(change, {**posted, "profit": "400000", "version": 1}).status_code == 302
    assert owner.post(change, {**posted, "version": 1}).status_code == 409
    assert "30.0 万元" in owner.get(change).content.decode()
    assert owner.post(f"{base}credit/new/", {**posted, "overdue": "5"}).status_code == 422
    assert owner.post(f"{base}credit/new/", {**posted, "limit": "500000", "billing": "group", "days": 30}).status_code == 302  # fmt: skip
    assert (Credit.objects.get().days, owner.get(f"{base}nothing/new/").status_code) == (30, 404)
    owner.get(base)
    with django_assert_max_num_queries(20):
        page = owner.get(base).content.decode()
    assert all(text in page for text in ("5,200.0 万元", "由集团统一结算", "企业年报", "四类概况里知道 2 类"))
    assert as_user("planner").get(base).status_code == 200
    assert as_user("planner").get(change).status_code == 403
    assert as_user("colleague").get(base).status_code == as_user("colleague").get(change).status_code == 404
    assert owner.post(f"{change}remove/").status_code == 302
    assert not Finances.objects.exists()
