"""Who comes in by which token, what may it do, and how often? Tokens are made once, shown once, kept as hashes."""

import datetime as dt
import hashlib
import secrets
from collections.abc import Iterable

from django.conf import settings
from django.db import transaction
from django.db.models import Case, F, Q, QuerySet, Value, When
from django.urls import reverse
from django.utils import timezone

from keyaccount.errors import KeyAccountError
from keyaccount_web.access.models import User
from keyaccount_web.api.models import Token, TokenEvent
from keyaccount_web.work.notify import notify

SCOPES = ("read", "write", "import", "runs", "webhooks", "admin")
"""What a token may be used for, within what its user may: read; change accounts, contacts, to-dos, comments, files; bring and undo
imports; start runs and make them current; webhooks; what administrators and heads do with people and units."""
PREFIX = "ka_"
SHOWN = 9
PRESET_DAYS = 90
MOST_DAYS = 365
MOST_TOKENS = 50
"""In force at once, of one user."""
TELL_AGAIN = dt.timedelta(hours=1)
"""A dead token that is used on and on is told of so often."""


class TokenError(KeyAccountError):
    """Nobody comes in by it."""


class TooOftenError(KeyAccountError):
    """A token was used more often than it may be in a minute."""


def make_token(
    user: User, *, name: str, scopes: Iterable[str], days: int = PRESET_DAYS, address: str = ""
) -> tuple[Token, str]:
    """A token of `user`, and its text, which nobody can be told again.

    Raises TokenError `token.days`, `token.scopes`, `token.many`.
    """
    asked = set(scopes)
    if not 1 <= days <= MOST_DAYS:
        raise TokenError("token.days", days=days, most=MOST_DAYS)
    if not asked or not asked <= set(SCOPES):
        raise TokenError("token.scopes", allowed=list(SCOPES), scopes=sorted(asked))
    now = timezone.now()
    if tokens_in_force(user).count() >= MOST_TOKENS:
        raise TokenError("token.many", most=MOST_TOKENS)
    text = PREFIX + secrets.token_urlsafe(32)
    with transaction.atomic():
        token = Token.objects.create(
            user=user,
            name=name.strip()[:60],
            token_hash=_hash(text),
            beginning=text[:SHOWN],
            scopes=[one for one in SCOPES if one in asked],
            created_at=now,
            expires_at=now + dt.timedelta(days=days),
        )
        TokenEvent.objects.create(token=token, kind=TokenEvent.Kind.MADE, at=now, by=user, address=address)
        notify([user], "notice.token_made", url=reverse("tokens"), values={"name": token.name})
    return token, text


def revoke(token: Token, by: User | None, *, address: str = "") -> None:
    """It is worth nothing from now on. By its user, an administrator, or (None) by itself. Again: nothing happens."""
    now = timezone.now()
    with transaction.atomic():
        if Token.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=now):
            TokenEvent.objects.create(
                token=token, kind=TokenEvent.Kind.REVOKED, at=now, by=by, address=address
            )
    token.refresh_from_db()


def tokens_in_force(user: User) -> QuerySet[Token]:
    return Token.objects.filter(user=user, revoked_at=None, expires_at__gt=timezone.now())


def token_of(text: str, *, address: str = "") -> Token:
    """The token that `text` is, of a user who is here.

    Raises TokenError `token.unknown`, `token.revoked`, `token.expired`, `token.user_off`.
    """
    token = Token.objects.select_related("user").filter(token_hash=_hash(text)).first()
    if token is None:
        raise TokenError("token.unknown")
    if token.revoked_at is not None:
        _tell_tried(token, address)
        raise TokenError("token.revoked", name=token.name)
    if token.expires_at <= timezone.now():
        _tell_tried(token, address)
        raise TokenError("token.expired", name=token.name, day=timezone.localtime(token.expires_at).date())
    if not token.user.is_active:
        raise TokenError("token.user_off")
    return token


def count_use(token: Token, *, address: str = "") -> None:
    """One more use in this minute; one statement, so that all processes count together.

    Raises TooOftenError `token.too_often` with `seconds` to wait.
    """
    now = timezone.now()
    minute = int(now.timestamp()) // 60
    allowed = Token.objects.filter(pk=token.pk).exclude(
        Q(minute=minute) & Q(used__gte=settings.API_PER_MINUTE)
    )
    used = Case(When(minute=minute, then=F("used") + 1), default=Value(1))
    if not allowed.update(used=used, minute=minute, last_used_at=now, last_used_from=address):
        seconds = 60 - int(now.timestamp()) % 60
        raise TooOftenError("token.too_often", most=settings.API_PER_MINUTE, seconds=seconds)
    if token.last_used_from not in ("", address):
        _tell_moved(token, address)


def _tell_tried(token: Token, address: str) -> None:
    now = timezone.now()
    tried = TokenEvent.objects.filter(token=token, kind=TokenEvent.Kind.TRIED, address=address)
    if not tried.filter(at__gt=now - TELL_AGAIN).exists():
        TokenEvent.objects.create(token=token, kind=TokenEvent.Kind.TRIED, at=now, address=address)


def _tell_moved(token: Token, address: str) -> None:
    """Its owner is told of each further address once: whoever has stolen it comes from one."""
    moved = TokenEvent.objects.filter(token=token, kind=TokenEvent.Kind.MOVED, address=address)
    if moved.exists():
        return
    with transaction.atomic():
        TokenEvent.objects.create(token=token, kind=TokenEvent.Kind.MOVED, at=timezone.now(), address=address)
        values = {"name": token.name, "address": address}
        notify([token.user], "notice.token_moved", url=reverse("tokens"), values=values)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
