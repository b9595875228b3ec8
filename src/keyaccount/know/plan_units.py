"""In which unit is a goal counted, and what does a target mean that was typed with or without it? (K8)"""

import re
from decimal import Decimal, InvalidOperation

from keyaccount.errors import KeyAccountError
from keyaccount.language import LANGUAGES, message

MONEY = ("sales", "profit", "category", "product")
COUNTS = ("visits", "needs", "order_days")
_TIMES = {
    "万": 4, "万元": 4, "亿": 8, "亿元": 8, "元": 0, "k": 3, "m": 6, "bn": 9,
}  # fmt: skip
"""Units of money, as powers of ten."""
_NUMBER = re.compile(r"([-+−]?[\d.,，]*\d[\d.,，]*|[-+−]?\.\d+)\s*(.*)", re.DOTALL)
_THOUSANDS = re.compile(r"-?\d{1,3}(,\d{3})+(\.\d+)?")


class AmountError(KeyAccountError):
    """A target that is no number, or one in another unit than its measure's."""


def unit_text(measure: str, unit: str, lang: str) -> str:
    """What a measure is counted in; `unit`: what a goal counted by hand calls it."""
    if measure == "wallet":
        return "%"
    return unit if measure == "hand" else message(f"plan_unit.{_kind(measure)}", lang)


def _kind(measure: str) -> str:
    return "money" if measure in MONEY else measure


def read_amount(text: str, measure: str, unit: str = "") -> Decimal:
    """A target as it was typed: 5000000, 500万, ¥4.5m, 35%, 12 次. Money in full, a share of wallet in per cent.

    Raises AmountError `plan_amount.unreadable`, `plan_amount.other_unit`.
    """
    bare = text.strip().removeprefix("¥").removeprefix("￥").strip()
    found = _NUMBER.fullmatch(bare)
    if found is None:
        raise AmountError("plan_amount.unreadable", text=text)
    digits = found[1].replace("，", ",").replace("−", "-")
    if "," in digits:
        if not _THOUSANDS.fullmatch(digits):
            raise AmountError("plan_amount.unreadable", text=text)
        digits = digits.replace(",", "")
    try:
        number = Decimal(digits)
    except InvalidOperation:
        raise AmountError("plan_amount.unreadable", text=text) from None
    told = found[2].strip()
    if not told:
        return number
    if measure in MONEY and told.lower() in _TIMES:
        return number.scaleb(_TIMES[told.lower()])
    if measure == "wallet" and told in ("%", "％"):
        return number
    own = {unit_text(measure, unit, lang).lower() for lang in LANGUAGES} if measure not in MONEY else set()
    if told.lower() in own:
        return number
    raise AmountError(
        "plan_amount.other_unit", unit=told, own={lang: unit_text(measure, unit, lang) for lang in LANGUAGES}
    )
