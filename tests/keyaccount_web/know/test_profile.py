"""What an account is: its size, production, finances, credit, each fact with its source and day (K1, R3)."""

import datetime as dt
from decimal import Decimal

import pytest

from keyaccount_web.know.profile.models import Credit, Finances, Size
from keyaccount_web.know.profile.services import PARTS, facts_of, is_stale, keep
from keyaccount_web.know.record_kit import RecordError

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
    assert is_stale(Size.objects.get())
    keep(PARTS["size"], **told, source=SOURCE, staff=380)
    assert [one.staff for one in facts_of(account)["size"]] == [380, 300]


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
