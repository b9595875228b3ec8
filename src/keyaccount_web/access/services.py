"""What happens to users: invited, given posts, switched off, acted for by consent."""

import datetime as dt
import hashlib
import secrets

from django.contrib.sessions.models import Session
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from keyaccount.errors import KeyAccountError
from keyaccount_web.access.models import ActingConsent, ActingLog, Invitation, OrgUnit, Post, User
from keyaccount_web.access.roles import RULES, Role

INVITATION_DAYS = 7
CONSENT_HOURS = 4


class AccessError(KeyAccountError):
    """Not allowed, or not possible for this user."""


def add_user(
    username: str,
    name: str,
    *,
    email: str = "",
    role: Role,
    unit: OrgUnit,
    since: dt.date | None = None,
    reach: str | None = None,
) -> User:
    """A user with a first post, who cannot sign in until invited.

    Raises AccessError `user.taken`.
    """
    if User.objects.filter(username__iexact=username).exists():
        raise AccessError("user.taken", username=username)
    with transaction.atomic():
        user = User(username=username, name=name, email=email)
        user.set_unusable_password()
        user.save()
        give_post(user, role, unit, since=since, reach=reach)
    return user


def give_post(
    user: User, role: Role, unit: OrgUnit, *, since: dt.date | None = None, reach: str | None = None
) -> Post:
    """One more post; its reach is the role's unless another is said."""
    return Post.objects.create(
        user=user, role=role, unit=unit, since=since or timezone.localdate(), reach=reach or RULES[role].reach
    )


def invite(user: User, by: User) -> str:
    """A token for a link by which `user` sets a password, once, within a week; earlier links stop working."""
    token = secrets.token_urlsafe(32)
    now = timezone.now()
    user.invitations.filter(used_at=None).update(expires_at=now)
    Invitation.objects.create(
        user=user, invited_by=by, token_hash=_hash(token), expires_at=now + dt.timedelta(days=INVITATION_DAYS)
    )
    return token


def open_invitation(token: str) -> Invitation | None:
    """The invitation of a link, while it is good."""
    return (
        Invitation.objects.select_related("user")
        .filter(token_hash=_hash(token), used_at=None, expires_at__gt=timezone.now(), user__is_active=True)
        .first()
    )


def accept_invitation(invitation: Invitation, password: str) -> User:
    """Set the password; the link is used up."""
    with transaction.atomic():
        invitation.used_at = timezone.now()
        invitation.save(update_fields=["used_at"])
        user = invitation.user
        user.set_password(password)
        user.save(update_fields=["password"])
    return user


def switch_off(user: User) -> None:
    """The user is out at once, on all devices; what they did stays."""
    with transaction.atomic():
        user.is_active = False
        user.save(update_fields=["is_active"])
        sessions = (
            [one.session_key for one in user.usersession_set.all()]
            if hasattr(user, "usersession_set")
            else []
        )
        Session.objects.filter(session_key__in=sessions).delete()
        ActingConsent.objects.filter(user=user, withdrawn_at=None).update(withdrawn_at=timezone.now())


def switch_on(user: User) -> None:
    """The user may sign in again."""
    user.is_active = True
    user.save(update_fields=["is_active"])


def consent(user: User, helper: User) -> ActingConsent:
    """`user` lets `helper` act in their name for some hours.

    Raises AccessError `consent.self`.
    """
    if helper == user or not helper.is_active:
        raise AccessError("consent.self", name=helper.name)
    return ActingConsent.objects.create(
        user=user, helper=helper, expires_at=timezone.now() + dt.timedelta(hours=CONSENT_HOURS)
    )


def acting_consent(pk: int, *, helper: User) -> ActingConsent | None:
    """The consent, while it holds."""
    return (
        ActingConsent.objects.select_related("user")
        .filter(
            pk=pk,
            helper=helper,
            withdrawn_at=None,
            expires_at__gt=timezone.now(),
            user__is_active=True,
            helper__is_active=True,
        )
        .first()
    )


def log_acting(consent: ActingConsent, request: HttpRequest) -> None:
    """Keep what was asked for in another's name."""
    ActingLog.objects.create(consent=consent, method=request.method or "", path=request.path[:500])


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
