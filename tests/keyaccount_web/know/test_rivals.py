"""Rivals and the share of wallet: dated facts with their source, what is not ours refused, nobody else's shown."""

import datetime as dt
from decimal import Decimal

import pytest
from django.utils import timezone

from keyaccount_web.know.provenance import FactError
from keyaccount_web.know.record_kit import RecordError
from keyaccount_web.know.rivals import services
from keyaccount_web.know.rivals.models import KnownPurchases, Rival, RivalFact, SupplyFailure


def told(**more):
    base = {"source_kind": "customer", "source": "采购部李主任", "permission": "internal"}
    return base | {"dated": timezone.localdate()} | more


@pytest.fixture
def account(company):
    return company.accounts["K7101"]


@pytest.fixture
def facts(company, account):
    by = company.users["owner"]
    fact = services.keep_fact(
        by=by, account=account, rival="海川阀业", business_line="阀门", price=Decimal("98.5"), price_unit="台",
        yearly_sales=Decimal(120_000), rating_them=3, rating_us=4, source=told(),
    )  # fmt: skip
    bought = services.keep_purchases(
        by=by, account=account, year=2025, amount=Decimal(1_000_000), source=told()
    )
    failed = services.keep_failure(
        by=by, account=account, rival="海川阀业", what="电机缺货", began_on=dt.date(2026, 1, 5),
        ended_on=None, source=told(),
    )  # fmt: skip
    return {"account": account.pk, "fact": fact.pk, "purchases": bought.pk, "failure": failed.pk}


class TestFacts:
    def test_of_one_rival_however_its_name_is_typed(self, company, account, facts):
        services.keep_fact(
            by=company.users["owner"], account=account, rival=" 海川阀业 ", tactics="送货到店", source=told()
        )
        assert [one.name for one in Rival.objects.all()] == ["海川阀业"]
        assert RivalFact.objects.count() == 2

    def test_that_tell_nothing_or_are_not_ours_are_refused_and_leave_nothing(self, company, account):
        by = company.users["owner"]
        with pytest.raises(RecordError) as refused:
            services.keep_fact(by=by, account=account, rival="海川阀业", business_line="阀门", source=told())
        assert refused.value.code == "rival.nothing"
        with pytest.raises(FactError) as unfit:
            services.keep_fact(
                by=by,
                account=account,
                rival="海川阀业",
                product="球阀",
                source=told(permission="confidential"),
            )
        assert unfit.value.code == "fact.confidential"
        assert not Rival.objects.exists()

    def test_a_failure_ends_after_it_began_and_is_a_window(self, company, account, facts):
        with pytest.raises(RecordError):
            services.keep_failure(
                by=company.users["owner"], account=account, rival="x", what="y", source=told(),
                began_on=dt.date(2026, 2, 2), ended_on=dt.date(2026, 2, 1),
            )  # fmt: skip
        assert [one.pk for one in services.failures_on([account.pk], dt.date(2026, 1, 5))] == [
            facts["failure"]
        ]
        assert not services.failures_on([account.pk], dt.date(2026, 1, 4)).exists()


class TestWallet:
    def test_is_our_ledger_beside_what_the_customer_buys(self, company, account, facts):
        # The owner's ledger of 2025: what the account's own page sums up.
        answer = services.wallet_of(company.users["owner"], account).to_pylist()
        whole = next(row for row in answer if row["year"] == 2025 and not row["business_line"])
        by_hand = sum(
            Decimal(line["net_amount"])
            for line in _lines(company)
            if line["account_id"] == "K7101" and line["date"].year == 2025
        )
        assert whole["sales"] == by_hand
        assert whole["share_low"] == float(by_hand / 1_000_000)

    def test_is_unknown_where_nobody_has_said(self, company, account):
        answer = services.wallet_of(company.users["owner"], account).to_pylist()
        assert answer
        assert {row["standing"] for row in answer} == {"unknown"}

    def test_of_a_region_is_told_from_five_accounts_on_and_of_facts_that_may_be_put_together(self, company):
        director = company.users["director"]
        own = [one for one in company.accounts.values() if one.region == "浙北"][:5]
        for one in own:
            services.keep_purchases(by=director, account=one, year=2025, amount=Decimal(10**8), source=told())
        (row,) = services.regions_wallet(director, 2025).to_pylist()
        assert (row["region"], row["accounts"]) == ("浙北", len(own))
        assert (row["share_low"] is None) == (len(own) < 5)
        last = KnownPurchases.objects.order_by("pk").last()
        last.permission = "account"
        last.save()
        (row,) = services.regions_wallet(director, 2025).to_pylist()
        assert (row["accounts"], row["share_low"]) == (len(own) - 1, None)


def _lines(company):
    from keyaccount_web.tables.ledger import ledger_for

    return ledger_for(company.users["owner"], snapshot=company.snapshot).lines.to_pyarrow().to_pylist()


PAGES = (
    "/accounts/{account}/rivals/", "/accounts/{account}/rivals/new/", "/accounts/{account}/rivals/{fact}/",
    "/accounts/{account}/purchases/new/", "/accounts/{account}/purchases/{purchases}/",
    "/accounts/{account}/failures/new/", "/accounts/{account}/failures/{failure}/",
)  # fmt: skip


class TestPages:
    @pytest.mark.parametrize("page", PAGES)
    def test_are_for_those_who_may_see_the_account(self, as_user, facts, page):
        url = page.format(**facts)
        assert as_user("owner").get(url).status_code == 200
        for username in ("colleague", "stranger", "admin"):
            assert as_user(username).get(url).status_code == 404
        assert as_user("planner").get(url).status_code == (200 if page == PAGES[0] else 403)

    def test_a_fact_is_added_changed_and_removed_in_the_browser(self, as_user, account):
        owner = as_user("owner")
        form = {name: str(value) for name, value in told().items()} | {"rival": "海川阀业", "price": "98.5"}
        assert owner.post(f"/accounts/{account.pk}/rivals/new/", form).status_code == 302
        fact = RivalFact.objects.get()
        url = f"/accounts/{account.pk}/rivals/{fact.pk}/"
        assert owner.post(url, form | {"price": "97", "version": 1}).status_code == 302
        assert owner.post(url, form | {"price": "96", "version": 1}).status_code == 409
        page = owner.get(f"/accounts/{account.pk}/rivals/").content.decode()
        assert "采购部李主任" in page
        owner.post(f"/accounts/{account.pk}/rivals/rival/{fact.pk}/remove/")
        assert not RivalFact.objects.exists()
        assert RivalFact.history.count() == 3

    def test_confidential_is_refused_at_the_field_with_the_reason(self, as_user, account):
        form = {name: str(value) for name, value in told(permission="confidential").items()}
        answer = as_user("owner").post(
            f"/accounts/{account.pk}/rivals/new/", form | {"rival": "海川", "price": "1"}
        )
        assert answer.status_code == 422
        assert "客户标明保密" in answer.content.decode()

    def test_the_list_leaves_out_what_is_for_one_account_only(self, as_user, company, account, facts):
        services.keep_fact(
            by=company.users["owner"],
            account=account,
            rival="保密对手",
            product="泵",
            source=told(permission="account"),
        )
        page = as_user("owner").get("/rivals/").content.decode()
        assert "98.5" in page
        assert "泵" not in page
        assert "98.5" not in as_user("colleague").get("/rivals/").content.decode()
        assert "保密对手" in as_user("owner").get(f"/accounts/{account.pk}/rivals/").content.decode()

    def test_regions_open_for_all_with_what_they_see(self, as_user, facts):
        assert "不到 5 家，不给数" in as_user("owner").get("/rivals/regions/?year=2025").content.decode()
        assert (
            "不到 5 家，不给数" not in as_user("colleague").get("/rivals/regions/?year=2025").content.decode()
        )

    @pytest.mark.parametrize("rows", [1, 30])
    def test_the_same_number_of_queries_whatever_the_rows(
        self, as_user, company, account, rows, django_assert_max_num_queries
    ):
        by = company.users["owner"]
        for number in range(rows):
            services.keep_fact(by=by, account=account, rival=f"对手{number}", price=Decimal(5), source=told())
            services.keep_failure(
                by=by, account=account, rival=f"对手{number}", what="断", source=told(),
                began_on=dt.date(2026, 1, 1), ended_on=None,
            )  # fmt: skip
        owner = as_user("owner")
        owner.get("/rivals/")
        for page in ("/rivals/", f"/accounts/{account.pk}/rivals/"):
            with django_assert_max_num_queries(20):
                owner.get(page)


def test_a_rival_is_found_by_who_has_a_fact_of_it(as_user, facts):
    assert "/rivals/?rival=" in as_user("owner").get("/search/?q=海川").content.decode()
    assert "/rivals/?rival=" not in as_user("stranger").get("/search/?q=海川").content.decode()
    assert SupplyFailure.objects.get(pk=facts["failure"]).rival.name == "海川阀业"
