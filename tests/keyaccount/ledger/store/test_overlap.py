"""A period that comes again is recognised, its difference shown, and replaced or added as the person says."""

import datetime as dt
from decimal import Decimal

import pytest

from keyaccount.ledger.store.reading import history

from ..files import assert_says_everything
from .stores import FEBRUARY, HEADER, JANUARY, KEYED

CORRECTED = [["K1", "2025-01-05", "100.5"], ["K2", "2025-01-06", "250"], ["K3", "2025-01-06", "50"]]


def keyed(*rows):
    return [[str(at), *row] for at, row in rows]


class TestARePeriod:
    """Lines without a key are known again by their days."""

    def test_is_refused_with_its_difference_where_nobody_says_what_to_do(self, desk):
        desk.take(desk.file("a.csv", JANUARY))
        error = desk.refused(desk.file("b.csv", CORRECTED))
        assert error.code == "overlap.undecided"
        assert_says_everything(error)
        told = error.difference
        assert (told.lines_there, told.amount_there) == (2, Decimal("300.5"))
        assert (told.lines_again, told.amount_again) == (3, Decimal("400.5"))
        assert (told.lines_gone, told.amount_gone) == (1, Decimal(200))
        assert (told.lines_new, told.amount_new) == (2, Decimal(300))
        assert (told.accounts, told.accounts_changed) == (("K2", "K3"), 2)
        assert told.imports == (1,)

    def test_takes_the_place_of_what_was_there(self, desk):
        desk.take(desk.file("a.csv", JANUARY), desk.file("f.csv", FEBRUARY))
        done = desk.take(desk.file("b.csv", CORRECTED), on_overlap="replace")
        assert done.sources[0].on_overlap == "replace"
        assert desk.money() == Decimal("430.5")
        first, _ = history(desk.place).imports
        assert (first.displaced_lines, first.displaced_amount, first.displaced_by) == (
            2,
            Decimal("300.5"),
            (2,),
        )
        assert (first.state, first.current_lines) == ("current", 2)
        desk.assert_sound()

    def test_takes_along_the_days_of_its_period_that_have_no_line_any_more(self, desk):
        desk.take(desk.file("a.csv", [*JANUARY, ["K9", "2025-01-20", "9"], ["K1", "2025-01-31", "1"]]))
        desk.take(
            desk.file("b.csv", [["K1", "2025-01-05", "1"], ["K1", "2025-01-31", "2"]]), on_overlap="replace"
        )
        assert desk.money() == Decimal(3)

    def test_is_added_where_it_is_something_else(self, desk):
        desk.take(desk.file("a.csv", JANUARY))
        desk.take(desk.file("b.csv", CORRECTED), on_overlap="add")
        assert desk.money() == Decimal("701")
        assert desk.states() == ["current", "current"]
        desk.assert_sound()

    def test_that_is_as_before_needs_no_question(self, desk):
        desk.take(desk.file("a.csv", JANUARY))
        done = desk.take(desk.file("b.csv", [*JANUARY[::-1]]))
        assert (done.snapshot, done.sources[0].import_id) == (None, None)
        assert done.sources[0].difference.is_none

    def test_that_only_goes_on_needs_no_question(self, desk):
        desk.take(desk.file("a.csv", JANUARY))
        done = desk.take(desk.file("b.csv", [*JANUARY, *FEBRUARY]))
        assert done.sources[0].difference.lines_besides == 2
        assert desk.money() == Decimal("330.5")
        assert desk.states() == ["displaced", "current"]
        desk.assert_sound()

    def test_counts_lines_that_look_alike(self, desk):
        twice = [["K1", "2025-01-05", "5"], ["K1", "2025-01-05", "5"]]
        desk.take(desk.file("a.csv", twice))
        error = desk.refused(desk.file("b.csv", [*twice, twice[0]]))
        assert (error.difference.lines_gone, error.difference.lines_new) == (0, 1)

    def test_asks_the_person_who_can_be_asked(self, desk):
        desk.take(desk.file("a.csv", JANUARY))
        asked = []
        desk.take(desk.file("b.csv", CORRECTED), ask=lambda difference: asked.append(difference) or "replace")
        assert asked[0].accounts_changed == 2
        assert desk.money() == Decimal("400.5")

    @pytest.mark.parametrize("options", [{"on_overlap": "refuse"}, {"ask": lambda _: "refuse"}])
    def test_stays_out_where_the_person_says_so(self, desk, options):
        desk.take(desk.file("a.csv", JANUARY))
        assert desk.refused(desk.file("b.csv", CORRECTED), **options).code.startswith("overlap.")

    def test_of_other_days_is_none(self, desk):
        desk.take(desk.file("a.csv", [JANUARY[0], ["K1", "2025-01-09", "1"]]))
        assert desk.take(desk.file("b.csv", [["K1", "2025-01-07", "1"]])).sources[0].difference is None

    def test_of_another_source_is_none(self, desk):
        desk.take(desk.file("a.csv", JANUARY), source="北京")
        assert desk.take(desk.file("b.csv", CORRECTED), source="上海").sources[0].difference is None

    def test_of_an_undone_import_is_none(self, desk):
        from keyaccount.ledger.store.undo import undo_import

        desk.take(desk.file("a.csv", JANUARY))
        undo_import(desk.place, 1)
        assert desk.take(desk.file("b.csv", CORRECTED)).sources[0].difference is None


class TestLineIds:
    """Lines with a key are known again by it."""

    FIRST = keyed((1, JANUARY[0]), (2, JANUARY[1]), (3, ["K3", "2025-01-06", "5"]))

    def test_replace_line_by_line(self, desk):
        desk.take(desk.file("a.csv", self.FIRST, header=KEYED))
        again = keyed((2, ["K2", "2025-01-08", "220"]), (4, ["K4", "2025-01-05", "1"]))
        error = desk.refused(desk.file("b.csv", again, header=KEYED))
        assert (
            error.difference.lines_there,
            error.difference.lines_again,
            error.difference.lines_besides,
        ) == (1, 1, 1)
        assert error.difference.by_line_id
        desk.take(desk.file("b.csv", again, header=KEYED), on_overlap="replace")
        assert desk.lines() == [
            ("K1", dt.date(2025, 1, 5), Decimal("100.5000")),
            ("K2", dt.date(2025, 1, 8), Decimal("220.0000")),
            ("K3", dt.date(2025, 1, 6), Decimal("5.0000")),
            ("K4", dt.date(2025, 1, 5), Decimal("1.0000")),
        ]
        desk.assert_sound()

    def test_are_never_doubled_by_adding(self, desk):
        desk.take(desk.file("a.csv", self.FIRST, header=KEYED))
        again = keyed((2, ["K2", "2025-01-08", "220"]), (4, ["K4", "2025-01-05", "1"]))
        done = desk.take(desk.file("b.csv", again, header=KEYED), on_overlap="add")
        assert done.sources[0].lines == 1
        assert desk.money() == Decimal("306.5")
        desk.assert_sound()

    def test_let_new_lines_of_the_same_days_in_without_a_question(self, desk):
        desk.take(desk.file("a.csv", self.FIRST, header=KEYED))
        done = desk.take(desk.file("b.csv", keyed((9, ["K9", "2025-01-05", "1"])), header=KEYED))
        assert done.sources[0].difference is None


class TestAHeaderNeverSeen:
    def test_with_lines_that_are_there_already_is_asked_about(self, desk):
        desk.take(desk.file("a.csv", JANUARY))
        wider = [[*row, "华东"] for row in JANUARY]
        file = desk.file("b.csv", wider, header=(*HEADER, "区域"))
        error = desk.refused(file)
        assert error.code == "source.look_alike"
        assert_says_everything(error)
        assert desk.take(file, source="a", on_overlap="replace").sources[0].lines == 2
        assert len(desk.lines()) == 2
        desk.assert_sound()

    def test_with_lines_of_its_own_is_a_source_of_its_own(self, desk):
        desk.take(desk.file("a.csv", JANUARY))
        rows = [["K7", "2025-01-05", "1", "华东"]]
        assert desk.take(desk.file("b.csv", rows, header=(*HEADER, "区域"))).sources[0].source == "b"


class TestADeliverySince:
    def test_is_all_that_the_source_has_from_that_day_on(self, desk):
        desk.take(desk.file("a.csv", keyed((1, JANUARY[0]), (2, JANUARY[1]), (3, FEBRUARY[0])), header=KEYED))
        since = dt.date(2025, 1, 6)
        news = desk.file("b.csv", keyed((3, FEBRUARY[0]), (4, FEBRUARY[1])), header=KEYED)
        done = desk.take(news, since=since, on_overlap="replace")
        assert (done.sources[0].difference.lines_gone, done.sources[0].difference.lines_new) == (1, 1)
        assert desk.money() == Decimal("130.5")
        desk.assert_sound()
