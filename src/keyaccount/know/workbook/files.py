"""How do refused rows go back to be mended, and what does an empty workbook to fill in look like?"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import xlsxwriter

from keyaccount.files import safe_cell, written_whole
from keyaccount.know.workbook.check import is_note
from keyaccount.know.workbook.fields import KINDS, RecordField
from keyaccount.know.workbook.sheets import RawSheet
from keyaccount.language import message
from keyaccount.ledger.raw import REFUSED_MARK

_WIDTH = {"row": 8, "reason": 50}
_VALIDATED_ROWS = 10_000
EXAMPLES = {
    "zh": {
        "accounts": ("示例-K1001", "示例-启明家电有限公司", "K1000", "HZ", "li.na", "浙北", "家电", "直销"),
        "contacts": ("示例-K1001", "C01", "王小明", "采购经理", "采购部", "13800001234", "wang@example.com"),
        "staff": ("示例-li.na", "0012", "李娜", "li.na@example.com", None, "HZ", "2026-01-01"),
        "groups": ("示例-K1001", "K1000"),
    },
    "en": {
        "accounts": (
            "EXAMPLE-K1001",
            "EXAMPLE Bright Appliances Ltd",
            "K1000",
            "HZ",
            "li.na",
            "North",
            "Appliances",
            "Direct",
        ),
        "contacts": (
            "EXAMPLE-K1001",
            "C01",
            "Wang Xiaoming",
            "Buyer",
            "Purchasing",
            "13800001234",
            "wang@example.com",
        ),
        "staff": ("EXAMPLE-li.na", "0012", "Li Na", "li.na@example.com", None, "HZ", "2026-01-01"),
        "groups": ("EXAMPLE-K1001", "K1000"),
    },
}


def write_refused_book(path: Path, sheets: Sequence[tuple[RawSheet, Mapping[int, str]]], lang: str) -> None:
    """Write rows of sheets, by number, each with its number and reason in front and its own cells behind, as xlsx.

    Every cell is text, so that codes keep their zeros; formulas are made harmless. The reader passes over the columns in front.
    """
    with written_whole(path) as (draft,):
        book = xlsxwriter.Workbook(
            str(draft), {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        )
        head = book.add_format({"bold": True, "bg_color": "#EEF2F3"})
        note = book.add_format({"font_color": "#B3261E", "text_wrap": True, "valign": "top"})
        as_text = book.add_format({"num_format": "@", "valign": "top"})
        for sheet, reasons in sheets:
            page = book.add_worksheet(sheet.name[:31])
            page.freeze_panes(1, 2)
            page.set_column(0, 0, _WIDTH["row"])
            page.set_column(1, 1, _WIDTH["reason"])
            own = [at for at, column in enumerate(sheet.columns) if not is_note(column)]
            page.set_column(2, 1 + len(own), 16, as_text)
            titles = [REFUSED_MARK + message(f"records.refused.{name}", lang) for name in ("row", "reason")]
            for at, title in enumerate([*titles, *(safe_cell(sheet.columns[one]) for one in own)]):
                page.write_string(0, at, title or "", head)
            line = 0
            for number, cells in zip(sheet.numbers, sheet.rows, strict=True):
                if number not in reasons:
                    continue
                line += 1
                page.write_number(line, 0, number, note)
                page.write_string(line, 1, reasons[number], note)
                for at, one in enumerate(own, start=2):
                    cell = safe_cell(cells[one])
                    if cell:
                        page.write_string(line, at, cell, as_text)
        book.close()


def write_template(
    path: Path,
    kinds: Sequence[str],
    lang: str,
    *,
    choices: Mapping[str, Sequence[str]] | None = None,
) -> None:
    """Write an empty workbook to fill in: a sheet a kind, its header in `lang`, an example row that reading passes over.

    `choices`: field, or `kind.field`, → words to choose from, offered as a list in its cells.
    """
    with written_whole(path) as (draft,):
        book = xlsxwriter.Workbook(str(draft))
        head = book.add_format(
            {"bold": True, "bg_color": "#0F5C63", "font_color": "#FFFFFF", "num_format": "@"}
        )
        needed = book.add_format(
            {"bold": True, "bg_color": "#7A3E00", "font_color": "#FFFFFF", "num_format": "@"}
        )
        example = book.add_format({"italic": True, "font_color": "#777777", "num_format": "@"})
        as_text = book.add_format({"num_format": "@"})
        for name in kinds:
            _template_sheet(book, name, lang, choices or {}, head, needed, example, as_text)
        book.close()


def _template_sheet(
    book: Any,
    name: str,
    lang: str,
    choices: Mapping[str, Sequence[str]],
    head: Any,
    needed: Any,
    example: Any,
    as_text: Any,
) -> None:
    kind = KINDS[name]
    page = book.add_worksheet(message(f"records.{name}", lang))
    page.freeze_panes(1, 1)
    row = EXAMPLES[lang].get(name) or _examples(kind.fields, lang)
    for at, field in enumerate(kind.fields):
        page.set_column(at, at, 18, as_text)
        is_needed = field.needed or field.name in kind.keys[0]
        page.write_string(0, at, kind.title(field.name, lang), needed if is_needed else head)
        page.write_comment(0, at, message(f"records.note.{field.kind}", lang, longest=field.longest))
        words = _words(choices, name, field)
        if words and field.kind == "choice":
            page.data_validation(1, at, _VALIDATED_ROWS, at, {"validate": "list", "source": list(words)})
        cell = words[0] if words else (row[at] if at < len(row) else None)
        if cell:
            page.write_string(1, at, cell, example)


def _words(choices: Mapping[str, Sequence[str]], kind: str, field: RecordField) -> Sequence[str] | None:
    if field.kind not in ("choice", "choices"):
        return None
    return choices.get(f"{kind}.{field.name}", choices.get(field.name))


def _examples(fields: Sequence[RecordField], lang: str) -> list[str]:
    """The examples that the fields give themselves; the first one marked, so that reading passes over the row."""
    told = [field.example.split(" | ")[-1 if lang == "en" else 0] for field in fields]
    return [("EXAMPLE-" if lang == "en" else "示例-") + told[0], *told[1:]]
