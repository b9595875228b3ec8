"""How does a cell of a list look?"""

from typing import Any, cast

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from keyaccount_web.lists.kit import Column
from keyaccount_web.lists.state import State
from keyaccount_web.shell.templatetags import pages

register = template.Library()


@register.simple_tag(takes_context=True)
def list_cell(context: template.Context, column: Column, row: Any) -> SafeString | str:
    """One cell: drawn by the column itself, or by its `show`."""
    if column.html is not None:
        return column.html(row, cast("dict[str, Any]", context.flatten()))
    match column.show:
        case "text":
            value = column.of(row)
            return "—" if value in (None, "") else str(value)
        case "money" | "percent" | "count" | "day":
            shown: str = getattr(pages, column.show)(column.of(row))
            return shown
        case "moment":
            value = column.of(row)
            return "—" if value is None else f"{timezone.localtime(value):%Y-%m-%d %H:%M}"
        case "change":
            value = column.of(row)
            return "—" if value is None else pages.change(1 + value, 1)
    raise ValueError(column.show)


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
