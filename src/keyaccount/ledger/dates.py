"""What day does a text mean? Day-first against month-first is decided from the whole column, or refused.

A text can be read in up to three orders (`dmy`, `mdy`, `ymd`) where its parts are bare numbers; all others (ISO,
Chinese, months by name, Excel's serial numbers) have one reading.
"""

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

from keyaccount.errors import KeyAccountError

DateOrder = Literal["dmy", "mdy", "ymd"]
ORDERS: tuple[DateOrder, ...] = ("dmy", "mdy", "ymd")

EARLIEST = dt.date(1970, 1, 1)
# Two-digit years up to this one are of this century, as in POSIX.
_LAST_TWO_DIGIT_YEAR = 68
_EXCEL_DAY_ZERO = dt.date(1899, 12, 30)

_MONTHS = {
    name: at
    for at, name in enumerate(
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], start=1
    )
}
_YEAR_FIRST = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?")
_EIGHT_DIGITS = re.compile(r"(\d{4})(\d{2})(\d{2})")
_THREE_NUMBERS = re.compile(r"(\d{1,2})([-/. ])(\d{1,2})\2(\d{4}|\d{2})")
_DAY_MONTH_NAME = re.compile(r"(\d{1,2})[-/. ]?([A-Za-z]{3})[a-z]*\.?[-/., ]*(\d{4}|\d{2})")
_MONTH_NAME_DAY = re.compile(r"([A-Za-z]{3})[a-z]*\.?[-/. ]?(\d{1,2})(?:st|nd|rd|th)?[-/., ]+(\d{4})")
_WHOLE_FLOAT = re.compile(r"^(\d{8})\.0+$")
_EXCEL_SERIAL = re.compile(r"([2-7]\d{4})(?:\.\d+)?")


class DateOrderError(KeyAccountError):
    """Whether day or month comes first cannot be told from the column."""


@dataclass(frozen=True)
class DateText:
    """One text of a date column and a row where it stands."""

    text: str
    place: str
    row: int


def readings(text: str) -> dict[DateOrder, dt.date]:
    """The day that `text` means under each order that makes sense of it; empty where none does."""
    text = _WHOLE_FLOAT.sub(r"\1", text)
    if match := _YEAR_FIRST.fullmatch(text) or _EIGHT_DIGITS.fullmatch(text):
        return _same(_day(int(match[1]), int(match[2]), int(match[3])))
    if match := _THREE_NUMBERS.fullmatch(text):
        return _by_order(int(match[1]), int(match[3]), match[4])
    if match := _DAY_MONTH_NAME.fullmatch(text):
        return _same(_day(_full_year(match[3]), _MONTHS.get(match[2].lower(), 0), int(match[1])))
    if match := _MONTH_NAME_DAY.fullmatch(text):
        return _same(_day(int(match[3]), _MONTHS.get(match[1].lower(), 0), int(match[2])))
    if match := _EXCEL_SERIAL.fullmatch(text):
        return _same(_EXCEL_DAY_ZERO + dt.timedelta(days=int(match[1])))
    return {}


def decide_order(texts: Iterable[DateText], *, latest: dt.date) -> DateOrder | None:
    """The one order in which every text that can be read at all is a date up to `latest`.

    None where every text has one reading only, so that there is nothing to decide.

    Raises
    ------
    DateOrderError `date.undecidable` where several orders fit and give different days, `date.contradictory` where
    rows exclude each other, with a row of each kind.
    """
    excluded: dict[DateOrder, DateText] = {}
    differing: dict[tuple[DateOrder, DateOrder], DateText] = {}
    for one in texts:
        possible = {order: day for order, day in readings(one.text).items() if EARLIEST <= day <= latest}
        if not possible:
            continue  # no order helps this one: it will be refused by itself
        for order in ORDERS:
            if order not in possible:
                excluded.setdefault(order, one)
        for pair in combinations(possible, 2):
            if possible[pair[0]] != possible[pair[1]]:
                differing.setdefault(pair, one)
    fitting = [order for order in ORDERS if order not in excluded]
    if not fitting:
        values = {f"not_{order}": f"{one.place}:{one.row} “{one.text}”" for order, one in excluded.items()}
        raise DateOrderError("date.contradictory", **values)
    for pair, one in differing.items():
        if set(pair) <= set(fitting):
            raise DateOrderError("date.undecidable", place=one.place, row=one.row, value=one.text)
    return fitting[0] if differing or excluded else None


def read_dates(texts: Iterable[str], order: DateOrder | None) -> Mapping[str, dt.date | None]:
    """Each text and the day it means under `order`; None where it means none."""
    return {text: readings(text).get(order or ORDERS[0]) for text in texts}


def _same(day: dt.date | None) -> dict[DateOrder, dt.date]:
    return dict.fromkeys(ORDERS, day) if day else {}


def _by_order(first: int, second: int, third: str) -> dict[DateOrder, dt.date]:
    days: dict[DateOrder, dt.date | None] = {
        "dmy": _day(_full_year(third), second, first),
        "mdy": _day(_full_year(third), first, second),
    }
    if len(third) == 2:
        days["ymd"] = _day(_full_year(f"{first:02}"), second, int(third))
    return {order: day for order, day in days.items() if day}


def _full_year(digits: str) -> int:
    year = int(digits)
    if len(digits) > 2:
        return year
    return year + (2000 if year <= _LAST_TWO_DIGIT_YEAR else 1900)


def _day(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None
