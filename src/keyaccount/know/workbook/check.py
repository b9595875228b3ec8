"""Which rows of a workbook of records can be right, and what is wrong with each of the others?

What a row says of itself is judged here: its key, lengths, tax number, telephone, e-mail, dates, cells with errors, keys
given twice, circles of parents. Whether a code that it refers to is there, only those know who have the records.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from keyaccount.know.names import tax_key
from keyaccount.know.workbook.fields import KINDS, RecordField, RecordKind, kind_of
from keyaccount.know.workbook.sheets import RawSheet, without_float
from keyaccount.know.workbook.together import check_names
from keyaccount.know.workbook.typed import WORDS, read_typed
from keyaccount.language import LANGUAGES, message
from keyaccount.ledger.check import Problem
from keyaccount.ledger.dates import readings
from keyaccount.ledger.fields import simplified
from keyaccount.ledger.raw import REFUSED_MARK
from keyaccount.ledger.texts import BLANKS, NOTHING
from keyaccount.tables import RECORD_TABLES

_NOTHING = frozenset(NOTHING) | {"无", "／", "/"}
_ERRORS = frozenset(
    {"#DIV/0!", "#REF!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!", "#N/A!", "#SPILL!", "#CALC!"}
)
_SCIENTIFIC = re.compile(r"\d(?:\.\d+)?[eE]\+?\d+")
_PHONE = re.compile(r"[+(（]?\d[\d\-() ./]*(?:(?:转|ext\.?|x|#|,|;)\s*[\d\-() ,;/]*\d)?", re.IGNORECASE)
_EMAIL = re.compile(r"[^\s@<>,;\"()]+@[^\s@<>,;\"()]+\.[^\s@<>,;\"()]{2,}")
_URL = re.compile(r"https?://[^\s/]+\.[^\s]+", re.IGNORECASE)
_TAX = re.compile(r"[0-9A-Z]{6,20}")


@dataclass(frozen=True)
class Chosen:
    """A sheet, what kind it is, and which column holds which field."""

    sheet: RawSheet
    kind: str
    columns: Mapping[str, str]
    """Field → column."""

    @classmethod
    def guessed(cls, sheet: RawSheet) -> "Chosen | None":
        """By the header alone; None where it makes no kind of sheet, or a field has two candidates."""
        kind = kind_of(sheet.name, sheet.own_columns)
        if kind is None or sheet.is_hidden:
            return None
        columns, open_questions = guess_columns(KINDS[kind], sheet.own_columns)
        return None if open_questions else cls(sheet, kind, columns)


def guess_columns(
    kind: RecordKind, columns: Sequence[str]
) -> tuple[dict[str, str], dict[str, tuple[str, ...]]]:
    """Field → column where the header leaves no doubt, and field → candidates where it does."""
    mapped: dict[str, str] = {}
    open_questions: dict[str, tuple[str, ...]] = {}
    # Fields with one candidate first, so that a column that one of them needs is no candidate for the next.
    told = sorted(kind.candidates(columns).items(), key=lambda item: len(item[1]))
    for name, found in told:
        left = [column for column in found if column not in mapped.values()]
        if len(left) == 1:
            mapped[name] = left[0]
        elif left:
            open_questions[name] = tuple(left)
    return mapped, open_questions


@dataclass(frozen=True)
class RecordRow:
    """One row of one sheet."""

    kind: str
    sheet: str
    row: int
    key: tuple[str, ...]
    """Values of the key's fields; empty where the row names no record."""
    values: Mapping[str, str]
    """Field → text as it will be kept; "" where the cell is empty."""
    problems: list[Problem] = field(default_factory=list)

    def reason(self, lang: str) -> str:
        """All that is wrong, as one text."""
        return reason_text(self.problems, lang)


@dataclass(frozen=True)
class CheckedRecords:
    """All rows of the sheets chosen."""

    rows: tuple[RecordRow, ...]
    examples: int
    """Rows of a template that only show how it is filled in; passed over."""

    def good(self, kind: str) -> list[RecordRow]:
        return [row for row in self.rows if row.kind == kind and not row.problems]

    @property
    def refused(self) -> list[RecordRow]:
        return [row for row in self.rows if row.problems]

    def table(self, kind: str) -> pa.Table:
        """The good rows of one kind as a table that meets its contract (`tables.RECORD_TABLES`)."""
        contract = RECORD_TABLES[kind]
        rows = self.good(kind)
        names = {"account_id": "account", "parent_id": "parent"} if kind == "groups" else {}
        return pa.table(
            {
                column: pa.array(
                    [row.values.get(names.get(column, column)) or None for row in rows], pa.string()
                )
                for column in contract.columns
            }
        )


def reason_text(problems: Iterable[Problem], lang: str) -> str:
    """All that is wrong with a row, as one text."""
    return ("；" if lang == "zh" else "; ").join(
        dict.fromkeys(message(one.code, lang, **one.values) for one in problems)
    )


def check_records(
    chosen: Sequence[Chosen], *, choices: Mapping[str, Mapping[str, str]] | None = None
) -> CheckedRecords:
    """Judge every row of the sheets chosen.

    Parameters
    ----------
    choices : field, or `kind.field`, → simplified word → value, for fields that take one of some words (`role`); others take any.

    A key that stands twice in the sheets of one kind is refused from the second time on, naming the first place. A circle of
    parents refuses all rows that make it. Where two sheets call one account by different names, both rows are refused.
    """
    rows: list[RecordRow] = []
    examples = 0
    for one in chosen:
        told, skipped = _check_sheet(one, choices or {})
        rows += told
        examples += skipped
    _check_repeated(rows)
    _check_circles(rows)
    check_names(rows)
    return CheckedRecords(tuple(rows), examples)


def _check_sheet(one: Chosen, choices: Mapping[str, Mapping[str, str]]) -> tuple[list[RecordRow], int]:
    sheet, kind = one.sheet, KINDS[one.kind]
    at = {name: sheet.columns.index(column) for name, column in one.columns.items()}
    problems: dict[int, list[Problem]] = {}

    def refuse(position: int, field: str | None, value: str | None, code: str, **values: Any) -> None:
        column = one.columns.get(field or "", "")
        told = {"column": column, "value": value, **values}
        problems.setdefault(position, []).append(Problem(field, value, code, told))

    columns: dict[str, list[str]] = {}
    for name, column_at in at.items():
        wanted = kind.field(name)
        clean = _cleaner(wanted, choices.get(f"{one.kind}.{name}", choices.get(name)))
        known: dict[str | None, tuple[str, str | None]] = {None: ("", None), "": ("", None)}
        values: list[str] = []
        for position, cells in enumerate(sheet.rows):
            cell = cells[column_at]
            if cell not in known:
                known[cell] = clean(cell)
            value, code = known[cell]
            if code:
                refuse(position, name, cell, code, longest=wanted.longest)
            values.append(value)
        columns[name] = values
    for number, column_at in sheet.errors:
        for name, own in at.items():
            if own == column_at and number in sheet.numbers:
                refuse(sheet.numbers.index(number), name, None, "cell.error")
    rows: list[RecordRow] = []
    examples = 0
    names = list(columns)
    for position, told in enumerate(zip(*columns.values(), strict=True)):
        values_of = dict(zip(names, told, strict=True))
        number = sheet.numbers[position]
        if any(_is_example(values_of.get(name, "")) for name in kind.keys[0]):
            examples += 1
            continue
        key = next(
            (
                tuple(values_of[name] for name in key)
                for key in kind.keys
                if all(values_of.get(name) for name in key)
            ),
            (),
        )
        if key:
            key += tuple(values_of.get(name, "") for name in kind.also)
        found = problems.get(position, [])
        if number in sheet.broken:
            found.insert(0, Problem(None, None, sheet.broken[number], {}))
        if not key and not any(one.field in kind.keys[0] for one in found):
            lacking = min(
                ([name for name in key if not values_of.get(name)] for key in kind.keys[::-1]), key=len
            )
            needed = " + ".join(one.columns.get(name, kind.title(name, "zh")) for name in lacking)
            found.append(Problem(lacking[0], None, "key.missing", {"column": needed, "value": ""}))
        rows.append(RecordRow(one.kind, sheet.name, number, key, values_of, found))
    return rows, examples


def _is_example(value: str) -> bool:
    return value.startswith(EXAMPLE_MARKS)


EXAMPLE_MARKS = ("示例", "EXAMPLE", "Example-")
"""In front of the key of a template's row that only shows how it is filled in."""


def _cleaner(
    wanted: RecordField, choices: Mapping[str, str] | None
) -> Callable[[str | None], tuple[str, str | None]]:
    """From a cell to its value and, where it cannot be right, the code of what is wrong."""

    def clean(cell: str | None) -> tuple[str, str | None]:
        text = plain_text(cell)
        if text in _NOTHING or not text:
            return "", None
        if text in _ERRORS:
            return "", "cell.error"
        if wanted.kind in ("id", "phone", "email", "tax", "url", "date", *WORDS):
            text = unicodedata.normalize("NFKC", text).strip()
        if wanted.kind in ("id", "phone", "tax"):
            text = without_float(text)
        if wanted.kind in ("id", "phone", "tax") and _SCIENTIFIC.fullmatch(text):
            return text, "number.rounded"
        if wanted.kind in WORDS:
            return read_typed(wanted, text, choices)
        value, code = _by_kind(wanted.kind, text, choices)
        return value, code or ("cell.too_long" if len(value) > wanted.longest else None)

    return clean


def _by_kind(kind: str, text: str, choices: Mapping[str, str] | None) -> tuple[str, str | None]:
    match kind:
        case "phone":
            digits = sum(sign.isdigit() for sign in text)
            return text, None if _PHONE.fullmatch(text) and digits >= 5 else "phone.unreadable"
        case "email":
            return text, None if _EMAIL.fullmatch(text) and text.isascii() else "email.unreadable"
        case "tax":
            tax = tax_key(text)
            # Numbers of other countries are taken as they are.
            # Numbers of other countries are taken as they are; none of them has the length of a Chinese one.
            foreign = tax.kind == "other" and _TAX.fullmatch(tax.number) and len(tax.number) not in (15, 18)
            return tax.number, None if tax.valid or foreign else "tax.unreadable"
        case "url":
            told = f"http://{text}" if text.lower().startswith("www.") else text
            return told, None if _URL.fullmatch(told) else "url.unreadable"
        case "date":
            days = set(readings(text.split(" 00:00:00")[0]).values())
            if len(days) == 1:
                return days.pop().isoformat(), None
            return text, "date.two_ways" if days else "date.unreadable"
        case "choice" if choices is not None:
            chosen = choices.get(simplified(text))
            return chosen or text, None if chosen else "choice.unknown"
    return text, None


def plain_text(cell: str | None) -> str:
    """A cell without blanks around it, and without what tells a spreadsheet that it is text."""
    text = (cell or "").strip(BLANKS)
    if text.startswith('="') and text.endswith('"') and len(text) > 2:
        text = text[2:-1]
    if text.startswith("'"):
        text = text[1:]
    return text.strip(BLANKS)


def _check_repeated(rows: Iterable[RecordRow]) -> None:
    first: dict[tuple[str, ...], RecordRow] = {}
    for row in rows:
        if not row.key:
            continue
        key = (row.kind, str(len(row.key)), *row.key)
        if key in first:
            values = {
                "key": " + ".join(filter(None, row.key)),
                "sheet": first[key].sheet,
                "first_row": first[key].row,
            }
            row.problems.append(Problem(None, row.key[-1], "key.repeated", values))
        else:
            first[key] = row


def _check_circles(rows: Iterable[RecordRow]) -> None:
    """Of parents that the file itself gives, in the sheets of accounts and groups together."""
    told = {
        row.values.get("code") or row.values.get("account", ""): row
        for row in rows
        if row.kind in ("accounts", "groups") and row.values.get("parent") and not row.problems
    }
    for ring in circles({code: row.values["parent"] for code, row in told.items()}):
        for code in ring:
            values = {"circle": " → ".join((*ring, ring[0])), "value": told[code].values["parent"]}
            told[code].problems.append(Problem("parent", values["value"], "circle.parents", values))


def circles(parents: Mapping[str, str]) -> list[tuple[str, ...]]:
    """The circles in child → parent, each once, from its smallest code on: (a, b) is a → b → a."""
    state: dict[str, int] = {}
    found: list[tuple[str, ...]] = []
    for start in sorted(parents):
        path: list[str] = []
        at: str | None = start
        while at is not None and at not in state:
            state[at] = 1
            path.append(at)
            at = parents.get(at)
        if at is not None and state[at] == 1:
            ring = path[path.index(at) :]
            smallest = ring.index(min(ring))
            found.append((*ring[smallest:], *ring[:smallest]))
        for one in path:
            state[one] = 2
    return found


def is_note(column: str) -> bool:
    """Whether a column only tells why its row was refused."""
    return column.startswith(REFUSED_MARK)


def choice_words(pairs: Mapping[str, str]) -> dict[str, str]:
    """Value → code of its text, as `check_records` takes choices: every word that may stand for a value."""
    words = {simplified(value): value for value in pairs}
    for value, code in pairs.items():
        words |= {simplified(message(code, lang)): value for lang in LANGUAGES}
    return words
