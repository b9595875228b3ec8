"""A group of any size and depth stands on an account's page, as far as it may be seen (K2)."""

import time

import pytest

from keyaccount_web.access.scope import visible_accounts
from keyaccount_web.know.group_shown import MOST, NEAREST, group_of
from keyaccount_web.know.models import Account


@pytest.fixture
def grown(company):
    """K7101 over 5,000 companies in tens, K7102 over a chain of 200; all of the owner's."""
    owner = company.users["owner"]

    def made(letter, top, above):
        new = [Account(code=f"{letter}{n}", name=f"{letter}{n}", owner=owner) for n in range(len(above))]
        new = Account.objects.bulk_create(new, batch_size=500)
        for n, one in enumerate(new):
            one.parent = company.accounts[top] if above[n] is None else new[above[n]]
        Account.objects.bulk_update(new, ["parent"], batch_size=500)
        return new

    return made


def test_of_a_large_group_what_lies_nearest_is_shown_at_once(
    grown, company, as_user, django_assert_max_num_queries
):
    new = grown("G", "K7101", [None if n < 10 else (n - 10) // 10 for n in range(4999)])
    seen = visible_accounts(company.users["owner"])
    told = group_of(new[444], seen)
    assert (told.count, len(told.rows) <= MOST) == (5000, True)
    rows = {one.account.code: one for one in told.rows}
    # G444 lies below G43, that below G3 of K7101; beside it G440 to G449, below it G4450 to G4459.
    assert {
        "K7101",
        "G3",
        "G43",
        *(f"G{n}" for n in range(440, 450)),
        *(f"G{n}" for n in range(4450, 4460)),
    } <= set(rows)
    assert [rows[code].depth for code in ("K7101", "G3", "G43", "G444", "G4450")] == [0, 1, 2, 3, 4]
    assert all(
        one.left_out == 10 - sum(each.account.parent_id == one.account.pk for each in told.rows)
        for one in told.rows
        if one.account.code in ("G3", "G43", "G444")
    )
    client = as_user("owner")
    client.get(f"/accounts/{company.accounts['K7101'].pk}/")
    with django_assert_max_num_queries(20):
        begun = time.perf_counter()
        page = client.get(f"/accounts/{new[444].pk}/").content.decode()
    assert time.perf_counter() - begun < 3  # 0.2 s where nothing else runs
    assert "共 5,000 家" in page


def test_a_chain_is_shown_from_its_top_and_around_the_account(grown, company):
    new = grown("D", "K7102", [None, *range(199)])
    told = group_of(new[199], visible_accounts(company.users["owner"]))
    codes = [one.account.code for one in told.rows]
    assert (told.count, len(codes)) == (201, MOST)
    # Of the way up the nearest 40, the rest from the top down.
    assert (codes[0], codes[-1]) == ("K7102", "D199")
    assert codes[-NEAREST:] == [f"D{n}" for n in range(160, 200)]
    assert "D159" not in codes


def test_nothing_below_what_may_not_be_seen(grown, company):
    new = grown("H", "K7101", [None, 0, None])
    Account.objects.filter(pk=new[0].pk).update(owner=company.users["colleague"])
    told = group_of(company.accounts["K7101"], visible_accounts(company.users["owner"]))
    assert ([one.account.code for one in told.rows], told.count) == (["K7101", "H2"], 2)
