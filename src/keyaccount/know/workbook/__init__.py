"""How does a workbook of accounts, their people and what is known of them become checked rows, and how do the others go back? (K1, K9)

book = read_book("records.xlsx")            # its sheets as they stand
chosen = [Chosen.guessed(sheet) for sheet in book.sheets]
told = check_records(chosen)                # every row with its key, its values, all its problems
"""

from keyaccount.know.workbook import (  # noqa: F401 - their sheets are known from here on
    account_file,
    chapters,
    decided,
    plan_sheets,
    structure,
)
from keyaccount.know.workbook.check import CheckedRecords, Chosen, RecordRow, check_records
from keyaccount.know.workbook.exported import write_records
from keyaccount.know.workbook.fields import KINDS, RecordField, RecordKind, add_kind, kind_of
from keyaccount.know.workbook.files import write_refused_book, write_template
from keyaccount.know.workbook.sheets import Book, BookError, RawSheet, read_book

__all__ = [
    "KINDS",
    "Book",
    "BookError",
    "CheckedRecords",
    "Chosen",
    "RawSheet",
    "RecordField",
    "RecordKind",
    "RecordRow",
    "add_kind",
    "check_records",
    "kind_of",
    "read_book",
    "write_records",
    "write_refused_book",
    "write_template",
]
