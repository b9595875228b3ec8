"""What does the map of a customer say? By hand, at the edges, against the rules in plain words (K2)."""

import csv
import datetime as dt
import io
import itertools
import tomllib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyaccount.know.relations import (
    AGAINST_US,
    FOR_US,
    POLITICAL,
    ROLES,
    STANCES,
    PersonState,
    circle,
    relations,
)

from ..data import ROOT

WORKED = tomllib.loads((ROOT / "docs" / "worked" / "relations.toml").read_text(encoding="utf-8"))
DAY = dt.date(2026, 1, 31)


def person(name, roles="", stance="", political="", touches=0, last=None):
    return PersonState(name, name, frozenset(roles.split()), stance, political, int(touches), last)


def worked():
    rows = csv.DictReader(io.StringIO(WORKED["people"].strip()))
    return [
        person(row["name"], row["roles"], row["stance"], row["political"], row["touches"],
               dt.date.fromisoformat(row["last_touch"]) if row["last_touch"] else None)
        for row in rows
    ]  # fmt: skip


def codes(people, **more):
    return [one.code for one in relations(people, until=DAY, **more).warnings]


WELL = [
    person("A", "decision_maker", "supporter", "inner_circle", 2, DAY),
    person("B", "user", "mentor", "outside", 2, DAY),
    person("C", "buyer", "enemy", "outside", 0),
]


class TestTheWorkedExample:
    def test_says_what_its_page_says(self):
        told = relations(worked(), until=WORKED["day"])
        assert f"{told.light},{told.supporters},{told.opponents}" == WORKED["expected"].strip()
        assert [one.code for one in told.warnings] == WORKED["warnings"]
        assert len(told.warnings) == WORKED["summary"]["warnings"]

    @pytest.mark.parametrize("lang", ["zh", "en"])
    def test_every_warning_says_what_to_do(self, lang):
        for one in relations([*worked(), person("D", stance="enemy")], until=DAY, single_needs=2).warnings:
            assert one.text(lang)


class TestWarnings:
    def test_a_good_map_has_none_and_is_green(self):
        told = relations(WELL, until=DAY)
        assert (told.light, told.warnings) == ("green", ())

    def test_where_nobody_is_known_that_alone_is_said(self):
        assert codes([], single_needs=3) == ["people.none"]

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ((0, {"roles": frozenset({"approver"})}), "people.no_decision_maker"),
            ((2, {"stance": "neutral"}), "people.no_opponent"),
            ((1, {"stance": "critic"}), "people.outnumbered"),
            ((0, {"last_touch": DAY - dt.timedelta(91)}), "people.stale"),
        ],
    )
    def test_one_thing_missing_is_one_warning(self, change, code):
        at, values = change
        people = [replace(one, **values) if place == at else one for place, one in enumerate(WELL)]
        assert codes(people) == [code]

    def test_ninety_days_are_not_stale_yet(self):
        assert codes([replace(WELL[0], last_touch=DAY - dt.timedelta(90)), *WELL[1:]]) == []

    def test_all_through_one_is_a_single_voice_from_three_touches_on(self):
        alone = [replace(WELL[0], touches=2), replace(WELL[1], touches=0), WELL[2]]
        assert codes(alone) == ["people.few_relations"]
        alone[0] = replace(alone[0], touches=3)
        assert codes(alone) == ["people.few_relations", "people.single_voice"]

    def test_needs_of_a_single_voice_are_told(self):
        assert codes(WELL, single_needs=1) == ["people.single_needs"]


class TestLight:
    @pytest.mark.parametrize(
        ("roles", "stance", "political", "light"),
        [
            ("approver", "mentor", "political_structure", "green"),
            ("user", "mentor", "political_structure", "amber"),
            ("decision_maker", "supporter", "outside", "red"),
            ("decision_maker", "neutral", "inner_circle", "red"),
            ("decision_maker", "supporter", "", "red"),
        ],
    )
    def test_goes_by_key_players_for_us(self, roles, stance, political, light):
        assert relations([person("A", roles, stance, political)], until=DAY).light == light

    @given(
        st.lists(
            st.tuples(st.sampled_from(ROLES), st.sampled_from(["", *STANCES]), st.sampled_from(["", *POLITICAL])),
            min_size=1, max_size=8,
        )
    )  # fmt: skip
    def test_is_as_the_rule_in_plain_words_whatever_the_order(self, rows):
        people = [person(str(at), *row) for at, row in enumerate(rows)]
        told = relations(people, until=DAY)
        players = [
            one for one in rows if one[2] in ("inner_circle", "political_structure") and one[1] in FOR_US
        ]
        deciders = [one for one in players if one[0] in ("decision_maker", "approver")]
        assert told.light == ("green" if deciders else "amber" if players else "red")
        assert told.opponents == sum(one[1] in AGAINST_US for one in rows)
        again = relations(reversed(people), until=DAY)
        assert (again.light, sorted(one.code for one in again.warnings)) == (
            told.light, sorted(one.code for one in told.warnings)
        )  # fmt: skip


class TestCircle:
    def test_nobody_is_their_own_superior(self):
        above = {"B": "A", "C": "B"}
        assert circle(above, "A", "A")
        assert circle(above, "A", "C")
        assert not circle(above, "D", "C")
        assert not circle(above, "C", None)

    @given(st.permutations(range(6)))
    def test_a_line_is_none_until_its_end_is_put_over_its_head(self, order):
        above = dict(itertools.pairwise(order))
        assert circle(above, order[-1], order[0])
        assert not circle({one: two for one, two in above.items() if one != order[0]}, order[0], order[1])
