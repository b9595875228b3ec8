"""Channels and tiers as records: as the library says, by the published list, by hand, and nobody else's shown (C1, C2)."""

import datetime as dt
from decimal import Decimal

import pytest
from django.utils import timezone

from keyaccount.errors import SettingError
from keyaccount_web.company.presets import change_setting, change_settings
from keyaccount_web.cover.tiered import tiered_accounts
from keyaccount_web.cover.tiers import computing, placing
from keyaccount_web.cover.tiers.models import AccountTier, Placement, TierMove
from keyaccount_web.cover.tiers.tasks import end_placements
from keyaccount_web.find.models import KeyAccountList
from keyaccount_web.know.record_kit import RecordChangedError, RecordError
from tests.keyaccount_web.company import UNTIL, ledger_table


@pytest.fixture
def account(company):
    return company.accounts["K7101"]


@pytest.fixture
def tiered(company, again):  # noqa: ARG001
    again("tiers", computing.refresh_tiers)


def spend_by_hand(codes, after):
    """Σ of the twelve months before ÷ months since the first purchase, three at least."""
    lines = [row for row in ledger_table().to_pylist() if row["account_id"] in codes and row["date"] < after]
    first = min(row["date"] for row in lines if row["net_amount"] > 0)
    months = min(max((after.year - first.year) * 12 + after.month - first.month, 3), 12)
    begin = after.replace(year=after.year - 1)
    return sum(Decimal(row["net_amount"]) for row in lines if row["date"] >= begin) / months


class TestComputing:
    def test_everybody_is_in_one_channel_at_the_spend_of_the_ledger(self, company, account, tiered):
        tops = [one for one in company.accounts.values() if one.parent_id is None]
        assert AccountTier.objects.count() == len(tops)
        after = UNTIL.replace(day=1) if UNTIL.day < 28 else UNTIL + dt.timedelta(days=1)
        codes = [one.code for one in company.accounts.values() if account.pk in (one.pk, one.parent_id)]
        place = account.place
        assert place.monthly_spend == spend_by_hand(codes, after).quantize(Decimal("0.0001"))
        assert (place.channel, place.channel_rule) == ("key_account", "spend") or place.monthly_spend < 3000

    def test_the_published_list_says_who_is_key_and_fixes_the_tier(self, company, account, tiered):
        told = KeyAccountList.objects.create(
            year=UNTIL.year + 1, state="published", run=company.run, until=UNTIL, basis={}, made_at=timezone.now(),
            made_by=company.users["director"],
        )  # fmt: skip
        told.entries.create(
            account=account, code=account.code, name=account.name, proposed=True, place=1, decision="accepted"
        )
        computing.refresh_tiers()
        places = {one.account_id: one for one in AccountTier.objects.all()}
        key = [pk for pk, one in places.items() if one.channel == "key_account"]
        assert key == [account.pk]
        assert places[account.pk].channel_rule == "listed"

    def test_by_hand_comes_before_every_rule_and_can_be_taken_back(self, company, account, tiered):
        by = company.users["director"]
        before = AccountTier.objects.get(account=account)
        placing.place(by=by, account=account, channel="business", tier="business_a", reason="边界试点")
        computing.refresh_tiers()
        held = AccountTier.objects.get(account=account)
        assert (held.channel, held.tier, held.channel_rule, held.reason) == (
            "business",
            "business_a",
            "placed",
            "边界试点",
        )
        told = tiered_accounts([account.pk]).to_pylist()
        assert [row["tier"] for row in told] == ["business_a"]
        placing.take_back(account)
        computing.refresh_tiers()
        assert AccountTier.objects.get(account=account).channel == before.channel
        assert [one.history_type for one in Placement.history.all()] == ["-", "+"]

    def test_a_placement_that_has_ended_no_longer_holds(self, company, account, tiered):
        today = timezone.localdate()
        told = placing.place(
            by=company.users["director"], account=account, channel="floating", reason="x", until=today
        )
        computing.refresh_tiers()
        assert AccountTier.objects.get(account=account).channel == "floating"
        # It counts from when it was made: the ledger's month-ends before that are as they were, but for the last.
        moved = TierMove.objects.filter(account=account, channel_after="floating")
        assert [one.day for one in moved] in ([], [AccountTier.objects.get(account=account).day])
        Placement.objects.filter(pk=told.pk).update(until=today - dt.timedelta(days=1))
        end_placements.func()
        assert AccountTier.objects.get(account=account).channel != "floating"

    def test_older_moves_stay_and_those_gone_through_are_told_anew(self, account, tiered):
        TierMove.objects.create(account=account, day=dt.date(2020, 1, 31), move="up")
        known = TierMove.objects.count()
        computing.refresh_tiers()
        assert TierMove.objects.count() == known

    def test_the_words_of_a_channel_make_a_kind_of_customer(self, account, tiered):
        account.channel = " 社区客户 "
        account.save()
        change_setting("tiers.key_account_line", 10**8)
        computing.refresh_tiers()
        place = AccountTier.objects.get(account=account)
        assert (place.channel, place.tier, place.tier_rule) == ("community", "", "none")


class TestSettings:
    def test_lines_that_overlap_are_refused_together(self, company):
        with pytest.raises(SettingError) as refused:
            change_setting("tiers.line.gold", 20_000)
        assert refused.value.code == "tiers.overlap"
        with pytest.raises(SettingError) as upside_down:
            change_setting("tiers.line.diamond", 40_000)
        assert upside_down.value.code == "tiers.order"
        seen = {"tiers.line.gold": "30000", "tiers.line.jade": "10000"}
        errors = change_settings({"tiers.line.gold": "20000", "tiers.line.jade": "11000"}, seen=seen)
        assert list(errors) == ["tiers.line.gold"]
        assert computing.tier_settings().of("key_account")[1].line == 10_000

    def test_the_page_says_so(self, as_user):
        answer = as_user("admin").post(
            "/settings/", {"tiers.line.gold": "20000", "seen:tiers.line.gold": "30000"}
        )
        assert answer.status_code == 422
        assert "同一渠道的每一级要有自己的名称和线" in answer.content.decode()


class TestPlacing:
    @pytest.mark.parametrize(
        ("more", "code"),
        [
            ({"channel": "hotline"}, "placement.unknown_channel"),
            ({"channel": "business", "tier": "gold"}, "placement.other_tier"),
            ({"reason": "  "}, "placement.no_reason"),
            ({"until": dt.date(2020, 1, 1)}, "placement.past"),
        ],
    )
    def test_what_cannot_be_is_refused(self, company, account, more, code):
        with pytest.raises(RecordError) as refused:
            placing.place(
                by=company.users["director"],
                account=account,
                **({"channel": "business", "reason": "x"} | more),
            )
        assert refused.value.code == code
        assert not Placement.objects.exists()

    def test_two_at_once_are_told(self, company, account):
        told = {"by": company.users["director"], "account": account, "channel": "business"}
        held = placing.place(**told, reason="一")
        placing.place(**told, reason="二", version=held.version)
        with pytest.raises(RecordChangedError):
            placing.place(**told, reason="三", version=held.version)

    def test_is_for_those_who_assign_accounts(self, as_user, account, tiered):
        url = f"/cover/tiers/accounts/{account.pk}/"
        form = {"channel": "business", "reason": "试点"}
        assert as_user("owner").post(url, form).status_code == 403
        assert as_user("stranger").post(url, form).status_code in (403, 404)
        assert as_user("head").post(url, form).status_code == 302
        assert Placement.objects.get().placed_by.username == "head"
        assert as_user("head").post(f"{url}remove/").status_code == 302
        assert not Placement.objects.exists()


class TestPages:
    def test_numbers_open_to_as_many_customers(self, as_user, tiered):
        client = as_user("director")
        page = client.get("/cover/tiers/").content.decode()
        for place in AccountTier.objects.all()[:3]:
            tier = place.tier or "-"
            assert f"channel={place.channel}&tier={tier}" in page
            rows = client.get(f"/cover/tiers/accounts/?channel={place.channel}&tier={tier}").content.decode()
            n = AccountTier.objects.filter(channel=place.channel, tier=place.tier).count()
            assert rows.count('class="code"') == n

    def test_everybody_sees_their_own_only(self, as_user, account, tiered):
        assert account.code in as_user("owner").get("/cover/tiers/accounts/").content.decode()
        for who in ("colleague", "stranger"):
            assert account.code not in as_user(who).get("/cover/tiers/accounts/").content.decode()
