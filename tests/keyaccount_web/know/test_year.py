"""A customer's year: targets against the ledger counted by hand, buying steps in their places, nobody else's shown (K3)."""

import datetime as dt
from decimal import Decimal

import pytest
from django.utils import timezone

from keyaccount.know.customer_year import year_months
from keyaccount_web.know.provenance import FactError
from keyaccount_web.know.record_kit import RecordError
from keyaccount_web.know.year import services
from keyaccount_web.know.year.models import BuyingStep, CustomerYear, YearTarget
from tests.keyaccount_web.company import ledger_table

TWELVE = [Decimal(100)] * 12


def source(**more):
    return {"source_kind": "customer", "source": "年度会", "dated": timezone.localdate(), "permission": "internal"} | more  # fmt: skip


@pytest.fixture
def account(company):
    return company.accounts["K7101"]


@pytest.fixture
def keep(company, account):
    def kept(**more):
        told = {"year": 2025, "set_by": "us", "months": TWELVE, "source": source()} | more
        return services.keep_target(by=company.users["owner"], account=account, **told)

    return kept


def bought(code, first, last):
    return sum(
        (Decimal(row["net_amount"]) for row in ledger_table().to_pylist() if row["account_id"] == code and first <= row["date"] <= last),
        Decimal(0),
    )  # fmt: skip


class TestTargets:
    def test_stand_where_the_ledger_says(self, company, account, keep):
        target = keep()
        ((told),) = services.of_account(company.users["owner"], account, 2025)
        by_hand = bought("K7101", dt.date(2025, 1, 1), dt.date(2025, 12, 31))
        assert by_hand > 0
        assert told.state.reached == target.reached == by_hand
        assert target.left == max(1200 - by_hand, 0)
        assert target.standing == told.state.standing

    def test_stand_though_whoever_began_the_calculation_has_left(self, company, keep):
        reached = keep().reached
        company.run.started_by.posts.all().delete()
        company.run.started_by.is_active = False
        company.run.started_by.save()
        services.prepared(company.run)()
        assert YearTarget.objects.get().reached == reached > 0

    def test_of_a_year_that_begins_in_april_count_its_own_months(self, company, account, keep):
        target = keep()
        services.keep_year(
            by=company.users["owner"], account=account, source=source(), year=2025, begins_in=4, priorities="降本"
        )  # fmt: skip
        target.refresh_from_db()
        assert target.reached == bought("K7101", dt.date(2025, 4, 1), dt.date(2026, 3, 31))

    def test_of_its_own_count_only_the_part_that_comes_from_us(self, keep):
        assert keep(set_by="own").reached is None
        own = keep(set_by="own", our_part=Decimal("0.5"), months=[Decimal(10**9)] * 12)
        assert own.due == own.target / 2  # the ledger's year is over
        assert keep(set_by="supplier", supplier="海川", reached_told=Decimal(7)).standing == ""

    @pytest.mark.parametrize(
        ("more", "code"),
        [
            ({"year": 1800}, "customer_year.far"),
            ({"set_by": "supplier"}, "target.no_supplier"),
            ({"months": TWELVE[:11]}, "customer_year.twelve"),
            ({"set_by": "own", "our_part": Decimal("1.2")}, "target.part"),
        ],
    )
    def test_that_cannot_be_are_refused_and_leave_nothing(self, keep, more, code):
        with pytest.raises(Exception) as refused:
            keep(**more)
        assert refused.value.code == code
        assert not YearTarget.objects.exists()

    def test_are_spread_as_it_bought_and_add_up(self, company, account):
        months = year_months(2026, 1)
        told = services.spread(company.users["owner"], account, Decimal(1_000_000), months)
        assert sum(told) == 1_000_000
        few = services.spread(company.users["owner"], account, Decimal("7.5"), months)
        assert sum(few) == Decimal("7.5")
        assert min(few) >= 0
        year = bought("K7101", dt.date(2025, 1, 1), dt.date(2025, 12, 31))
        may = bought("K7101", dt.date(2025, 5, 1), dt.date(2025, 5, 31))
        assert abs(told[4] - 1_000_000 * may / year) <= Decimal("0.5")

    def test_confidential_ones_are_refused(self, keep):
        with pytest.raises(FactError):
            keep(source=source(permission="confidential"))


class TestPlan:
    def test_is_one_a_year(self, company, account):
        told = {
            "by": company.users["owner"],
            "account": account,
            "source": source(),
            "year": 2025,
            "begins_in": 1,
        }
        services.keep_year(**told, priorities="降本")
        with pytest.raises(RecordError) as refused:
            services.keep_year(**told, priorities="扩产")
        assert refused.value.code == "customer_year.there"
        assert CustomerYear.objects.get().priorities == "降本"


class TestSteps:
    def test_keep_their_places(self, company, account):
        def step(what, place=None, record=None):
            return services.keep_step(
                by=company.users["owner"],
                account=account,
                source=source(),
                what=what,
                place=place,
                record=record,
            )

        step("询价"), step("审批")
        first = step("申请", place=1)
        assert [(one.place, one.what) for one in BuyingStep.objects.all()] == [
            (1, "申请"),
            (2, "询价"),
            (3, "审批"),
        ]
        step("申请", place=3, record=first)
        assert [one.what for one in BuyingStep.objects.all()] == ["询价", "审批", "申请"]
        with pytest.raises(RecordError):
            services.keep_step(
                by=company.users["owner"], account=account, source=source(), what="x", place=None,
                approver=company.accounts["K7102"].contacts.create(name="别家的人"),
            )  # fmt: skip


class TestPages:
    def test_form_spreads_the_year_and_page_opens_to_the_lines(self, as_user, company, account):
        client = as_user("owner")
        url = f"/accounts/{account.pk}/year/"
        form = {"year": 2025, "set_by": "us", "amount": "120000", "source_kind": "customer", "source": "采购", "dated": "2026-01-05", "permission": "internal"}  # fmt: skip
        both = client.post(f"{url}target/new/", form | {"months_0": "5"})
        assert both.status_code == 422
        assert "各月之和应等于全年" in both.content.decode()
        assert client.post(f"{url}target/new/", form).status_code == 302
        assert sum(Decimal(one) for one in YearTarget.objects.get().months) == 120_000
        page = client.get(f"{url}?year=2025").content.decode()
        assert f"/accounts/{account.pk}/lines/?from=2025-01-01&to=2025-12-31" in page
        assert client.get("/customer-targets/").content.decode().count(f"/accounts/{account.pk}/year/") == 1

    def test_two_at_once_are_told(self, as_user, keep, account):
        target = keep()
        form = {"year": 2025, "set_by": "us", "amount": "7", "source_kind": "customer", "source": "采购", "dated": "2026-01-05", "permission": "internal", "version": target.version}  # fmt: skip
        url = f"/accounts/{account.pk}/year/target/{target.pk}/"
        client = as_user("owner")
        assert client.post(url, form).status_code == 302
        assert client.post(url, form | {"amount": "8"}).status_code == 409
        assert YearTarget.objects.get().target == 7

    @pytest.mark.parametrize("who", ["colleague", "stranger"])
    def test_others_find_nothing(self, as_user, keep, account, who):
        target = keep()
        client = as_user(who)
        for url in ("", "target/new/", f"target/{target.pk}/"):
            assert client.get(f"/accounts/{account.pk}/year/{url}").status_code == 404
        assert client.post(f"/accounts/{account.pk}/year/target/{target.pk}/remove/").status_code == 404
        assert "K7101" not in client.get("/customer-targets/").content.decode()
