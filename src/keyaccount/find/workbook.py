"""What does the director get in Excel? The list, the curve as a native chart, the guard lists, what changed, settings, signatures."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import xlsxwriter
from xlsxwriter.exceptions import FileCreateError

from keyaccount.files import lines_of
from keyaccount.find.document import GUARDS, Entry, ListDocument
from keyaccount.find.sentences import (
    concentration_sentence,
    department_sentence,
    headline,
    joined,
    not_judged,
    shown_name,
    verdict_name,
    year_name,
)
from keyaccount.find.settings import FindSettings
from keyaccount.language import message
from keyaccount.ledger.check import RefusedRow

# Excel's own limit, header included.
MOST_ROWS = 1_048_576
_POINTS_COLUMN, _CHART_ROWS = 14, 26
_INK, _GREY, _RED = "#0f5f6b", "#9aa5ab", "#b3261e"
_FONT = {"zh": "Microsoft YaHei", "en": "Calibri"}
_WIDTHS = {
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
_WIDTH, _NARROW = 14, 9
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

_LIST_COLUMNS = (
    "sales_rank", "account_id", "account_name", "verdict", "sales", "sales_share", "sales_running_share", "profit", "profit_rank",
    "cost_to_serve", "orders", "order_days", "active_months", "largest_order_share", "sales_year_before", "reasons",
)  # fmt: skip


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
_OF_PEOPLE = ("decision", "decision_reason", "kind", "role", "owner")
_OF_THE_WHOLE = frozenset(["sales_share", "sales_running_share"])


def write_workbook(
    path: Path | BinaryIO,
    document: ListDocument,
    lang: str,
    *,
    accounts: pa.Table | None = None,
    files: Sequence[Mapping[str, Any]] = (),
    refused: Sequence[RefusedRow] | None = None,
) -> None:
    """Write a list as a workbook: sheets for people in `lang`, and `accounts` with the field names for programs.

    Parameters
    ----------
    accounts : every account (`export.with_reasons`); None: that sheet is left out.
    files : what is known of how each file was read; empty: the document's imports.
    refused : rows that could not be read; None: that sheet is left out.
    """
    try:
        _write_sheets(path, document, lang, accounts, files, refused)
    except FileCreateError as error:
        # Not an OSError, though it says that a file cannot be written.
        reason = error.args[0].strerror if error.args and isinstance(error.args[0], OSError) else str(error)
        raise OSError(reason) from error


def _write_sheets(
    path: Path | BinaryIO,
    document: ListDocument,
    lang: str,
    accounts: pa.Table | None,
    files: Sequence[Mapping[str, Any]],
    refused: Sequence[RefusedRow] | None,
) -> None:
    with xlsxwriter.Workbook(
        path if not isinstance(path, Path) else str(path),
        {"strings_to_formulas": False, "strings_to_urls": False, "nan_inf_to_errors": True},
    ) as book:
        writer = _Writer(book, document, lang)
        book.set_properties(
            {
                "title": writer.title_text(),
                "created": dt.datetime(2000, 1, 1, tzinfo=dt.UTC).replace(tzinfo=None),
            }
        )
        writer.summary()
        writer.list()
        writer.curve()
        for verdict in (*GUARDS, "rising"):
            writer.entries(f"sheet.{verdict}", document.beside(verdict))
        if document.undecided:
            writer.entries("sheet.undecided", document.undecided)
        if document.refused:
            writer.entries("sheet.refused_accounts", document.refused)
        writer.changes()
        writer.years()
        writer.losses()
        writer.whale()
        writer.segments()
        if refused is not None:
            writer.refused(refused)
        writer.settings(files)
        writer.signatures()
        if accounts is not None:
            writer.all_accounts(accounts)


class _Writer:
    """Writes sheets one after the other, with the formats they share."""

    def __init__(self, book: Any, document: ListDocument, lang: str) -> None:
        self.book, self.document, self.lang = book, document, lang
        base = {"font_name": _FONT[lang], "font_size": 10, "valign": "top"}
        self.plain = book.add_format(base)
        self.head = book.add_format(
            {**base, "bold": True, "font_color": "white", "bg_color": _INK, "text_wrap": True}
        )
        self.head_right = book.add_format(
            {
                **base,
                "bold": True,
                "font_color": "white",
                "bg_color": _INK,
                "text_wrap": True,
                "align": "right",
            }
        )
        self.title = book.add_format(
            {**base, "font_size": 14, "bold": True, "font_color": _INK, "text_wrap": True}
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

    def title_text(self) -> str:
        if self.document.summary is not None:
            return headline(self.document, self.lang)
        return self.text("document.own_accounts", n=len(self.document.listed))

    def summary(self) -> None:
        """The answer first, then the verdicts, then what to keep in mind."""
        sheet = self._new_sheet(self.text("sheet.summary"), repeat_head=False)
        sheet.hide_gridlines(2)
        sheet.set_column(0, 0, 22, self.plain)
        sheet.set_column(1, 4, 18, self.plain)
        document = self.document
        sentences = [self.title_text()]
        if document.summary is not None:
            sentences += [
                concentration_sentence(document, self.lang),
                department_sentence(document, self.lang),
            ]
        for at, sentence in enumerate(sentences):
            sheet.merge_range(at, 0, at, 4, sentence, self.title if at == 0 else self.wrapped)
            sheet.set_row(at, 44 if at == 0 else 30)
        end = len(sentences)
        if document.summary is not None:
            summary, unjudged = document.summary, not_judged(document)
            table = [
                [
                    verdict_name(verdict, self.lang),
                    None if verdict in unjudged else summary.verdicts[verdict],
                    summary.verdict_sales[verdict],
                    summary.verdict_profit[verdict],
                ]
                for verdict in summary.verdicts
            ]
            end = self._table(
                sheet, ("verdict", "accounts", "sales", "profit"), table, top=end + 1, filters=False
            )
        if document.notes:
            sheet.write(end + 1, 0, self.text("title.notes"), self.head)
        for at, note in enumerate(document.notes, start=end + 2):
            sheet.merge_range(at, 0, at, 4, note.text(self.lang), self.wrapped)
            sheet.set_row(at, 30)
        made = f"keyaccount {document.version}"
        status = self.text(f"document.status.{document.status}")
        sheet.write(end + 3 + len(document.notes), 0, status, self.plain)
        sheet.write(end + 4 + len(document.notes), 0, made, self.plain)

    def list(self) -> None:
        """Whom people have put on it; before anybody has decided all in the set, each with its verdict."""
        document = self.document
        in_set = tuple(entry for entry in document.entries if entry.figures["in_set"])
        of_people = document.is_decided or any(entry.proposed is not None for entry in document.entries)
        self.entries("sheet.list", document.listed if of_people else in_set)

    def entries(self, title: str, entries: Sequence[Entry]) -> None:
        known = [name for name in _OF_PEOPLE if any(getattr(entry, name) for entry in self.document.entries)]
        shown = [
            name for name in _LIST_COLUMNS if self.document.summary is not None or name not in _OF_THE_WHOLE
        ]
        columns = (*shown[:4], *known, *shown[4:])
        self._sheet(title, columns, [[self._cell(name, entry) for name in columns] for entry in entries])

    def changes(self) -> None:
        """Who entered, stayed and left since the list before."""
        told = self.document.changes
        if told is None:
            return
        rows = [
            [
                self.text(f"document.moved.{one.move}"),
                one.account_id,
                one.account_name,
                one.sales_before,
                one.sales,
                joined(one.causes, self.lang),
            ]
            for one in told.moves
        ]
        columns = ("move", "account_id", "account_name", "sales_before", "sales", "causes")
        self._sheet("sheet.changes", columns, rows)

    def signatures(self) -> None:
        """Who proposed, decided and published it, and when."""
        signed = self.document.signatures
        if not signed:
            return
        rows = [
            [self.text(f"document.signed.{one.part}"), one.name, f"{one.at:%Y-%m-%d %H:%M}", one.remark]
            for one in signed
        ]
        self._sheet("sheet.signatures", ("part", "name", "at", "remark"), rows)

    def curve(self) -> None:
        """The curve's points and its chart, which stays a chart that one can edit."""
        document = self.document
        if document.summary is None:
            return
        sheet = self._new_sheet(self.text("sheet.curve"))
        share = document.settings.share
        with_profit = bool(document.profit_curve)
        titles = [
            self.text("column.accounts_share"),
            self.text("column.sales_curve"),
            self.text("column.share_line", share=share),
        ]
        if with_profit:
            titles += [self.text("column.accounts_share"), self.text("column.profit_curve")]
        # The chart stands in front, the points that it is drawn from beside it.
        at_column = _POINTS_COLUMN
        sheet.write_row(0, at_column, titles, self.head_right)
        sheet.set_column(at_column, at_column + len(titles) - 1, 18, self.percent)
        sheet.print_area(0, 0, _CHART_ROWS, at_column - 1)
        points = [
            (0.0, 0.0),
            *((one.accounts_share, one.running_share) for one in document.sales_curve),
        ]
        for at, (accounts, amount) in enumerate(points, start=1):
            sheet.write_row(at, at_column, [accounts, amount, float(share)], self.percent)
        chart = self.book.add_chart({"type": "scatter", "subtype": "straight"})
        name = sheet.get_name()
        chart.add_series(self._line(name, len(points), at_column, at_column + 1, titles[1], _INK, 2.25))
        chart.add_series(self._line(name, len(points), at_column, at_column + 2, titles[2], _RED, 1.0))
        if with_profit:
            whale = [(0.0, 0.0), *((one.accounts_share, one.running_share) for one in document.profit_curve)]
            for at, (accounts, amount) in enumerate(whale, start=1):
                if amount is not None:
                    sheet.write_row(at, at_column + 3, [accounts, amount], self.percent)
            chart.add_series(
                self._line(name, len(whale), at_column + 3, at_column + 4, titles[4], _GREY, 1.75)
            )
        values = {"top": document.settings.top_share, "amount": document.summary.top_amount_share}
        title = (
            self.text("chart.sales", **values)
            if self.document.settings.basis == "sales"
            else self.text("chart.title")
        )
        font = {"name": _FONT[self.lang], "size": 12, "bold": True}
        chart.set_title({"name": title, "name_font": font})
        chart.set_x_axis(
            {"name": titles[0], "min": 0, "max": 1, "num_format": "0%", "major_gridlines": {"visible": False}}
        )
        chart.set_y_axis(
            {
                "name": titles[1],
                "min": 0,
                "num_format": "0%",
                "major_gridlines": {"visible": True, "line": {"color": "#e3e7e9"}},
            }
        )
        chart.set_legend({"position": "bottom"})
        chart.set_size({"width": 860, "height": 500})
        sheet.insert_chart(0, 0, chart)

    def _line(
        self, sheet: str, points: int, x: int, y: int, title: str, colour: str, width: float
    ) -> dict[str, Any]:
        return {
            "name": title,
            "categories": [sheet, 1, x, points, x],
            "values": [sheet, 1, y, points, y],
            "line": {"color": colour, "width": width},
        }

    def years(self) -> None:
        columns = ("year", "accounts", "sales", "profit", "set_size", "top_share")
        rows = [
            [
                year_name(year.period, self.lang)
                if year.complete
                else self.text("years.incomplete", year=year_name(year.period, self.lang)),
                year.accounts,
                year.sales,
                year.profit,
                year.set_size,
                year.top_amount_share,
            ]
            for year in self.document.years
        ]
        if not rows:
            return
        self._sheet("sheet.years", columns, rows)

    def losses(self) -> None:
        columns = ("rank", "account", "sales", "sales_lost_share", "sales_left", "profit", "profit_left")
        rows = [
            [
                row["rank"],
                shown_name(row),
                row["sales"],
                row["sales_lost_share"],
                row["sales_left"],
                row["profit"],
                row.get("profit_left"),
            ]
            for row in self.document.losses
        ]
        if not rows:
            return
        self._sheet("sheet.losses", columns, rows)

    def whale(self) -> None:
        """What the accounts that lose money cost, as figures; the curve is drawn beside that of sales."""
        found = self.document.whale
        if found is None:
            return
        columns = ("whale_part", "accounts", "profit", "sales")
        rows = [
            [self.text("whale.peak"), found.peak_accounts, found.peak, None],
            [self.text("whale.even"), found.even_accounts, Decimal(0), None],
            [self.text("whale.tail"), found.tail_accounts, -found.tail, None],
            [self.text("whale.end"), found.accounts, found.profit, None],
            [self.text("whale.unjudged"), found.unjudged_accounts, None, found.unjudged_sales],
        ]
        self._sheet("sheet.whale", columns, rows)

    def segments(self) -> None:
        for field, told in self.document.segments.items():
            columns = (field, "accounts", "sales", "segment_sales_share", "profit_before_service", "profit_share",
                       "set_size", "top_share", "gini")  # fmt: skip
            rows = [
                [
                    row["segment"] or "—",
                    row["accounts"],
                    row["sales"],
                    row["sales_share"],
                    row["profit"],
                    row["profit_share"],
                    row["set_size"],
                    row["top_amount_share"],
                    row["gini"],
                ]
                for row in told
            ]
            self._sheet(f"sheet.{field}", columns, rows)

    def refused(self, refused: Sequence[RefusedRow]) -> None:
        rows = [
            [
                row.place,
                row.row,
                " ".join(problem.field or "" for problem in row.problems).strip(),
                " ".join(problem.value or "" for problem in row.problems).strip(),
                row.reason(self.lang),
            ]
            for row in refused
        ]
        self._sheet("sheet.refused", ("file", "row", "field", "value", "reason"), rows)

    def settings(self, files: Sequence[Mapping[str, Any]]) -> None:
        document, preset = self.document, FindSettings()
        rows: list[list[Any]] = [
            [
                self.text(f"setting_of.{field.name}"),
                _shown(getattr(document.settings, field.name)),
                _shown(getattr(preset, field.name)),
                f"find.{field.name}",
            ]
            for field in fields(FindSettings)
        ]
        made = {
            "keyaccount": document.version,
            "--unassigned": document.unassigned,
            self.text("document.source.run"): document.run,
            self.text("document.source.snapshot"): document.snapshot,
        }
        rows += [[name, value, None] for name, value in made.items() if value is not None]
        kept = [
            {self.text("document.source.file"): one.file, "SHA-256": one.sha256 or None}
            for one in document.imports
        ]
        for file in files or kept:
            rows += [[name, _shown(value), None] for name, value in file.items()]
        self._sheet("sheet.settings", ("setting", "value", "preset", "field"), rows)

    def all_accounts(self, told: pa.Table) -> None:
        """Every account under the field names, for formulas and programs."""
        sheet = self._new_sheet("accounts")
        sheet.freeze_panes(1, 2)
        sheet.write_row(0, 0, told.column_names, self.head)
        for at, name in enumerate(told.column_names):
            sheet.set_column(at, at, _WIDTHS.get(name, _WIDTH))
        for at, row in enumerate(told.slice(0, MOST_ROWS - 1).to_pylist(), start=1):
            for column, value in enumerate(row.values()):
                self._write(sheet, at, column, value, self.plain)

    def _new_sheet(self, name: str, *, repeat_head: bool = True) -> Any:
        """A sheet that prints one page wide, its head on every page."""
        sheet = self.book.add_worksheet(name)
        sheet.set_landscape()
        sheet.set_paper(9)  # A4
        sheet.fit_to_pages(1, 0)
        if repeat_head:
            sheet.repeat_rows(0)
        return sheet

    def _cell(self, column: str, entry: Entry) -> Any:
        if column in ("account_id", "account_name", "decision_reason", "owner"):
            return getattr(entry, column) or None
        if column in ("decision", "kind", "role"):
            told = getattr(entry, column)
            return self.text(f"document.{column}.{told}") if told else None
        shown: dict[str, Callable[[], str]] = {
            "verdict": lambda: verdict_name(entry.verdict, self.lang),
            "reasons": lambda: joined(entry.reasons, self.lang),
        }
        return shown[column]() if column in shown else entry.figures.get(column)

    def _head_of(self, column: str) -> str:
        code = f"document.column.{column}"
        told = {"top": self.document.settings.top_share}
        return self.text(code) if column in _OWN_HEADS else self.text(f"column.{column}", **told)

    def _sheet(self, title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        sheet = self._new_sheet(self.text(title))
        sheet.freeze_panes(1, 0)
        for at, column in enumerate(columns):
            width = _WIDTHS.get(column, _NARROW if column in _COUNTS | _SHARES | _SHORT else _WIDTH)
            sheet.set_column(at, at, width, self._format(column))
        if rows:
            self._table(sheet, columns, rows[: MOST_ROWS - 1], top=0, filters=True)
        else:
            self._table(sheet, columns, [], top=0, filters=False)
            sheet.write(1, 0, self.text("empty.list"), self.plain)

    def _table(
        self, sheet: Any, columns: Sequence[str], rows: Sequence[Sequence[Any]], *, top: int, filters: bool
    ) -> int:
        """Write a table and give the row below it."""
        for at, column in enumerate(columns):
            # A head stands where its figures do.
            head = (
                self.head_right
                if self._format(column) in (self.money, self.percent, self.count, self.rate)
                else self.head
            )
            sheet.write_string(top, at, self._head_of(column), head)
        for at, row in enumerate(rows, start=top + 1):
            lines = [
                lines_of(str(value), _WIDTHS.get(name, _WIDTH))
                for name, value in zip(columns, row, strict=False)  # settings have rows of three
                if name in _WRAPPED and value
            ]
            if max(lines, default=1) > 1:
                sheet.set_row(at, _LINE * max(lines))
            for place, value in enumerate(row):
                self._write(sheet, at, place, value, self._format_of(columns[place], value))
        if filters:
            sheet.autofilter(top, 0, top + len(rows), len(columns) - 1)
        return top + len(rows) + 1

    def _write(self, sheet: Any, row: int, column: int, value: Any, cell_format: Any) -> None:
        if value is None:
            return
        if isinstance(value, bool):
            sheet.write_boolean(row, column, value, cell_format)
        elif isinstance(value, (int, float, Decimal)):
            sheet.write_number(row, column, value, cell_format)
        else:
            sheet.write_string(row, column, str(value), cell_format)

    def _format_of(self, column: str, value: Any) -> Any:
        """Settings are of many kinds under one head, so each has its own."""
        if column not in ("value", "preset"):
            return self._format(column)
        return self.share if isinstance(value, Decimal) else self.left

    def _format(self, column: str) -> Any:
        if column in _MONEY:
            return self.money
        if column in _SHARES:
            return self.percent
        if column in _WRAPPED:
            return self.wrapped
        if column == "gini":
            return self.rate
        return self.count if column in _COUNTS else self.plain


def _shown(value: Any) -> str | int | Decimal | None:
    if value is None or isinstance(value, (int, Decimal)):
        return value
    if isinstance(value, dict):
        return "; ".join(f"{name}={one}" for name, one in value.items())
    return str(value)
