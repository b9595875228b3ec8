"""DingTalk (钉钉): which employee of the organisation is it?

Anybody with DingTalk can come back from its sign-in page, so that the organisation's own directory is asked who it is: by
`unionId` to the `userid` that administrators see in the console. Outsiders have none.

https://open.dingtalk.com/document/orgapp/obtain-identity-credentials (sign-in page, userAccessToken, contact/users/me),
…/query-a-user-by-the-union-id (topapi/user/getbyunionid), …/query-user-details (topapi/v2/user/get)
"""
# ruff: noqa: ARG002 - the signatures are allauth's and axes'

from typing import Any, ClassVar

from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialApp, SocialLogin, SocialToken
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from django.http import HttpRequest

from keyaccount_web.access.company.base import CompanyAdapter, CompanyProvider, identity

_EMPLOYEE = 0  # contact_type: 0 of the organisation, 1 an outside contact


class DingTalkAdapter(CompanyAdapter):
    """api.dingtalk.com for who signed in, oapi.dingtalk.com for who that is here."""

    ADDRESSES: ClassVar[dict[str, str]] = {
        "authorize": "https://login.dingtalk.com/oauth2/auth",
        "token": "https://api.dingtalk.com/v1.0/oauth2/userAccessToken",
        "me": "https://api.dingtalk.com/v1.0/contact/users/me",
        "app_token": "https://api.dingtalk.com/v1.0/oauth2/accessToken",
        "by_union_id": "https://oapi.dingtalk.com/topapi/user/getbyunionid",
        "user": "https://oapi.dingtalk.com/topapi/v2/user/get",
    }

    def __init__(self, request: HttpRequest, provider_id: str) -> None:
        if "authCode" in request.GET:  # its name for the code
            query = request.GET.copy()
            query["code"] = request.GET["authCode"]
            request.GET = query  # type: ignore[assignment]
        super().__init__(request, provider_id)

    def get_access_token_data(
        self, request: HttpRequest, app: SocialApp, client: Any, pkce_code_verifier: str | None = None
    ) -> dict[str, Any]:
        told = self.ask(
            "POST",
            self.address("token"),
            json={
                "clientId": app.client_id,
                "clientSecret": app.secret,
                "code": request.GET["code"],
                "grantType": "authorization_code",
            },
        )
        if not isinstance(told.get("accessToken"), str):
            raise OAuth2Error("userAccessToken: no token in the answer")
        corp_id = app.settings.get("corp_id")
        if corp_id and told.get("corpId") not in (None, "", corp_id):
            raise OAuth2Error("userAccessToken: another organisation was chosen")
        return {"access_token": told["accessToken"]}

    def complete_login(
        self, request: HttpRequest, app: SocialApp, token: SocialToken, **kwargs: Any
    ) -> SocialLogin:
        me = self.ask("GET", self.address("me"), headers={"x-acs-dingtalk-access-token": token.token})
        if not isinstance(me.get("unionId"), str):
            raise OAuth2Error("contact/users/me: unionId is missing")
        credential = self.ask(
            "POST", self.address("app_token"), json={"appKey": app.client_id, "appSecret": app.secret}
        ).get("accessToken")
        query = {"access_token": credential}
        found = self._told(
            self.ask("POST", self.address("by_union_id"), params=query, json={"unionid": me["unionId"]})
        )
        if found.get("contact_type") != _EMPLOYEE:
            raise OAuth2Error("getbyunionid: not an employee of the organisation")
        user = self._told(
            self.ask("POST", self.address("user"), params=query, json={"userid": found.get("userid")})
        )
        if user.get("userid") != found.get("userid") or user.get("unionid") != me["unionId"]:
            raise OAuth2Error("user/get: tells of somebody else")
        return self.sign_in_of(request, user)

    @staticmethod
    def _told(answer: dict[str, Any]) -> dict[str, Any]:
        if answer.get("errcode") != 0 or not isinstance(answer.get("result"), dict):
            raise OAuth2Error(f"oapi.dingtalk.com: errcode {answer.get('errcode')}")
        result: dict[str, Any] = answer["result"]
        return result


class DingTalkProvider(CompanyProvider):
    """An application of the organisation's own (企业内部应用)."""

    id = "dingtalk"
    name = "钉钉"
    oauth2_adapter_class = DingTalkAdapter
    kept = ("name", "userid", "org_email", "job_number")

    def get_default_scope(self) -> list[str]:
        return ["openid", "corpid"]

    def get_auth_params(self) -> dict[str, str]:
        corp_id = self.app.settings.get("corp_id")
        return {"prompt": "consent", **({"corpId": corp_id} if corp_id else {})}

    def extract_uid(self, data: dict[str, Any]) -> str:
        return identity(data, "userid")

    def extract_email_addresses(self, data: dict[str, Any]) -> list[EmailAddress]:
        """`org_email` is given by the organisation; `email` is what somebody wrote."""
        return [
            EmailAddress(email=data[key], verified=key == "org_email", primary=key == "org_email")
            for key in ("org_email", "email")
            if isinstance(data.get(key), str) and data[key]
        ]
