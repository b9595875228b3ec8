"""What does a cell of a number, a month, a moment, a yes or no, or several words mean; and how is such a value written?

A value has one way to be written, so that what was exported compares as the same when it comes back.
"""

import datetime as dt
import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from keyaccount.know.workbook.fields import FieldKind, RecordField
from keyaccount.ledger.dates import readings
from keyaccount.ledger.fields import simplified

WORDS: tuple[FieldKind, ...] = ("choices", "number", "share", "whole", "month", "moment", "yes")
"""Kinds that are read here."""
YES = {
    **dict.fromkeys(("是", "有", "yes", "y", "true", "1", "√", "✓"), "yes"),
    **dict.fromkeys(("否", "没有", "no", "n", "false", "0", "×"), "no"),
}
PARTING = "、;；\n"
"""Signs between several words or links; a comma may stand in a name."""
_THOUSANDS = re.compile(r"-?\d{1,3}(,\d{3})+(\.\d+)?")
_MONTH = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*月?|(\d{4})(\d{2})")
_MOMENT = re.compile(r"(.+?)[T ]\s*(\d{1,2}):(\d{2})(?::\d{2}(?:\.\d+)?)?")
_SURE_DIGITS = 15
"""A spreadsheet's numbers are right to so many digits; what stands behind is its own."""


def read_typed(wanted: RecordField, text: str, choices: Mapping[str, str] | None) -> tuple[str, str | None]:
    """A cell that is not empty → its value as it is written, and the code of what is wrong with it."""
    match wanted.kind:
        case "choices":
            return _several(text, choices)
        case "yes":
            told = YES.get(text.lower().removesuffix(".0"))
            return told or text, None if told else "yes.unreadable"
        case "month":
            return _month(text)
        case "moment":
            return _moment(text)
    return _number(wanted, text)


def _several(text: str, choices: Mapping[str, str] | None) -> tuple[str, str | None]:
    words = [
        one.strip()
        for one in re.split(f"[{PARTING}]", text.replace(",", "、").replace("，", "、"))
        if one.strip()
    ]
    if choices is None:
        return ",".join(dict.fromkeys(words)), None
    told = [choices.get(simplified(one)) for one in words]
    if None in told:
        return text, "choice.unknown"
    order = list(dict.fromkeys(choices.values()))
    return ",".join(sorted({one for one in told if one}, key=order.index)), None


def _month(text: str) -> tuple[str, str | None]:
    found = _MONTH.fullmatch(text)
    if found:
        year, month = int(found[1] or found[3]), int(found[2] or found[4])
        return (f"{year:04}-{month:02}", None) if 1 <= month <= 12 and year else (text, "month.unreadable")
    days = set(readings(text.split(" 00:00:00")[0]).values())
    if len(days) == 1 and (day := days.pop()).day == 1:
        return f"{day:%Y-%m}", None
    return text, "month.unreadable"


def _moment(text: str) -> tuple[str, str | None]:
    found = _MOMENT.fullmatch(text)
    days = set(readings(found[1].strip()).values()) if found else set()
    if found is None or not days or int(found[2]) > 23 or int(found[3]) > 59:
        return text, "moment.unreadable"
    if len(days) > 1:
        return text, "date.two_ways"
    return f"{days.pop().isoformat()} {int(found[2]):02}:{found[3]}", None


def _number(wanted: RecordField, text: str) -> tuple[str, str | None]:
    bare = text.replace(",", "") if _THOUSANDS.fullmatch(text) else text
    is_percent = wanted.kind == "share" and bare.endswith("%")
    if "_" in bare:
        # Decimal would take 1_000, which nobody writes in a cell.
        return text, "number.unreadable"
    try:
        number = Decimal(bare.removesuffix("%").strip() if is_percent else bare)
    except InvalidOperation:
        return text, "number.unreadable"
    if not number.is_finite():
        return text, "number.unreadable"
    number = number / 100 if is_percent else number
    places = 0 if wanted.kind == "whole" else wanted.places
    if number.adjusted() >= wanted.longest + 1 or abs(number) >= Decimal(10) ** wanted.longest:
        return text, "number.too_large"
    told = number.quantize(Decimal(1).scaleb(-places))
    if told != number and len(number.as_tuple().digits) <= _SURE_DIGITS:
        return text, "number.whole" if not places else "number.too_fine"
    if told < 0 and not wanted.may_be_negative:
        return text, "number.negative"
    if wanted.kind == "share" and not 0 <= told <= 1:
        return text, "share.outside"
    return as_text(told), None


def as_text(value: Any) -> str:
    """A value as its field is written; moments must be in the time of the place already."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case Decimal():
            return f"{value.normalize() + 0:f}"
        case dt.datetime():
            return f"{value:%Y-%m-%d %H:%M}"
        case list() | tuple():
            return ",".join(str(one) for one in value)
    return str(value)


def as_value(wanted: RecordField, text: str) -> Any:
    """The value of a text that is right: None for an empty one, but "" where the field is a text."""
    match wanted.kind:
        case "choices":
            return text.split(",") if text else []
        case "number" | "share":
            return Decimal(text) if text else None
        case "whole":
            return int(text) if text else None
        case "date":
            return dt.date.fromisoformat(text) if text else None
        case "month":
            return dt.date.fromisoformat(f"{text}-01") if text else None
        case "moment":
            return dt.datetime.fromisoformat(text) if text else None
        case "yes":
            return {"yes": True, "no": False}.get(text)
    return text
