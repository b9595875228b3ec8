"""What happens to users: invited, given posts, switched off, acted for by consent."""

import datetime as dt
import hashlib
import secrets
from dataclasses import dataclass

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from keyaccount.errors import KeyAccountError
from keyaccount_web.access.models import ActingConsent, ActingLog, Invitation, OrgUnit, Post, User
from keyaccount_web.access.roles import RULES, Role
from keyaccount_web.access.scope import current_posts, forget_posts

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


@dataclass(frozen=True)
class Administrator:
    """Somebody who lets others in, and the link by which they come in themselves."""

    user: User
    roles: list[str]
    token: str
    is_new: bool


def add_administrator(
    username: str, name: str, *, email: str = "", company: str, lang: str = User.Language.CHINESE
) -> Administrator:
    """Whoever has the machine makes somebody administrator; who is there already gets the post and a new link.

    The first user of all is director as well, so that somebody can bring the ledger in. `company`: the name of the
    headquarters, made where there is no unit yet.
    """
    with transaction.atomic():
        # Whoever asks second waits here on PostgreSQL; SQLite lets one write at a time anyway.
        top = OrgUnit.objects.select_for_update(of=("self",)).filter(parent=None).order_by("path").first()
        top = top or add_unit("HQ", company, OrgUnit.Kind.HEADQUARTERS, None)
        roles = [Role.ADMINISTRATOR] if User.objects.exists() else [Role.ADMINISTRATOR, Role.DIRECTOR]
        user = User.objects.filter(username__iexact=username).first()
        is_new = user is None
        if user is None:
            user = User(username=username, name=name, email=email, lang=lang)
            user.set_unusable_password()
            user.save()
        elif not user.is_active:
            switch_on(user)
        held = [post.role for post in current_posts(user)]
        for role in roles:
            if role not in held:
                give_post(user, role, top)
        return Administrator(user, sorted({*held, *roles}), invite(user, None), is_new)


def give_post(
    user: User, role: Role, unit: OrgUnit, *, since: dt.date | None = None, reach: str | None = None
) -> Post:
    """One more post; its reach is the role's unless another is said."""
    forget_posts(user)
    return Post.objects.create(
        user=user, role=role, unit=unit, since=since or timezone.localdate(), reach=reach or RULES[role].reach
    )


def end_post(post: Post, *, day: dt.date | None = None) -> None:
    """The last day of a post; preset: yesterday, so that it is over at once."""
    post.until = day or timezone.localdate() - dt.timedelta(days=1)
    post.save(update_fields=["until"])
    forget_posts(post.user)


def add_unit(code: str, name: str, kind: str, parent: OrgUnit | None) -> OrgUnit:
    """A new unit of the organisation. Raises AccessError `unit.taken`."""
    if OrgUnit.objects.filter(code=code).exists():
        raise AccessError("unit.taken", code=code)
    return OrgUnit.objects.create(code=code, name=name, kind=kind, parent=parent)


def invite(user: User, by: User | None) -> str:
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
    return _open_invitations().filter(token_hash=_hash(token)).first()


def count_open_invitations() -> int:
    """How many have not come in by their link yet, and still may."""
    return _open_invitations().count()


def invitation_by_id(pk: int) -> Invitation | None:
    """The same, once the token is out of the address and the session remembers which it was."""
    return _open_invitations().filter(pk=pk).first()


def accept_invitation(invitation: Invitation, password: str | None = None) -> User | None:
    """The link is used up, and the password set, if it is by a password that the user comes in. None: somebody was faster."""
    with transaction.atomic():
        taken = _open_invitations().filter(pk=invitation.pk).update(used_at=timezone.now())
        if not taken:
            return None
        user = invitation.user
        if password is not None:
            user.set_password(password)
            user.save(update_fields=["password"])
    return user


def switch_off(user: User) -> None:
    """The user is out at once, on all devices; what they did stays."""
    with transaction.atomic():
        user.is_active = False
        user.save(update_fields=["is_active"])
        end_sessions(user)
        user.invitations.filter(used_at=None).update(expires_at=timezone.now())
        ActingConsent.objects.filter(Q(user=user) | Q(helper=user), withdrawn_at=None).update(
            withdrawn_at=timezone.now()
        )


def end_sessions(user: User) -> None:
    """Out on all devices; signing in again is allowed."""
    told = UserSession.objects.filter(user=user)
    Session.objects.filter(session_key__in=list(told.values_list("session_key", flat=True))).delete()
    told.delete()


def forget_second_factor(user: User) -> None:
    """For somebody who lost phone and codes: the next sign-in leads to setting one up anew."""
    with transaction.atomic():
        Authenticator.objects.filter(user=user).delete()
        end_sessions(user)


def link_service(user: User, service: str, uid: str) -> SocialAccount:
    """`user` comes in by this account of a sign-in service from now on.

    Raises AccessError `service.taken` where another user has it.
    """
    uid = uid.strip()
    with transaction.atomic():
        if SocialAccount.objects.filter(provider=service, uid=uid).exclude(user=user).exists():
            raise AccessError("service.taken", uid=uid)
        SocialAccount.objects.filter(user=user, provider=service).exclude(uid=uid).delete()
        return SocialAccount.objects.get_or_create(user=user, provider=service, uid=uid)[0]


def unlink_service(user: User, service: str) -> None:
    """No longer; whoever came in by it is out."""
    with transaction.atomic():
        SocialAccount.objects.filter(user=user, provider=service).delete()
        end_sessions(user)


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


def _open_invitations() -> QuerySet[Invitation]:
    return Invitation.objects.select_related("user").filter(
        used_at=None, expires_at__gt=timezone.now(), user__is_active=True
    )


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
