"""Feishu (飞书), and Lark by other addresses: which member of the company is it?

https://open.feishu.cn/document/common-capabilities/sso/api/obtain-oauth-code (authorize, PKCE),
…/authentication-management/access-token/get-user-access-token (v2, plain OAuth),
…/reference/authen-v1/user_info/get (open_id, union_id, user_id, tenant_key, enterprise_email, email)
"""
# ruff: noqa: ARG002 - the signatures are allauth's and axes'

from typing import Any, ClassVar

from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialApp, SocialLogin, SocialToken
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from django.http import HttpRequest

from keyaccount_web.access.company.base import CompanyAdapter, CompanyProvider, identity


class FeishuAdapter(CompanyAdapter):
    """The second version of its tokens, which is plain OAuth with JSON."""

    ADDRESSES: ClassVar[dict[str, str]] = {
        "authorize": "https://accounts.feishu.cn/open-apis/authen/v1/authorize",
        "token": "https://open.feishu.cn/open-apis/authen/v2/oauth/token",
        "user": "https://open.feishu.cn/open-apis/authen/v1/user_info",
    }

    def get_access_token_data(
        self, request: HttpRequest, app: SocialApp, client: Any, pkce_code_verifier: str | None = None
    ) -> dict[str, Any]:
        told = self.ask(
            "POST",
            self.address("token"),
            json={
                "grant_type": "authorization_code",
                "client_id": app.client_id,
                "client_secret": app.secret,
                "code": request.GET["code"],
                "redirect_uri": client.callback_url,
                "code_verifier": pkce_code_verifier,
            },
        )
        if told.get("code") != 0 or not isinstance(told.get("access_token"), str):
            raise OAuth2Error(f"oauth/token: code {told.get('code')}")
        return told

    def complete_login(
        self, request: HttpRequest, app: SocialApp, token: SocialToken, **kwargs: Any
    ) -> SocialLogin:
        told = self.ask("GET", self.address("user"), headers={"Authorization": f"Bearer {token.token}"})
        user = told.get("data")
        if told.get("code") != 0 or not isinstance(user, dict):
            raise OAuth2Error(f"user_info: code {told.get('code')}")
        tenant = app.settings.get("tenant_key")
        if tenant and user.get("tenant_key") != tenant:
            raise OAuth2Error("user_info: of another company")
        return self.sign_in_of(request, user)


class FeishuProvider(CompanyProvider):
    """An application of the company's own (企业自建应用)."""

    id = "feishu"
    name = "飞书"
    oauth2_adapter_class = FeishuAdapter
    pkce_enabled_default = True
    kept = ("name", "user_id", "enterprise_email")

    def extract_uid(self, data: dict[str, Any]) -> str:
        return identity(data, self.app.settings.get("uid_field", "open_id"))

    def extract_email_addresses(self, data: dict[str, Any]) -> list[EmailAddress]:
        """`enterprise_email` is given by the company; `email` is what stands in the directory."""
        return [
            EmailAddress(email=data[key], verified=key != "email", primary=key != "email")
            for key in ("enterprise_email", "email")
            if isinstance(data.get(key), str) and data[key]
        ]
