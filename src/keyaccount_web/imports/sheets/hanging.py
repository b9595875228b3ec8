"""What hangs on records that an import made, when the import is taken back?

What people have put there (comments, files, to-dos of their own) counts as use: the import is not undone. What rules have asked
for, and the notices of that, goes with the record.
"""

from collections.abc import Iterable
from typing import Any

from django.db.models import Model, QuerySet

from keyaccount_web.access.models import User
from keyaccount_web.imports.sources import in_parts
from keyaccount_web.work.about import KINDS
from keyaccount_web.work.models import Attachment, Comment, Notification, ToDo


def kinds_of(model: type[Model], user: User) -> list[str]:
    """Under which names to-dos, comments and files know these records."""
    return [name for name, kind in KINDS.items() if kind.visible(user).model is model]


def used_by_people(model: type[Model], pks: Iterable[int], user: User) -> set[int]:
    """Those on which somebody has put something."""
    used: set[int] = set()
    kinds = kinds_of(model, user)
    for part in in_parts(pks if kinds else ()):
        for rows in (Comment.objects.all(), Attachment.objects.all(), ToDo.objects.filter(rule="")):
            used |= set(_about(rows, kinds, part).values_list("about_id", flat=True))
    return used


def take_off(model: type[Model], pks: Iterable[int], user: User) -> None:
    """Remove what rules have asked for, and the notices."""
    kinds = kinds_of(model, user)
    for part in in_parts(pks if kinds else ()):
        for rows in (ToDo.objects.exclude(rule=""), Notification.objects.all()):
            _about(rows, kinds, part).delete()


def _about(rows: QuerySet[Any], kinds: list[str], pks: list[Any]) -> QuerySet[Any]:
    return rows.filter(about_kind__in=kinds, about_id__in=pks)
