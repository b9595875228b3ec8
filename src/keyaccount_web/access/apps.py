"""The app's name for Django, and what it listens to."""

from typing import Any

from django.apps import AppConfig


class AccessConfig(AppConfig):
    name = "keyaccount_web.access"
    label = "access"

    def ready(self) -> None:
        from allauth.mfa import signals

        signals.authenticator_added.connect(_factor_added)
        signals.authenticator_removed.connect(_factor_removed)
        signals.authentication_failed.connect(_code_failed)


def _factor_added(request: Any, user: Any, authenticator: Any, **_: Any) -> None:
    """Setting one up has just proved it."""
    from allauth.account.internal.flows.login import record_authentication

    if authenticator.type != authenticator.Type.RECOVERY_CODES:
        record_authentication(request, user, "mfa", id=authenticator.pk, type=authenticator.type)


def _factor_removed(request: Any, user: Any, **_: Any) -> None:
    from keyaccount_web.access.sign_in import forget_proof, has_factor

    if not has_factor(user):
        forget_proof(request)


def _code_failed(request: Any, user: Any, **_: Any) -> None:
    from django.contrib.auth.signals import user_login_failed

    user_login_failed.send(sender=__name__, credentials={"username": user.get_username()}, request=request)
