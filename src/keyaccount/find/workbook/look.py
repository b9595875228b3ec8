"""How does any sheet of the list's workbook look? Widths, formats, heads, tables."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from keyaccount.files import lines_of
from keyaccount.find.document import ListDocument
from keyaccount.language import message

# Excel's own limit, header included.
MOST_ROWS = 1_048_576
INK, GREY, RED = "#0f5f6b", "#9aa5ab", "#b3261e"
FONT = {"zh": "Microsoft YaHei", "en": "Calibri"}
WIDTHS = {
    "year": 38,
    "account": 30,
    "account_id": 13,
    "account_name": 28,
    "reasons": 60,
    "reason": 50,
    "file": 40,
    "value": 24,
    "setting": 60,
    "preset": 16,
    "whale_part": 30,
    "field": 28,
    "causes": 60,
    "decision_reason": 30,
    "at": 18,
    "remark": 40,
    "sales": 16,
    "sales_year_before": 16,
    "sales_left": 18,
    "profit_left": 18,
    "sales_before": 16,
}
WIDTH, _NARROW = 14, 9
_LINE = 14
"""Points that a line is high."""
_MONEY = frozenset(
    [
        "sales",
        "profit",
        "cost_to_serve",
        "sales_year_before",
        "sales_two_years_before",
        "profit_year_before",
        "sales_left",
        "profit_left",
        "profit_before_service",
        "sales_before",
    ]
)
_SHARES = frozenset(
    [
        "largest_order_share",
        "sales_share",
        "sales_running_share",
        "profit_running_share",
        "sales_lost_share",
        "profit_lost_share",
        "top_share",
        "segment_sales_share",
        "profit_share",
    ]
)
_COUNTS = frozenset(
    [
        "rank",
        "sales_rank",
        "profit_rank",
        "orders",
        "order_days",
        "active_months",
        "accounts",
        "set_size",
        "row",
    ]
)
_SHORT = frozenset(["verdict", "decision", "kind", "role", "owner", "move", "part"])
_WRAPPED = frozenset(["reasons", "reason", "causes", "decision_reason", "account_name", "account", "remark"])
_OWN_HEADS = frozenset(
    [
        "decision",
        "decision_reason",
        "kind",
        "role",
        "owner",
        "move",
        "causes",
        "sales_before",
        "part",
        "name",
        "at",
        "remark",
    ]
)


class Look:
    """Writes sheets one after the other, with the formats they share."""

    def __init__(self, book: Any, document: ListDocument, lang: str) -> None:
        self.book, self.document, self.lang = book, document, lang
        base = {"font_name": FONT[lang], "font_size": 10, "valign": "top"}
        self.plain = book.add_format(base)
        self.head = book.add_format(
            {**base, "bold": True, "font_color": "white", "bg_color": INK, "text_wrap": True}
        )
        self.head_right = book.add_format(
            {
                **base,
                "bold": True,
                "font_color": "white",
                "bg_color": INK,
                "text_wrap": True,
                "align": "right",
            }
        )
        self.title = book.add_format(
            {**base, "font_size": 14, "bold": True, "font_color": INK, "text_wrap": True}
        )
        self.wrapped = book.add_format({**base, "text_wrap": True, "indent": 1})
        self.money = book.add_format({**base, "num_format": "#,##0.00;[Red]-#,##0.00"})
        self.percent = book.add_format({**base, "num_format": "0.0%"})
        self.rate = book.add_format({**base, "num_format": "0.00"})
        self.left = book.add_format({**base, "align": "left"})
        self.share = book.add_format({**base, "num_format": "0.##%", "align": "left"})
        self.count = book.add_format({**base, "num_format": "#,##0"})

    def text(self, code: str, **values: Any) -> str:
        return message(code, self.lang, **values)

    def new_sheet(self, name: str, *, repeat_head: bool = True) -> Any:
        """A sheet that prints one page wide, its head on every page."""
        sheet = self.book.add_worksheet(name)
        sheet.set_landscape()
        sheet.set_paper(9)  # A4
        sheet.fit_to_pages(1, 0)
        if repeat_head:
            sheet.repeat_rows(0)
        return sheet

    def add(self, title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> Any:
        """A sheet with one table; gives it."""
        sheet = self.new_sheet(self.text(title))
        sheet.freeze_panes(1, 0)
        for at, column in enumerate(columns):
            width = WIDTHS.get(column, _NARROW if column in _COUNTS | _SHARES | _SHORT else WIDTH)
            sheet.set_column(at, at, width, self.format(column))
        if rows:
            self.table(sheet, columns, rows[: MOST_ROWS - 1], top=0, filters=True)
        else:
            self.table(sheet, columns, [], top=0, filters=False)
            sheet.write(1, 0, self.text("empty.list"), self.plain)
        return sheet

    def table(
        self, sheet: Any, columns: Sequence[str], rows: Sequence[Sequence[Any]], *, top: int, filters: bool
    ) -> int:
        """Write a table and give the row below it."""
        for at, column in enumerate(columns):
            # A head stands where its figures do.
            head = (
                self.head_right
                if self.format(column) in (self.money, self.percent, self.count, self.rate)
                else self.head
            )
            sheet.write_string(top, at, self.head_of(column), head)
        for at, row in enumerate(rows, start=top + 1):
            lines = [
                lines_of(str(value), WIDTHS.get(name, WIDTH))
                for name, value in zip(columns, row, strict=False)  # settings have rows of three
                if name in _WRAPPED and value
            ]
            if max(lines, default=1) > 1:
                sheet.set_row(at, _LINE * max(lines))
            for place, value in enumerate(row):
                self.write(sheet, at, place, value, self.format_of(columns[place], value))
        if filters:
            sheet.autofilter(top, 0, top + len(rows), len(columns) - 1)
        return top + len(rows) + 1

    def head_of(self, column: str) -> str:
        code = f"document.column.{column}"
        told = {"top": self.document.settings.top_share}
        return self.text(code) if column in _OWN_HEADS else self.text(f"column.{column}", **told)

    def write(self, sheet: Any, row: int, column: int, value: Any, cell_format: Any) -> None:
        if value is None:
            return
        if isinstance(value, bool):
            sheet.write_boolean(row, column, value, cell_format)
        elif isinstance(value, (int, float, Decimal)):
            sheet.write_number(row, column, value, cell_format)
        else:
            sheet.write_string(row, column, str(value), cell_format)

    def format_of(self, column: str, value: Any) -> Any:
        """Settings are of many kinds under one head, so each has its own."""
        if column not in ("value", "preset"):
            return self.format(column)
        return self.share if isinstance(value, Decimal) else self.left

    def format(self, column: str) -> Any:
        if column in _MONEY:
            return self.money
        if column in _SHARES:
            return self.percent
        if column in _WRAPPED:
            return self.wrapped
        if column == "gini":
            return self.rate
        return self.count if column in _COUNTS else self.plain
