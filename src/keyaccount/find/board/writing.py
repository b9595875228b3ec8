"""How is anything written for the board: a text, a table, a figure?"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from keyaccount.find.document import Entry, ListDocument
from keyaccount.find.sentences import change
from keyaccount.language import message
from keyaccount.money import TableUnit, show_money, table_unit

MOST_ROWS = 1500
"""Accounts printed of each list; the rest is counted and left to the workbook."""


@dataclass(frozen=True)
class Column:
    """A column of a printed table; `width` in millimetres, or as a share ("1fr")."""

    head: str
    cell: Callable[[Any], Any]
    width: str
    right: bool = False
    small: bool = False


class Writing:
    """The document, the language, and the unit that all its columns of money share."""

    def __init__(self, document: ListDocument, lang: str) -> None:
        self.document, self.lang = document, lang
        amounts = [abs(one.figures["sales"]) for one in document.entries if one.figures.get("sales")]
        self.unit: TableUnit = table_unit(max(amounts, default=Decimal(0)), lang)

    def text(self, code: str, **values: Any) -> str:
        return message(f"document.{code}", self.lang, **values)

    def rule(self, verdict: str) -> str:
        settings = self.document.settings
        values: dict[str, dict[str, Any]] = {
            "one_time": {"days": settings.one_time_days},
            "big_ticket": {
                "days": settings.big_ticket_days,
                "share": settings.big_ticket_share,
                "back": settings.returning_share,
            },
        }
        return self.text(f"method.{verdict}", **values.get(verdict, {}))

    def changes_sentence(self) -> str:
        told = self.document.changes
        assert told is not None, "asked for only where there is an earlier list"  # noqa: S101
        counts = {move: len(told.of(move)) for move in ("entered", "stayed", "left")}
        return self.text("changes", until=told.until, **counts)

    def table(self, columns: Sequence[Column], rows: Sequence[Any]) -> dict[str, Any]:
        more = len(rows) - MOST_ROWS
        return {
            "columns": [
                {"head": one.head, "width": one.width, "right": one.right, "small": one.small}
                for one in columns
            ],
            "rows": [[column.cell(row) for column in columns] for row in rows[:MOST_ROWS]],
            "more": self.text("more", n=more) if more > 0 else None,
        }

    def head(self, name: str, **values: Any) -> str:
        return message(f"column.{name}", self.lang, **values)

    def money_head(self, name: str, *, own: bool = False) -> str:
        head = self.text(f"column.{name}") if own else self.head(name)
        return f"{head}\n{self.unit.name}"

    def money(self, entry: Entry, name: str) -> str:
        return self.unit.shown(entry.figures.get(name))


def sum_of(amounts: Iterable[Decimal | None]) -> Decimal | None:
    known = [amount for amount in amounts if amount is not None]
    return sum(known, Decimal(0)) if known else None


def growth_of(entry: Entry) -> float | None:
    return change(entry.figures.get("sales"), entry.figures.get("sales_year_before"))


def or_dash(amount: Decimal | None, lang: str) -> str:
    return "—" if amount is None else show_money(amount, lang)


def percent(share: Any) -> str:
    return "—" if share is None else f"{float(share):.1%}"


def signed(growth: float | None) -> str:
    if growth is None:
        return "—"
    shown = f"{abs(growth):,.1%}" if abs(growth) < 10 else f"{abs(growth):,.0%}"
    arrow = "↑" if growth >= 0.0005 else "↓" if growth <= -0.0005 else ""
    return f"{arrow}\u00a0{'+' if growth >= 0 else '−'}{shown}".strip()
