"""An import can be undone, also a replacement; nothing that stands on it may be pulled from under it."""

from decimal import Decimal

import pytest

from keyaccount.ledger.store.reading import history
from keyaccount.ledger.store.tables import StoreError
from keyaccount.ledger.store.undo import undo_import

from ..files import assert_says_everything
from .stores import FEBRUARY, JANUARY, KEYED
from .test_overlap import CORRECTED, keyed


def undo_error(desk, import_id):
    with pytest.raises(StoreError) as caught:
        undo_import(desk.place, import_id)
    assert_says_everything(caught.value)
    return caught.value


class TestUndo:
    def test_takes_the_lines_of_an_import_away(self, desk):
        desk.take(desk.file("a.csv", JANUARY))
        desk.take(desk.file("b.csv", FEBRUARY))
        done = undo_import(desk.place, 1, by="chen")
        assert (done.record.lines, done.brought_back) == (2, 0)
        assert desk.money() == Decimal(30)
        assert desk.states() == ["undone", "current"]
        assert history(desk.place).imports[0].undone_by == "chen"
        desk.assert_sound()

    def test_brings_back_what_a_replacement_had_displaced(self, desk):
        desk.take(desk.file("a.csv", JANUARY), desk.file("f.csv", FEBRUARY))
        before = desk.lines()
        desk.take(desk.file("b.csv", CORRECTED), on_overlap="replace")
        assert undo_import(desk.place, 2).brought_back == 2
        assert desk.lines() == before
        assert desk.states() == ["current", "undone"]
        desk.assert_sound()

    def test_brings_back_single_lines_with_keys(self, desk):
        desk.take(desk.file("a.csv", keyed((1, JANUARY[0]), (2, JANUARY[1])), header=KEYED))
        before = desk.lines()
        desk.take(
            desk.file("b.csv", keyed((2, ["K9", "2025-03-01", "1"])), header=KEYED), on_overlap="replace"
        )
        undo_import(desk.place, 2)
        assert desk.lines() == before
        desk.assert_sound()

    def test_of_replacements_goes_back_one_by_one(self, desk):
        states = []
        for number, amount in enumerate(("1", "2", "3")):
            desk.take(desk.file(f"{number}.csv", [["K1", "2025-01-05", amount]]), on_overlap="replace")
            states.append(desk.lines())
        for number in (3, 2):
            undo_import(desk.place, number)
            assert desk.lines() == states[number - 2]
            desk.assert_sound()

    def test_lets_the_file_come_again(self, desk):
        file = desk.file("a.csv", JANUARY)
        desk.take(file)
        undo_import(desk.place, 1)
        assert desk.take(file).sources[0].import_id == 2
        assert len(desk.lines()) == 2


class TestUndoIsRefused:
    def test_naming_the_import_that_replaced_its_lines(self, desk):
        desk.take(desk.file("a.csv", JANUARY))
        desk.take(desk.file("b.csv", CORRECTED), on_overlap="replace")
        error = undo_error(desk, 1)
        assert (error.code, error.values["later"]) == ("undo.touched", ["2 (a)"])
        undo_import(desk.place, 2)
        undo_import(desk.place, 1)
        assert desk.states() == ["undone", "undone"]

    def test_naming_the_import_that_relies_on_its_lines(self, desk):
        desk.take(desk.file("a.csv", keyed((1, JANUARY[0]), (2, JANUARY[1])), header=KEYED))
        desk.take(
            desk.file("b.csv", keyed((2, JANUARY[1]), (3, FEBRUARY[0])), header=KEYED), on_overlap="add"
        )
        assert undo_error(desk, 1).code == "undo.touched"

    def test_for_an_import_that_is_not_there(self, desk):
        desk.take(desk.file("a.csv", JANUARY))
        assert undo_error(desk, 7).code == "undo.unknown"

    def test_for_one_that_is_undone_already(self, desk):
        desk.take(desk.file("a.csv", JANUARY))
        undo_import(desk.place, 1)
        assert undo_error(desk, 1).code == "undo.done"

    def test_where_there_is_no_store(self, desk):
        assert undo_error(desk, 1).code == "store.none"
