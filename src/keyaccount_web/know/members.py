"""Who belongs to a group? One query each, however deep it is."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from keyaccount_web.know.models import Account

# UNION and not UNION ALL: a circle, which no rule lets in, would still end.
_BELOW = (
    "WITH RECURSIVE below(id) AS (SELECT id FROM know_account WHERE parent_id = %s"
    " UNION SELECT a.id FROM know_account a JOIN below ON a.parent_id = below.id) SELECT id FROM below"
)
_WITH_BELOW = (
    "WITH RECURSIVE members(id) AS (SELECT id FROM know_account WHERE id = %s"
    " UNION SELECT a.id FROM know_account a JOIN members ON a.parent_id = members.id) SELECT id FROM members"
)
_ABOVE = (
    "WITH RECURSIVE above(id) AS (SELECT parent_id FROM know_account WHERE id = %s"
    " UNION SELECT a.parent_id FROM know_account a JOIN above ON a.id = above.id)"
    " SELECT id FROM above WHERE id IS NOT NULL"
)


def with_members(top: Account, visible: QuerySet[Account]) -> list[Account]:
    """The account and those below it, level by level, as far as they may be seen: nobody below one that may not."""
    return _by_level(top, visible.filter(pk__in=RawSQL(_BELOW, [top.pk])))  # noqa: S611


@dataclass(frozen=True)
class Told:
    """A member of a group, as a long list of them has it."""

    pk: int
    parent_id: int | None
    code: str
    name: str
    sales: Decimal | None
    """By the current run [company currency]."""


def told_below(top: Account, visible: QuerySet[Account]) -> list[Told]:
    """The account and all below it that may be seen, whether without a gap or not."""
    # One condition: PostgreSQL would go through all accounts for "this one or those below".
    rows = visible.filter(pk__in=RawSQL(_WITH_BELOW, [top.pk])).order_by()  # noqa: S611
    return [Told(*row) for row in rows.values_list("pk", "parent_id", "code", "name", "figures__sales")]


def with_codes(top: Account, visible: QuerySet[Account]) -> tuple[list[Account], dict[str, str]]:
    """The same accounts, and the codes by which the ledger knows them, those of what was merged into them included, each with
    the code that it counts as; all in one query."""
    below = RawSQL(_BELOW, [top.pk])  # noqa: S611
    own = visible.filter(pk__in=below).order_by()
    stones = Account.with_merged.filter(merged_into__in=below).order_by()
    rows = list(own.union(stones, all=True))
    members = _by_level(top, [one for one in rows if one.merged_into_id is None])
    codes = {one.pk: one.code for one in members}
    whom = {one.code: one.code for one in members}
    whom |= {one.code: codes[one.merged_into_id] for one in rows if one.merged_into_id in codes}
    return members, whom


def _by_level(top: Account, rows: Iterable[Account]) -> list[Account]:
    below: dict[int | None, list[Account]] = {}
    for one in rows:
        if one.pk != top.pk:
            below.setdefault(one.parent_id, []).append(one)
    found, level = [top], [top]
    while level:
        level = [child for one in level for child in below.pop(one.pk, [])]
        found += level
    return found


def top_of(account: Account, visible: QuerySet[Account]) -> Account:
    """The highest account above it that may be seen, without a gap; itself where there is none."""
    if account.parent_id is None:
        return account
    above = {one.pk: one for one in visible.filter(pk__in=RawSQL(_ABOVE, [account.pk]))}  # noqa: S611
    top = account
    while top.parent_id is not None and (higher := above.pop(top.parent_id, None)) is not None:
        top = higher
    return top
