"""What happened with an account, the newest first? Comments, edits, to-dos, files; a later chapter adds its own.

add_source(Source("visit", order=50, rows=lambda user, account: Visit.objects.filter(account=account), at="day_at", entry=…))
"""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from django.db.models import Model, Q, QuerySet, Value

from keyaccount.language import message
from keyaccount_web.access.models import OrgUnit, User
from keyaccount_web.know.models import Account, Contact
from keyaccount_web.know.services import EDITABLE
from keyaccount_web.shell.templatetags.pages import lang
from keyaccount_web.work.models import Attachment, Comment, ToDo

ENTRIES = 30


@dataclass(frozen=True)
class Entry:
    """One thing that happened. `template` is given `entry`."""

    at: dt.datetime
    order: int
    pk: int
    template: str
    who: str
    record: Any
    details: Any = field(default=None)

    @property
    def cursor(self) -> str:
        """The place after which the next page begins."""
        return f"{self.at.isoformat()}|{self.order}|{self.pk}"


@dataclass(frozen=True)
class Source:
    """Where entries of one kind come from."""

    name: str
    order: int
    """Of things at the same moment the smallest comes first; different for each source."""
    rows: Callable[[User, Account], QuerySet[Any]]
    at: str
    """The field with the moment."""
    entries: Callable[[Account, Sequence[Any], int], list[Entry]]
    """Of the rows, in their order; the number is the source's `order`."""
    looks_back: bool = False
    """Whether each row needs the one before it; then one more is read."""


_sources: dict[str, Source] = {}


def add_source(source: Source) -> None:
    """Adding it again replaces it."""
    _sources[source.name] = source


def timeline(
    user: User, account: Account, *, after: str = "", only: str = "", most: int = ENTRIES
) -> tuple[list[Entry], str]:
    """A page of entries and the cursor of the next, empty at the end. `account` is one that `user` may see.

    `only`: the name of one source. What is no cursor is taken for the beginning.
    """
    place = _place(after)
    found: list[Entry] = []
    for source in _sources.values():
        if only and only != source.name:
            continue
        rows = source.rows(user, account)
        if place is not None:
            rows = rows.filter(_before(source, *place))
        rows = rows.order_by(f"-{source.at}", "-pk")
        found += source.entries(account, list(rows[: most + 1 + source.looks_back]), source.order)[: most + 1]
    found.sort(key=lambda entry: (-entry.at.timestamp(), entry.order, -entry.pk))
    page = found[:most]
    return page, page[-1].cursor if len(found) > most else ""


def sources() -> list[str]:
    """Their names, as a filter offers them."""
    return sorted(_sources, key=lambda name: _sources[name].order)


def _place(cursor: str) -> tuple[dt.datetime, int, int] | None:
    at, _, rest = cursor.partition("|")
    order, _, pk = rest.partition("|")
    try:
        moment = dt.datetime.fromisoformat(at)
    except ValueError:
        return None
    if moment.tzinfo is None or not (order.isdecimal() and pk.isdecimal() and len(order + pk) < 20):
        return None
    return moment, int(order), int(pk)


def _before(source: Source, at: dt.datetime, order: int, pk: int) -> Q:
    earlier = Q(**{f"{source.at}__lt": at})
    if source.order > order:
        return Q(**{f"{source.at}__lte": at})
    if source.order == order:
        return earlier | Q(**{source.at: at, "pk__lt": pk})
    return earlier


def _entries(
    template: str, by: str, at: str = "created_at"
) -> Callable[[Account, Sequence[Any], int], list[Entry]]:
    """One entry a row, by whoever stands in the field `by`."""

    def of(_account: Account, rows: Sequence[Any], order: int) -> list[Entry]:
        return [
            Entry(
                getattr(row, at), order, row.pk, template, who.name if (who := getattr(row, by)) else "", row
            )
            for row in rows
        ]

    return of


_ACCOUNT_FIELDS = (*EDITABLE, "owner_id", "unit_id", "parent_id")
_CONTACT_FIELDS = ("name", "title", "department", "phone", "email")


def _account_edits(_account: Account, rows: Sequence[Any], order: int) -> list[Entry]:
    """Each version beside the one before it. Owners and units by name, in one query for all."""
    names: dict[str, dict[int, str]] = {"owner_id": {}, "unit_id": {}}
    models: tuple[tuple[str, type[Model]], ...] = (("owner_id", User), ("unit_id", OrgUnit))
    asked = [
        model._default_manager.filter(pk__in={getattr(row, name) for row in rows} - {None})
        .order_by()
        .values_list(Value(name), "pk", "name")
        for name, model in models
    ]
    for name, pk, shown in asked[0].union(*asked[1:], all=True):
        names[name][pk] = shown
    before = {newer.pk: older for newer, older in pairwise(rows)}
    return [_edit(row, before.get(row.pk), _ACCOUNT_FIELDS, names, order) for row in rows]


def _contact_edits(_account: Account, rows: Sequence[Any], order: int) -> list[Entry]:
    """The version before it may lie further back, behind those of other contacts: all of these contacts are read."""
    older: dict[int, Any] = {}
    # What was added or removed is told without the version before it.
    ids = {row.id for row in rows if row.history_type == "~"}
    versions = Contact.history.filter(id__in=ids).order_by("id", "history_date", "history_id") if ids else []
    for earlier, later in pairwise(versions):
        if earlier.id == later.id:
            older[later.pk] = earlier
    return [_edit(row, older.get(row.pk), _CONTACT_FIELDS, {}, order) for row in rows]


def _edit(row: Any, older: Any, fields: Sequence[str], names: dict[str, dict[int, str]], order: int) -> Entry:
    changes = []
    if older is not None:
        for name in fields:
            was, now = getattr(older, name), getattr(row, name)
            if was != now and name != "parent_id":
                shown = names.get(name)
                label = message(f"field.{name.removesuffix('_id')}", lang())
                changes.append(
                    (label, shown.get(was, "") if shown else was, shown.get(now, "") if shown else now)
                )
    who = row.history_user.name if row.history_user else ""
    details = {
        "changes": changes,
        "is_new": row.history_type == "+",
        "is_removed": row.history_type == "-",
        "contact": row.name if isinstance(row.instance, Contact) else "",
        "is_import": (row.history_change_reason or "").startswith("import"),
    }
    return Entry(row.history_date, order, row.history_id, "work/entry_edit.html", who, row, details)


add_source(
    Source(
        "comment",
        10,
        lambda _user, account: (
            Comment.objects.filter(account=account)
            .select_related("author", "removed_by")
            .prefetch_related("mentions")
        ),
        "created_at",
        _entries("work/entry_comment.html", "author"),
    )
)
add_source(
    Source(
        "file",
        20,
        lambda _user, account: Attachment.objects.filter(account=account, removed_at=None).select_related(
            "added_by"
        ),
        "created_at",
        _entries("work/entry_file.html", "added_by"),
    )
)
add_source(
    Source(
        "to_do",
        30,
        lambda _user, account: ToDo.objects.filter(account=account).select_related("owner", "given_by"),
        "created_at",
        _entries("work/entry_asked.html", "given_by"),
    )
)
add_source(
    Source(
        "done",
        31,
        lambda _user, account: (
            ToDo.objects.filter(account=account).exclude(closed_at=None).select_related("owner", "closed_by")
        ),
        "closed_at",
        _entries("work/entry_closed.html", "closed_by", "closed_at"),
    )
)
add_source(
    Source(
        "edit",
        40,
        lambda _user, account: Account.history.filter(id=account.pk).select_related("history_user"),
        "history_date",
        _account_edits,
        looks_back=True,
    )
)
add_source(
    Source(
        "contact",
        41,
        lambda _user, account: Contact.history.filter(account_id=account.pk).select_related("history_user"),
        "history_date",
        _contact_edits,
    )
)
