"""What does the director get in Excel? The list, the curve as a native chart, the guard lists, what changed, settings, signatures.

`lists`, `figures`, `making` hold the sheets, `look` how they look.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import xlsxwriter
from xlsxwriter.exceptions import FileCreateError

from keyaccount.find.document import GUARDS, ListDocument
from keyaccount.find.workbook.figures import FigureSheets
from keyaccount.find.workbook.lists import ListSheets
from keyaccount.find.workbook.making import MakingSheets
from keyaccount.ledger.check import RefusedRow


class _Writer(ListSheets, FigureSheets, MakingSheets):
    """All sheets of one workbook."""


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
