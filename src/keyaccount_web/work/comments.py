"""What do people say about an account, and whom do they mention? (R4: written as if its people will read it)"""

import datetime as dt
import re
from collections.abc import Callable

from django.db import transaction
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from keyaccount.errors import KeyAccountError
from keyaccount_web.access.models import User
from keyaccount_web.access.roles import Right
from keyaccount_web.access.scope import may, of_visible, users_who_see
from keyaccount_web.company.presets import setting
from keyaccount_web.know.models import Account, Contact
from keyaccount_web.know.person_data import Mention
from keyaccount_web.work.about import Subject
from keyaccount_web.work.models import Comment
from keyaccount_web.work.notify import notify

LONGEST = 4000
MOST_MENTIONS = 20
# Looks ahead, so that the second of `@甲，@乙` is found within what follows the first.
_AT = re.compile(r"(?=@(\S{1,60}))")


class CommentError(KeyAccountError):
    """It cannot be said, or be changed any more."""


def say_about(author: User, about: Subject, text: str) -> Comment:
    """A new comment; who is mentioned is told.

    Raises CommentError: `comment.empty`, `comment.long`, `mention.may_not_see`, `mention.several`.
    """
    text = checked_text(text)
    mentioned = mentioned_in(text, about.account)
    with transaction.atomic():
        comment = Comment.objects.create(author=author, text=text, created_at=timezone.now(), **about.fields)
        comment.mentions.set(mentioned)
        _tell(comment, mentioned, about)
    return comment


def edit(comment: Comment, text: str) -> None:
    """Change one's own; who is newly mentioned is told.

    Raises CommentError: those of `say_about`, and `comment.late`.
    """
    text = checked_text(text)
    if comment.account is None:
        raise CommentError("comment.late", minutes=0)
    about = Subject(comment.account, comment.about_kind, comment.about_id)
    mentioned = mentioned_in(text, about.account)
    with transaction.atomic():
        held = Comment.objects.select_for_update(of=("self",)).get(pk=comment.pk)
        minutes = setting("comment.edit_minutes")
        if held.removed_at or timezone.now() - held.created_at > dt.timedelta(minutes=minutes):
            raise CommentError("comment.late", minutes=minutes)
        before = set(held.mentions.values_list("pk", flat=True))
        held.text, held.edited_at = text, timezone.now()
        held.save(update_fields=["text", "edited_at"])
        held.mentions.set(mentioned)
        _tell(held, [user for user in mentioned if user.pk not in before], about)


def remove(comment: Comment, by: User) -> None:
    """Its place stays, its text is shown no more."""
    comment.removed_at, comment.removed_by = timezone.now(), by
    comment.save(update_fields=["removed_at", "removed_by"])


def comments_seen_by(user: User) -> QuerySet[Comment]:
    return of_visible(Comment.objects.all(), user).select_related("account", "author", "removed_by")


def may_edit(user: User, comment: Comment, *, minutes: int) -> bool:
    """One's own, for some minutes."""
    is_young = timezone.now() - comment.created_at <= dt.timedelta(minutes=minutes)
    return comment.author_id == user.pk and comment.removed_at is None and is_young


def may_remove(user: User, comment: Comment) -> bool:
    """One's own at any time; a head's at any time."""
    return comment.removed_at is None and (comment.author_id == user.pk or may(user, Right.ASSIGN))


def may_see_history(user: User, comment: Comment) -> bool:
    """Its author and heads: what was removed is for nobody else."""
    return comment.author_id == user.pk or may(user, Right.ASSIGN)


def mentioned_in(text: str, account: Account) -> list[User]:
    """The colleagues named behind an `@`, by name or user name; what names nobody is plain text.

    Chinese has no spaces: `@钟离春请看` names 钟离春, the longest name that fits.

    Raises CommentError `mention.may_not_see`, `mention.several`.
    """
    return people_named(
        text, lambda users: list(users_who_see(account).filter(pk__in=[user.pk for user in users]))
    )


def people_named(text: str, seeing: Callable[[list[User]], list[User]]) -> list[User]:
    """The same among those of whom `seeing` says that they may see what is spoken of."""
    pieces = _AT.findall(text)[:MOST_MENTIONS]
    beginnings = {piece[:length] for piece in pieces for length in range(1, len(piece) + 1)}
    if not beginnings:
        return []
    named: dict[str, list[User]] = {}
    for user in User.objects.filter(Q(name__in=beginnings) | Q(username__in=beginnings), is_active=True):
        for name in {user.name, user.username} - {""}:
            named.setdefault(name, []).append(user)
    found: dict[int, User] = {}
    for piece in pieces:
        named_here = max((one for one in named if piece.startswith(one)), key=len, default=None)
        if named_here is None:
            continue
        meant = seeing(named[named_here])
        if not meant:
            raise CommentError("mention.may_not_see", name=named_here)
        if len(meant) > 1:
            raise CommentError("mention.several", name=named_here, users=[user.username for user in meant])
        found[meant[0].pk] = meant[0]
    return list(found.values())


def suggestions(text: str, account: Account, *, most: int = 8) -> list[User]:
    """Colleagues who may be mentioned, by the beginning of a name or user name."""
    users = users_who_see(account)
    if text:
        users = users.filter(Q(name__icontains=text) | Q(username__istartswith=text))
    return list(users.order_by("name", "username")[:most])


def checked_text(text: str) -> str:
    """As it is kept. Raises CommentError `comment.empty`, `comment.long`."""
    text = text.replace("\r\n", "\n").replace("\x00", "").strip()
    if not text:
        raise CommentError("comment.empty")
    if len(text) > LONGEST:
        raise CommentError("comment.long", length=len(text), longest=LONGEST)
    return text


def _tell(comment: Comment, mentioned: list[User], about: Subject) -> None:
    others = [user for user in mentioned if user.pk != comment.author_id]
    values = {"by": comment.author.name if comment.author else ""}
    url = f"{about.url}#comment-{comment.pk}"
    notify(others, "notice.mentioned", url=url, subject=about, values=values)


def comments_naming(contact: Contact) -> list[Mention]:
    """Comments at the person's account in which the name stands."""
    rows = Comment.objects.filter(account=contact.account_id, removed_at=None, text__contains=contact.name)
    url = reverse("account_activity", args=[contact.account_id])
    return [Mention("kind.work.comment", one.text, url) for one in rows]
