"""Who belongs to a group?"""

from django.db.models import QuerySet

from keyaccount_web.know.models import Account


def with_members(top: Account, visible: QuerySet[Account]) -> list[Account]:
    """The account and those below it, as far as they may be seen."""
    found, level = [top], [top.pk]
    while level:
        below = list(visible.filter(parent__in=level).exclude(pk__in=[one.pk for one in found]))
        found += below
        level = [one.pk for one in below]
    return found
