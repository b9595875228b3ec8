"""Which fields are most worth confirming? Worked by hand, and what holds whatever the fields are."""

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from keyaccount.know.freshness import SHELF_LIVES, WEIGHTS, FieldState, fields_to_confirm

TODAY = dt.date(2025, 12, 31)


def state(field, days=None, *, is_empty=False, key=None):
    confirmed = None if days is None else TODAY - dt.timedelta(days=days)
    return FieldState(key or field, field, is_empty, confirmed)


def asked(*states, is_key=False, **told):
    return [one.state.key for one in fields_to_confirm(states, until=TODAY, is_key=is_key, **told)]


class TestFieldsToConfirm:
    def test_weighs_age_against_shelf_life(self):
        found = fields_to_confirm(
            [
                state("contact.phone", 270),  # 4 × 270 ÷ 180 = 6
                state("address", 730),  # 3 × 730 ÷ 365 = 6: the tie goes to the first by key
                state("industry", 1460),  # 2 × 1460 ÷ 730 = 4
                state("website", is_empty=True),  # 1 × 2 = 2
                state("tax_number"),  # never confirmed: 2 × 1 = 2
                state("channel", 729),  # 1 day short of its shelf life: not asked for
            ],
            until=TODAY,
            is_key=False,
            most=None,
        )
        assert [(one.state.key, one.worth) for one in found] == [
            ("address", 6),
            ("contact.phone", 6),
            ("industry", 4),
            ("tax_number", 2),
            ("website", 2),
        ]
        assert [one.age_days for one in found] == [730, 270, 1460, None, None]

    def test_asks_for_empty_fields_of_key_accounts_first(self):
        states = (state("contact.phone", 900), state("website", is_empty=True))
        assert asked(*states) == ["contact.phone", "website"]
        assert asked(*states, is_key=True) == ["website", "contact.phone"]

    def test_takes_an_empty_field_that_was_confirmed_for_one_that_has_nothing_in_it(self):
        assert asked(state("website", 10, is_empty=True), is_key=True) == []
        assert asked(state("website", 730, is_empty=True)) == ["website"]

    def test_asks_from_the_day_on_that_the_shelf_life_ends(self):
        assert asked(state("contact.phone", 179)) == []
        assert asked(state("contact.phone", 180)) == ["contact.phone"]
        assert asked(state("contact.phone", 179), shelf_lives={"contact.phone": 179}) == ["contact.phone"]

    def test_takes_a_day_to_come_for_today(self):
        assert asked(state("contact.phone", -400)) == []

    def test_leaves_out_fields_without_a_shelf_life(self):
        assert asked(state("remark", 9999), state("name", is_empty=True)) == []

    def test_asks_for_nothing_where_there_is_nothing(self):
        assert fields_to_confirm([], until=TODAY, is_key=True) == []

    def test_weighs_every_field_that_has_a_shelf_life(self):
        assert set(WEIGHTS) == set(SHELF_LIVES)

    @given(
        st.lists(
            st.builds(
                state,
                st.sampled_from(sorted(SHELF_LIVES)),
                st.none() | st.integers(-10, 4000),
                is_empty=st.booleans(),
                key=st.integers(0, 10**9).map(str),
            ),
            unique_by=lambda one: one.key,
            max_size=30,
        ),
        st.booleans(),
        st.randoms(),
    )
    def test_gives_the_same_for_any_order_and_grows_with_age(self, states, is_key, chance):
        found = fields_to_confirm(states, until=TODAY, is_key=is_key, most=None)
        shuffled = list(states)
        chance.shuffle(shuffled)
        assert fields_to_confirm(shuffled, until=TODAY, is_key=is_key, most=None) == found
        assert fields_to_confirm(states, until=TODAY, is_key=is_key) == found[:3]
        # A day later nothing has become fresher, and nothing is worth less.
        later = {
            one.state.key: one.worth
            for one in fields_to_confirm(states, until=TODAY + dt.timedelta(days=1), is_key=is_key, most=None)
        }
        assert all(later[one.state.key] >= one.worth > 0 for one in found)
        empties = [is_key and one.state.is_empty for one in found]
        assert empties == sorted(empties, reverse=True)
