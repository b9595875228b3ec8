"""Who may come in, and by which door? (allauth's adapters)"""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from django.http import HttpRequest

from keyaccount_web.access.models import User


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Nobody signs up by themselves: people are invited."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False


class CompanyAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """The company's own sign-in lets in whom an administrator has entered, known again by verified e-mail or user name."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Tie a service's account to the user of the same verified e-mail, the first time."""
        if not sociallogin.is_existing:
            emails = [one.email for one in sociallogin.email_addresses if one.verified]
            users = list(User.objects.filter(email__in=emails, is_active=True).exclude(email="")[:2])
            if len(users) == 1:
                sociallogin.connect(request, users[0])
        # The service has seen to the second factor.
        request.session["company_sign_in"] = True

    def populate_user(self, request: HttpRequest, sociallogin: SocialLogin, data: dict[str, Any]) -> User:
        user: User = super().populate_user(request, sociallogin, data)
        return user
