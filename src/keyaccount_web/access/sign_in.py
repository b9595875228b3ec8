"""Who may come in, by which door, and when is a session as good as two factors? (allauth's adapters, axes' questions)"""
# ruff: noqa: ARG001 - the signatures are allauth's and axes'

import base64
import hashlib
import logging
import secrets
import threading
from collections.abc import Iterable
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from allauth.account.forms import ResetPasswordForm as AllauthResetPasswordForm
from allauth.account.internal.flows.login import (
    AUTHENTICATION_METHODS_SESSION_KEY,
    get_authentication_records,
)
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.core.internal import ratelimit
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.base.forms import AuthenticateForm as AllauthAuthenticateForm
from allauth.mfa.base.forms import ReauthenticateForm as AllauthReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from allauth.mfa.webauthn.internal.auth import parse_authentication_response
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialAccount, SocialLogin
from axes.handlers.proxy import AxesProxyHandler
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django import forms
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.crypto import salted_hmac
from django.utils.functional import lazystr

from keyaccount.language import message
from keyaccount_web.access import services
from keyaccount_web.access.models import User
from keyaccount_web.shell.templatetags.pages import lang

_log = logging.getLogger(__name__)
FAILURES_OF_AN_ADDRESS = "30/m/ip"
_FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
_DJANGO_LANGUAGE = {"zh": "zh-hans", "en": "en"}


class _Said:
    """The text of a code in whatever language it is asked in."""

    def __init__(self, code: str) -> None:
        self.code = code

    def __str__(self) -> str:
        return message(self.code, lang())


def find_user(login: str) -> User | None:
    """Whose user name or e-mail address this is, whatever the case; nobody where an address is two people's."""
    login = login.strip()
    if not login:
        return None
    found = list(User.objects.filter(Q(username__iexact=login) | Q(email__iexact=login))[:10])
    by_name = [one for one in found if one.username.lower() == login.lower()]
    fitting = by_name or found
    return fitting[0] if len(fitting) == 1 else None


class PasswordBackend(AuthenticationBackend):  # type: ignore[misc]
    """User name or e-mail, and password. Every attempt costs one hash, so that time does not tell whether a user exists."""

    def authenticate(self, request: HttpRequest | None, **credentials: Any) -> User | None:
        password = credentials.get("password")
        login = credentials.get("username") or credentials.get("email")
        if not password or not login:
            return None
        user = find_user(login)
        if user is None:
            User().set_password(password)
        elif self._check_password(user, password):
            return user
        # No other backend is asked; a second hash would tell more than one.
        raise PermissionDenied


# ---- Lockout (axes)


def counted_name(request: HttpRequest, credentials: dict[str, Any] | None) -> str:
    """Under which name are failures counted? The user's own, however it was typed.

    What is no user's is kept as a digest: it may be a password, typed in the wrong place.
    """
    told = credentials if credentials is not None else request.POST
    login = str(told.get("username") or told.get("email") or told.get("login") or "")
    user = find_user(login)
    if user is not None:
        return user.username
    return "?" + salted_hmac("keyaccount.counted_name", login.strip().casefold()).hexdigest()[:24]


def client_address(request: HttpRequest) -> str | None:
    """The address that is counted: the one that the outermost of our own proxies saw."""
    from allauth.core.internal.httpkit import get_client_ip

    address: str | None = get_client_ip(request)
    return address


def locked_out(request: HttpRequest, response: HttpResponse | None, credentials: Any) -> HttpResponse:
    """The page that says so."""
    return render(request, "access/locked_out.html", status=429)


def _stop_if_locked(request: HttpRequest, **credentials: Any) -> None:
    if not AxesProxyHandler.is_allowed(request, credentials):
        request.axes_locked_out = True  # type: ignore[attr-defined]
        raise forms.ValidationError(message("sign_in.error.too_many_login_attempts", lang()))


# ---- Passwords and mails


def _errors(*names: str) -> dict[str, Any]:
    return {name: lazystr(_Said(f"sign_in.error.{name}")) for name in names}


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Nobody signs up by themselves: people are invited."""

    error_messages = DefaultAccountAdapter.error_messages | _errors(
        "account_inactive",
        "email_password_mismatch",
        "username_password_mismatch",
        "enter_current_password",
        "incorrect_code",
        "incorrect_password",
        "invalid_login",
        "invalid_or_expired_key",
        "invalid_password_reset",
        "rate_limited",
        "same_as_current",
        "too_many_login_attempts",
    )

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Lockout is by name and address and in the database; allauth's own would lock a name for the whole world."""
        _stop_if_locked(request, **credentials)
        # Many names tried from one address.
        self._login_failed_rl_usage = ratelimit.consume(
            request,
            app="allauth.account",
            action="login_failed",
            config={"login_failed": FAILURES_OF_AN_ADDRESS},
        )
        if not self._login_failed_rl_usage:
            raise self.validation_error("too_many_login_attempts")

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        methods: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        for one in methods:
            one["description"] = message(f"sign_in.by.{one['id'].replace(':', '_')}", lang())
        return methods

    def send_notification_mail(
        self,
        template_prefix: str,
        user: Any,
        context: dict[str, Any] | None = None,
        email: str | None = None,
    ) -> None:
        super().send_notification_mail(
            template_prefix, user, {"user": user, **(context or {})}, email or user.email
        )

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """In the reader's language, and apart: how long the mail server takes would tell who exists."""
        reader = context.get("user")
        with translation.override(
            _DJANGO_LANGUAGE.get(getattr(reader, "lang", ""), translation.get_language())
        ):
            mail = self.render_mail(template_prefix, email, {"email": email, **context})
        threading.Thread(target=_send, args=(mail,), name="mail").start()

    def format_email_subject(self, subject: str) -> str:
        return str(subject)


def _send(mail: EmailMessage) -> None:
    try:
        mail.send()
    except OSError as error:
        # Not the mail itself: it may hold a link by which one comes in.
        _log.error("A mail could not be sent: %s", type(error).__name__)


class ResetPasswordForm(AllauthResetPasswordForm):  # type: ignore[misc]
    """Gives a new password to those who have one; who comes in by the company's service alone gets none by mail."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].error_messages["invalid"] = message("sign_in.error.invalid_email", lang())

    def clean_email(self) -> str:
        email: str = super().clean_email()
        user = find_user(email)
        is_theirs = user is not None and user.email.lower() == email.lower()
        self.users = [user] if user and is_theirs and user.is_active and user.has_usable_password() else []
        return email


# ---- Second factor


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Secrets of authenticator apps are enciphered by the installation's secret key."""

    error_messages = DefaultMFAAdapter.error_messages | _errors(
        "incorrect_code", "unverified_email", "cannot_delete_authenticator"
    )

    def encrypt(self, text: str) -> str:
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        try:
            return _cipher().decrypt(encrypted_text.encode()).decode()
        except InvalidToken:
            # After a change of the secret key: no code fits. (An empty secret would be everybody's.)
            return base64.b32encode(secrets.token_bytes(20)).decode()

    def get_totp_label(self, user: Any) -> str:
        return str(user.username)

    def generate_authenticator_name(self, user: Any, type: Authenticator.Type) -> str:  # noqa: A002 - allauth's name
        n = Authenticator.objects.filter(user_id=user.pk, type=type).count() + 1
        return message("sign_in.key_name", lang(), n=n)


def _cipher() -> MultiFernet:
    keys = [str(key) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]
    return MultiFernet(
        Fernet(
            base64.urlsafe_b64encode(hashlib.sha256(b"keyaccount second factor\0" + key.encode()).digest())
        )
        for key in keys
    )


class _CountedCode:
    """Wrong codes count like wrong passwords: who has the password must not try a million codes."""

    user: User

    def clean_code(self) -> str:
        from allauth.core import context

        _stop_if_locked(context.request, username=self.user.username)
        code: str = super().clean_code()  # type: ignore[misc]
        return code


class AuthenticateForm(_CountedCode, AllauthAuthenticateForm):  # type: ignore[misc]
    pass


class ReauthenticateForm(_CountedCode, AllauthReauthenticateForm):  # type: ignore[misc]
    pass


class _ShapedCredential:
    """What a browser sends for a passkey, before allauth reads it: nonsense is refused, not an error of ours."""

    cleaned_data: dict[str, Any]

    def clean_credential(self) -> Any:
        told = self.cleaned_data["credential"]
        if (
            not isinstance(told, dict)
            or not all(isinstance(told.get(key), str) for key in ("id", "rawId", "type"))
            or not isinstance(told.get("response"), dict)
        ):
            raise SecondFactorAdapter().validation_error("incorrect_code")
        further = getattr(super(), "clean_credential", None)
        return further() if further else told


class AddPasskeyForm(_ShapedCredential, AddWebAuthnForm):  # type: ignore[misc]
    pass


class LoginPasskeyForm(_ShapedCredential, LoginWebAuthnForm):  # type: ignore[misc]
    """By a passkey alone, so that the device must have asked its owner.

    allauth asks for that in the question, which another question of the same session can replace; here the answer is looked
    at. Otherwise a stolen key and somebody's own account were enough.
    """

    def clean_credential(self) -> Any:
        told = self.cleaned_data["credential"]
        found = super().clean_credential()
        answer = parse_authentication_response(told)
        if not answer.response.authenticator_data.is_user_verified():
            raise SecondFactorAdapter().validation_error("incorrect_code")
        return found


class AuthenticatePasskeyForm(_ShapedCredential, AuthenticateWebAuthnForm):  # type: ignore[misc]
    pass


class ReauthenticatePasskeyForm(_ShapedCredential, ReauthenticateWebAuthnForm):  # type: ignore[misc]
    pass


def has_factor(user: User) -> bool:
    """Whether an authenticator app or a passkey is set up; codes on paper alone are none."""
    found: bool = Authenticator.objects.filter(user_id=user.pk, type__in=_FACTORS).exists()
    return found


def has_proved(request: HttpRequest, user: User) -> bool:
    """Whether this session was begun with two factors, or by the company's service, which sees to them.

    The records are allauth's, tied to the user and dropped at sign-out. What came before the last password does not count.
    """
    for record in reversed(get_authentication_records(request, user)):
        if record.get("method") in ("mfa", "socialaccount"):
            return True
        if not record.get("reauthenticated"):
            return False
    return False


def forget_proof(request: HttpRequest) -> None:
    """After the last factor is gone: the session is one of a password alone again."""
    records = request.session.get(AUTHENTICATION_METHODS_SESSION_KEY) or []
    request.session[AUTHENTICATION_METHODS_SESSION_KEY] = [
        one for one in records if one.get("method") != "mfa"
    ]


# ---- The company's services


class CompanyAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """The company's own sign-in lets in whom an administrator has entered, and makes nobody."""

    error_messages = DefaultSocialAccountAdapter.error_messages | _errors("invalid_token")

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Known again by the service's id; the first time by invitation, or by an e-mail address the service vouches for."""
        if sociallogin.state.get("process") != "login":
            self._refuse(request, sociallogin, "process")
        if sociallogin.is_existing:
            return
        with transaction.atomic():
            user = _invited(sociallogin) or _by_email(sociallogin)
            if user is None:
                self._refuse(request, sociallogin, "unknown")
            # An address that went to somebody new must not open the account of who had it before.
            if SocialAccount.objects.filter(user=user, provider=sociallogin.account.provider).exists():
                self._refuse(request, sociallogin, "other account")
            sociallogin.connect(request, user)

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Any,
        error: Any = None,
        exception: Exception | None = None,
        extra_context: dict[str, Any] | None = None,
    ) -> None:
        """Why, for administrators; the exceptions of `requests` repeat addresses with secrets in them, ours do not."""
        from allauth.socialaccount.providers.oauth2.client import OAuth2Error

        told = str(exception) if isinstance(exception, OAuth2Error) else type(exception).__name__
        if exception is not None:
            _log.warning("Sign-in by %s failed: %s", provider.sub_id, told)

    def _refuse(self, request: HttpRequest, sociallogin: SocialLogin, why: str) -> None:
        _log.warning("Sign-in by %s refused: %s", sociallogin.account.provider, why)
        page = render(
            request, "socialaccount/refused.html", {"service": sociallogin.provider.name}, status=403
        )
        raise ImmediateHttpResponse(page)


def _invited(sociallogin: SocialLogin) -> User | None:
    told = sociallogin.state.get("data") or {}
    invitation = services.invitation_by_id(told["invitation"]) if "invitation" in told else None
    return services.accept_invitation(invitation) if invitation else None


def _by_email(sociallogin: SocialLogin) -> User | None:
    addresses: Iterable[str] = {one.email.lower() for one in sociallogin.email_addresses if one.verified}
    conditions = Q()
    for address in addresses:
        conditions |= Q(email__iexact=address)
    if not conditions:
        return None
    # Switched-off users count: two of one address are two, whoever of them is in.
    users = list(User.objects.filter(conditions)[:2])
    return users[0] if len(users) == 1 and users[0].is_active else None
