"""How does a list become a file? (T3) Written row by row, formulas neutralised; the figures are the exact ones."""

import csv
import datetime as dt
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO

import xlsxwriter
from django.conf import settings
from django.db import models, transaction
from django.http import HttpResponse, StreamingHttpResponse
from django.utils import timezone

from keyaccount.files import lines_of, safe_cell
from keyaccount.language import message
from keyaccount_web.access.requests import Request
from keyaccount_web.lists.kit import Column, joined, listings, title_of
from keyaccount_web.lists.models import Export, scope_of
from keyaccount_web.lists.paging import in_order
from keyaccount_web.lists.state import State
from keyaccount_web.operate.queue import enqueue_with_records
from keyaccount_web.shell.templatetags.pages import lang

FORMATS = ("xlsx", "csv")
AT_ONCE = 5000
"""Rows up to which the file is the answer to the request."""
MOST_IDS = 5000
KEPT_DAYS = 7
CHUNK = 1000
INK = "#0f5f6b"
LINE = 15
"""Points that a line is high."""
WIDTH, WHO = 14, 30
"""Characters of a column, and of the one that names the row."""
WIDTHS = {"money": 17, "percent": 9, "change": 9, "count": 9, "day": 12, "moment": 17}


@dataclass(frozen=True)
class Maker:
    """Makes files that are no rows of a listing, in the background like those."""

    title: str
    """Message code."""
    make: Callable[[Export, Path], int]
    """Writes the file as the export's user may see it; gives how many rows it has."""


makers: dict[str, Maker] = {}


def add_maker(name: str, maker: Maker) -> None:
    """Make it known by the name that its exports have in `listing`; adding it again replaces it."""
    makers[name] = maker


def title_code(export: Export) -> str:
    """Message code of what an export is of; empty: of nothing that there still is."""
    told = listings.get(export.listing) or makers.get(export.listing)
    return told.title if told else ""


def ids_of(texts: Iterable[str]) -> list[int]:
    """The selected rows, as a form names them."""
    return [int(text) for text in texts if text.isdecimal() and len(text) < 18][:MOST_IDS]


def rows_of(state: State, request: Any, ids: Sequence[int]) -> Iterator[Any]:
    """The rows to write, in the list's order, a chunk at a time."""
    found = state.listing.in_files(state.rows(request))
    if ids:
        found = found.filter(pk__in=ids)
    sort = state.listing.column(state.sort.lstrip("-"))
    if sort is None or not sort.path or sort not in state.listing.columns_for(request):
        sort = state.listing.column(state.listing.sort.lstrip("-"))
    assert sort is not None, "a listing sorts by one of its columns"  # noqa: S101
    found = joined(found, state.written_columns(request))
    ordered = in_order(found, sort.path, descending=state.sort.startswith("-"))
    chunk: list[Any] = []
    for row in ordered.iterator(chunk_size=CHUNK):
        chunk.append(row)
        if len(chunk) == CHUNK:
            state.listing.decorate(chunk, request)
            yield from chunk
            chunk = []
    state.listing.decorate(chunk, request)
    yield from chunk


def sent_at_once(request: Request, state: State, ids: Sequence[int], file_format: str) -> HttpResponse:
    """The file as the answer."""
    columns = state.written_columns(request)
    rows = rows_of(state, request, ids)
    name = f"{state.listing.name}-{timezone.localdate():%Y%m%d}.{file_format}"
    response: Any
    if file_format == "csv":
        response = StreamingHttpResponse(csv_lines(columns, rows), content_type="text/csv; charset=utf-8")
    else:
        file = io.BytesIO()
        write_xlsx(file, message(state.listing.title, lang()), columns, rows)
        response = HttpResponse(
            file.getvalue(),
            content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        )
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response  # type: ignore[no-any-return]


"""Columns whose texts are long."""


def csv_lines(columns: Sequence[Column], rows: Iterable[Any]) -> Iterator[str]:
    """Lines of a csv that Excel opens: UTF-8 with a byte order mark."""

    class Echo:
        def write(self, text: str) -> str:
            return text

    writer = csv.writer(Echo())
    yield "\ufeff" + writer.writerow([title_of(column) for column in columns])
    for row in rows:
        yield writer.writerow([_as_text(column.of(row)) for column in columns])


def write_xlsx(file: BinaryIO, title: str, columns: Sequence[Column], rows: Iterable[Any]) -> int:
    """One sheet; money and counts as numbers, dates as dates, all else as text. Gives how many rows."""
    book = xlsxwriter.Workbook(
        file,
        {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "remove_timezone": True,
        },
    )
    top = {"valign": "top"}
    head = {"bold": True, "font_color": "white", "bg_color": INK, "text_wrap": True, "valign": "top"}
    heads = {False: book.add_format(head), True: book.add_format({**head, "align": "right"})}
    day = book.add_format({**top, "num_format": "yyyy-mm-dd"})
    moment = book.add_format({**top, "num_format": "yyyy-mm-dd hh:mm"})
    plain, wrapped = book.add_format(top), book.add_format({**top, "text_wrap": True, "indent": 1})
    formats = {
        "money": book.add_format({**top, "num_format": "#,##0.00"}),
        "percent": book.add_format({**top, "num_format": "0.0%"}),
        "change": book.add_format({**top, "num_format": "0.0%"}),
        "count": book.add_format({**top, "num_format": "#,##0"}),
    }
    sheet = book.add_worksheet(title[:31])
    # Printed a page wide, with its head on every page.
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    who = next((number for number, column in enumerate(columns) if not column.is_key), 0)
    sheet.freeze_panes(1, who + 1)
    widths = [
        WHO if number == who else column.width or WIDTHS.get(column.show, WIDTH)
        for number, column in enumerate(columns)
    ]
    texts = [wrapped if width >= WHO else plain for width in widths]
    for number, column in enumerate(columns):
        sheet.set_column(number, number, widths[number])
        sheet.write_string(0, number, title_of(column), heads[column.is_number])
    n = 0
    for n, row in enumerate(rows, start=1):
        values = [column.of(row) for column in columns]
        lines = [
            lines_of(str(value), width)
            for value, width, text in zip(values, widths, texts, strict=True)
            if text is wrapped
        ]
        if max(lines, default=1) > 1:
            sheet.set_row(n, LINE * max(lines))
        for number, (column, value) in enumerate(zip(columns, values, strict=True)):
            if value is None or value == "":
                continue
            if isinstance(value, bool | str | models.Model):
                sheet.write_string(n, number, _as_text(value), texts[number])
            elif isinstance(value, int | float | Decimal):
                sheet.write_number(n, number, value, formats.get(column.show, plain))
            elif isinstance(value, dt.datetime):
                sheet.write_datetime(n, number, timezone.localtime(value).replace(tzinfo=None), moment)
            elif isinstance(value, dt.date):
                sheet.write_datetime(n, number, value, day)
            else:
                sheet.write_string(n, number, _as_text(value), texts[number])
    book.close()
    return n


def _as_text(value: Any) -> Any:
    """A value in a csv."""
    if value is None:
        return ""
    if isinstance(value, dt.datetime):
        return f"{timezone.localtime(value):%Y-%m-%d %H:%M}"
    if isinstance(value, int | float | Decimal | dt.date):
        return value
    return safe_cell(str(value))


def json_value(value: Any) -> Any:
    """A value in JSON: amounts as text, so that none is rounded."""
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, dt.datetime | dt.date):
        return value.isoformat()
    return str(value)


def export_path(export: Export) -> Path:
    return Path(settings.HOME) / "exports" / export.file_name


@transaction.atomic
def begin_export(request: Request, state: State, file_format: str) -> Export:
    """Have a file made in the background."""
    from keyaccount_web.lists.tasks import write_export

    export = Export.objects.create(
        user=request.user,
        listing=state.listing.name,
        asked=state.asked,
        format=file_format if file_format in FORMATS else "xlsx",
        lang=lang(),
        posts=scope_of(request.user),
    )
    enqueue_with_records(write_export, export.pk)
    return export
