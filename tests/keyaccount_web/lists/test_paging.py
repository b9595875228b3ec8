"""Pages by the last row seen: together they are the list, forwards and backwards, whatever the values."""

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from keyaccount_web.access.models import User
from keyaccount_web.know.models import Account, AccountFigures
from keyaccount_web.lists.paging import in_order, page_of
from keyaccount_web.runs.models import Run

AMOUNTS = st.one_of(
    st.none(),
    st.sampled_from([Decimal("0.0000"), Decimal("-3.5000"), Decimal("12345678901.2345")]),
    st.decimals(min_value=-1000, max_value=1000, places=4),
)
EVERYTHING = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


class TestPages(TestCase):
    @EVERYTHING
    @given(amounts=st.lists(AMOUNTS, max_size=12), size=st.integers(1, 5), descending=st.booleans())
    def test_are_the_list_forwards_and_backwards(self, amounts, size, descending):
        run = Run.objects.create(
            kind="find",
            settings={},
            started_by=User.objects.get_or_create(username="u", defaults={"name": "人"})[0],
            version="0",
        )
        for number, amount in enumerate(amounts):
            account = Account.objects.create(code=f"K{number}", name="同名")
            if amount is not None:
                AccountFigures.objects.create(
                    account=account,
                    run=run,
                    sales=amount,
                    sales_year_before=0,
                    orders=1,
                    active_months=1,
                    in_set=False,
                    verdict="ordinary",
                )
        rows = Account.objects.select_related("figures")
        path = "figures__sales"
        whole = [one.pk for one in in_order(rows, path, descending=descending)]
        values = {one.pk: getattr(getattr(one, "figures", None), "sales", None) for one in rows}
        with_value = [values[pk] for pk in whole if values[pk] is not None]
        assert with_value == sorted(with_value, reverse=descending)
        assert [values[pk] for pk in whole[len(with_value) :]] == [None] * (len(whole) - len(with_value))

        pages = [page_of(rows, path, descending=descending, size=size)]
        assert pages[0].before is None
        while pages[-1].after:
            pages.append(page_of(rows, path, descending=descending, size=size, after=pages[-1].after))
        assert [one.pk for page in pages for one in page.rows] == whole
        assert all(len(page.rows) == size for page in pages[:-1])

        back = [pages[-1]]
        while back[-1].before:
            back.append(page_of(rows, path, descending=descending, size=size, before=back[-1].before))
        assert [[one.pk for one in page.rows] for page in reversed(back)] == [
            [one.pk for one in page.rows] for page in pages
        ]

    def test_go_on_after_a_row_that_is_gone(self):
        for name in "abcdef":
            Account.objects.create(code=name, name=name)
        first = page_of(Account.objects.all(), "name", descending=False, size=2)
        Account.objects.filter(code="b").delete()
        second = page_of(Account.objects.all(), "name", descending=False, size=2, after=first.after)
        assert [one.code for one in second.rows] == ["c", "d"]

    def test_of_an_empty_list_lead_nowhere(self):
        page = page_of(Account.objects.none(), "name", descending=False, size=2)
        assert (page.rows, page.after, page.before) == ([], None, None)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "cursor", ["x", "W10", "WzEsMV0", "WyJhIiwgImIiXQ", "e30", "////", "中", "WyJ4eCIsIDFd"]
)
def test_a_cursor_that_cannot_be_meant_is_none(cursor):
    Account.objects.create(code="K1", name="甲")
    page = page_of(Account.objects.all(), "updated_at", descending=False, size=2, after=cursor)
    assert [one.code for one in page.rows] == ["K1"]
