"""How do records leave as a workbook that comes back without a change?"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import xlsxwriter

from keyaccount.files import safe_cell, written_whole
from keyaccount.know.workbook.fields import KINDS, RecordField
from keyaccount.language import message

Words = Mapping[str, Mapping[str, str]]
"""`kind.field` → value → code of its text."""


def write_records(
    path: Path,
    sheets: Iterable[tuple[str, Sequence[Mapping[str, str]]]],
    lang: str,
    *,
    words: Words | None = None,
    about: Sequence[tuple[str, str]] = (),
) -> int:
    """Write one sheet a kind with a row a record (field → value as `typed.as_text` writes it), its header in `lang`, as xlsx.

    Numbers stand as numbers where a spreadsheet keeps all their digits; all else is text, so that codes keep their zeros.

    Parameters
    ----------
    about : lines of a last sheet, which the import passes over: what was asked for, what is left out.

    Returns
    -------
    How many rows there are.
    """
    n = 0
    with written_whole(path) as (draft,):
        book = xlsxwriter.Workbook(
            str(draft), {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        )
        head = book.add_format({"bold": True, "bg_color": "#0F5C63", "font_color": "#FFFFFF"})
        as_text = book.add_format({"num_format": "@"})
        for name, rows in sheets:
            kind = KINDS[name]
            page = book.add_worksheet(message(f"records.{name}", lang))
            page.freeze_panes(1, 2)
            page.set_column(0, len(kind.fields) - 1, 18)
            for at, field in enumerate(kind.fields):
                page.write_string(0, at, kind.title(field.name, lang), head)
            for line, row in enumerate(rows, start=1):
                n += 1
                for at, field in enumerate(kind.fields):
                    if text := row.get(field.name, ""):
                        told = shown(field, text, lang, (words or {}).get(f"{name}.{field.name}", {}))
                        _write(page, line, at, field, told, as_text)
        if about:
            page = book.add_worksheet(message("records.about", lang))
            page.set_column(0, 0, 24)
            page.set_column(1, 1, 90)
            for line, (what, told) in enumerate(about):
                page.write_string(line, 0, what, head)
                page.write_string(line, 1, safe_cell(told) or "", as_text)
        book.close()
    return n


def shown(field: RecordField, text: str, lang: str, words: Mapping[str, str]) -> str:
    """A value as people read and write it."""
    match field.kind:
        case "choice":
            return message(words[text], lang) if text in words else text
        case "choices":
            told = (message(words[one], lang) if one in words else one for one in text.split(","))
            return "、".join(told) if lang == "zh" else "; ".join(told)
        case "yes":
            return message(f"records.{text}", lang)
    return text


def _write(page: Any, line: int, at: int, field: RecordField, text: str, as_text: Any) -> None:
    if field.kind in ("number", "share", "whole") and Decimal(repr(float(text))) == Decimal(text):
        page.write_number(line, at, float(text))
        return
    # Reading takes one apostrophe off.
    told = f"'{text}" if text.startswith("'") else safe_cell(text)
    page.write_string(line, at, told or "", as_text)
