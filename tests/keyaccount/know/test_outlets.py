"""What do outlets sell, which part is ours, what room is left? By hand, and at the edges (K4)."""

import csv
import datetime as dt
import io
import itertools
import tomllib
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyaccount.know.outlets import OutletError, OutletMonthSales, check_bands, outlet_figures

from ..data import ROOT

WORKED = tomllib.loads((ROOT / "docs" / "worked" / "outlets.toml").read_text(encoding="utf-8"))
UNTIL = dt.date(2025, 6, 15)


def read(name, names=None):
    return list(csv.DictReader(io.StringIO(WORKED[name].strip()), names))


def amount(text):
    return Decimal(text) if text else None


def row(outlet, month, sales, our_sales):
    return OutletMonthSales(outlet, dt.date.fromisoformat(month), amount(sales), amount(our_sales))


def plain(value):
    return "" if value is None else f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)


class TestOutletFigures:
    def test_the_worked_example(self):
        rows = [row(*one.values()) for one in read("outlet_months")]
        limits = {one["outlet"]: amount(one["can_sell"]) for one in read("outlet_limits")}
        told = outlet_figures(rows, limits, until=UNTIL)
        for expected in read("expected", WORKED["columns"]):
            figures = told[expected.pop("outlet")]
            assert {name: plain(getattr(figures, name)) for name in expected} == expected

    def test_the_twelve_months_end_with_the_running_one(self):
        rows = [row("A", f"{2024 + (n + 5) // 12}-{(n + 5) % 12 + 1:02}-01", str(n), "") for n in range(14)]
        figures = outlet_figures(rows, {"A": None}, until=dt.date(2025, 6, 30))["A"]
        # June 2024 is n=0, July 1, … June 2025 is 12, July 13.
        assert figures.sales == Decimal(sum(range(1, 13))) / 12
        december = outlet_figures(rows, {"A": None}, until=dt.date(2024, 12, 31))["A"]
        assert (december.months, december.last_month) == (7, dt.date(2024, 12, 1))

    def test_two_rows_of_a_month_are_refused(self):
        with pytest.raises(OutletError) as refused:
            outlet_figures([row("A", "2025-06-01", "1", "1")] * 2, {"A": None}, until=UNTIL)
        assert refused.value.code == "outlet.twice"

    def test_no_sales_give_no_share(self):
        told = outlet_figures([row("A", "2025-06-01", "0", "0")], {"A": Decimal(5)}, until=UNTIL)["A"]
        assert (told.our_share, told.room) == (None, 5)


class TestBands:
    def test_may_touch_and_be_open_at_the_end(self):
        check_bands([(Decimal(100), None, Decimal("0.5")), (Decimal(0), Decimal(100), Decimal("0.5"))])

    @pytest.mark.parametrize(
        ("bands", "code"),
        [
            ([(5, 5, None)], "outlet.band_order"),
            ([(0, 10, None), (9, 20, None)], "outlet.bands_overlap"),
            ([(0, None, None), (9, 20, None)], "outlet.bands_overlap"),
            ([(0, 5, "0.6"), (5, 9, "0.5")], "outlet.bands_sum"),
        ],
    )
    def test_that_contradict_each_other_are_named(self, bands, code):
        told = [tuple(None if one is None else Decimal(one) for one in band) for band in bands]
        with pytest.raises(OutletError) as refused:
            check_bands(told)
        assert refused.value.code == code

    @given(st.lists(st.integers(0, 1000), min_size=2, max_size=8, unique=True))
    def test_neighbours_never_overlap_whatever_their_order(self, bounds):
        ordered = sorted(bounds)
        bands = [(Decimal(low), Decimal(high), None) for low, high in itertools.pairwise(ordered)]
        check_bands(bands[::-1])
