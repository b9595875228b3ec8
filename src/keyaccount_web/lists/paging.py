"""How is one page of a long list fetched, however deep it lies? By the last row seen, not by counting from the start.

Rows stand by one value, those without it last, ties by pk. `page_of(rows, sort, after=…)` reads one row more than it gives.
"""

import base64
import binascii
import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import F, Q, QuerySet

from keyaccount_web.lists.kit import field_at, is_nullable, path_value


@dataclass(frozen=True)
class Page:
    """Some rows and the way to their neighbours."""

    rows: list[Any]
    after: str | None
    """Cursor of the next page; None: this is the last."""
    before: str | None
    """Cursor of the page before; None: this is the first."""


@dataclass(frozen=True)
class Place:
    """A row's place in the order."""

    value: Any
    pk: int


def page_of(
    rows: QuerySet[Any],
    path: str,
    *,
    descending: bool,
    size: int,
    after: str | None = None,
    before: str | None = None,
) -> Page:
    """A page of `rows` sorted by `path`. A cursor that cannot be meant counts as none."""
    place = place_of(before or after, rows, path)
    if place is None:
        before = after = None
    found = _take(rows, path, descending, size + 1, place, backwards=before is not None)
    more = len(found) > size
    found = found[:size]
    if before is not None:
        found.reverse()
    has_next = bool(found) and (more if before is None else True)
    has_previous = bool(found) and (more if before is not None else after is not None)
    return Page(
        rows=found,
        after=cursor_of(found[-1], path) if has_next else None,
        before=cursor_of(found[0], path) if has_previous else None,
    )


def in_order(rows: QuerySet[Any], path: str, *, descending: bool) -> QuerySet[Any]:
    """All rows, as the pages give them."""
    by = F(path).desc(nulls_last=True) if descending else F(path).asc(nulls_last=True)
    return rows.order_by(by, "pk")


def cursor_of(row: Any, path: str) -> str:
    """Where a row stands, for an address."""
    value = path_value(row, path)
    told = json.dumps([None if value is None else str(value), row.pk], ensure_ascii=False)
    return base64.urlsafe_b64encode(told.encode()).decode().rstrip("=")


def place_of(cursor: str | None, rows: QuerySet[Any], path: str) -> Place | None:
    """The place that a cursor names; None: it names none."""
    if not cursor:
        return None
    try:
        told = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        value, pk = told
        if not isinstance(pk, int) or not (value is None or isinstance(value, str)):
            return None
        if value is None:
            return Place(None, pk)
        field = field_at(rows.model, path)
        told = field.to_python(value)
        if isinstance(told, Decimal):
            field.run_validators(told)  # more digits than the column has would break the query
        elif "\x00" in value:
            return None
        return Place(told, pk)
    except (ValueError, TypeError, binascii.Error, ValidationError):
        return None


def _take(
    rows: QuerySet[Any], path: str, descending: bool, size: int, place: Place | None, *, backwards: bool
) -> list[Any]:
    """Up to `size` rows from a place on: those with a value, then those without; backwards the other way round.

    Each part is a query that an index answers: a range of values, not an OR over the whole table.
    """
    parts = [True, False] if is_nullable(rows.model, path) else [True]
    found: list[Any] = []
    for has_value in reversed(parts) if backwards else parts:
        if len(found) >= size:
            break
        if place is not None and _is_passed(place, has_value, backwards):
            continue
        part = rows
        if len(parts) > 1:
            part = part.filter(**{f"{path}__isnull": not has_value})
        starts_here = place is not None and (place.value is not None) == has_value
        if starts_here and place is not None:
            part = part.filter(_beyond(path, place, descending != backwards, backwards))
        by_pk = "-pk" if backwards else "pk"
        by = f"-{path}" if descending != backwards else path
        part = part.order_by(by, by_pk) if has_value else part.order_by(by_pk)
        found += list(part[: size - len(found)])
    return found


def _is_passed(place: Place, has_value: bool, backwards: bool) -> bool:
    """Whether a part lies wholly on the other side of the place."""
    at_value = place.value is not None
    return has_value != at_value and (at_value if backwards else not at_value)


def _beyond(path: str, place: Place, falling: bool, backwards: bool) -> Q:
    """What comes after a place in the direction of reading."""
    pk = Q(pk__lt=place.pk) if backwards else Q(pk__gt=place.pk)
    if place.value is None:
        return pk
    reached, strictly = ("lte", "lt") if falling else ("gte", "gt")
    return Q(**{f"{path}__{reached}": place.value}) & (Q(**{f"{path}__{strictly}": place.value}) | pk)
