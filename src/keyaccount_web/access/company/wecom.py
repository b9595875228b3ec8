"""WeCom (企业微信): which member of the company is it? allauth has no such provider.

On a computer by the code to scan, inside the WeCom app silently. The answer is a `userid`, the 账号 that administrators
see in the directory.

https://developer.work.weixin.qq.com/document/path/98152 (sign-in page), …/91022 (inside the app), …/91039 (gettoken),
…/98176 (auth/getuserinfo), …/90196 (user/get), …/95833 (auth/getuserdetail)
"""
# ruff: noqa: ARG002 - the signatures are allauth's and axes'

import hashlib
from typing import Any, ClassVar
from urllib.parse import urlencode

from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialApp, SocialLogin, SocialToken
from allauth.socialaccount.providers.oauth2.client import OAuth2Client, OAuth2Error
from django.core.cache import cache
from django.http import HttpRequest

from keyaccount_web.access.company.base import CompanyAdapter, CompanyProvider, identity

_TOKEN_GONE = (40014, 42001)  # invalid, expired: asked for anew, once
_MAY_NOT = (48002, 60011, 60111)  # the application may not read this member's details
_SPARE_SECONDS = 300


class WeComClient(OAuth2Client):  # type: ignore[misc]
    """Builds the addresses of its two sign-in pages, which name things in their own way."""

    def get_redirect_url(self, authorization_url: str, scope: list[str], extra_params: dict[str, Any]) -> str:
        if extra_params.pop("inside", False):
            params = {
                "appid": self.consumer_key,
                "redirect_uri": self.callback_url,
                "response_type": "code",
                "scope": " ".join(scope),
                "state": self.state,
                "agentid": extra_params["agentid"],
            }
            return f"{authorization_url}?{urlencode(params)}#wechat_redirect"
        params = {
            "login_type": "CorpApp",
            "appid": self.consumer_key,
            "agentid": extra_params["agentid"],
            "redirect_uri": self.callback_url,
            "state": self.state,
        }
        return f"{authorization_url}?{urlencode(params)}"


class WeComAdapter(CompanyAdapter):
    """qyapi.weixin.qq.com, by the application's own token."""

    client_class = WeComClient
    ADDRESSES: ClassVar[dict[str, str]] = {
        "authorize": "https://login.work.weixin.qq.com/wwlogin/sso/login",
        "authorize_inside": "https://open.weixin.qq.com/connect/oauth2/authorize",
        "token": "https://qyapi.weixin.qq.com/cgi-bin/gettoken",
        "user_info": "https://qyapi.weixin.qq.com/cgi-bin/auth/getuserinfo",
        "user_detail": "https://qyapi.weixin.qq.com/cgi-bin/auth/getuserdetail",
        "user": "https://qyapi.weixin.qq.com/cgi-bin/user/get",
    }

    @property
    def authorize_url(self) -> str:
        return self.address("authorize_inside" if inside(self.request) else "authorize")

    def get_access_token_data(
        self, request: HttpRequest, app: SocialApp, client: Any, pkce_code_verifier: str | None = None
    ) -> dict[str, Any]:
        """Who the code belongs to; there is no token of the user."""
        told = self._by_token("GET", "user_info", params={"code": request.GET["code"]})
        if not isinstance(told.get("userid"), str) or not told["userid"]:
            # openid or external_userid: somebody with WeCom, but not of this company.
            raise OAuth2Error("getuserinfo: not a member of the company")
        return told

    def complete_login(
        self, request: HttpRequest, app: SocialApp, token: SocialToken, **kwargs: Any
    ) -> SocialLogin:
        who = kwargs["response"]
        user = self._by_token("GET", "user", params={"userid": who["userid"]}, may_not=_MAY_NOT)
        if who.get("user_ticket"):
            user |= self._by_token(
                "POST", "user_detail", json={"user_ticket": who["user_ticket"]}, may_not=_MAY_NOT
            )
        if str(user.get("userid", who["userid"])).lower() != who["userid"].lower():
            raise OAuth2Error("user/get: tells of somebody else")
        # 1 activated, 2 disabled, 4 not activated, 5 has left
        if user.get("status", 1) in (2, 5):
            raise OAuth2Error("user/get: disabled, or has left the company")
        return self.sign_in_of(request, user | {"userid": who["userid"]})

    def _by_token(
        self,
        method: str,
        name: str,
        *,
        params: dict[str, str] | None = None,
        may_not: tuple[int, ...] = (),
        **told: Any,
    ) -> dict[str, Any]:
        for fresh in (False, True):
            query = {**(params or {}), "access_token": self._token(fresh=fresh)}
            answer = self.ask(method, self.address(name), params=query, **told)
            code = answer.get("errcode")
            if code == 0:
                return {key: value for key, value in answer.items() if key not in ("errcode", "errmsg")}
            if code in may_not:
                return {}
            if code not in _TOKEN_GONE:
                break
        raise OAuth2Error(f"{name}: errcode {code}")

    def _token(self, *, fresh: bool) -> str:
        """The application's token, kept until shortly before its end: the service limits how often it is asked for."""
        app = self.app
        digest = hashlib.sha256(
            "\0".join((app.client_id, app.secret, self.address("token"))).encode()
        ).hexdigest()
        key = f"wecom-token-{digest}"
        kept: str | None = None if fresh else cache.get(key)
        if kept:
            return kept
        told = self.ask(
            "GET", self.address("token"), params={"corpid": app.client_id, "corpsecret": app.secret}
        )
        if told.get("errcode") != 0 or not isinstance(told.get("access_token"), str):
            raise OAuth2Error(f"gettoken: errcode {told.get('errcode')}")
        cache.set(key, told["access_token"], max(int(told.get("expires_in", 7200)) - _SPARE_SECONDS, 1))
        return str(told["access_token"])


class WeComProvider(CompanyProvider):
    """An application of the company's own (自建应用)."""

    id = "wecom"
    name = "企业微信"
    oauth2_adapter_class = WeComAdapter
    kept = ("name", "userid", "biz_mail")

    def get_default_scope(self) -> list[str]:
        return ["snsapi_base"]

    def get_auth_params(self) -> dict[str, Any]:
        told: dict[str, Any] = {"agentid": self.app.settings["agent_id"]}
        if inside(self.request):
            told["inside"] = True
        return told

    def extract_uid(self, data: dict[str, Any]) -> str:
        # The service tells userids apart without regard to case.
        return identity(data, "userid").lower()

    def extract_email_addresses(self, data: dict[str, Any]) -> list[EmailAddress]:
        """`biz_mail` is given by the company; `email` is what a member may have written."""
        return [
            EmailAddress(email=data[key], verified=key == "biz_mail", primary=key == "biz_mail")
            for key in ("biz_mail", "email")
            if isinstance(data.get(key), str) and data[key]
        ]


def inside(request: HttpRequest) -> bool:
    """Whether the page stands in the WeCom app itself."""
    return "wxwork" in request.headers.get("User-Agent", "").lower()
