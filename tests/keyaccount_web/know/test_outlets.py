"""An account's outlets: what they say together, counted by hand; contradictions refused; nobody else's shown (K4)."""

import datetime as dt
import math
from decimal import Decimal

import pytest
from django.utils import timezone

from keyaccount.know.outlets import OutletError
from keyaccount_web.know.outlets import services
from keyaccount_web.know.outlets.map import HEIGHT, WIDTH, plan
from keyaccount_web.know.outlets.models import Outlet, OutletMonth, PriceBand
from keyaccount_web.know.record_kit import RecordError


def source(**more):
    return {"source_kind": "customer", "source": "月报", "dated": timezone.localdate(), "permission": "internal"} | more  # fmt: skip


@pytest.fixture
def account(company):
    return company.accounts["K7101"]


@pytest.fixture
def keep(company, account):
    def kept(code, **more):
        return services.keep_outlet(by=company.users["owner"], account=account, source=source(), code=code, name=f"{code}店", **more)  # fmt: skip

    return kept


@pytest.fixture
def month(company):
    def kept(outlet, back, sales, ours):
        first = timezone.localdate().replace(day=1)
        for _ in range(back):
            first = (first - dt.timedelta(days=1)).replace(day=1)
        told = [None if one is None else Decimal(one) for one in (sales, ours)]
        return services.keep_month(by=company.users["owner"], outlet=outlet, source=source(), month=first, sales=told[0], our_sales=told[1])  # fmt: skip

    return kept


class TestOutlets:
    def test_sum_up_as_by_hand(self, as_user, account, keep, month):
        east, west = keep("E", can_sell=Decimal(50)), keep("W")
        for back, sales, ours in ((1, 100, 30), (2, 140, 30), (3, 120, 48)):
            month(east, back, sales, ours)
        month(west, 1, 80, None)
        month(west, 14, 999, 999)
        told = {one.outlet.code: one.figures for one in services.of_account(account)}
        assert (told["E"].sales, told["E"].our_sales, told["E"].our_share, told["E"].room) == (
            120,
            36,
            0.3,
            14,
        )
        assert (told["W"].sales, told["W"].our_sales) == (80, None)
        page = as_user("owner").get(f"/accounts/{account.pk}/outlets/").content.decode()
        # 200 a month in all; of those of which both are known, 36 of 120.
        assert "2 家在营业" in page
        assert "30.0%" in page or "30%" in page

    def test_a_second_word_on_a_month_takes_the_place_of_the_first(self, keep, month):
        one = keep("E")
        month(one, 1, 100, 30)
        month(one, 1, 110, 30)
        held = OutletMonth.objects.get()
        assert (held.sales, held.version, held.history.count()) == (110, 2, 2)

    @pytest.mark.parametrize(
        ("sales", "ours", "back", "code"),
        [
            (None, None, 1, "outlet.month_empty"),
            (5, 6, 1, "outlet.month_more"),
            (5, 4, -1, "outlet.month_ahead"),
        ],
    )
    def test_months_that_cannot_be_are_refused(self, company, keep, sales, ours, back, code):
        first = (timezone.localdate().replace(day=1) + dt.timedelta(days=32 if back < 0 else 0)).replace(
            day=1
        )
        told = [None if one is None else Decimal(one) for one in (sales, ours)]
        with pytest.raises(RecordError) as refused:
            services.keep_month(by=company.users["owner"], outlet=keep("E"), source=source(), month=first, sales=told[0], our_sales=told[1])  # fmt: skip
        assert refused.value.code == code
        assert not OutletMonth.objects.exists()

    def test_codes_are_one_outlet_each_and_places_whole(self, keep):
        keep("E")
        with pytest.raises(RecordError, match=r"outlet\.code_taken|E"):
            keep("E")
        with pytest.raises(RecordError) as half:
            keep("W", latitude=Decimal(30))
        assert half.value.code == "outlet.half_a_place"
        assert Outlet.objects.count() == 1

    def test_bands_that_overlap_are_refused(self, company, keep):
        one = keep("E")

        def band(low, high, line="", record=None):
            return services.keep_band(
                by=company.users["owner"], outlet=one, source=source(), low=Decimal(low), high=Decimal(high),
                share=None, business_line=line, record=record,
            )  # fmt: skip

        first = band(0, 10)
        band(10, 20)
        band(5, 15, "泵")
        with pytest.raises(OutletError):
            band(0, 11, record=first)
        assert PriceBand.objects.count() == 3


class TestPlan:
    def test_keeps_directions_and_distances(self, account, keep, month):
        places = {"N": ("31", "120"), "S": ("30", "120"), "E": ("30.5", "120.5"), "off": (None, None)}
        for code, (latitude, longitude) in places.items():
            keep(code, latitude=latitude and Decimal(latitude), longitude=longitude and Decimal(longitude))
        told = plan(services.of_account(account))
        at = {one.told.outlet.code: one for one in told.points}
        assert [one.outlet.code for one in told.off] == ["off"]
        assert at["N"].y < at["E"].y < at["S"].y
        assert at["E"].x > at["N"].x == pytest.approx(at["S"].x)
        assert all(0 < one.x < WIDTH and 0 < one.y < HEIGHT for one in told.points)
        # 1° of latitude is 111.32 km, half a degree of longitude at 30.5° is 55.66 km × cos 30.5°.
        wide, high = at["E"].x - at["N"].x, at["S"].y - at["N"].y
        assert wide / high == pytest.approx(math.cos(math.radians(30.5)) / 2)
        assert told.bar / told.bar_km == pytest.approx(high / 111.32)

    def test_of_one_outlet_or_none_is_no_trouble(self, account, keep):
        assert plan([]).points == []
        keep("E", latitude=Decimal(30), longitude=Decimal(120))
        (point,) = plan(services.of_account(account)).points
        assert (point.x, point.y) == (WIDTH / 2, HEIGHT / 2)


class TestPages:
    def test_an_outlet_is_made_filled_and_removed(self, as_user, account):
        client = as_user("owner")
        told = {"source_kind": "seen", "source": "看货架", "dated": "2026-01-05", "permission": "internal"}
        url = f"/accounts/{account.pk}/outlets/"
        assert (
            client.post(f"{url}new/", told | {"code": "S1", "name": "一店", "kind": "store"}).status_code
            == 302
        )
        one = Outlet.objects.get()
        assert (
            client.post(f"{url}{one.pk}/month/new/", told | {"month": "2026-01", "sales": "9"}).status_code
            == 302
        )
        assert client.post(f"{url}{one.pk}/band/new/", told | {"low": "0", "share": "40"}).status_code == 302
        assert PriceBand.objects.get().share == Decimal("0.4")
        assert "2026-01" in client.get(f"{url}{one.pk}/").content.decode()
        edit = client.post(
            f"{url}{one.pk}/edit/", told | {"code": "S1", "name": "旗舰店", "kind": "store", "version": 9}
        )
        assert edit.status_code == 409
        assert client.post(f"{url}{one.pk}/outlet/{one.pk}/remove/").status_code == 302
        assert not Outlet.objects.exists()

    @pytest.mark.parametrize("who", ["colleague", "stranger"])
    def test_others_find_nothing(self, as_user, keep, account, who):
        one = keep("E")
        client = as_user(who)
        for url in ("", "new/", f"{one.pk}/", f"{one.pk}/edit/", f"{one.pk}/month/new/"):
            assert client.get(f"/accounts/{account.pk}/outlets/{url}").status_code == 404
        assert "E店" not in client.get("/outlets/").content.decode()

    def test_what_is_for_one_account_only_is_in_no_list_of_many(self, as_user, keep, account, company):
        one = keep("E")
        services.keep_outlet(by=company.users["owner"], account=account, source=source(permission="account"), code="E", name="E店", record=one)  # fmt: skip
        client = as_user("owner")
        assert "E店" not in client.get("/outlets/").content.decode()
        assert "E店" in client.get(f"/accounts/{account.pk}/outlets/").content.decode()
