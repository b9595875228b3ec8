"""Which words does the company mark its accounts with?

For lists: `tag`, `untag` for many accounts at once, `tagged(name)` as a condition to filter by.
"""

from collections.abc import Iterable

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from keyaccount.errors import KeyAccountError
from keyaccount_web.access.models import User
from keyaccount_web.access.requests import Request
from keyaccount_web.access.scope import sees_all, visible_accounts
from keyaccount_web.know.models import Account
from keyaccount_web.work.models import AccountTag, Tag

BATCH = 1000
LONGEST = 30


class TagError(KeyAccountError):
    """There cannot be such a tag."""


def tag_named(name: str, by: User, *, hue: str | None = None) -> Tag:
    """The tag of this name, made if there is none; capitals and spaces around make no other name.

    Raises TagError `tag.name`.
    """
    name = _checked(name)
    known = Tag.objects.filter(name__iexact=name).first()
    if known is not None:
        return known
    if hue not in Tag.Hue.values:
        hue = Tag.Hue.values[Tag.objects.count() % len(Tag.Hue.values)]
    return Tag.objects.create(name=name, hue=hue, created_by=by)


def tag(accounts: QuerySet[Account] | Iterable[Account], marked: Tag, by: User) -> list[int]:
    """Mark accounts that `by` may change. Gives the ids of those that were not marked before, for an undo."""
    ids = _ids(accounts)
    new: list[int] = []
    now = timezone.now()
    for begin in range(0, len(ids), BATCH):
        batch = ids[begin : begin + BATCH]
        with transaction.atomic():
            known = set(
                AccountTag.objects.filter(tag=marked, account__in=batch).values_list("account_id", flat=True)
            )
            rows = [AccountTag(account_id=pk, tag=marked, by=by, at=now) for pk in batch if pk not in known]
            AccountTag.objects.bulk_create(rows, ignore_conflicts=True)
            new += [row.account_id for row in rows]
    return new


def untag(accounts: QuerySet[Account] | Iterable[Account], marked: Tag) -> list[int]:
    """Take the tag off. Gives the ids of those that had it, for an undo."""
    ids = _ids(accounts)
    had: list[int] = []
    for begin in range(0, len(ids), BATCH):
        rows = AccountTag.objects.filter(tag=marked, account__in=ids[begin : begin + BATCH])
        had += rows.values_list("account_id", flat=True)
        rows.delete()
    return had


def tagged(*names: str) -> Q:
    """Accounts with any of these tags, as a condition without a join, so that none comes twice."""
    return Q(pk__in=AccountTag.objects.filter(tag__name__in=names).values("account"))


def tags_seen(request: Request) -> list[tuple[str, str]]:
    """Names of the tags that accounts which one may see bear, as a filter offers them."""
    borne = AccountTag.objects.all()
    if not sees_all(request.user):
        borne = borne.filter(account__in=visible_accounts(request.user))
    names = Tag.objects.filter(pk__in=borne.values("tag")).values_list("name", flat=True)
    return [(name, name) for name in names]


def change_tag(changed: Tag, *, name: str, hue: str) -> Tag:
    """Give it another name or hue; the name of another tag merges the two. Gives the tag that is left.

    Raises TagError `tag.name`, `tag.no_hue`.
    """
    name = _checked(name)
    if hue not in Tag.Hue.values:
        raise TagError("tag.no_hue")
    with transaction.atomic():
        other = Tag.objects.filter(name__iexact=name).exclude(pk=changed.pk).first()
        if other is not None:
            marked = AccountTag.objects.filter(tag=other).values("account")
            AccountTag.objects.filter(tag=changed).exclude(account__in=marked).update(tag=other)
            changed.delete()
            return other
        changed.name, changed.hue = name, hue
        changed.save()
    return changed


def _checked(name: str) -> str:
    name = " ".join(name.split())
    if not 0 < len(name) <= LONGEST or any(not one.isprintable() for one in name):
        raise TagError("tag.name", longest=LONGEST)
    return name


def _ids(accounts: QuerySet[Account] | Iterable[Account]) -> list[int]:
    if isinstance(accounts, QuerySet):
        return list(accounts.values_list("pk", flat=True))
    return [account.pk for account in accounts]
