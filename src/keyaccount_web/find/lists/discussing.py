"""What is said of a list as a whole? By those who argue over it; after publication it stays to be read."""

from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from keyaccount_web.access.models import User
from keyaccount_web.access.roles import Right
from keyaccount_web.access.scope import may
from keyaccount_web.find.lists.proposing import YearlyListError
from keyaccount_web.find.lists.reading import lists_seen_by
from keyaccount_web.find.models import KeyAccountList, ListComment
from keyaccount_web.work.comments import checked_text, people_named
from keyaccount_web.work.notify import notify


def may_discuss(user: User) -> bool:
    """Who decides about a list, or makes it, reads what is said of it: words may tell figures of the whole."""
    return may(user, Right.REVIEW_LIST) or may(user, Right.RUN) or may(user, Right.PUBLISH)


def said_of(told: KeyAccountList) -> QuerySet[ListComment]:
    return told.comments.select_related("author").prefetch_related("mentions")


def say_of_list(author: User, told: KeyAccountList, text: str) -> ListComment:
    """A new comment; who is mentioned is told.

    Raises YearlyListError `yearly.closed`; CommentError `comment.empty`, `comment.long`, `mention.may_not_see`, `mention.several`.
    """
    if not told.is_open:
        raise YearlyListError("yearly.closed", year=told.year)
    text = checked_text(text)
    mentioned = people_named(text, lambda users: [user for user in users if _reads(user, told)])
    with transaction.atomic():
        comment = ListComment(key_list=told, author=author, text=text, created_at=timezone.now())
        comment._history_user = author  # type: ignore[attr-defined]
        comment.save()
        comment.mentions.set(mentioned)
        notify(
            [user for user in mentioned if user.pk != author.pk],
            "notice.mentioned_on_list",
            url=f"{reverse('key_list', args=[told.pk])}#said-{comment.pk}",
            values={"by": author.name, "year": told.year},
        )
    return comment


def take_back(user: User, comment: ListComment) -> None:
    """Remove one's own; nothing happens to another's."""
    if comment.author_id == user.pk and comment.removed_at is None:
        comment.removed_at = timezone.now()
        comment._history_user = user  # type: ignore[attr-defined]
        comment.save(update_fields=["removed_at"])


def _reads(user: User, told: KeyAccountList) -> bool:
    return may_discuss(user) and lists_seen_by(user).filter(pk=told.pk).exists()
