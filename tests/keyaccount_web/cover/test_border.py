"""The border: both sides as the records say, counted by hand; a trial with an effect planted in the ledger's own figures (C4)."""

import datetime as dt
from decimal import Decimal
from types import SimpleNamespace

import pytest
from django.utils import timezone

from keyaccount.cover.border import BorderError, border_group
from keyaccount_web.company.presets import change_settings
from keyaccount_web.cover.border import services
from keyaccount_web.cover.border.models import BorderTrial
from keyaccount_web.cover.border.services import window_of
from keyaccount_web.cover.border.views import _pairs
from keyaccount_web.cover.models import Touch
from keyaccount_web.cover.tiers import computing
from keyaccount_web.cover.tiers.models import AccountTier
from keyaccount_web.know.record_kit import RecordError
from tests.keyaccount_web.company import UNTIL


@pytest.fixture
def tiered(company, again):  # noqa: ARG001
    again("tiers", computing.refresh_tiers)
    places = list(AccountTier.objects.order_by("monthly_spend"))
    # The line in the middle of what this company's customers spend, so that both sides have some.
    middle = places[len(places) // 2].monthly_spend.quantize(Decimal(1))
    change_settings({"tiers.key_account_line": str(middle), "border.width": "60"})
    return middle


class TestBothSides:
    def test_are_those_of_the_library_and_open_to_as_many(self, as_user, company, tiered):
        told = {one.group: one for one in services.served(company.users["director"])}
        tiers, settings = computing.tier_settings(), services.border_settings()
        by_hand = [border_group(one.monthly_spend, tiers, settings) for one in AccountTier.objects.filter(channel__in=("key_account", "business"))]  # fmt: skip
        assert {group: one.accounts for group, one in told.items()} == {
            group: by_hand.count(group) for group in told
        }
        assert told["band_above"].accounts
        client = as_user("director")
        for group, one in told.items():
            rows = client.get(f"/cover/tiers/accounts/?border={group}").content.decode()
            assert rows.count('class="code"') == one.accounts
        assert "border=band_above" in client.get("/cover/border/").content.decode()

    def test_count_touches_of_the_year_and_growth_of_the_sums(self, company, tiered):
        near = AccountTier.objects.filter(services.in_group("band_above")).first()
        for days in (10, 20, 400):
            Touch.objects.create(
                account=near.account, by=company.users["owner"], kind="call", began_at=timezone.now() - dt.timedelta(days=days), minutes=5, recorded_at=timezone.now()
            )  # fmt: skip
        (told,) = [one for one in services.served(company.users["director"]) if one.group == "band_above"]
        assert told.touches == 2 / told.accounts
        rows = AccountTier.objects.filter(services.in_group("band_above")).select_related("account__figures")
        sales = sum(one.account.figures.sales for one in rows)
        before = sum(one.account.figures.sales_year_before for one in rows)
        assert told.growth == (pytest.approx(float(sales / before - 1)) if before else None)

    def test_are_cut_to_what_the_reader_sees(self, company, tiered):
        everything = sum(one.accounts for one in services.served(company.users["director"]))
        own = sum(one.accounts for one in services.served(company.users["owner"]))
        assert own < everything
        assert not any(one.accounts for one in services.served(company.users["nobody"]))


class TestWindows:
    @pytest.mark.parametrize(
        ("starts", "until", "told"),
        [
            ("2025-01-01", "2025-03-31", ("2024-10-01", "2025-01-01", "2025-04-01", 3)),
            ("2025-01-02", "2025-04-29", None),  # February and March are full, April is not
            ("2025-01-02", "2025-04-30", ("2024-11-01", "2025-02-01", "2025-05-01", 3)),
            ("2023-01-01", "2025-12-31", ("2022-01-01", "2023-01-01", "2024-01-01", 12)),
        ],
    )
    def test_are_full_months_and_as_long_before(self, starts, until, told):
        found = window_of(dt.date.fromisoformat(starts), dt.date.fromisoformat(until))
        if told is None:
            assert found is None
            return
        assert (str(found.before), str(found.start), str(found.after), found.months) == told


class TestTrials:
    def test_begin_with_all_near_the_line_or_those_named(self, company, tiered):
        by = company.users["director"]
        told = {"by": by, "name": "试点", "policy": "一个团队", "starts_on": dt.date(2025, 1, 1)}
        trial = services.keep_trial(**told)
        band = AccountTier.objects.filter(services.in_group("band_above") | services.in_group("band_below"))
        assert set(trial.accounts.values_list("pk", flat=True)) == set(band.values_list("pk", flat=True))
        assert services.keep_trial(**told, codes=["K7101"]).accounts.get().code == "K7101"
        with pytest.raises(RecordError) as refused:
            services.keep_trial(**told, codes=["K7101", "没有"])
        assert refused.value.values["codes"] == ["没有"]

    def test_of_few_accounts_say_so(self, as_user, company, tiered):
        trial = services.keep_trial(
            by=company.users["director"], name="试点", policy="一个团队", starts_on=UNTIL.replace(month=1, day=1), codes=["K7101"]
        )  # fmt: skip
        with pytest.raises(BorderError):
            services.measure(trial)
        page = as_user("director").get(f"/cover/border/trials/{trial.pk}/").content.decode()
        assert "各有 5 家以上" in page

    def test_names_only_whom_the_reader_may_see(self, company, tiered):
        effect = SimpleNamespace(pairs={"K7101": ["K7401"], "K7401": ["K7101"]})
        (own, (other,)), (hidden, (seen,)) = _pairs(effect, company.users["owner"])
        assert own == seen == (company.accounts["K7101"].pk, company.accounts["K7101"].name)
        assert other == hidden == (None, "另一家客户")

    def test_too_early_is_said(self, company, tiered):
        trial = BorderTrial.objects.create(
            name="x", policy="y", starts_on=UNTIL, made_by=company.users["director"]
        )
        assert services.measure(trial) is None

    def test_pages_are_for_those_who_see_company_figures(self, as_user, company, tiered):
        trial = BorderTrial.objects.create(
            name="试点甲", policy="y", starts_on=UNTIL, made_by=company.users["director"]
        )
        for who in ("owner", "stranger", "head"):
            assert as_user(who).get(f"/cover/border/trials/{trial.pk}/").status_code == 403
            assert as_user(who).get("/cover/border/trials/new/").status_code == 403
            assert "试点甲" not in as_user(who).get("/cover/border/").content.decode()
        form = {"name": "试点乙", "policy": "一个团队", "starts_on": "2025-01-01", "codes": "K7101、没有"}
        answer = as_user("director").post("/cover/border/trials/new/", form)
        assert answer.status_code == 422
        assert "不认识：没有" in answer.content.decode()
        assert (
            as_user("director").post("/cover/border/trials/new/", form | {"codes": "K7101"}).status_code
            == 302
        )
