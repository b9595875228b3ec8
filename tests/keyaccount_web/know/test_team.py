"""An account's team: chosen by who assigns, seen by who is on it; a sponsor is an executive of ours."""

import datetime as dt

import pytest
from django.utils import timezone

from keyaccount_web.access.scope import visible_accounts
from keyaccount_web.know.models import TeamMember
from keyaccount_web.know.record_kit import RecordError
from keyaccount_web.know.team import Place, add_member
from keyaccount_web.tables.kinds import kind_records

TODAY = timezone.localdate()


def test_is_chosen_on_the_page_by_who_assigns_accounts(company, as_user):
    account, sponsor = company.accounts["K7103"], company.users["executive"]
    address = f"/accounts/{account.pk}/team/new/"
    data = {"user": "executive", "part": "executive_sponsor", "since": TODAY.isoformat()}
    assert as_user("owner").post(address, data).status_code == 403
    assert as_user("colleague").post(address, data).status_code == 404
    client = as_user("head")
    assert 'name="user"' in client.get(address).content.decode()
    for wrong, text in (
        ({"user": "owner"}, "不是"),
        ({"user": "没有"}, "没有“没有”"),
        ({"until": "2020-01-01"}, "不早于"),
    ):
        answer = client.post(address, {**data, **wrong})
        assert answer.status_code == 422
        assert text in answer.content.decode()
    assert client.post(address, data).status_code == 302
    assert "已经在" in client.post(address, data).content.decode()
    assert account in visible_accounts(sponsor)
    rows = {row["account_id"]: row for row in kind_records(dt.date(2025, 12, 31), TODAY, ()).to_pylist()}
    assert rows["K7103"]["sponsors"] == 1
    member = account.team.get(user=sponsor)
    assert sponsor.name in client.get(f"/accounts/{account.pk}/").content.decode()
    assert as_user("owner").post(f"/accounts/team/{member.pk}/end/").status_code == 403
    assert client.post(f"/accounts/team/{member.pk}/end/").status_code == 302
    # Entered today and taken off today: it was a mistake.
    assert not account.team.filter(user=sponsor).exists()
    assert TeamMember.history.filter(account=account, user=sponsor).count() == 2


def test_has_one_place_of_a_kind_at_a_time(company):
    account, user = company.accounts["K7103"], company.users["colleague"]
    add_member(account, Place(user, "service", dt.date(2024, 1, 1), dt.date(2024, 6, 30)))
    add_member(account, Place(user, "service", dt.date(2024, 7, 1)))
    with pytest.raises(RecordError) as refused:
        add_member(account, Place(user, "service", dt.date(2024, 6, 30)))
    assert refused.value.code == "team.there"
