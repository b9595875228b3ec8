"""How is money stored, and how is it shown to a reader of Chinese or English?

In the ledger amounts are DECIMAL(18,4): added and compared as decimals, multiplied only at import.
"""

from contextvars import ContextVar
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

AMOUNT = "decimal(18, 4)"
QUANTITY = "decimal(18, 6)"
# Sums of amounts: room for a billion lines of the largest amount.
TOTAL = "decimal(38, 4)"

own_currency: ContextVar[str] = ContextVar("own_currency", default="¥")
"""Sign of the company's currency, by which money is shown."""

_NAMES = {"¥": "元", "$": "美元", "€": "欧元", "£": "英镑"}
_WAN = Decimal(10_000)
_YI = Decimal(100_000_000)


def show_money(amount: Decimal | float, lang: str) -> str:
    """Money as readers expect it: 元 below ¥10,000, 万元 and 亿元 above; English ¥12.3k, ¥4.5m, ¥1.2bn.

    Rounded for display only, halves away from zero; exports carry the exact amount.
    """
    exact = Decimal(amount) if not isinstance(amount, Decimal) else amount
    currency = own_currency.get()
    yuan = _NAMES[currency]
    sign, size = ("−" if exact < 0 else ""), abs(exact)
    if lang == "zh":
        # The steps are taken on the rounded figure, or 9,999.96 would read 10,000.0 元.
        if _rounded(size, 2) < _WAN:
            return f"{sign}{_rounded(size, 2).normalize():,f} {yuan}"
        if _rounded(size / _WAN, 1) < _WAN:
            return f"{sign}{_rounded(size / _WAN, 1):,} 万{yuan}"
        return f"{sign}{_rounded(size / _YI, 2):,} 亿{yuan}"
    for unit, letter in ((1, ""), (1_000, "k"), (1_000_000, "m")):
        shown = _rounded(size / unit, 2 if unit == 1 else 1)
        if shown < 1_000:
            return f"{sign}{currency}{shown.normalize() if unit == 1 else shown:,f}{letter}"
    return f"{sign}{currency}{_rounded(size / 1_000_000_000, 2):,}bn"


@dataclass(frozen=True)
class TableUnit:
    """One unit for a whole column, so that its figures can be compared at a glance."""

    name: str
    times: int
    places: int

    def shown(self, amount: Decimal | None) -> str:
        """The amount in it, rounded for display; a dash where it is not known."""
        if amount is None:
            return "—"
        shown = _rounded(abs(amount) / self.times, self.places)
        return f"{'−' if amount < 0 and shown else ''}{shown:,}"


def table_unit(largest: Decimal, lang: str) -> TableUnit:
    """The unit of a column whose largest amount is `largest`: 元 or 万元; English ¥ or ¥k."""
    currency = own_currency.get()
    yuan = _NAMES[currency]
    if lang == "zh":
        return TableUnit(f"万{yuan}", 10_000, 1) if largest >= 10 * _WAN else TableUnit(yuan, 1, 0)
    return TableUnit(f"{currency}k", 1_000, 1) if largest >= _WAN else TableUnit(currency, 1, 0)


def _rounded(value: Decimal, places: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def show_exact(amount: Decimal, lang: str) -> str:
    """Money to the cent."""
    currency = own_currency.get()
    size, sign = f"{abs(amount):,.2f}", "−" if amount < 0 else ""
    return f"{sign}{size} {_NAMES[currency]}" if lang == "zh" else f"{sign}{currency}{size}"
