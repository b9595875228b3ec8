"""How does a cell of a list look?"""

import html
from collections.abc import Callable
from typing import Any, cast

from django import template
from django.utils import timezone
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString

from keyaccount_web.lists.kit import Column
from keyaccount_web.lists.state import State
from keyaccount_web.shell.templatetags import pages

register = template.Library()


LONG = 40
"""Texts that may be so long [characters] have a line of their own on a phone."""
Draw = Callable[[Any], str]


@register.simple_tag(takes_context=True)
def list_rows(context: template.Context) -> SafeString:
    """All rows of the page. Put together here, since a template takes four times as long for each cell."""
    flat = cast("dict[str, Any]", context.flatten())
    columns: list[Column] = flat["columns"]
    cells = [(_opening(column, number), _drawing(column, flat)) for number, column in enumerate(columns)]
    select = escape(pages.t("list.select", name="{}"))
    rows = []
    for row in flat["page"].rows:
        label = select.replace("{}", escape(str(row)))
        pick = (
            f'<td class="pick"><input type="checkbox" name="ids" value="{row.pk}" aria-label="{label}"></td>'
        )
        rows.append(f"<tr data-row>{pick}{''.join(f'{td}{draw(row)}</td>' for td, draw in cells)}</tr>")
    return SafeString("".join(rows))


def _opening(column: Column, number: int) -> str:
    kinds = ["who"] if number == 0 else ["n"] if column.is_number else []
    kinds += ["day"] if column.show in ("day", "moment") else []
    kinds += ["low"] if column.is_low else []
    kinds += ["v"] if column.name == "verdict" else []
    kinds += ["long-text"] if column.width >= LONG else []
    named = column.is_number or column.show in ("day", "moment")
    label = f' data-label="{escape(pages.t(column.title))}"' if named and number and not column.is_low else ""
    return f'<td class="{" ".join(kinds)}"{label}>' if kinds else f"<td{label}>"


def _drawing(column: Column, context: dict[str, Any]) -> Draw:
    """How the column's cells are drawn, as safe text: by the column itself, or by its `show`."""
    draw = column.html
    if draw is not None:
        return lambda row: _safe(draw(row, context))
    by_show: dict[str, Callable[[Any], Any]] = {
        "text": lambda value: "—" if value in (None, "") else value,
        "money": pages.money,
        "percent": pages.percent,
        "count": pages.count,
        "day": pages.day,
        "moment": lambda value: "—" if value is None else f"{timezone.localtime(value):%Y-%m-%d %H:%M}",
        "change": lambda value: "—" if value is None else pages.change(1 + value, 1),
    }
    show = by_show[column.show]
    return lambda row: _safe(show(column.of(row)))


def _safe(value: Any) -> str:
    """As `conditional_escape` does it, but for lazy texts, which no cell is: a page has hundreds of cells."""
    return value if isinstance(value, SafeString) else html.escape(str(value))


@register.simple_tag(takes_context=True)
def sort_link(context: template.Context, column: Column) -> SafeString | str:
    """The head of a column: sorts by it, the other way round when pressed again."""
    state: State = context["state"]
    title = pages.t(column.title)
    if not column.is_sorted or not column.path:
        return title
    is_here = state.sort.lstrip("-") == column.name
    first = f"-{column.name}" if column.is_number else column.name
    other = column.name if column.is_number else f"-{column.name}"
    wanted = other if is_here and state.sort == first else first
    arrow = ("↓" if state.sort.startswith("-") else "↑") if is_here else ""
    href = pages.with_query(context, sort=wanted, after=None, before=None, part=None)
    return format_html('<a href="{}">{}{}</a>', href, title, f" {arrow}" if arrow else "")


@register.simple_tag(takes_context=True)
def sort_state(context: template.Context, column: Column) -> SafeString | str:
    """For readers who hear the page."""
    state: State = context["state"]
    if state.sort.lstrip("-") != column.name:
        return ""
    order = "descending" if state.sort.startswith("-") else "ascending"
    return format_html(' aria-sort="{}"', order)
