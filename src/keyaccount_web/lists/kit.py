"""How is a list declared? (issue "Daily work", the list kit; K1, T3)

ACCOUNTS = Listing(
    name="accounts", url_name="accounts", export_url_name="accounts_export", title="accounts.title", empty="accounts.none",
    rows=lambda request: visible_accounts(request.user),
    columns=(Column("name", "column.account", "name", html=account_link), Column("sales", "column.sales", "figures__sales", show="money")),
    filters=(Search(find), Choice("region", "field.region", "region")),
    scenes=(Scene("all", "view.all"), Scene("mine", "view.mine", mine)),
    sort="-sales",
)

Everything else (pages by key, saved views, columns, density, select, export, JSON, keyboard) comes with it.
"""

import datetime as dt
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.cache import cache
from django.db.models import Model, Q, QuerySet
from django.utils import timezone

from keyaccount.language import message
from keyaccount_web.access.requests import Request
from keyaccount_web.access.roles import Right
from keyaccount_web.access.scope import may
from keyaccount_web.shell.templatetags.pages import lang

CHOICES_KEPT = 300
"""Seconds for which the choices of a filter are taken from memory."""


def path_value(row: Any, path: str) -> Any:
    """The value at `path` (names joined by two underscores); None where the way breaks off."""
    for name in path.split("__"):
        row = getattr(row, name, None)
        if row is None:
            return None
    return row


@dataclass(frozen=True)
class Column:
    """One column of a list: of each row one value."""

    name: str
    """In addresses, saved views and JSON."""
    title: str
    """Message code."""
    path: str = ""
    """Where the value is and what it is sorted by; empty: `value` gives it, and it is not sorted by."""
    value: Callable[[Any], Any] | None = None
    show: str = "text"
    """text, money, percent, count, change, day or moment."""
    html: Callable[[Any, Mapping[str, Any]], str] | None = None
    """Draws the cell from the row and the page's context instead."""
    is_shown: bool = True
    """Before anybody chooses."""
    is_low: bool = False
    """Left out on a phone."""
    is_sorted: bool = True
    right: Right | None = None
    """Only for who has it."""
    is_key: bool = False
    """Names the row to a program: every file and JSON has it, shown or not."""

    width: int = 0
    """Characters in a workbook; 0: by what it shows. Wide texts are wrapped there."""

    needs: str = ""
    """The relation that `value` or `html` read, if any."""
    coded: Callable[[Any], Any] | None = None
    """What the API gives instead, where `value` gives a text in the reader's language."""

    @property
    def relation(self) -> str:
        """What is joined only where the column is shown."""
        return self.needs or self.path.rpartition("__")[0]

    @property
    def is_number(self) -> bool:
        return self.show in ("money", "percent", "count", "change")

    def of(self, row: Any) -> Any:
        """The value itself, as exports and JSON give it."""
        return self.value(row) if self.value else path_value(row, self.path)


@dataclass(frozen=True)
class Filter(ABC):
    """A way to cut a list; what it was asked comes as text from the address."""

    name: str
    title: str
    kind: str = "text"
    """search, choice, least (a number), day, or hidden (asked by links only)."""

    @abstractmethod
    def cut(self, rows: QuerySet[Any], asked: str) -> QuerySet[Any]:
        """The rows that are let through."""

    def choices(self, _request: Request) -> list[tuple[str, str]]:
        """Value and text of each."""
        return []


@dataclass(frozen=True)
class Search(Filter):
    """Rows that `find(rows, text)` lets through."""

    find: Callable[[QuerySet[Any], str], QuerySet[Any]] = lambda rows, _text: rows
    kind: str = "search"

    def cut(self, rows: QuerySet[Any], asked: str) -> QuerySet[Any]:
        return self.find(rows, asked)


@dataclass(frozen=True)
class Choice(Filter):
    """Rows whose field has one of its values."""

    path: str = ""
    kind: str = "choice"
    among: Callable[[Request], Iterable[tuple[str, str]]] | None = None
    """Value and text; none: the values that the visible rows have."""
    query: Callable[[str], Q] | None = None
    """None: the field at `path` equals the value."""
    rows: Callable[[Request], QuerySet[Any]] | None = None
    """Where the values are looked up."""

    def cut(self, rows: QuerySet[Any], asked: str) -> QuerySet[Any]:
        return rows.filter(self.query(asked) if self.query else Q(**{self.path: asked}))

    def choices(self, request: Request) -> list[tuple[str, str]]:
        if self.among is not None:
            return list(self.among(request))
        if self.rows is None:
            return []
        key = f"choices:{self.name}:{self.path}:{request.user.pk}"
        found: list[tuple[str, str]] | None = cache.get(key)
        if found is None:
            values = self.rows(request).order_by(self.path).values_list(self.path, flat=True).distinct()
            found = [(str(value), str(value)) for value in values if value not in (None, "")]
            cache.set(key, found, CHOICES_KEPT)
        return found


@dataclass(frozen=True)
class Least(Filter):
    """Rows whose number is at least the one given; money may be written as 30万."""

    path: str = ""
    kind: str = "least"

    def cut(self, rows: QuerySet[Any], asked: str) -> QuerySet[Any]:
        number = number_of(asked)
        return rows if number is None else rows.filter(**{f"{self.path}__gte": number})


@dataclass(frozen=True)
class Day(Filter):
    """Rows whose moment is on the day given or later; `is_until`: or earlier."""

    path: str = ""
    kind: str = "day"
    is_until: bool = False

    def cut(self, rows: QuerySet[Any], asked: str) -> QuerySet[Any]:
        try:
            day = dt.date.fromisoformat(asked)
            if self.is_until:
                day += dt.timedelta(days=1)
            start = timezone.make_aware(dt.datetime.combine(day, dt.time()))
        except (ValueError, OverflowError):
            return rows
        return rows.filter(**{f"{self.path}__{'lt' if self.is_until else 'gte'}": start})


@dataclass(frozen=True)
class Scene:
    """A preset view: whose rows, or which."""

    name: str
    title: str
    cut: Callable[[QuerySet[Any], Request], QuerySet[Any]] = lambda rows, _request: rows
    is_seen: Callable[[Request], bool] = lambda _request: True


@dataclass(frozen=True)
class Action:
    """Something to do with the selected rows: a form posts their ids to `url_name`."""

    url_name: str
    title: str
    icon: str
    right: Right | None = None
    in_dialog: bool = True


@dataclass(frozen=True)
class Listing:
    """A list of records."""

    name: str
    url_name: str
    export_url_name: str
    title: str
    empty: str
    rows: Callable[[Request], QuerySet[Any]]
    """Those that may be seen, unsorted; what columns need is joined by itself."""
    columns: tuple[Column, ...]
    sort: str
    """Name of a column, with "-" in front for largest first."""
    filters: tuple[Filter, ...] = ()
    scenes: tuple[Scene, ...] = (Scene("all", "view.all"),)
    actions: tuple[Action, ...] = ()
    template: str = "lists/list.html"
    search_hint: str = "list.search"
    found: str = "list.found"
    """Sentence with {n}."""
    first: str = ""
    """What to do next where there is nothing yet, not even unfiltered; preset: `empty`."""
    context: Callable[[Request], dict[str, Any]] = lambda _request: {}
    """What its template needs beside."""
    in_files: Callable[[QuerySet[Any]], QuerySet[Any]] = lambda rows: rows
    """Of the rows those that may leave in a file over many accounts."""
    decorate: Callable[[list[Any], Request], None] = lambda _rows, _request: None
    """Adds to the rows of one page what is not in the query."""

    def columns_for(self, request: Request) -> list[Column]:
        """Those that the reader may see at all."""
        return [one for one in self.columns if one.right is None or may(request.user, one.right)]

    def actions_for(self, request: Request) -> list[Action]:
        return [one for one in self.actions if one.right is None or may(request.user, one.right)]

    def column(self, name: str) -> Column | None:
        return next((one for one in self.columns if one.name == name), None)


listings: dict[str, Listing] = {}


def add_listing(listing: Listing) -> Listing:
    """Make it known by its name, for saved views and exports."""
    listings[listing.name] = listing
    return listing


def joined(rows: QuerySet[Any], columns: Iterable[Column]) -> QuerySet[Any]:
    """The rows with what the columns read of other tables, in the same query."""
    relations = {column.relation for column in columns} - {""}
    return rows.select_related(*relations) if relations else rows


def extend(name: str, *, filters: Iterable[Filter] = (), actions: Iterable[Action] = ()) -> None:
    """Add to a listing of another chapter, from an AppConfig.ready(); doing it again changes nothing."""
    old = listings[name]
    new_filters = [one for one in filters if one.name not in {held.name for held in old.filters}]
    new_actions = [one for one in actions if one.url_name not in {held.url_name for held in old.actions}]
    listings[name] = replace(old, filters=(*old.filters, *new_filters), actions=(*old.actions, *new_actions))


def number_of(text: str) -> Decimal | None:
    """A number as people write it: 30000, 30,000, 3万, 1.2亿."""
    text = text.strip().replace(",", "").replace("，", "").replace(" ", "")
    times = {"万": 10_000, "亿": 100_000_000, "k": 1000, "m": 1_000_000}.get(text[-1:].lower(), 1)
    try:
        number = Decimal(text[:-1] if times != 1 else text)
    except InvalidOperation:
        return None
    return number * times if number.is_finite() else None


def title_of(column: Column) -> str:
    return message(column.title, lang())


def is_nullable(model: type[Model], path: str) -> bool:
    """Whether the value at a path may be missing."""
    options = model._meta
    for name in path.split("__"):
        found = options.get_field(name)
        if found.null or (found.is_relation and not found.concrete):
            return True
        if found.is_relation and found.related_model is not None:
            options = found.related_model._meta
    return False


def field_at(model: type[Model], path: str) -> Any:
    """The field at a path."""
    options, found = model._meta, None
    for name in path.split("__"):
        found = options.get_field(name)
        if found.is_relation and found.related_model is not None:
            options = found.related_model._meta
    return found
