"""Cells of numbers, months, moments, words: one way to be written, and refused rather than guessed."""

import pytest

from keyaccount.know.workbook.chapters import sheet_field
from keyaccount.know.workbook.typed import as_text, as_value, read_typed


@pytest.mark.parametrize(
    ("kind", "text", "told"),
    [
        ("number", "1,200.50", "1200.5"),
        ("number", "0.30000000000000004", "0.3"),
        ("number", "100.0", "100"),
        ("share", "35%", "0.35"),
        ("whole", "12.0", "12"),
        ("month", "2026年3月", "2026-03"),
        ("month", "2026-03-01 00:00:00", "2026-03"),
        ("moment", "2026/3/5 9:05:00", "2026-03-05 09:05"),
        ("yes", "是", "yes"),
    ],
)
def test_is_written_in_one_way(kind, text, told):
    field = sheet_field("x", kind, 14)
    assert read_typed(field, text, None) == (told, None)
    value = as_value(field, told)
    assert kind == "month" or as_text(value) == told


@pytest.mark.parametrize(
    ("kind", "text", "code"),
    [
        ("number", "1,5", "number.unreadable"),
        ("number", "-1", "number.negative"),
        ("number", "0.00001", "number.too_fine"),
        ("number", "1e15", "number.too_large"),
        ("number", "NaN", "number.unreadable"),
        ("share", "35", "number.too_large"),
        ("whole", "1.5", "number.whole"),
        ("month", "2026-03-02", "month.unreadable"),
        ("month", "0000-05", "month.unreadable"),
        ("moment", "2026-03-05", "moment.unreadable"),
        ("moment", "03/05/2026 10:00", "date.two_ways"),
        ("yes", "可能", "yes.unreadable"),
    ],
)
def test_is_refused_where_it_could_mean_another_thing(kind, text, code):
    assert read_typed(sheet_field("x", kind, 1 if kind == "share" else 14), text, None)[1] == code
